"""What effects have found out about pictures, kept line by line as these are written, and counted for all of a run.

As with ``pipeline.gate.picture_journal`` a line is added before its picture is, so that there is no picture without
one, and a run that was killed and continued counts the same as one that was not.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.files.lines import Lines

NOTED = "noted"
Noted = Mapping[str, bool]
"""What was found out about one picture, by name."""


def note(file: Lines, name: str, noted: Noted) -> None:
    """Add what was found out about a picture to a journal; nothing where there is nothing to be said.

    Args:
        file: The journal.
        name: Of the picture, as the data set has it.
        noted: What was found out.

    Raises:
        OSError: It cannot be written.
    """
    if noted:
        file.add({"file": name, "noted": dict(noted)})


def all_noted(files: Iterable[Path]) -> dict[str, Noted]:
    """Read what was found out, by picture; the last line of a picture counts, one that is damaged does not."""
    found: dict[str, Noted] = {}
    for file in files:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
        found.update(pair for line in lines if (pair := _parsed(line)) is not None)
    return found


def _parsed(line: str) -> tuple[str, Noted] | None:
    """Read a line."""
    try:
        content = json.loads(line)
        name, noted = content["file"], content["noted"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(name, str) or not isinstance(noted, dict):
        return None
    return name, {str(key): value for key, value in noted.items() if isinstance(value, bool)}
