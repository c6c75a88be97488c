"""Label maps: values of every kind of file, colours of known palettes, nothing lossy and nothing mixed."""

import contextlib
import struct
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.classes.label_maps import MOST_COLOURS, LabelMap, read_label_map, scale_nearest
from pipeline.classes.palettes import Palette, choose_palette, known_palettes, why_not
from pipeline.images.resize import scale
from pipeline.images.skips import PictureError, Reason

PLENTY = 10**8
IDS = np.array([[0, 1, 2], [3, 254, 255]], dtype=np.uint8)

CITY_ROAD = CAMVID_ROAD = (128, 64, 128)
CITY_SIDEWALK = (244, 35, 232)
CITY_PARKING = (250, 170, 160)
CAMVID_PAVEMENT = (60, 40, 222)
CAMVID_PAVEMENT_TOO = (0, 0, 192)
CAMVID_SKY = (128, 128, 128)
ADE_WALL = (120, 120, 120)
ADE_ROAD = (140, 140, 140)
BLACK = (0, 0, 0)
NOBODYS = (1, 2, 3)


def packed(*colours: tuple[int, int, int]) -> frozenset[int]:
    return frozenset(red * 65536 + green * 256 + blue for red, green, blue in colours)


def saved(path: Path, pixels: NDArray[Any], mode: str | None = None, **options: object) -> Path:
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(path, **options)  # type: ignore[arg-type]
    return path


def read_ids(path: Path) -> NDArray[np.int32]:
    label_map = read_label_map(path, PLENTY, None)
    assert not label_map.in_colour
    return label_map.class_ids(None)


def refusal(path: Path, max_pixels: int = PLENTY, expected: tuple[int, int] | None = None) -> PictureError:
    with pytest.raises(PictureError) as caught:
        read_label_map(path, max_pixels, expected)
    return caught.value


def gray_png(path: Path, samples: NDArray[np.uint8], bits: int) -> Path:
    """Write a gray PNG of few bits, which Pillow does not."""
    rows = b"".join(
        b"\0" + np.packbits(np.unpackbits(row[:, None], axis=1)[:, -bits:].ravel()).tobytes() for row in samples
    )
    height, width = samples.shape
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows))]
    data = b"\x89PNG\r\n\x1a\n"
    for kind, content in [*chunks, (b"IEND", b"")]:
        data += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    path.write_bytes(data)
    return path


# Class ids


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.tiff"])
def test_gray_values_are_class_ids(name: str, tmp_path: Path) -> None:
    ids = read_ids(saved(tmp_path / name, IDS))
    assert ids.dtype == np.int32
    assert np.array_equal(ids, IDS)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif"])
def test_indices_of_a_palette_are_class_ids_whatever_their_colours(name: str, tmp_path: Path) -> None:
    image = Image.frombytes("P", (3, 2), IDS.tobytes())
    image.putpalette([7, 7, 7] * 256)
    image.save(tmp_path / name)
    assert np.array_equal(read_ids(tmp_path / name), IDS)


@pytest.mark.parametrize(("bits", "colours"), [(1, 2), (2, 4), (4, 16)])
def test_indices_of_few_bits(bits: int, colours: int, tmp_path: Path) -> None:
    ids = np.arange(40, dtype=np.uint8).reshape(5, 8) % colours
    image = Image.frombytes("P", (8, 5), ids.tobytes())
    image.putpalette([number * 5 for number in range(3 * colours)])
    image.save(tmp_path / "a.png", bits=bits)
    assert np.array_equal(read_ids(tmp_path / "a.png"), ids)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_gray_samples_of_few_bits_are_the_class_ids_themselves(bits: int, tmp_path: Path) -> None:
    ids = (np.arange(35).reshape(5, 7) * 7 % 2**bits).astype(np.uint8)
    assert np.array_equal(read_ids(gray_png(tmp_path / "a.png", ids, bits)), ids)


def test_black_and_white_is_0_and_1(tmp_path: Path) -> None:
    saved(tmp_path / "a.png", IDS > 2)
    assert np.array_equal(read_ids(tmp_path / "a.png"), IDS > 2)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_ids_of_16_bits(name: str, tmp_path: Path) -> None:
    ids = np.array([[0, 255, 256], [300, 32768, 65535]], dtype=np.uint16)
    assert np.array_equal(read_ids(saved(tmp_path / name, ids)), ids)


