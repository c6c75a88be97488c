"""In which encoding a text is that is not UTF-8."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from pipeline.labels.hints.told import Told

_HIGH = re.compile(rb"[\x80-\xff]+")
_KANA = re.compile("[\u3040-\u30ff]")
_MANY = 4


def told_by_encoding(path: Path, raw: bytes) -> Told | None:
    """Tell which encoding a text has, with a command that makes UTF-8 of it; it was tried.

    Args:
        path: Where it is.
        raw: Its content.

    Returns:
        What it is, or None where it is UTF-8, or nothing that is known.
    """
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    else:
        return None
    for codec, name in guesses(raw):
        if _decodes(raw, codec):
            target = path.with_name(f"{path.stem}-utf8{path.suffix}")
            command = f"iconv -f {name} -t UTF-8 {shlex.quote(str(path))} > {shlex.quote(str(target))}"
            what = f"not UTF-8 (line {line}): it looks like {name}"
            return Told(what, f"Make UTF-8 of it ({command}), and give that.")
    return Told(f"not UTF-8 (line {line})", "Save it as UTF-8.")


def guesses(raw: bytes) -> Iterator[tuple[str, str]]:
    """Yield the encodings that a text may be in that is not UTF-8, the likely ones first.

    Nearly any bytes are valid in each of them, so that it is judged by which bytes there are.

    Args:
        raw: The text.

    Yields:
        Python's codec, and the name for iconv.
    """
    runs = _HIGH.findall(raw)
    high = b"".join(runs)
    if all(len(run) == 1 for run in runs):  # accents between letters
        yield "cp1252", "WINDOWS-1252"
    if len(high) >= _MANY and min(high) >= 0xC0:  # the letters of Russian; of two bytes, one would be lower
        yield "cp1251", "WINDOWS-1251"
    if len(high) >= 2 * _MANY and all(0xB0 <= byte <= 0xC8 for run in runs for byte in run[::2]):  # Hangul alone
        yield "euc_kr", "EUC-KR"
    if _decodes(raw, "gb2312"):
        yield "gb2312", "GBK"
    if _decodes(raw, "cp932") and _KANA.search(raw.decode("cp932")):
        yield "cp932", "CP932"
    yield from (("gb18030", "GB18030"), ("big5", "BIG5"), ("cp932", "CP932"), ("cp1251", "WINDOWS-1251"))


def _decodes(raw: bytes, codec: str) -> bool:
    """Tell whether bytes are valid in an encoding."""
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
