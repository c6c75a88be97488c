"""Which data set label maps are of, told by names or by colours; where nothing tells, the user is asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.classes.label_maps import read_label_map
from pipeline.classes.schemes import find_scheme
from pipeline.segment.ground_truth.convert import open_ground_truth
from pipeline.segment.ground_truth.detect import LOOKED_AT
from pipeline.segment.ground_truth.enums import TruthFormat
from tpsence.errors import InputError

PLENTY = 10**8
CITY_CAR, CAMVID_CHILD, CAMVID_ROAD, ADE_WALL, NOBODYS = (
    *((0, 0, 142), (192, 128, 64), (128, 64, 128)),
    *((120, 120, 120), (1, 2, 3)),
)


def put(root: Path, name: str, pixels: Sequence[Sequence[Any]] = ((0, 1),)) -> None:
    Image.fromarray(np.array(pixels, dtype=np.uint8)).save(root / name)


def detected(root: Path, *pictures: str) -> str:
    return open_ground_truth(root, pictures, TruthFormat.AUTO, PLENTY).format


def refusal(root: Path, *pictures: str) -> InputError:
    with pytest.raises(InputError) as caught:
        detected(root, *pictures)
    assert caught.value.hint
    return caught.value


def test_the_names_that_fit_the_most_pictures_win(tmp_path: Path) -> None:
    put(tmp_path, "a_gtFine_labelIds.png")
    put(tmp_path, "b_train_id.png")
    put(tmp_path, "c_train_id.png")
    assert detected(tmp_path, "a.png", "b.jpg") == "cityscapes"
    assert detected(tmp_path, "a.png", "b.jpg", "c.jpg") == "bdd100k"
    put(tmp_path, "d_L.png")
    put(tmp_path, "e_L.png")
    assert detected(tmp_path, "a.png", "b.jpg", "d.png", "e.png") == "camvid"


def test_a_name_of_its_own_weighs_more_than_any_number_of_plain_ones(tmp_path: Path) -> None:
    for name in ("a_L.png", "b.png", "c.png", "d.png"):
        put(tmp_path, name)
    assert detected(tmp_path, "a.jpg", "b.jpg", "c.jpg", "d.jpg") == "camvid"


@pytest.mark.parametrize(
    ("colours", "wanted"),
    [
        ([CITY_CAR], "bdd100k"),
        ([CAMVID_ROAD], "bdd100k"),  # the road is the same in both; Cityscapes comes first
        ([CAMVID_ROAD, CAMVID_CHILD], "camvid"),
        ([CITY_CAR, CITY_CAR, CAMVID_CHILD], "bdd100k"),
        ([CITY_CAR, CAMVID_CHILD, CAMVID_CHILD], "camvid"),
        ([NOBODYS, CAMVID_CHILD], "camvid"),
    ],
)
def test_plain_names_are_told_by_their_colours(
    colours: Sequence[tuple[int, int, int]], wanted: str, tmp_path: Path
) -> None:
    for number, colour in enumerate(colours):
        put(tmp_path, f"{number}.png", [[colour]])
    assert detected(tmp_path, *(f"{number}.jpg" for number in range(len(colours)))) == wanted


def test_ids_do_not_tell(tmp_path: Path) -> None:
    put(tmp_path, "0.png", [[CITY_CAR]])
    put(tmp_path, "1.png")
    for pictures in (["1.jpg"], ["0.jpg", "1.jpg"]):
        error = refusal(tmp_path, *pictures)
        assert error.message == f"{tmp_path}: cannot tell which data set the class ids are of"
        assert "`ground_truth_format`: bdd100k" in str(error.hint)
        assert "camvid" in str(error.hint)


def test_colours_that_are_not_supported(tmp_path: Path) -> None:
    put(tmp_path, "0.png", [[ADE_WALL]])
    error = refusal(tmp_path, "0.jpg")
    assert error.message == f"{tmp_path}: the maps have the colours of ADE20K"
    assert error.hint == "Ground truth can be that of Cityscapes, BDD100K or CamVid."


def test_colours_of_nobody(tmp_path: Path) -> None:
    put(tmp_path, "0.png", [[NOBODYS]])
    assert refusal(tmp_path, "0.jpg").message == (
        f"{tmp_path}: the colour (1, 2, 3) is in no known palette (Cityscapes, CamVid, ADE20K)"
    )


def test_photos_are_no_maps(tmp_path: Path) -> None:
    put(tmp_path, "0.png", np.random.default_rng(0).integers(0, 256, (20, 30, 3)).tolist())
    (tmp_path / "1.png").write_bytes(b"no picture")
    assert refusal(tmp_path, "0.png", "1.png").message == (
        f"{tmp_path}: of 2 label maps none can be used: 0.png (bad label: 600 colours, too many for a label map)"
    )
    put(tmp_path, "2.png", [[CITY_CAR]])
    assert detected(tmp_path, "0.png", "1.png", "2.png") == "bdd100k"


@pytest.mark.parametrize("count", [1, 49, 50, 51, 100, 101, 173])
def test_a_bounded_number_of_maps_is_decoded_spread_over_all(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(count):
        put(tmp_path, f"{number:03}.png", [[CITY_CAR]])
    decoded: list[int] = []

    def counted(path: Path, *others: Any) -> Any:  # noqa: ANN401
        decoded.append(int(path.stem))
        return read_label_map(path, *others)

    monkeypatch.setattr("pipeline.segment.ground_truth.detect.read_label_map", counted)
    truth = open_ground_truth(tmp_path, [f"{number:03}.jpg" for number in range(count)], TruthFormat.AUTO, PLENTY)
    assert (truth.found, truth.scheme) == (count, find_scheme("cityscapes"))
    assert min(count, 25) <= len(decoded) <= LOOKED_AT
    assert decoded[0] == 0
    assert count - decoded[-1] <= -(-count // LOOKED_AT)


def test_names_are_enough_where_they_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "0_L.png")
    monkeypatch.setattr(
        "pipeline.segment.ground_truth.detect.read_label_map", lambda *_: pytest.fail("decoded for nothing")
    )
    assert detected(tmp_path, "0.png") == "camvid"


def test_real_camvid_needs_the_format(shared_data: Path) -> None:
    root = shared_data / "camvid"
    pictures = [f"val/{path.name}" for path in sorted((root / "images" / "val").iterdir())]
    assert "cannot tell" in refusal(root / "labels", *pictures).message