def test_ids_of_32_bits_up_to_the_largest(tmp_path: Path) -> None:
    ids = np.array([[0, 300, 65535]], dtype=np.int32)
    assert np.array_equal(read_ids(saved(tmp_path / "a.tif", ids)), ids)


@pytest.mark.parametrize("wrong", [-1, 65536])
def test_ids_out_of_range_are_refused(wrong: int, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tif", np.array([[0, wrong, 5]], dtype=np.int32))
    assert refusal(path).args == (Reason.BAD_LABEL, "class ids go from 0 to 65535")


@pytest.mark.parametrize("mode", ["LA", "PA"])
def test_transparency_of_ids_is_dropped(mode: str, tmp_path: Path) -> None:
    pixels = np.stack([IDS, 255 - IDS], axis=-1)
    Image.frombytes(mode, (3, 2), pixels.tobytes()).save(tmp_path / "a.tif" if mode == "PA" else tmp_path / "a.png")
    assert np.array_equal(read_ids(tmp_path / ("a.tif" if mode == "PA" else "a.png")), IDS)


# Colours


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif"])
def test_colours_are_packed(name: str, mode: str, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, len(mode)), dtype=np.uint8)
    label_map = read_label_map(saved(tmp_path / name, pixels), PLENTY, None)
    assert label_map.in_colour
    wanted = [[int(red) * 65536 + int(green) * 256 + int(blue) for red, green, blue, *_ in row] for row in pixels]
    assert label_map.values.tolist() == wanted
    assert label_map.colours() == {value for row in wanted for value in row}


def test_a_map_with_ids_has_no_colours() -> None:
    assert LabelMap(np.array([[1, 2]], dtype=np.int32), in_colour=False).colours() == frozenset()


def test_colours_of_runs_and_of_single_pixels_are_all_found() -> None:
    values = np.array([[0, 0, 5, 5], [5, 7, 0, 0], [0, 9, 9, 0xFFFFFF]], dtype=np.int32)
    assert LabelMap(values, in_colour=True).colours() == {0, 5, 7, 9, 0xFFFFFF}


def test_a_photo_is_no_label_map() -> None:
    values = np.arange(MOST_COLOURS, dtype=np.int32)[None]
    assert len(LabelMap(values, in_colour=True).colours()) == MOST_COLOURS
    more = LabelMap(np.arange(MOST_COLOURS + 1, dtype=np.int32)[None], in_colour=True)
    with pytest.raises(PictureError, match="257 colours, too many for a label map"):
        more.colours()


def test_colours_without_a_palette_are_refused() -> None:
    with pytest.raises(PictureError, match="the map is in colour"):
        LabelMap(np.zeros((2, 2), dtype=np.int32), in_colour=True).class_ids(None)


# Files that are refused


@pytest.mark.parametrize(
    ("name", "options", "found"),
    [
        ("a.jpg", {}, "JPEG"),
        ("a.webp", {"lossless": True}, "WebP"),
        ("a.png", {"format": "JPEG"}, "JPEG"),
        ("a.tif", {"compression": "jpeg"}, "TIFF with lossy compression"),
    ],
)
def test_lossy_formats_are_refused_by_content(
    name: str, options: Mapping[str, Any], found: str, tmp_path: Path
) -> None:
    error = refusal(saved(tmp_path / name, np.repeat(IDS, 8, axis=0), "L" if "web" not in name else "RGB", **options))
    assert error.args == (Reason.BAD_LABEL, f"{found} can blur the classes; save as PNG")


def test_a_multi_picture_jpeg_is_a_jpeg(tmp_path: Path) -> None:
    image = Image.fromarray(IDS)
    image.save(tmp_path / "a.png", "MPO", save_all=True, append_images=[image])
    assert refusal(tmp_path / "a.png").detail == "JPEG can blur the classes; save as PNG"


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "raw"])
def test_tiff_without_loss_is_read(compression: str, tmp_path: Path) -> None:
    assert np.array_equal(read_ids(saved(tmp_path / "a.tif", IDS, compression=compression)), IDS)


@pytest.mark.parametrize("mode", ["F", "CMYK"])
def test_modes_without_classes_are_refused(mode: str, tmp_path: Path) -> None:
    Image.new(mode, (3, 2)).save(tmp_path / "a.tif")
    assert refusal(tmp_path / "a.tif").args == (
        Reason.BAD_LABEL,
        f"mode {mode} holds no classes; save as gray or palette PNG",
    )


