"""Pictures: read in every mode, frame and state of damage, and written in five formats."""

import ast
import csv
import io
import os
import struct
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, TiffImagePlugin, WebPImagePlugin

from pipeline.images import codec
from pipeline.images.codec import EXTENSIONS, FORMATS, Header, Picture, encode, output_format, read_header, read_picture
from pipeline.images.skips import PictureError, Reason

Pixels = NDArray[np.uint8]
Reader = Callable[[Path, int, tuple[int, int] | None], object]

PLENTY = 10**8
FEW_EXAMPLES = settings(max_examples=300, deadline=None, derandomize=True, database=None)
LOSSLESS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 100, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "BMP": {},
}


def pixels_of(size: tuple[int, int] = (24, 16), seed: int = 0) -> Pixels:
    width, height = size
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def blocks(columns: int, rows: int) -> Pixels:
    """Blocks of 8x8 in colours of their own, which JPEG keeps."""
    colours = np.random.default_rng(1).integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    return colours.repeat(8, axis=0).repeat(8, axis=1)


def saved(path: Path, image: Image.Image, **options: Any) -> Path:  # noqa: ANN401 (Pillow's own signature)
    image.save(path, **options)
    return path


def png(size: tuple[int, int], data: bytes, *, bits: int = 8, before: bytes = b"", after: bytes = b"") -> bytes:
    """An RGB PNG by hand, with chunks before and after its data."""
    header = struct.pack(">IIBBBBB", *size, bits, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(data)) + after + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def reason_of(path: Path, max_pixels: int = PLENTY, expected: tuple[int, int] | None = None) -> Reason:
    with pytest.raises(PictureError) as caught:
        read_picture(path, max_pixels, expected)
    assert caught.value.detail
    assert "\n" not in caught.value.detail
    return caught.value.reason


# Modes


PILLOW = int(PIL.__version__.split(".")[0])
RGB = pixels_of()
GREY = RGB[..., 0]
ALPHA = RGB[..., 1].copy()
ALPHA[0] = 0
PALETTE = pixels_of((256, 1), seed=7)[0]


def grey3(values: NDArray[Any]) -> Pixels:
    return np.asarray(values, dtype=np.uint8)[..., None].repeat(3, axis=2)


def with_palette() -> Image.Image:
    image = Image.frombytes("P", (24, 16), GREY.tobytes())
    image.putpalette(PALETTE.tobytes())
    return image


def cmyk_to_rgb(values: Pixels) -> Pixels:
    inks = values.astype(float)
    colours: Pixels = np.rint((255 - inks[..., :3]) * (255 - inks[..., 3:]) / 255).astype(np.uint8)
    return colours


def ycbcr_to_rgb(values: Pixels) -> Pixels:
    y, cb, cr = np.moveaxis(values.astype(float), 2, 0)
    red = y + 1.402 * (cr - 128)
    green = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)
    blue = y + 1.772 * (cb - 128)
    colours: Pixels = np.clip(np.rint(np.stack([red, green, blue], axis=2)), 0, 255).astype(np.uint8)
    return colours


def to_lab(values: Pixels) -> Image.Image:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(Image.fromarray(values), srgb, lab, outputMode="LAB")
    assert image is not None
    return image


