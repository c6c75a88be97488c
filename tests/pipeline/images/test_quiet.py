"""Whatever is wrong with a picture, nothing but its skip tells of it: no library writes to the terminal by itself."""

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from pipeline.images.codec import read_picture
from pipeline.images.skips import PictureError

COMPRESSIONS = (None, "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits")


def tiffs() -> Iterator[bytes]:
    """Yield whole files, each coded in another way."""
    pixels = np.random.default_rng(0).integers(0, 255, (12, 20, 3), dtype=np.uint8)
    for compression in COMPRESSIONS:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "TIFF", compression=compression)
        yield buffer.getvalue()
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert("1").save(buffer, "TIFF", compression="group4")
    yield buffer.getvalue()


def damaged(data: bytes, seed: int) -> bytes:
    """Change some bytes, and cut some off."""
    random = np.random.default_rng(seed)
    found = bytearray(data)
    for place in random.integers(0, len(found), random.integers(1, 12)):
        found[place] = int(random.integers(256))
    return bytes(found[: random.integers(len(found) // 2, len(found) + 1)])


def read(file: Path) -> None:
    """Read a picture, or find that it cannot be read."""
    try:
        read_picture(file, 1_000_000, None)
    except PictureError:
        return


@pytest.mark.skipif(not features.check("libtiff"), reason="Pillow without libtiff")
def test_damaged_tiffs_write_nothing_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    files = []
    for number, data in enumerate(damaged(data, seed) for data in tiffs() for seed in range(40)):
        files.append(tmp_path / f"{number}.tif")
        files[-1].write_bytes(data)
    os.write(2, b"seen\n")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, files))
    os.write(2, b"seen\n")
    assert capfd.readouterr().err == "seen\nseen\n"


@pytest.mark.parametrize("bits", [0x7FA00000, 0x7FC00000, 0x7F800000, 0xFF800000, 0x7F7FFFFF, 0x00000001])
def test_odd_numbers_write_nothing_to_the_terminal(
    bits: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    numbers = np.full((8, 8), bits, np.uint32).view(np.float32)
    Image.fromarray(numbers).save(tmp_path / "odd.tif")
    read(tmp_path / "odd.tif")
    assert capfd.readouterr().err == ""
