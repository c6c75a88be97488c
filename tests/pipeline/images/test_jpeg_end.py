"""JPEGs without their end marker: what has all its pixels is read, and what is cut stays cut."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.images.codec import read_header, read_picture
from pipeline.images.jpeg_end import with_end
from pipeline.images.skips import PictureError, Reason

END = b"\xff\xd9"
SIZE = (67, 45)  # no multiple of a block


def _photo() -> NDArray[np.uint8]:
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    planes = np.stack([columns + 30 * np.sin(rows / 9), rows * 2, (columns * rows) % 255], -1)
    noise = np.random.default_rng(0).normal(0, 12, planes.shape)
    return np.clip(planes + noise, 0, 255).astype(np.uint8)


def encoded(mode: str = "RGB", **options: Any) -> bytes:  # noqa: ANN401 (Pillow's)
    buffer = io.BytesIO()
    Image.fromarray(_photo()).convert(mode).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


KINDS: Mapping[str, bytes] = {
    "baseline": encoded(),
    "optimized": encoded(optimize=True),
    "4:4:4": encoded(subsampling=0, quality=100),
    "4:2:2": encoded(subsampling=1),
    "4:2:0": encoded(subsampling=2),
    "progressive": encoded(progressive=True),
    "restarts": encoded(restart_marker_blocks=3),
    "restarts by row": encoded(restart_marker_rows=1),
    "progressive restarts": encoded(progressive=True, restart_marker_rows=1),
    "gray": encoded("L"),
    "gray progressive": encoded("L", progressive=True),
    "gray restarts": encoded("L", restart_marker_blocks=2),
    "CMYK": encoded("CMYK"),
    "rough": encoded(quality=10),
}

each = pytest.mark.parametrize("data", KINDS.values(), ids=KINDS)


@each
def test_only_the_end_marker_is_missing(data: bytes, tmp_path: Path) -> None:
    assert data.endswith(END)
    (tmp_path / "whole.jpg").write_bytes(data)
    expected = read_picture(tmp_path / "whole.jpg", 10_000, SIZE)
    for name, cut in (("none.jpg", data[:-2]), ("half.jpg", data[:-1])):
        assert with_end(cut) == data
        (tmp_path / name).write_bytes(cut)
        found = read_picture(tmp_path / name, 10_000, SIZE)
        assert np.array_equal(found.pixels, expected.pixels)
        assert found.format == "JPEG"
        assert read_header(tmp_path / name, 10_000, SIZE).upright == SIZE


@each
def test_what_is_cut_is_truncated(data: bytes, tmp_path: Path) -> None:
    scan = data.index(b"\xff\xda")
    file = tmp_path / "cut.jpg"
    for missing in {*range(3, 24), *range(24, len(data) - scan - 20, max(1, (len(data) - scan) // 60))}:
        file.write_bytes(data[:-missing])
        with pytest.raises(PictureError) as caught:
            read_picture(file, 10_000, SIZE)
        assert caught.value.reason is Reason.TRUNCATED, missing


def test_a_cut_at_each_length_is_none_or_all_of_it() -> None:
    for kind in ("rough", "gray restarts"):
        data = KINDS[kind]
        assert [length for length in range(len(data) - 2) if with_end(data[:length]) is not None] == []


def test_scans_that_are_still_to_come_are_missing_though_the_last_one_is_whole() -> None:
    data = KINDS["progressive"]
    scans = [place for place in range(len(data)) if data.startswith(b"\xff\xda", place)]
    tables = [place for place in range(len(data)) if data.startswith(b"\xff\xc4", place)]
    assert len(scans) > 5
    for place in (*scans[1:], *(table for table in tables if table > scans[0])):
        assert with_end(data[:place]) is None


@each
@pytest.mark.parametrize("junk", [b"\0" * 5000, b"\0" * 100, b"\xff" * 50 + b"\0" * 50, b"junk" * 30])
def test_what_follows_a_cut_does_not_make_it_whole(data: bytes, junk: bytes) -> None:
    assert with_end(data[: -len(data) // 3] + junk) is None


def test_what_follows_the_end_marker_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(KINDS["baseline"] + b"\0" * 100)
    assert read_picture(tmp_path / "a.jpg", 10_000, SIZE).format == "JPEG"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xda",
        b"\xff\xd8\xff\xc0\x00\x02",
        KINDS["baseline"],
        KINDS["baseline"].replace(b"\xff\xc0", b"\xff\xc9")[:-2],
        KINDS["baseline"][:-2].replace(b"\xff\xdd", b""),
        b"\x89PNG" * 20,
    ],
)
def test_what_is_something_else_is_not_mended(data: bytes) -> None:
    found = with_end(data)
    assert found is None or found == KINDS["baseline"]


def test_real_files_without_their_end(shared_data: Path) -> None:
    files = sorted(shared_data.rglob("*.jpg"))[::40][:8]
    for file in files:
        data = file.read_bytes()
        if data.endswith(END) and file.stem != "corrupted":  # one has another end marker in its middle
            assert with_end(data[:-2]) == data
            assert [with_end(data[:-missing]) for missing in (3, 4, 9, 400)] == [None] * 4


def test_the_cameras_of_a_report(shared_data: Path) -> None:
    folder = shared_data.parent / "cases" / "137-jpeg-no-eoi" / "in"
    if not folder.is_dir():
        pytest.skip("needs ../shared/cases")
    for name, size in (("cam1.jpg", (640, 360)), ("cam2.jpg", (64, 48))):
        assert read_picture(folder / name, 1_000_000, size).pixels.shape == (size[1], size[0], 3)
