"""What a text is that was given in the place of JSON and does not even begin like it."""

import re
from itertools import islice
from pathlib import Path

from pipeline.labels.hints.told import Told
from pipeline.labels.locate import pictures_among
from pipeline.labels.yolo.lines import is_line_of_yolo

_LINES = 5
_SHOWN = 40
_SECTION = re.compile(r"\[{1,2}[A-Za-z][\w. -]*\]{1,2}[ \t\r]*\n")
"""What settings in INI and TOML begin with."""


def told_by_text(path: Path, text: str) -> Told | None:
    """Tell what a text is.

    Args:
        path: Where it is.
        text: Its first lines, without white space before them.

    Returns:
        What it is, or None where it begins like JSON or is no text.
    """
    begins_like_json = text[:1] in {"", "{", "["} and not _SECTION.match(text)
    if begins_like_json or any(char < " " and char not in "\t\n\r\f" for char in text):
        return None
    if text.startswith("version https://git-lfs"):
        return Told("a pointer of Git LFS, not the file itself", "Fetch the file: git lfs pull")
    lines = [line.strip() for line in islice(text.splitlines(), _LINES) if line.strip()]
    if len(pictures_among(lines)) == len(lines):
        hint = "Give the data.yaml that names it, or the folder of the labels, with `labels`."
        return Told("a list of pictures, no labels", hint)
    if path.suffix.lower() == ".txt" and is_line_of_yolo(lines[0].encode()):
        return Told("the YOLO labels of one picture", f"Give the folder with `labels`: {path.parent}.")
    shown = lines[0] if len(lines[0]) <= _SHOWN else f"{lines[0][:_SHOWN]}..."
    return Told(f"a text that begins with {shown!r}, no label file")