def test_damaged_and_missing_files_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8))
    (tmp_path / "half.png").write_bytes(path.read_bytes()[:2000])
    (tmp_path / "text.png").write_text("no picture")
    assert refusal(tmp_path / "half.png").reason is Reason.TRUNCATED
    assert refusal(tmp_path / "text.png").reason is Reason.UNSUPPORTED
    assert refusal(tmp_path / "none.png").reason is Reason.MISSING


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_files_with_changed_bytes_are_read_or_refused(mode: str, tmp_path: Path) -> None:
    good = saved(tmp_path / "a.png", np.random.default_rng(0).integers(0, 20, (9, 9), dtype=np.uint8), mode)
    data = good.read_bytes()
    for place in range(len(data)):
        good.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        with contextlib.suppress(PictureError):
            assert read_label_map(good, 10_000, None).values.ndim == 2


@pytest.mark.parametrize("max_pixels", [5, 6])
def test_too_many_pixels_are_refused(max_pixels: int, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", IDS)
    if max_pixels == 5:
        assert refusal(path, max_pixels).reason is Reason.TOO_LARGE
    else:
        read_label_map(path, max_pixels, None)


def test_a_map_has_the_size_of_its_picture(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", IDS)
    read_label_map(path, PLENTY, (3, 2))
    assert refusal(path, expected=(2, 3)).args == (Reason.WRONG_SIZE, "the map is 3x2, its picture 2x3")


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_map_is_read_upright(name: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / name, IDS, exif=exif)
    assert np.array_equal(read_label_map(path, PLENTY, (2, 3)).values, np.rot90(IDS, -1))


# Scaling


@pytest.mark.parametrize("size", [(7, 5), (40, 30), (16, 3), (1, 1), (24, 16)])
def test_scaling_picks_the_pixels_that_pillow_picks(size: tuple[int, int]) -> None:
    ids = np.random.default_rng(0).integers(0, 256, (16, 24)).astype(np.int32)
    wanted = np.asarray(Image.fromarray(ids.astype(np.uint8)).resize(size, Image.Resampling.NEAREST))
    assert np.array_equal(scale_nearest(ids, size), wanted)


def test_large_values_are_scaled_without_mixing() -> None:
    values = np.array([[0, 65535], [0xFFFFFF, 255]], dtype=np.int32)
    scaled = scale_nearest(values, (5, 7))
    assert scaled.shape == (7, 5)
    assert set(np.unique(scaled)) == {0, 255, 65535, 0xFFFFFF}


@pytest.mark.parametrize("size", [(48, 32), (96, 64), (20, 14), (37, 41)])
def test_a_scaled_map_fits_its_scaled_picture(size: tuple[int, int]) -> None:
    ids = np.kron(np.random.default_rng(0).integers(0, 2, (4, 6)), np.ones((8, 8), dtype=int)).astype(np.int32)
    picture = np.repeat((ids * 200).astype(np.uint8)[..., None], 3, axis=2)
    brightness = scale(picture, size)[..., 0].astype(int)
    scaled = scale_nearest(ids, size)
    # Half a pixel off would leave edges that are bright on the wrong side.
    assert ((brightness > 130) <= (scaled == 1)).all()
    assert ((brightness < 70) <= (scaled == 0)).all()


# Palettes


@pytest.fixture(scope="module")
def palettes() -> dict[str, Palette]:
    return {palette.name: palette for palette in known_palettes()}


def ids_of(palette: Palette, *colours: tuple[int, int, int]) -> list[int]:
    values = np.array([[next(iter(packed(colour))) for colour in colours]], dtype=np.int32)
    return LabelMap(values, in_colour=True).class_ids(palette)[0].tolist()  # type: ignore[no-any-return]


def test_cityscapes(palettes: Mapping[str, Palette]) -> None:
    colours = [CITY_ROAD, CITY_SIDEWALK, (70, 130, 180), (0, 0, 142), (119, 11, 32), BLACK, CITY_PARKING, (0, 0, 110)]
    assert ids_of(palettes["Cityscapes"], *colours) == [0, 1, 10, 13, 18, 255, 255, 255]
    assert sorted(palettes["Cityscapes"].ids.values()) == [*range(19), *[255] * 10]


def test_camvid(palettes: Mapping[str, Palette]) -> None:
    colours = [CAMVID_SKY, CAMVID_ROAD, CAMVID_PAVEMENT, CAMVID_PAVEMENT_TOO, (0, 128, 192), BLACK]
    assert ids_of(palettes["CamVid"], *colours) == [0, 3, 4, 4, 10, 255]
    assert set(palettes["CamVid"].ids.values()) == {*range(11), 255}


def test_ade20k(palettes: Mapping[str, Palette]) -> None:
    # Two of the 150 classes have the colour of the road; the first has it.
    assert ids_of(palettes["ADE20K"], ADE_WALL, (180, 120, 120), ADE_ROAD, (92, 0, 255), BLACK) == [0, 1, 6, 149, 255]
    assert len(palettes["ADE20K"].ids) == 150


def test_the_order_of_preference() -> None:
    assert [palette.name for palette in known_palettes()] == ["Cityscapes", "CamVid", "ADE20K"]


@pytest.mark.parametrize("strange", [0, 4, 11, 0xFFFFFF])
def test_a_colour_that_is_not_in_the_palette_is_named(strange: int) -> None:
    palette = Palette("Test", {3: 0, 10: 1, 12: 2})
    values = np.array([[3, 10], [strange, 12]], dtype=np.int32)
    colour = (strange // 65536, strange // 256 % 256, strange % 256)
    with pytest.raises(PictureError) as caught:
        palette.class_ids(values)
    assert caught.value.args == (Reason.BAD_LABEL, f"the colour {colour} is not in the palette of Test")


def test_every_pixel_is_translated() -> None:
    palette = Palette("Test", {3: 7, 10: 1, 12: 255})
    values = np.random.default_rng(0).choice([3, 10, 12], (30, 40)).astype(np.int32)
    found = palette.class_ids(values)
    assert found.dtype == np.int32
    assert found.tolist() == [[palette.ids[value] for value in row] for row in values.tolist()]


@pytest.mark.parametrize(
    ("maps", "name"),
    [
        ([packed(CITY_ROAD)], "Cityscapes"),
        ([packed(CITY_ROAD), packed(CITY_SIDEWALK, BLACK)], "Cityscapes"),
        ([packed(CAMVID_ROAD), packed(CAMVID_PAVEMENT)], "CamVid"),
        ([packed(CAMVID_PAVEMENT_TOO, BLACK), frozenset()], "CamVid"),
        ([packed(ADE_WALL)], "ADE20K"),
        ([packed((255, 0, 0)), packed((255, 0, 0), ADE_WALL)], "ADE20K"),
        ([packed(CITY_SIDEWALK), packed(CAMVID_SKY), packed(CAMVID_PAVEMENT)], "CamVid"),
    ],
)
def test_the_palette_that_fits_most_maps_is_chosen(maps: list[frozenset[int]], name: str) -> None:
    palette = choose_palette(maps)
    assert palette is not None
    assert palette.name == name


def test_maps_with_ids_need_no_palette(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.classes.palettes.known_palettes", lambda: pytest.fail("loaded for nothing"))
    assert choose_palette([frozenset(), frozenset()]) is None
    assert choose_palette([]) is None


def test_why_a_palette_does_not_fit(palettes: Mapping[str, Palette]) -> None:
    city = palettes["Cityscapes"]
    assert why_not(city, packed(CITY_ROAD, BLACK)) is None
    assert why_not(city, frozenset()) is None
    assert why_not(city, packed(CITY_ROAD, ADE_WALL)) == (
        "the colour (120, 120, 120) is not in the palette of Cityscapes, which fits most maps"
    )
    assert why_not(city, packed(ADE_WALL, (200, 2, 3), BLACK)) == (
        "the colour (200, 2, 3) is in no known palette (Cityscapes, CamVid, ADE20K)"
    )


def test_the_palettes_are_loaded_late_and_quietly() -> None:
    script = (
        "import sys, pipeline.train.samples\n"
        "assert not {'mmseg', 'mmcv', 'mmengine'} & sys.modules.keys()\n"
        "import pipeline.classes.palettes\n"
        "pipeline.classes.palettes.known_palettes()\n"
        "assert 'mmcv.ops' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_real_camvid_maps(shared_data: Path) -> None:
    paths = sorted((shared_data / "camvid" / "labels" / "val").glob("*.png"))[:3]
    assert len(paths) == 3
    for path in paths:
        assert set(np.unique(read_ids(path))) <= set(range(12))
        assert read_label_map(path, PLENTY, (480, 360)).colours() == frozenset()