INKS = np.random.default_rng(3).integers(0, 256, (16, 24, 4), dtype=np.uint8)
MUTED = (96 + blocks(3, 2) // 4).astype(np.uint8)
ALPHA_3 = np.dstack([RGB, ALPHA])


@pytest.mark.parametrize(
    ("mode", "extension", "image", "options", "expected", "tolerance"),
    [
        ("1", "png", Image.fromarray(GREY > 127), {}, grey3((GREY > 127) * 255), 0),
        ("1", "tiff", Image.fromarray(GREY > 127), {}, grey3((GREY > 127) * 255), 0),
        ("L", "png", Image.fromarray(GREY), {}, grey3(GREY), 0),
        ("L", "png", Image.fromarray(GREY), {"transparency": int(GREY[0, 0])}, grey3(GREY), 0),
        ("L", "bmp", Image.fromarray(GREY), {}, grey3(GREY), 0),
        ("LA", "png", Image.fromarray(np.dstack([GREY, ALPHA])), {}, grey3(GREY), 0),
        ("LA", "tiff", Image.fromarray(np.dstack([GREY, ALPHA])), {}, grey3(GREY), 0),
        ("P", "png", with_palette(), {}, PALETTE[GREY], 0),
        ("P", "bmp", with_palette(), {}, PALETTE[GREY], 0),
        ("P", "png", with_palette(), {"transparency": int(GREY[0, 0])}, PALETTE[GREY], 0),
        ("P", "png", with_palette(), {"transparency": bytes(range(256))}, PALETTE[GREY], 0),
        ("PA", "tiff", with_palette().convert("PA"), {}, PALETTE[GREY], 0),
        ("RGB", "png", Image.fromarray(RGB), {"transparency": tuple(RGB[0, 0].tolist())}, RGB, 0),
        ("RGBA", "png", Image.fromarray(ALPHA_3), {}, RGB, 0),
        ("RGBA", "tiff", Image.fromarray(ALPHA_3), {}, RGB, 0),
        ("RGBA", "webp", Image.fromarray(ALPHA_3), {"lossless": True, "exact": True}, RGB, 0),
        ("CMYK", "tiff", Image.frombytes("CMYK", (24, 16), INKS.tobytes()), {}, cmyk_to_rgb(INKS), 1),
        pytest.param(
            *("YCbCr", "tiff", Image.frombytes("YCbCr", (24, 16), RGB.tobytes()), {}, ycbcr_to_rgb(RGB), 2),
            marks=pytest.mark.skipif(PILLOW < 13, reason="Pillow 12, the last one for Python 3.10, cannot read it"),
        ),
        ("LAB", "tiff", to_lab(MUTED), {}, MUTED, 2),
        ("I;16", "png", Image.fromarray(GREY.astype(np.uint16) * 257), {}, grey3(GREY), 0),
        ("I;16", "tiff", Image.fromarray(GREY.astype(np.uint16) * 257), {}, grey3(GREY), 0),
        (
            "I;16B",
            "tiff",
            Image.frombytes("I;16B", (24, 16), (GREY.astype(">u2") * 257).astype(">u2").tobytes()),
            {},
            grey3(GREY),
            0,
        ),
        ("I", "tiff", Image.fromarray(GREY.astype(np.int32) * 257), {}, grey3(GREY), 0),
        ("I", "tiff", Image.fromarray(GREY.astype(np.int32)), {}, grey3(GREY), 0),
        ("I", "tiff", Image.fromarray(GREY.astype(np.int32) - 300), {}, grey3(GREY * 0), 0),
        ("F", "tiff", Image.fromarray(GREY.astype(np.float32) / 255), {}, grey3(GREY), 0),
        ("F", "tiff", Image.fromarray(GREY.astype(np.float32)), {}, grey3(GREY), 0),
        ("F", "tiff", Image.fromarray(GREY.astype(np.float32) * 257), {}, grey3(GREY), 0),
    ],
)
def test_every_mode_becomes_rgb(
    mode: str,
    extension: str,
    image: Image.Image,
    options: dict[str, Any],
    expected: Pixels,
    tolerance: int,
    tmp_path: Path,
) -> None:
    path = saved(tmp_path / f"picture.{extension}", image, **options)
    with Image.open(path) as stored:
        assert stored.mode == mode
    pixels = read_picture(path, PLENTY, None).pixels
    assert pixels.dtype == np.uint8
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected.astype(int)).max() <= tolerance


@pytest.mark.parametrize("extension", ["png", "tiff"])
def test_deep_pixels_are_scaled_and_not_clipped(extension: str, tmp_path: Path) -> None:
    values = np.array([[0, 255, 256, 32768, 65535]], dtype=np.uint16)
    path = saved(tmp_path / f"deep.{extension}", Image.fromarray(values))
    assert read_picture(path, PLENTY, None).pixels[0, :, 0].tolist() == [0, 1, 1, 128, 255]


def test_integers_beyond_16_bit_are_scaled_by_the_brightest(tmp_path: Path) -> None:
    values = np.array([[0, 1_000_000, 2_000_000]], dtype=np.int32)
    path = saved(tmp_path / "deep.tiff", Image.fromarray(values))
    assert read_picture(path, PLENTY, None).pixels[0, :, 0].tolist() == [0, 128, 255]


def test_floats_that_are_no_numbers_are_black(tmp_path: Path) -> None:
    values = np.array([[np.nan, np.inf, -np.inf, -3.0, 1.0]], dtype=np.float32)
    path = saved(tmp_path / "float.tiff", Image.fromarray(values))
    assert read_picture(path, PLENTY, None).pixels[0, :, 0].tolist() == [0, 0, 0, 0, 255]


