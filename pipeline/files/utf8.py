"""Text files of the user's are UTF-8; what is another encoding is named, with the remedy."""

import codecs

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
"""Byte order marks, the longer ones first."""
_HINT = "Save it as UTF-8 in an editor, or with: iconv -f {encoding} -t UTF-8 OLD > NEW"
_PROBED = 200


class EncodingError(Exception):
    """A text in another encoding.

    Attributes:
        reason: What is wrong, in a few words.
        hint: What to do about it.
    """

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


def utf8_text(raw: bytes) -> str:
    """Return the text of a file's content, without a byte order mark.

    Raises:
        EncodingError: It is in another encoding.
    """
    other = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    start = raw[:_PROBED]
    if other is None and start and start.count(0) * 3 >= len(start):
        other = "UTF-16LE" if start[1:2] == b"\0" else "UTF-16BE"
    if other is not None:
        raise EncodingError(f"its encoding is {other}, not UTF-8", _HINT.format(encoding=other))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        hint = _HINT.format(encoding="GBK") + " (with CP1252 for GBK where it is not Chinese)"
        raise EncodingError(f"line {line}: not UTF-8, the byte 0x{raw[error.start]:02x}", hint) from error
