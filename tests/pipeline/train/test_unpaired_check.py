"""The check before training: every bad file is found, and all maps of a data set mean the same."""

import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.classes.label_maps import LabelMap
from pipeline.classes.palettes import Palette
from pipeline.engine.events import Done
from pipeline.images.geometry import LONGEST
from pipeline.train.enums import Direction
from pipeline.train.unpaired import UnpairedData, open_unpaired
from pipeline.train.unpaired_check import Checked, check_unpaired
from tests.conftest import ROOT
from tests.generators import result_of
from tpsence.errors import InputError

STREET = ROOT / "examples" / "street"
PLENTY = 10**8
ROAD = (128, 64, 128)
CITY_SIDEWALK = (244, 35, 232)
CAMVID_PAVEMENT = (60, 40, 222)
CAMVID_SKY = (128, 128, 128)

Paint = Callable[..., Path]


@pytest.fixture
def root(paint: Paint, tmp_path: Path) -> Path:
    """Three clear pictures and two rainy ones with good maps, 12x8."""
    for folder, maps, count in (("trainA", "trainS", 3), ("trainB", "trainT", 2)):
        for number in range(count):
            paint(tmp_path / folder / f"{number}.png", size=(12, 8), seed=number)
            (tmp_path / maps).mkdir(exist_ok=True)
            Image.new("L", (12, 8), number).save(tmp_path / maps / f"{number}.png")
    return tmp_path


def opened(root: Path, needs_maps: bool = True, needs_targets: bool = False) -> UnpairedData:
    return open_unpaired(root, direction=Direction.A_TO_B, needs_maps=needs_maps, needs_targets=needs_targets)


def check(root: Path, needs_maps: bool = True, max_pixels: int = PLENTY) -> Palette | None:
    return result_of(check_unpaired(opened(root, needs_maps), max_pixels)).palette


def refusal(root: Path, needs_maps: bool = True, max_pixels: int = PLENTY, needs_targets: bool = False) -> str:
    with pytest.raises(InputError) as caught:
        result_of(check_unpaired(opened(root, needs_maps, needs_targets), max_pixels))
    assert caught.value.message.isprintable()
    assert caught.value.hint is not None
    return caught.value.message