def test_a_colour_png_of_16_bit_becomes_8_bit(tmp_path: Path) -> None:
    rows = b"".join(b"\0" + (row.astype(">u2") * 257).astype(">u2").tobytes() for row in RGB)
    path = tmp_path / "deep.png"
    path.write_bytes(png((24, 16), rows, bits=16))
    assert np.array_equal(read_picture(path, PLENTY, None).pixels, RGB)


# Formats and damage


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("name", ["right", "wrong.gif", "none", "other.png", "other.jpg"])
def test_the_content_tells_the_format_not_the_extension(file_format: str, name: str, tmp_path: Path) -> None:
    pixels = blocks(3, 2)
    path = saved(tmp_path / name, Image.fromarray(pixels), format=file_format, **LOSSLESS[file_format])
    picture = read_picture(path, PLENTY, (24, 16))
    assert picture.format == file_format
    assert np.abs(picture.pixels.astype(int) - pixels.astype(int)).max() <= 4
    header = read_header(path, PLENTY, (24, 16))
    assert (header.format, header.upright, header.stored, header.orientation) == (file_format, (24, 16), (24, 16), 1)


@pytest.mark.parametrize("file_format", ["GIF", "PPM", "TGA", "ICO", "JPEG2000", "PDF", "PCX"])
def test_other_picture_formats_are_unsupported(file_format: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "picture.jpg", Image.fromarray(pixels_of((16, 16))), format=file_format)
    assert reason_of(path) is Reason.UNSUPPORTED


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"GIF89a\x01\x00\x01\x00", "GIF is not read"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIF, AVIF or a video is not read"),
        (b"<svg/>", "none of JPEG, PNG, WebP, TIFF, BMP"),
        (b"\xff\xd8\xff", "damaged header"),
    ],
)
def test_what_is_no_picture_is_unsupported_and_named(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=words) as caught:
        read_picture(path, PLENTY, None)
    assert caught.value.reason is Reason.UNSUPPORTED


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.99])
def test_a_file_that_ends_too_early_is_truncated(file_format: str, share: float, tmp_path: Path) -> None:
    data = encode(pixels_of((64, 64)), file_format, 90)
    path = tmp_path / "picture"
    path.write_bytes(data[: int(len(data) * share)])
    assert reason_of(path) is Reason.TRUNCATED


