"""Pictures by lot: header, pixels, and encoded again."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from benchmarks.fuzzing.case import FaultKind, Outcome, refusals
from benchmarks.fuzzing.damage import damaged_binary
from pipeline.images.codec import encode, output_format, read_header, read_picture

SIZE = 40, 30
"""(W, H) of the pictures before they are changed."""
_MOST_PIXELS = 50_000_000
"""What a run is told; memory grows with it."""
_SIDES = (0, 1, 2, 39, 41, 7_000, 10_000, 65_535, 2**31 - 1, 2**32 - 1)


def try_picture(draw: random.Random, folder: Path) -> Outcome:
    """Change a picture by lot, read it and encode it again."""
    outcome = Outcome()
    name, content = draw.choice(pictures())
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        content = draw.choice((_changed_field, damaged_binary))(draw, content)
    path = folder / name
    path.write_bytes(content)
    expected = draw.choice((None, None, SIZE))
    upright = None
    with refusals(outcome):
        upright = read_header(path, _MOST_PIXELS, expected).upright
    with refusals(outcome):
        picture = read_picture(path, _MOST_PIXELS, expected)
        outcome.accepted = True
        height, width, channels = picture.pixels.shape
        if (channels, str(picture.pixels.dtype)) != (3, "uint8") or (upright and {width, height} != set(upright)):
            outcome.blame(FaultKind.CHANGED, f"{picture.pixels.shape} of {picture.pixels.dtype}, header {upright}")
        if width * height < 1_000_000:  # the encoder is not what is tried
            encode(picture.pixels, output_format(name, picture.format), 95, picture.icc_profile)
    return outcome


@cache
def pictures() -> Sequence[tuple[str, bytes]]:
    """Return pictures of all formats and of many modes, with a name each."""
    random_pixels = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    rgb = Image.fromarray(random_pixels)
    deep = Image.fromarray(random_pixels[..., 0].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.profileToProfile(
        rgb, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    palette = rgb.quantize(16)
    clear = rgb.copy()
    clear.putalpha(90)
    return [
        ("a.jpg", _saved(rgb, "JPEG")),
        ("b.jpg", _saved(rgb, "JPEG", progressive=True, exif=exif, icc_profile=profile)),
        ("c.jpg", _saved(rgb.convert("L"), "JPEG", restart_marker_rows=1)),
        ("d.jpg", _saved(rgb.convert("CMYK"), "JPEG", subsampling=0)),
        ("a.png", _saved(rgb, "PNG", exif=exif, icc_profile=profile)),
        ("b.png", _saved(palette, "PNG", transparency=3)),
        ("c.png", _saved(deep, "PNG")),
        ("d.png", _saved(clear, "PNG")),
        ("e.png", _saved(rgb.convert("1"), "PNG")),
        ("a.webp", _saved(rgb, "WEBP")),
        ("b.webp", _saved(clear, "WEBP", lossless=True, exif=exif, icc_profile=profile)),
        ("c.webp", _saved(rgb, "WEBP", save_all=True, append_images=[rgb.rotate(180)])),
        ("a.tif", _saved(rgb, "TIFF", compression="tiff_lzw")),
        ("b.tif", _saved(rgb.convert("F"), "TIFF")),
        ("c.tif", _saved(deep, "TIFF", compression="tiff_adobe_deflate")),
        ("d.tif", _saved(rgb, "TIFF", compression="jpeg")),
        ("e.tif", _saved(rgb.convert("1"), "TIFF", compression="group4")),
        ("f.tif", _saved(lab, "TIFF") if lab else _saved(rgb, "TIFF")),
        ("g.tif", _saved(clear, "TIFF", compression="packbits", save_all=True, append_images=[rgb])),
        ("a.bmp", _saved(rgb, "BMP")),
        ("b.bmp", _saved(palette, "BMP")),
    ]


def _saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    """Encode a picture."""
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def _changed_field(draw: random.Random, content: bytes) -> bytes:
    """Change what the file says of itself, in the way of its format."""
    ways: dict[bytes, Callable[[random.Random, bytes], bytes]] = {
        b"\x89PNG": _changed_chunk,
        b"II*\0": _changed_tag,
        b"\xff\xd8": _changed_segment,
        b"RIFF": _changed_riff,
        b"BM": _changed_bitmap,
    }
    way = next((way for start, way in ways.items() if content.startswith(start)), damaged_binary)
    return way(draw, content) if len(content) > 60 else damaged_binary(draw, content)


def _changed_chunk(draw: random.Random, content: bytes) -> bytes:
    """Change a chunk of a PNG, with its checksum, or leave it out, or have it twice."""
    chunks: list[tuple[bytes, bytes]] = []
    at = 8
    while at + 12 <= len(content) and len(chunks) < 100:
        (length,) = struct.unpack(">I", content[at : at + 4])
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    place = draw.randrange(len(chunks)) if chunks else 0
    if chunks and draw.random() < 0.6:
        kind, data = chunks[place]
        if kind == b"IHDR" and len(data) == 13:
            data = struct.pack(
                ">IIBBBBB", *draw.choices(_SIDES, k=2), draw.choice((1, 8, 16)), *draw.choices(range(8), k=4)
            )
        chunks[place] = draw.choice((kind, b"tEXt", b"acTL", b"fcTL")), damaged_binary(draw, data)
    elif chunks:
        chunks[place : place + 1] = draw.choice(([], [chunks[place]] * 2))
    return content[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _changed_tag(draw: random.Random, content: bytes) -> bytes:
    """Change an entry of a TIFF's first directory."""
    data = bytearray(content)
    (directory,) = struct.unpack_from("<I", data, 4)
    if directory + 14 > len(data):
        return bytes(data)
    (count,) = struct.unpack_from("<H", data, directory)
    at = directory + 2 + 12 * draw.randrange(max(count, 1))
    if at + 12 > len(data):
        return bytes(data)
    way = draw.randrange(4)
    if way == 0:
        struct.pack_into("<H", data, at, draw.choice((256, 257, 258, 259, 262, 277, 278, 279, 284, 317, 322, 339, 700)))
    elif way == 1:
        struct.pack_into("<H", data, at + 2, draw.randrange(20))
    elif way == 2:
        struct.pack_into("<I", data, at + 4, draw.choice(_SIDES))
    else:
        struct.pack_into("<I", data, at + 8, draw.choice((*_SIDES, draw.randrange(100), 34712, 50000)))
    return bytes(data)


