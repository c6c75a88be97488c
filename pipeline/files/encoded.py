"""Texts that Windows programs have saved: with a byte order mark, in UTF-8 or in UTF-16."""

import codecs
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text file's content as UTF-8, and how it is stored."""

    content: bytes
    """The text as UTF-8 without a byte order mark; without a mark in the file, its bytes as they are."""
    mark: bytes
    """The byte order mark, or nothing."""
    encoding: str
    """How the file is stored: ``utf-8``, ``utf-16-le`` and the like."""

    def stored(self, content: bytes) -> bytes:
        """Return another content as the file would be stored with it.

        Args:
            content: UTF-8, or bytes that are no valid text where the file has no mark.

        Raises:
            UnicodeError: It is no valid text, in a file that is stored in another encoding.
        """
        if self.encoding == "utf-8":
            return self.mark + content
        return self.mark + content.decode().encode(self.encoding)


def encoded(raw: bytes) -> Encoded:
    """Read the content of a text file.

    Args:
        raw: Its bytes.

    Raises:
        UnicodeError: It has a byte order mark of UTF-16 or UTF-32, and is damaged.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            body = raw[len(mark) :]
            return Encoded(body if encoding == "utf-8" else body.decode(encoding).encode(), mark, encoding)
    return Encoded(raw, b"", "utf-8")