@pytest.mark.parametrize("file_format", ["WEBP", "TIFF"])
def test_a_cut_webp_or_tiff_is_refused(file_format: str, tmp_path: Path) -> None:
    data = encode(pixels_of((64, 64)), file_format, 90)
    path = tmp_path / "picture"
    path.write_bytes(data[: len(data) // 2])
    assert reason_of(path) in {Reason.TRUNCATED, Reason.UNREADABLE, Reason.UNSUPPORTED}


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    assert reason_of(tmp_path / "nothing.jpg") is Reason.MISSING


def test_a_link_to_nothing_is_missing(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to("nothing.jpg")
    assert reason_of(tmp_path / "link.jpg") is Reason.MISSING


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    assert reason_of(tmp_path) is Reason.UNREADABLE


def test_a_pipe_is_unreadable_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reason_of(tmp_path / "pipe.jpg") is Reason.UNREADABLE


def test_a_path_through_a_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert reason_of(tmp_path / "file" / "picture.jpg") is Reason.UNREADABLE


def test_a_forbidden_file_is_unreadable_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "picture.png", Image.fromarray(RGB))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(codec, "open_regular", refuse)
    with pytest.raises(PictureError) as caught:
        read_picture(path, PLENTY, None)
    assert (caught.value.reason, caught.value.detail) == (Reason.UNREADABLE, "Permission denied")


def test_a_lack_of_memory_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "picture.bmp", Image.fromarray(RGB))

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    assert reason_of(path) is Reason.OUT_OF_MEMORY


def test_a_skip_carries_name_reason_and_detail(tmp_path: Path) -> None:
    with pytest.raises(PictureError) as caught:
        read_picture(tmp_path / "a.jpg", PLENTY, None)
    assert caught.value.as_skip("x/a.jpg").as_dict() == {
        "file": "x/a.jpg",
        "reason": "missing",
        "detail": "no such file",
    }


# The number of pixels


def count_decoding(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every decoding from here on."""
    calls: list[str] = []

    def watch(cls: type[Image.Image]) -> None:
        original = cls.load

        def load(self: Image.Image) -> object:
            calls.append(cls.__name__)
            return original(self)

        monkeypatch.setattr(cls, "load", load)

    for cls in (ImageFile.ImageFile, TiffImagePlugin.TiffImageFile, WebPImagePlugin.WebPImageFile):
        watch(cls)
    return calls


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("read", [read_header, read_picture])
def test_too_many_pixels_are_refused_before_decoding(
    file_format: str, read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encode(RGB, file_format, 90))
    decoded = count_decoding(monkeypatch)
    with pytest.raises(PictureError, match="24x16 is over the limit of 383 pixels") as caught:
        read(path, 383, None)
    assert caught.value.reason is Reason.TOO_LARGE
    assert decoded == []


def test_as_many_pixels_as_allowed_are_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "picture.png", Image.fromarray(RGB))
    assert read_picture(path, 384, None).pixels.shape == (16, 24, 3)


def test_a_header_of_a_small_file_that_announces_a_huge_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    orientation = Image.Exif()
    orientation[0x0112] = 1
    exif = chunk(b"eXIf", orientation.tobytes().removeprefix(b"Exif\0\0"))
    path.write_bytes(png((60_000, 60_000), b"", before=exif))
    assert reason_of(path) is Reason.TOO_LARGE


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_header_is_read_without_decoding(file_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encode(RGB, file_format, 90))
    decoded = count_decoding(monkeypatch)
    assert read_header(path, PLENTY, None).upright == (24, 16)
    assert decoded == []


def test_decoding_is_noticed_by_the_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "picture.tiff", Image.fromarray(RGB))
    decoded = count_decoding(monkeypatch)
    read_picture(path, PLENTY, None)
    assert decoded


def test_the_limit_of_pillow_gives_way_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = saved(tmp_path / "picture.png", Image.fromarray(RGB))
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read_picture(good, PLENTY, None).pixels.shape == (16, 24, 3)
    assert Image.MAX_IMAGE_PIXELS == 10
    assert reason_of(bad) is Reason.UNSUPPORTED
    assert Image.MAX_IMAGE_PIXELS == 10
    assert reason_of(good, max_pixels=1) is Reason.TOO_LARGE
    assert Image.MAX_IMAGE_PIXELS == 10


def test_the_limit_of_pillow_comes_back_after_two_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dry runs read headers in threads; here the second begins before and ends after the first one's end."""
    path = saved(tmp_path / "picture.bmp", Image.fromarray(RGB))
    original = Image.open
    first_is_in, second_is_in, first_is_out = threading.Event(), threading.Event(), threading.Event()

    def slow_open(*arguments: Any, **options: Any) -> ImageFile.ImageFile:  # noqa: ANN401 (Pillow's own signature)
        if not first_is_in.is_set():
            first_is_in.set()
            second_is_in.wait(0.5)
        else:
            second_is_in.set()
            first_is_out.wait(0.5)
        return original(*arguments, **options)

    def first() -> tuple[int, int]:
        try:
            return read_header(path, PLENTY, None).upright
        finally:
            first_is_out.set()

    def second() -> tuple[int, int]:
        first_is_in.wait(0.5)
        return read_header(path, PLENTY, None).upright

    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    monkeypatch.setattr(Image, "open", slow_open)
    with ThreadPoolExecutor(2) as pool:
        looks = [pool.submit(first), pool.submit(second)]
        assert [look.result() for look in looks] == [(24, 16), (24, 16)]
    assert Image.MAX_IMAGE_PIXELS == 10


# The frame


TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).swapaxes(0, 1),
    8: lambda stored: np.rot90(stored, 1),
}
"""From the stored to the upright frame, as the EXIF standard draws it."""


def turned_file(path: Path, file_format: str, orientation: int, **options: Any) -> Pixels:  # noqa: ANN401 (Pillow's)
    """Write a file of 24x16 with an EXIF orientation; return the stored pixels."""
    stored = blocks(3, 2)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(path, file_format, exif=exif, **LOSSLESS[file_format], **options)
    return stored


