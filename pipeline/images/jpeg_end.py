"""JPEG files without their end marker: which of them have all their pixels, as some cameras and cuts leave them.

libjpeg fills what is missing without a word, so that a decoder cannot be asked whether it was. What can be asked is
whether the pixels depend on what would follow: behind a scan that is whole nothing matters any more.

Format: ITU-T T.81, annexes B and G.
"""

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from PIL import Image

MAX_BYTES = 1 << 28
"""Of a file that is looked at: more is no photograph."""

_END = b"\xff\xd9"
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
_RESTART_INTERVAL, _SCAN = 0xDD, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_TRIALS = 8
_FOLLOWING = 64
"""Bytes that are put behind a scan, more than the next blocks can take."""
_NEEDED = 4
"""Bytes at the end of a scan that it cannot spare, some blocks: where it can, what stands there is none of it."""


@dataclass(frozen=True, slots=True)
class _Component:
    """A plane of the picture."""

    across: int
    down: int
    levels: list[int | None] = field(default_factory=lambda: [None] * 64)
    """For each coefficient how many of its bits are still to come, None where none has."""


@dataclass(slots=True)
class _Walk:
    """What the markers of a file tell."""

    size: tuple[int, int] = (0, 0)
    """(W, H)."""
    components: dict[int, _Component] = field(default_factory=dict)
    interval: int = 0
    """Blocks between two restart markers; 0 for none."""
    blocks: int = 0
    """Groups of blocks in the last scan."""
    scan: tuple[int, int] = (0, 0)
    """Where the data of the last scan begin and end."""


def with_end(data: bytes) -> bytes | None:
    """Return a JPEG that lacks nothing but its end marker with that marker.

    Args:
        data: The file, which a decoder has found too short.

    Returns:
        None where the file has an end, or anything else is missing.
    """
    try:
        walk = _walked(data)
    except (IndexError, KeyError, ValueError, ZeroDivisionError):  # cut within a header, or none that is known
        return None
    if walk is None or not _is_complete(walk, data):
        return None
    begin, end = walk.scan
    whole = data[:end] + _END
    pixels = _pixels(whole)
    if any(_pixels(data[:end] + following + _END) != pixels for following in _followings()):
        return None
    shorter = data[begin : max(begin, end - _NEEDED)].rstrip(b"\xff")  # which would make a marker of what follows
    shorter = data[:begin] + shorter
    is_tight = any(_pixels(shorter + following + _END) != pixels for following in _followings())
    return whole if is_tight else None


def _walked(data: bytes) -> _Walk | None:
    """Go through the markers; None for a file that has an end."""
    walk, place = _Walk(), 2
    while place + 1 < len(data):
        found = _NEXT_MARKER.search(data, place)
        if found is None:
            break
        marker, place = data[found.end() - 1], found.end()
        if marker == _END[1]:
            return None
        if marker in _ALONE:
            continue
        length = int.from_bytes(data[place : place + 2], "big")
        body = data[place + 2 : place + length]
        place += length
        if place > len(data) or len(body) != length - 2:
            break
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            _take_frame(walk, marker, body)
        elif marker == _RESTART_INTERVAL:
            walk.interval = int.from_bytes(body[:2], "big")
        elif marker == _SCAN:
            _take_scan(walk, body)
            following = _NEXT_MARKER.search(data, place)
            end = following.start() if following else len(data) - data.endswith(b"\xff")
            walk.scan, place = (place, end), end
    return walk


def _take_frame(walk: _Walk, marker: int, body: bytes) -> None:
    """Read the header of the frame.

    Raises:
        ValueError: Its coding is not Huffman's.
    """
    if marker not in {_BASELINE, _EXTENDED, _PROGRESSIVE}:
        raise ValueError("another coding")
    walk.size = int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
    for number in range(body[5]):
        name, sampling = body[6 + 3 * number], body[7 + 3 * number]
        walk.components[name] = _Component(sampling >> 4, sampling & 15)


def _take_scan(walk: _Walk, body: bytes) -> None:
    """Read the header of a scan, and note what it brings."""
    found = [walk.components[body[1 + 2 * number]] for number in range(body[0])]
    first, last, bits = body[-3], body[-2], body[-1] & 15
    for component in found:
        component.levels[first : last + 1] = [bits] * (last + 1 - first)
    widest = max(one.across for one in walk.components.values())
    tallest = max(one.down for one in walk.components.values())
    width, height = walk.size
    if len(found) == 1:
        across, down = ceil(width * found[0].across / widest), ceil(height * found[0].down / tallest)
        walk.blocks = ceil(across / 8) * ceil(down / 8)
    else:
        walk.blocks = ceil(width / (8 * widest)) * ceil(height / (8 * tallest))


def _is_complete(walk: _Walk, data: bytes) -> bool:
    """Tell whether every coefficient has come to its last bit, and the last scan to its last restart marker."""
    if not walk.components or any(level != 0 for one in walk.components.values() for level in one.levels):
        return False
    restarts = len(_RESTART.findall(data[slice(*walk.scan)]))
    return restarts == (ceil(walk.blocks / walk.interval) - 1 if walk.interval else 0)


def _followings() -> Iterator[bytes]:
    """Yield what could follow: bits that have nothing to do with each other."""
    for trial in range(_TRIALS):
        yield hashlib.shake_128(bytes([trial])).digest(_FOLLOWING).replace(b"\xff", b"")


def _pixels(data: bytes) -> bytes:
    """Decode a file."""
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        found: bytes = image.tobytes()
        return found