def _changed_segment(draw: random.Random, content: bytes) -> bytes:
    """Change a field behind a marker of a JPEG."""
    data = bytearray(content)
    markers = [at for at in range(len(data) - 12) if data[at] == 0xFF and data[at + 1] not in {0, 0xFF}]
    at = draw.choice(markers)
    if data[at + 1] in {0xC0, 0xC2} and draw.random() < 0.7:
        struct.pack_into(">HH", data, at + 5, *(min(side, 65_535) for side in draw.choices(_SIDES, k=2)))
    else:
        data[at + draw.randrange(1, 12)] = draw.randrange(256)
    return bytes(data)


def _changed_riff(draw: random.Random, content: bytes) -> bytes:
    """Change a length or a size of a WebP."""
    data = bytearray(content)
    struct.pack_into("<I", data, draw.choice((4, 16, 24, 27)), draw.choice((*_SIDES, draw.randrange(2**24))))
    return bytes(data)


def _changed_bitmap(draw: random.Random, content: bytes) -> bytes:
    """Change a field of a BMP's header."""
    data = bytearray(content)
    value = draw.choice((*_SIDES, draw.randrange(64), 2**32 - 30))
    struct.pack_into("<I", data, draw.choice((10, 14, 18, 22, 26, 28, 30, 34, 46)), value)
    return bytes(data)
