"""Damage that any file can have: bits, slices, encodings, ends."""

import random
from collections.abc import Callable, Sequence

_Change = Callable[[random.Random, bytes], bytes]
ENDS = (
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b"\x1a",
    b"\x0c",
    b"\x85",
    b"\xe2\x80\xa8",
    b"\x1b[31m",
    b"<",
    b"{",
)
"""Bytes that a reader may stumble over."""


def damaged(draw: random.Random, content: bytes) -> bytes:
    """Damage a file in one way."""
    return draw.choice(_CHANGES)(draw, content)


def damaged_binary(draw: random.Random, content: bytes) -> bytes:
    """Damage a file that is no text in one way."""
    return draw.choice(_BINARY)(draw, content)


def _flipped(draw: random.Random, content: bytes) -> bytes:
    """Flip some bits."""
    data = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8)) if data else 0):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


def _replaced(draw: random.Random, content: bytes) -> bytes:
    """Put other bytes in the place of some."""
    data = bytearray(content)
    for _ in range(draw.choice((1, 4, 16)) if data else 0):
        data[draw.randrange(len(data))] = draw.choice((0, 255, 127, 128, draw.randrange(256)))
    return bytes(data)


def _swapped(draw: random.Random, content: bytes) -> bytes:
    """Let two bytes change places."""
    data = bytearray(content)
    if len(data) > 1:
        at = draw.randrange(len(data) - 1)
        data[at], data[at + 1] = data[at + 1], data[at]
    return bytes(data)


def _cut(draw: random.Random, content: bytes) -> bytes:
    """End too early."""
    return content[: draw.randrange(len(content) + 1)]


def _without(draw: random.Random, content: bytes) -> bytes:
    """Leave a slice out."""
    begin, end = _slice(draw, content)
    return content[:begin] + content[end:]


def _twice(draw: random.Random, content: bytes) -> bytes:
    """Have a slice twice."""
    begin, end = _slice(draw, content)
    return content[:end] + content[begin:]


def _inserted(draw: random.Random, content: bytes) -> bytes:
    """Put something into the middle, the start or the end."""
    at = draw.choice((0, len(content), draw.randrange(len(content) + 1)))
    return content[:at] + draw.choice(ENDS) * draw.choice((1, 1, 3)) + content[at:]


def _padded(draw: random.Random, content: bytes) -> bytes:
    """Put a great deal of nothing into it."""
    at = draw.choice((0, len(content), draw.randrange(len(content) + 1)))
    return content[:at] + draw.choice((b" ", b"\n", b"\t", b"\0")) * draw.choice((1_000, 300_000)) + content[at:]


def _recoded(draw: random.Random, content: bytes) -> bytes:
    """Save the text in another encoding."""
    text = content.decode("utf-8", "replace")
    name = draw.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "gbk", "latin-1", "cp037"))
    return text.encode(name, "replace")


def _other_lines(draw: random.Random, content: bytes) -> bytes:
    """End lines otherwise."""
    return content.replace(b"\n", draw.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b", b"\xc2\x85")))


def _nothing(draw: random.Random, content: bytes) -> bytes:
    """Hold nothing, or nothing that can be seen."""
    del content
    return draw.choice((b"", b"\n", b" \t\r\n", b"\xef\xbb\xbf", b"\0" * 64))


def _slice(draw: random.Random, content: bytes) -> tuple[int, int]:
    """Begin and end of a part, mostly a short one."""
    begin = draw.randrange(len(content) + 1)
    return begin, min(len(content), begin + draw.choice((1, 2, 8, 64, len(content))))


_BINARY: Sequence[_Change] = (_flipped, _replaced, _swapped, _cut, _without, _twice, _inserted)
_CHANGES: Sequence[_Change] = (*_BINARY, _padded, _recoded, _other_lines, _nothing)