def assert_alike(pixels: Pixels, wanted: Pixels) -> None:
    assert pixels.shape == wanted.shape
    assert np.abs(pixels.astype(int) - wanted.astype(int)).max() <= 4


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", TURNS)
class TestOrientation:
    """Which frame a picture with an EXIF orientation is read in."""

    def test_without_a_size_it_is_upright(self, file_format: str, orientation: int, tmp_path: Path) -> None:
        stored = turned_file(tmp_path / "p", file_format, orientation)
        assert_alike(read_picture(tmp_path / "p", PLENTY, None).pixels, TURNS[orientation](stored))

    def test_with_the_upright_size_it_is_upright(self, file_format: str, orientation: int, tmp_path: Path) -> None:
        stored = turned_file(tmp_path / "p", file_format, orientation)
        size = (24, 16) if orientation < 5 else (16, 24)
        assert_alike(read_picture(tmp_path / "p", PLENTY, size).pixels, TURNS[orientation](stored))

    def test_with_the_stored_size_it_is_as_stored(self, file_format: str, orientation: int, tmp_path: Path) -> None:
        stored = turned_file(tmp_path / "p", file_format, orientation)
        wanted = TURNS[orientation](stored) if orientation < 5 else stored  # where both sizes agree, upright
        assert_alike(read_picture(tmp_path / "p", PLENTY, (24, 16)).pixels, wanted)

    def test_with_another_size_it_is_refused(self, file_format: str, orientation: int, tmp_path: Path) -> None:
        turned_file(tmp_path / "p", file_format, orientation)
        wrong = (16, 24) if orientation < 5 else (24, 24)
        assert reason_of(tmp_path / "p", expected=wrong) is Reason.WRONG_SIZE

    def test_the_header_tells_both_sizes(self, file_format: str, orientation: int, tmp_path: Path) -> None:
        turned_file(tmp_path / "p", file_format, orientation)
        header = read_header(tmp_path / "p", PLENTY, None)
        assert (header.stored, header.orientation) == ((24, 16), orientation)
        assert header.upright == ((24, 16) if orientation < 5 else (16, 24))


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_compressed_tiff_is_turned_once(orientation: int, tmp_path: Path) -> None:
    stored = turned_file(tmp_path / "p", "TIFF", orientation, compression="tiff_adobe_deflate")
    assert_alike(read_picture(tmp_path / "p", PLENTY, None).pixels, TURNS[orientation](stored))


@pytest.mark.parametrize("orientation", [0, 9, 300])
def test_an_orientation_that_does_not_exist_is_ignored(orientation: int, tmp_path: Path) -> None:
    stored = turned_file(tmp_path / "p", "JPEG", orientation)
    assert_alike(read_picture(tmp_path / "p", PLENTY, None).pixels, stored)