def colour(path: Path, *colours: tuple[int, int, int]) -> None:
    """Write a map 12x8 in colours, in columns."""
    pixels = np.array([[colours[column % len(colours)] for column in range(12)]] * 8, dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def test_good_data_pass_and_progress_counts_files(root: Path) -> None:
    seen: list[object] = []
    assert result_of(check_unpaired(opened(root), PLENTY), seen) == Checked(None, ((12, 8),) * 3)
    assert [event.count for event in seen if isinstance(event, Done)] == [2, 2, 2, 2, 2]
    seen.clear()
    assert result_of(check_unpaired(opened(root, needs_maps=False), PLENTY), seen) == Checked(None, ((12, 8),) * 3)
    assert [event.count for event in seen if isinstance(event, Done)] == [1, 1, 1, 1, 1]


def test_sizes_are_those_of_the_source_upright_and_in_its_order(root: Path, paint: Paint) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    paint(root / "trainA/0.png", size=(14, 9))
    paint(root / "trainA/1.png", size=(12, 8), exif=exif)
    found = result_of(check_unpaired(opened(root, needs_maps=False), PLENTY))
    assert found.sizes == ((14, 9), (8, 12), (12, 8))
    back = open_unpaired(root, direction=Direction.B_TO_A, needs_maps=False)
    assert result_of(check_unpaired(back, PLENTY)).sizes == ((12, 8), (12, 8))


def test_targets_are_looked_at_and_counted(root: Path, paint: Paint) -> None:
    paint(root / "trainP/1.png", size=(24, 16))
    data, seen = opened(root, needs_targets=True), list[object]()
    result_of(check_unpaired(data, PLENTY), seen)
    assert [event.count for event in seen if isinstance(event, Done)] == [2, 3, 2, 2, 2]
    assert data.file_count == 11
    (root / "trainP/1.png").write_text("no picture")
    check(root)
    assert refusal(root, needs_targets=True).startswith("1 of 11 files cannot be used: trainP/1.png (unsupported form")


@pytest.mark.parametrize("size", [(12, 8), (24, 16), (6, 4), (120, 80), (119, 80), (13, 9), (3, 2), (1280, 853)])
def test_a_target_of_any_size_with_its_picture_s_aspect_passes(size: tuple[int, int], root: Path, paint: Paint) -> None:
    paint(root / "trainP/1.png", size=size)
    result_of(check_unpaired(opened(root, needs_targets=True), PLENTY))


@pytest.mark.parametrize("size", [(8, 12), (24, 20), (24, 12), (120, 95), (120, 65), (16, 8), (30, 1)])
def test_a_target_of_another_aspect_is_refused(size: tuple[int, int], root: Path, paint: Paint) -> None:
    paint(root / "trainP/1.png", size=size)
    message = refusal(root, needs_targets=True)
    width, height = size
    if max(size) <= LONGEST * min(size):
        detail = f"wrong size: its aspect, of {width}x{height}, is not its picture's, of 12x8"
        assert message == f"1 of 11 files cannot be used: trainP/1.png ({detail})"
    else:
        assert message.startswith("1 of 11 files cannot be used: trainP/1.png (wrong size: ")


def test_a_picture_its_map_and_its_target_can_all_be_bad(root: Path, paint: Paint) -> None:
    paint(root / "trainP/1.png", size=(12, 8))
    for name in ("trainA/1.png", "trainS/1.png", "trainP/1.png"):
        (root / name).unlink()
        (root / name).symlink_to("nowhere.png")
    gone = "missing: no such file"
    assert refusal(root, needs_targets=True) == (
        f"3 of 11 files cannot be used: trainA/1.png ({gone}), trainS/1.png ({gone}), trainP/1.png ({gone})"
    )


def test_all_bad_files_come_in_one_message(root: Path) -> None:
    whole = (root / "trainA/0.png").read_bytes()
    (root / "trainA/0.png").write_bytes(whole[:150])
    (root / "trainA/1.png").write_text("no picture")
    Image.new("L", (8, 12)).save(root / "trainS/2.png")
    Image.new("L", (12, 8)).save(root / "trainT/0.png", "JPEG")
    (root / "trainT/1.png").write_bytes(b"")
    message = refusal(root)
    parts = re.fullmatch(r"5 of 10 files cannot be used: (.*)", message)
    assert parts
    found = re.split(r", (?=train)", parts.group(1))
    assert [re.sub(r"(?<=: ).*", "", part) for part in found] == [
        "trainA/0.png (truncated: ",
        "trainA/1.png (unsupported format: ",
        "trainS/2.png (wrong size: ",
        "trainT/0.png (bad label: ",
        "trainT/1.png (unsupported format: ",
    ]
    assert "trainS/2.png (wrong size: the map is 8x12, its picture 12x8)" in found
    assert "trainT/0.png (bad label: JPEG can blur the classes; save as PNG)" in found


def test_the_first_five_are_named_and_the_rest_counted(root: Path) -> None:
    for folder in ("trainA", "trainB", "trainS"):
        for path in (root / folder).iterdir():
            path.write_text("no picture")
    message = refusal(root)
    named = re.findall(r"train./..png", message)
    assert named == ["trainA/0.png", "trainS/0.png", "trainA/1.png", "trainS/1.png", "trainA/2.png"]
    assert message.startswith("8 of 10 files cannot be used: trainA/0.png (unsupported format: ")
    assert message.endswith(" and 3 more")


def test_a_picture_and_its_map_can_both_be_bad(root: Path) -> None:
    for name in ("trainA/1.png", "trainS/1.png"):
        (root / name).unlink()
        (root / name).symlink_to("nowhere.png")
    assert refusal(root) == (
        "2 of 10 files cannot be used: trainA/1.png (missing: no such file), trainS/1.png (missing: no such file)"
    )


def test_without_maps_only_pictures_count(root: Path) -> None:
    (root / "trainS/1.png").write_text("no picture")
    check(root, needs_maps=False)
    (root / "trainB/1.png").unlink()
    (root / "trainB/1.png").symlink_to("nowhere.png")
    assert refusal(root, needs_maps=False) == "1 of 5 files cannot be used: trainB/1.png (missing: no such file)"


def test_too_many_pixels(root: Path) -> None:
    check(root, max_pixels=96)
    message = refusal(root, max_pixels=95)
    assert message.startswith("10 of 10 files cannot be used: trainA/0.png (too many pixels: 12x8 is over the limit")


@pytest.mark.parametrize("size", [(LONGEST, 1), (1, LONGEST), (LONGEST + 1, 1), (2, 2 * LONGEST + 1)])
def test_a_picture_is_no_line(size: tuple[int, int], root: Path, paint: Paint) -> None:
    paint(root / "trainA/0.png", size=size)
    if max(size) <= LONGEST * min(size):
        check(root, needs_maps=False)
    else:
        wanted = f"(wrong size: {size[0]}x{size[1]}: one side is over 20 times the other)"
        assert wanted in refusal(root, needs_maps=False)


def test_a_map_fits_the_upright_picture(root: Path, paint: Paint) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    paint(root / "trainA/0.png", size=(12, 8), exif=exif)
    assert "trainS/0.png (wrong size: the map is 12x8, its picture 8x12)" in refusal(root)
    Image.new("L", (8, 12)).save(root / "trainS/0.png")
    check(root)


def test_the_palette_is_chosen_for_source_and_target_together(root: Path) -> None:
    for number in range(3):
        colour(root / f"trainS/{number}.png", ROAD)
    for number in range(2):
        colour(root / f"trainT/{number}.png", ROAD)
    palette = check(root)
    assert palette is not None
    assert palette.name == "Cityscapes"
    colour(root / "trainT/1.png", ROAD, CAMVID_PAVEMENT)
    palette = check(root)
    assert palette is not None
    assert palette.name == "CamVid"


def test_ids_and_colours_may_be_mixed(root: Path) -> None:
    colour(root / "trainT/1.png", ROAD, CITY_SIDEWALK)
    palette = check(root)
    assert palette is not None
    assert palette.name == "Cityscapes"


def test_maps_of_two_palettes_are_refused(root: Path) -> None:
    for number in range(3):
        colour(root / f"trainS/{number}.png", ROAD, CITY_SIDEWALK)
    for number in range(2):
        colour(root / f"trainT/{number}.png", ROAD, CAMVID_SKY)
    detail = "bad label: the colour (128, 128, 128) is not in the palette of Cityscapes, which fits most maps"
    wanted = f"2 of 10 files cannot be used: trainT/0.png ({detail}), trainT/1.png ({detail})"
    assert refusal(root) == wanted


def test_a_colour_that_nobody_knows_is_refused_beside_other_trouble(root: Path) -> None:
    colour(root / "trainS/1.png", ROAD, (1, 2, 3))
    (root / "trainB/0.png").write_bytes(b"")
    assert refusal(root) == (
        "2 of 10 files cannot be used: trainB/0.png (unsupported format: the file is empty), trainS/1.png "
        "(bad label: the colour (1, 2, 3) is in no known palette (Cityscapes, CamVid, ADE20K))"
    )


def test_a_photo_in_place_of_a_map_is_refused(root: Path, paint: Paint) -> None:
    paint(root / "trainA/0.png", size=(40, 30))
    paint(root / "trainS/0.png", size=(40, 30))
    assert re.search(r"trainS/0.png \(bad label: 1\d\d\d colours, too many for a label map\)", refusal(root))


def test_the_threads_leave_the_filter_of_warnings_as_it_was(root: Path) -> None:
    before = list(warnings.filters)
    for _ in range(5):
        check(root)
    assert warnings.filters == before


def test_a_stop_does_not_wait_for_the_whole_data_set(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []
    data = opened(root)
    many = UnpairedData(data.source * 300, data.target, (), ())

    def look(path: Path, *_: object) -> LabelMap:
        looked.append(path)
        return LabelMap(np.zeros((8, 12), dtype=np.int32), in_colour=False)

    monkeypatch.setattr("pipeline.train.unpaired_check.read_label_map", look)

    check = check_unpaired(many, PLENTY)
    next(check)
    with pytest.raises(KeyboardInterrupt):
        check.throw(KeyboardInterrupt)
    assert len(looked) < 450


def test_the_example_passes() -> None:
    assert check(STREET) is None


def test_real_pictures_pass(shared_data: Path) -> None:
    steps: list[object] = []
    result_of(check_unpaired(opened(shared_data / "bdd100k_unpaired", needs_maps=False), PLENTY), steps)
    assert sum(event.count for event in steps if isinstance(event, Done)) == 228