@pytest.mark.parametrize("early", [True, False])
def test_the_orientation_of_a_png_is_found_before_and_after_its_data(early: bool, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    extra = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    rows = b"".join(b"\0" + row.tobytes() for row in RGB)
    path = tmp_path / "p.png"
    path.write_bytes(png((24, 16), rows, before=extra if early else b"", after=b"" if early else extra))
    assert np.array_equal(read_picture(path, PLENTY, (16, 24)).pixels, np.rot90(RGB, -1))


@pytest.mark.parametrize(("expected", "turned"), [(None, True), ((16, 24), True), ((24, 16), False)])
def test_a_tiff_with_its_orientation_in_xmp_alone_is_in_the_frame_of_its_labels(
    expected: tuple[int, int] | None, turned: bool, tmp_path: Path
) -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    path = saved(tmp_path / "p.tiff", Image.fromarray(RGB), tiffinfo={700: xmp})
    pixels = read_picture(path, PLENTY, expected).pixels
    assert np.array_equal(pixels, np.rot90(RGB, -1) if turned else RGB)


def test_the_message_of_a_wrong_size_tells_all_sizes(tmp_path: Path) -> None:
    turned_file(tmp_path / "p", "JPEG", 6)
    with pytest.raises(PictureError, match=r"16x24 \(stored 24x16\), the label says 5x7"):
        read_header(tmp_path / "p", PLENTY, (5, 7))


@pytest.mark.parametrize("orientation", [1, 6])
def test_mpo_is_read_as_jpeg_and_its_first_picture_counts(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    first, second = blocks(3, 2), blocks(3, 2)[::-1].copy()
    path = saved(
        tmp_path / "p.mpo",
        Image.fromarray(first),
        format="MPO",
        save_all=True,
        append_images=[Image.fromarray(second)],
        exif=exif,
        **LOSSLESS["JPEG"],
    )
    with Image.open(path) as image:
        assert image.format == "MPO"
    picture = read_picture(path, PLENTY, None)
    assert picture.format == "JPEG"
    assert_alike(picture.pixels, TURNS[orientation](first))


@pytest.mark.parametrize("file_format", ["TIFF", "PNG", "WEBP"])
def test_of_several_pictures_the_first_is_read(file_format: str, tmp_path: Path) -> None:
    other = Image.fromarray(RGB[::-1].copy())
    path = tmp_path / "p"
    Image.fromarray(RGB).save(path, file_format, save_all=True, append_images=[other], **LOSSLESS[file_format])
    assert np.array_equal(read_picture(path, PLENTY, None).pixels, RGB)


# Colour profiles


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("image", "extension", "kept"),
    [
        (Image.fromarray(RGB), "jpg", True),
        (Image.fromarray(RGB), "png", True),
        (Image.fromarray(RGB), "webp", True),
        (Image.fromarray(RGB), "tiff", True),
        (Image.fromarray(ALPHA_3), "png", True),
        (Image.fromarray(GREY), "png", False),
        (Image.frombytes("CMYK", (24, 16), INKS.tobytes()), "jpg", False),
        (Image.frombytes("CMYK", (24, 16), INKS.tobytes()), "tiff", False),
    ],
)
def test_a_colour_profile_is_kept_for_rgb_alone(image: Image.Image, extension: str, kept: bool, tmp_path: Path) -> None:
    path = saved(tmp_path / f"p.{extension}", image, icc_profile=PROFILE)
    assert read_picture(path, PLENTY, None).icc_profile == (PROFILE if kept else None)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_colour_profile_is_written_where_the_format_has_one(file_format: str) -> None:
    with Image.open(io.BytesIO(encode(RGB, file_format, 90, PROFILE))) as image:
        assert image.info.get("icc_profile") == (None if file_format == "BMP" else PROFILE)


# Writing


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_is_encoded_is_read_back(file_format: str, tmp_path: Path) -> None:
    pixels = blocks(3, 2)
    path = tmp_path / "p"
    path.write_bytes(encode(pixels, file_format, 100))
    picture = read_picture(path, PLENTY, (24, 16))
    assert picture.format == file_format
    difference = np.abs(picture.pixels.astype(int) - pixels.astype(int))
    assert difference.mean() < 12 if file_format in {"JPEG", "WEBP"} else difference.max() == 0


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
def test_a_higher_quality_takes_more_bytes_and_is_closer(file_format: str, tmp_path: Path) -> None:
    pixels = blocks(8, 8) // 2 + pixels_of((64, 64)) // 4
    sizes, errors = [], []
    for quality in (10, 60, 95):
        data = encode(pixels, file_format, quality)
        (tmp_path / "p").write_bytes(data)
        sizes.append(len(data))
        read = read_picture(tmp_path / "p", PLENTY, None).pixels
        errors.append(float(np.abs(read.astype(int) - pixels.astype(int)).mean()))
    assert sizes == sorted(set(sizes))
    assert errors == sorted(set(errors), reverse=True)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP"])
def test_the_quality_does_not_matter_for_lossless_formats(file_format: str) -> None:
    assert encode(RGB, file_format, 1) == encode(RGB, file_format, 100)


@pytest.mark.parametrize(("file_format", "size"), [("JPEG", (70_000, 8)), ("WEBP", (16_384, 8))])
def test_a_picture_too_large_for_its_format_is_unwritable(file_format: str, size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match=f"{size[0]}x8 as {file_format}: .+") as caught:
        encode(np.zeros((size[1], size[0], 3), dtype=np.uint8), file_format, 90)
    assert caught.value.reason is Reason.UNWRITABLE


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP"])
def test_a_very_wide_picture_fits_the_other_formats(file_format: str, tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(encode(np.zeros((2, 70_000, 3), dtype=np.uint8), file_format, 90))
    assert read_header(tmp_path / "p", PLENTY, None).upright == (70_000, 2)


@pytest.mark.parametrize(
    ("name", "source", "wanted"),
    [
        ("a.jpg", "PNG", "JPEG"),
        ("a/b.JPEG", "PNG", "JPEG"),
        ("a.mpo", "JPEG", "JPEG"),
        ("a.PNG", "JPEG", "PNG"),
        ("a.webp", "JPEG", "WEBP"),
        ("a.TIF", "JPEG", "TIFF"),
        ("a.dib", "JPEG", "BMP"),
        ("a", "WEBP", "WEBP"),
        ("a.b/c", "TIFF", "TIFF"),
        ("a.png.bak", "JPEG", "JPEG"),
        (".png", "JPEG", "JPEG"),
    ],
)
def test_the_extension_chooses_the_format_to_write(name: str, source: str, wanted: str) -> None:
    assert output_format(name, source) == wanted


def test_every_extension_names_a_format_that_is_read() -> None:
    assert set(EXTENSIONS.values()) == set(FORMATS)
    assert all(extension == extension.lower() and extension.startswith(".") for extension in EXTENSIONS)


# Any bytes at all


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytes") / "picture"


def outcome(read: Reader, path: Path) -> object:
    try:
        return read(path, 100_000, None)
    except PictureError as error:
        return error


def assert_read_or_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    for result in (outcome(read_header, path), outcome(read_picture, path)):
        if isinstance(result, PictureError):
            assert result.as_skip("a").as_dict()["detail"]
        else:
            assert isinstance(result, Header | Picture)
            assert result.format in FORMATS
    assert Image.MAX_IMAGE_PIXELS


def valid_files() -> list[bytes]:
    files = [encode(blocks(3, 2), file_format, 80, PROFILE[:64]) for file_format in FORMATS]
    exif = Image.Exif()
    exif[0x0112] = 6
    for file_format in ("JPEG", "PNG", "WEBP", "TIFF"):
        buffer = io.BytesIO()
        Image.fromarray(blocks(3, 2)).save(buffer, file_format, exif=exif)
        files.append(buffer.getvalue())
    buffer = io.BytesIO()
    with_palette().save(buffer, "PNG", transparency=bytes(range(256)))
    return [*files, buffer.getvalue()]


VALID_FILES = valid_files()
MAGIC = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 ", b"II*\0\x08\0\0\0", b"MM\0*", b"BM"]


@FEW_EXAMPLES
@given(magic=st.sampled_from(MAGIC), rest=st.binary(max_size=200))
def test_arbitrary_bytes_are_read_or_refused(scratch: Path, magic: bytes, rest: bytes) -> None:
    assert_read_or_refused(scratch, magic + rest)


@FEW_EXAMPLES
@given(
    data=st.sampled_from(VALID_FILES),
    changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_files_with_changed_bytes_are_read_or_refused(
    scratch: Path, data: bytes, changes: list[tuple[int, int]]
) -> None:
    changed = bytearray(data)
    for place, value in changes:
        changed[place % len(data)] = value
    assert_read_or_refused(scratch, bytes(changed))


@FEW_EXAMPLES
@given(data=st.sampled_from(VALID_FILES), share=st.floats(0, 1), gap=st.integers(0, 40))
def test_files_with_a_gap_or_cut_are_read_or_refused(scratch: Path, data: bytes, share: float, gap: int) -> None:
    place = int(share * len(data))
    assert_read_or_refused(scratch, data[:place])
    assert_read_or_refused(scratch, data[:place] + data[place + gap :])


# Real files


def test_awkward_files_are_read_as_others_read_them_or_refused(shared_data: Path) -> None:
    root = shared_data / "awkward_images"
    with (root / "verified.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["file"]: row for row in csv.DictReader(stream)}
    assert rows
    differing = {}
    for name, row in rows.items():
        try:
            found: object = read_picture(root / name, PLENTY, None).pixels.shape
        except PictureError as error:
            found = error.reason.name
        if row["pil_mode_or_ERR"] == "ERR" and name != "pillow/truncated_jpeg.jpg":  # it lacks half of its end marker
            good = found in {"UNSUPPORTED", "UNREADABLE", "TRUNCATED"}
        else:
            good = found == ast.literal_eval(row["cv2_color"])  # OpenCV turns pictures upright too
        if not good:
            differing[name] = found
    assert differing == {}


def test_what_lies_beside_the_awkward_files_is_refused(shared_data: Path) -> None:
    root = shared_data / "awkward_images"
    assert reason_of(root / "verified.csv") is Reason.UNSUPPORTED
    assert reason_of(root / "pillow") is Reason.UNREADABLE
    assert reason_of(root / "pillow" / "decompression_bomb.gif") is Reason.UNSUPPORTED
