"""Ground truth: the right file for each picture, and its values as the data set defines them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.classes.label_maps import read_label_map
from pipeline.classes.schemes import conversion, find_scheme
from pipeline.errors import UnsafeNameError
from pipeline.images.skips import PictureError, Reason
from pipeline.segment.ground_truth.convert import GroundTruth, open_ground_truth
from pipeline.segment.ground_truth.enums import TruthFormat
from tpsence.errors import InputError

PLENTY = 10**8
AUTO, CITYSCAPES, BDD100K, CAMVID = TruthFormat

# name id trainId, as in the official list of labels
CITYSCAPES_LABELS = """
unlabeled 0 255, ego-vehicle 1 255, rectification-border 2 255, out-of-roi 3 255, static 4 255, dynamic 5 255,
ground 6 255, road 7 0, sidewalk 8 1, parking 9 255, rail-track 10 255, building 11 2, wall 12 3, fence 13 4,
guard-rail 14 255, bridge 15 255, tunnel 16 255, pole 17 5, polegroup 18 255, traffic-light 19 6, traffic-sign 20 7,
vegetation 21 8, terrain 22 9, sky 23 10, person 24 11, rider 25 12, car 26 13, truck 27 14, bus 28 15,
caravan 29 255, trailer 30 255, train 31 16, motorcycle 32 17, bicycle 33 18
"""
LABELS = [
    (name, int(value), int(train)) for name, value, train in (row.split() for row in CITYSCAPES_LABELS.split(","))
]

CITY_CAR, CITY_SKY, CITY_PARKING = (0, 0, 142), (70, 130, 180), (250, 170, 160)
CAMVID_CHILD, CAMVID_ROAD, BLACK = (192, 128, 64), (128, 64, 128), (0, 0, 0)
CITY, BDD, CAM = "train/aachen/aachen_000000_000019_leftImg8bit.png", "train/0a-1b.jpg", "0001TP_006690.png"


def put(root: Path, name: str, pixels: NDArray[Any] | Sequence[Any] = ((0, 1, 2), (3, 4, 255))) -> str:
    """Write a map; unless it is an array, of ids or colours."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path)
    return name


def opened(root: Path, *pictures: str, truth_format: TruthFormat = AUTO) -> GroundTruth:
    return open_ground_truth(root, pictures, truth_format, PLENTY)


def read(root: Path, picture: str, size: tuple[int, int] = (3, 2), truth_format: TruthFormat = AUTO) -> list[list[int]]:
    ids = opened(root, picture, truth_format=truth_format).read(picture, size, PLENTY)
    assert ids.dtype == np.uint8
    return ids.tolist()  # type: ignore[no-any-return]


def refused(truth: GroundTruth, picture: str, size: tuple[int, int] = (3, 2), max_pixels: int = PLENTY) -> PictureError:
    with pytest.raises(PictureError) as caught:
        truth.read(picture, size, max_pixels)
    return caught.value


def refusal(root: Path, *pictures: str, truth_format: TruthFormat = AUTO) -> InputError:
    with pytest.raises(InputError) as caught:
        opened(root, *pictures, truth_format=truth_format)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value


# Values


def test_cityscapes_label_ids(tmp_path: Path) -> None:
    values = [[value for _, value, _ in LABELS] + [255]]
    put(tmp_path, "aachen_000000_000019_gtFine_labelIds.png", values)
    assert [value for _, value, _ in LABELS] == list(range(34))
    assert read(tmp_path, CITY, (35, 1)) == [[train for _, _, train in LABELS] + [255]]


def test_cityscapes_names_are_those_of_the_scheme() -> None:
    trained = {train: name.replace("-", " ") for name, _, train in LABELS if train != 255}
    assert tuple(trained[number] for number in range(19)) == find_scheme("cityscapes").classes


@pytest.mark.parametrize(
    ("truth_format", "picture", "name"),
    [
        (CITYSCAPES, CITY, "aachen_000000_000019_gtFine_labelTrainIds.png"),
        (BDD100K, BDD, "0a-1b_train_id.png"),
        (BDD100K, BDD, "0a-1b.png"),
    ],
)
def test_train_ids_stay(truth_format: TruthFormat, picture: str, name: str, tmp_path: Path) -> None:
    put(tmp_path, name, [[*range(19), 255]])
    assert read(tmp_path, picture, (20, 1), truth_format) == [[*range(19), 255]]


def test_ids_of_camvid(tmp_path: Path) -> None:
    put(tmp_path, "0001TP_006690.png", [[*range(12), 255]])
    assert read(tmp_path, CAM, (13, 1), CAMVID) == [[*range(11), 255, 255]]


@pytest.mark.parametrize(
    ("picture", "name"),
    [
        (CITY, "aachen_000000_000019_gtFine_color.png"),
        (CITY, "aachen_000000_000019_gtCoarse_color.png"),
        (BDD, "0a-1b_train_color.png"),
        (BDD, "0a-1b.png"),
    ],
)
@pytest.mark.parametrize("channels", [3, 4])
def test_colours_of_cityscapes(picture: str, name: str, channels: int, tmp_path: Path) -> None:
    colours = [CITY_CAR, CITY_SKY, CITY_PARKING, BLACK]
    put(tmp_path, name, [[(*colour, 255)[:channels] for colour in colours]])
    assert read(tmp_path, picture, (4, 1)) == [[13, 10, 255, 255]]


@pytest.mark.parametrize("name", ["0001TP_006690_L.png", "0001TP_006690.png"])
def test_colours_of_camvid(name: str, tmp_path: Path) -> None:
    put(tmp_path, name, [[CAMVID_CHILD, CAMVID_ROAD, BLACK]])
    assert read(tmp_path, CAM, (3, 1), CAMVID) == [[9, 3, 255]]


def test_indices_of_a_palette_are_ids_whatever_their_colours(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 13, 255]], dtype=np.uint8))
    image.putpalette([*CITY_SKY] * 256)
    image.save(tmp_path / "0a-1b_train_id.png")
    assert read(tmp_path, BDD, (3, 1)) == [[0, 13, 255]]


@pytest.mark.parametrize(
    ("truth_format", "picture", "name", "wrong", "title"),
    [
        (CITYSCAPES, CITY, "aachen_000000_000019_gtFine_labelIds.png", 34, "Cityscapes"),
        (CITYSCAPES, CITY, "aachen_000000_000019_gtFine_labelIds.png", 254, "Cityscapes"),
        (CITYSCAPES, CITY, "aachen_000000_000019_gtFine_labelTrainIds.png", 19, "Cityscapes"),
        (CITYSCAPES, CITY, "aachen_000000_000019_gtFine_labelTrainIds.png", 254, "Cityscapes"),
        (BDD100K, BDD, "0a-1b_train_id.png", 19, "BDD100K"),
        (BDD100K, BDD, "0a-1b.png", 33, "BDD100K"),
        (CAMVID, CAM, "0001TP_006690.png", 12, "CamVid"),
    ],
)
def test_ids_that_the_format_does_not_have(
    truth_format: TruthFormat, picture: str, name: str, wrong: int, title: str, tmp_path: Path
) -> None:
    put(tmp_path, name, [[0, wrong]])
    error = refused(opened(tmp_path, picture, truth_format=truth_format), picture, (2, 1))
    assert error.args == (Reason.BAD_LABEL, f"{name}: such maps of {title} have no class id {wrong}")


@pytest.mark.parametrize("wrong", [256, 263, 65535])
def test_ids_over_255_are_not_folded(wrong: int, tmp_path: Path) -> None:
    Image.fromarray(np.array([[7, wrong]], dtype=np.uint16)).save(tmp_path / "aachen_000000_000019_gtFine_labelIds.png")
    assert refused(opened(tmp_path, CITY), CITY, (2, 1)).detail.endswith(f"have no class id {wrong}")


@pytest.mark.parametrize(
    ("picture", "name"),
    [
        (CITY, "aachen_000000_000019_gtFine_color.png"),
        (BDD, "0a-1b_train_color.png"),
        (CAM, "0001TP_006690_L.png"),
    ],
)
def test_ids_where_the_name_means_colours(picture: str, name: str, tmp_path: Path) -> None:
    put(tmp_path, name)
    error = refused(opened(tmp_path, picture), picture)
    assert error.args == (Reason.BAD_LABEL, f"{name}: class ids, where this name means colours")


def test_a_foreign_colour(tmp_path: Path) -> None:
    put(tmp_path, "0001TP_006690_L.png", [[CITY_CAR]])
    error = refused(opened(tmp_path, CAM), CAM, (1, 1))
    assert error.args == (Reason.BAD_LABEL, "the colour (0, 0, 142) is not in the palette of CamVid")


def test_a_map_of_another_size(tmp_path: Path) -> None:
    put(tmp_path, "0a-1b_train_id.png")
    assert refused(opened(tmp_path, BDD), BDD, (2, 3)).args == (Reason.WRONG_SIZE, "the map is 3x2, its picture 2x3")


def test_damaged_large_and_vanished_maps(tmp_path: Path) -> None:
    put(tmp_path, "0a-1b_train_id.png")
    truth = opened(tmp_path, BDD)
    assert refused(truth, BDD, max_pixels=5).reason is Reason.TOO_LARGE
    (tmp_path / "0a-1b_train_id.png").write_bytes(b"no picture")
    assert refused(truth, BDD).reason is Reason.UNSUPPORTED
    (tmp_path / "0a-1b_train_id.png").unlink()
    assert refused(truth, BDD).args == (Reason.MISSING, "no such file")


# Names


def test_what_ground_truth_tells_of_itself(tmp_path: Path) -> None:
    names = {
        CITYSCAPES: (CITY, "aachen_000000_000019_gtFine_labelIds.png", "cityscapes"),
        BDD100K: (BDD, "0a-1b_train_id.png", "cityscapes"),
        CAMVID: (CAM, "0001TP_006690_L.png", "camvid"),
    }
    for truth_format, (picture, name, scheme) in names.items():
        put(tmp_path / truth_format.value, name)
        truth = opened(tmp_path / truth_format.value, picture)
        assert (truth.format, truth.scheme, truth.found) == (truth_format.value, find_scheme(scheme), 1)
        assert truth.file_of(picture) == tmp_path / truth_format.value / name
        wanted = {"ground_truth": str(tmp_path / truth_format.value), "ground_truth_format": truth_format.value}
        assert truth.identity() == wanted


CITY_BEST_FIRST = [
    f"train/aachen/aachen_000000_000019_gt{kind}.png"
    for kind in [
        *("Fine_labelTrainIds", "Fine_labelIds", "Fine_color"),
        *("Coarse_labelTrainIds", "Coarse_labelIds", "Coarse_color"),
    ]
]
BDD_BEST_FIRST = ["train/0a-1b_train_id.png", "train/0a-1b_train_color.png", "train/0a-1b.png"]


@pytest.mark.parametrize(
    ("truth_format", "picture", "best_first"),
    [
        (CITYSCAPES, CITY, CITY_BEST_FIRST),
        (BDD100K, BDD, BDD_BEST_FIRST),
        (CAMVID, CAM, ["0001TP_006690_L.png", "0001TP_006690.png"]),
    ],
)
def test_the_order_of_preference(
    truth_format: TruthFormat, picture: str, best_first: Sequence[str], tmp_path: Path
) -> None:
    put(tmp_path, "unrelated.png")
    for name in reversed(best_first):
        put(tmp_path, name)
        assert opened(tmp_path, picture, truth_format=truth_format).file_of(picture) == tmp_path / name


@pytest.mark.parametrize(
    "picture",
    [
        "aachen_000000_000019_leftImg8bit.png",
        "aachen_000000_000019_leftImg8bit.jpg",
        "aachen_000000_000019.jpg",
        "deeper/down/aachen_000000_000019.png",
    ],
)
def test_a_cityscapes_map_is_found_by_its_name_in_any_folder(picture: str, tmp_path: Path) -> None:
    name = put(tmp_path, "train/aachen/aachen_000000_000019_gtFine_labelIds.png")
    put(tmp_path, "train/aachen/aachen_000000_000019_gtFine_instanceIds.png")
    assert opened(tmp_path, picture).file_of(picture) == tmp_path / name


def test_only_the_end_of_a_name_is_dropped(tmp_path: Path) -> None:
    for name in ("a_gtFine_labelIds.png", "a_rain_gtFine_labelIds.png"):
        put(tmp_path, name)
    truth = opened(tmp_path, "a_leftImg8bit.png", "a_leftImg8bit_rain.png")
    assert truth.found == 1
    assert truth.file_of("a_leftImg8bit_rain.png") is None


def test_the_pictures_own_sub_folder_comes_first(tmp_path: Path) -> None:
    for folder in ("train", "val"):
        put(tmp_path, f"{folder}/1.png", [[CAMVID_ROAD]])
    put(tmp_path, "other/1_L.png", [[CAMVID_ROAD]])
    truth = opened(tmp_path, "train/1.jpg", "val/1.jpg", truth_format=CAMVID)
    assert truth.file_of("train/1.jpg") == tmp_path / "train/1.png"
    assert truth.file_of("val/1.jpg") == tmp_path / "val/1.png"


def test_two_maps_elsewhere_are_not_chosen_from(tmp_path: Path) -> None:
    for name in ("fine/0a_train_id.png", "old/0a_train_id.png", "fine/0b_train_id.png"):
        put(tmp_path, name)
    truth = opened(tmp_path, "0a.jpg", "0b.jpg")
    assert truth.found == 1
    assert truth.file_of("0a.jpg") is None
    wanted = "which is its label map? fine/0a_train_id.png, old/0a_train_id.png"
    assert refused(truth, "0a.jpg").args == (Reason.BAD_LABEL, wanted)
    assert truth.read("0b.jpg", (3, 2), PLENTY).tolist() == [[0, 1, 2], [3, 4, 255]]


def test_two_maps_that_differ_by_extension_are_not_chosen_from(tmp_path: Path) -> None:
    put(tmp_path, "0a_train_id.png")
    put(tmp_path, "0a_train_id.tif")
    error = refusal(tmp_path, "0a.jpg")
    assert error.message == f"{tmp_path}: 0a.jpg: which is its label map? 0a_train_id.png, 0a_train_id.tif"
    assert error.hint == "Give the folder that holds one map of each picture with `ground_truth`."


@pytest.mark.parametrize("extension", [".png", ".PNG", ".tif", ".tiff", ".bmp"])
def test_lossless_formats(extension: str, tmp_path: Path) -> None:
    put(tmp_path, f"0a-1b_train_id{extension}")
    assert read(tmp_path, BDD) == [[0, 1, 2], [3, 4, 255]]


def test_other_files_are_no_maps(tmp_path: Path) -> None:
    put(tmp_path, "0a-1b_train_id.jpg")
    put(tmp_path, ".hidden/0a-1b_train_id.png")
    put(tmp_path, "0a-1b_drivable_id.png")
    (tmp_path / "0a-1b_train_id.json").write_text("{}")
    assert "no label maps of the pictures in it" in refusal(tmp_path, BDD).message


def test_a_picture_without_a_map(tmp_path: Path) -> None:
    put(tmp_path, "0a_train_id.png")
    truth = opened(tmp_path, "0a.jpg", "day/0c.jpg")
    assert (truth.found, truth.file_of("day/0c.jpg")) == (1, None)
    wanted = "no ground truth; looked for 0c_train_id.png, 0c_train_color.png, 0c.png"
    assert refused(truth, "day/0c.jpg").args == (Reason.MISSING, wanted)
    assert refused(truth, "unheard-of.jpg").reason is Reason.MISSING


def test_a_long_list_of_names_is_cut(tmp_path: Path) -> None:
    put(tmp_path, "a_gtFine_labelIds.png")
    detail = refused(opened(tmp_path, "a.png", "b_leftImg8bit.png"), "b_leftImg8bit.png").detail
    assert detail == (
        "no ground truth; looked for b_gtFine_labelTrainIds.png, b_gtFine_labelIds.png, b_gtFine_color.png and 3 more"
    )


# Folders that are refused


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert refusal(tmp_path / "none", BDD).message == f"{tmp_path / 'none'}: no such folder"
    assert refusal(tmp_path / "file", BDD).message == f"{tmp_path / 'file'}: not a folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    put(tmp_path, "closed/0a-1b_train_id.png")
    (tmp_path / "closed").chmod(0)
    message = refusal(tmp_path, BDD).message
    (tmp_path / "closed").chmod(0o700)
    assert message == f"{tmp_path / 'closed'}: Permission denied"


def test_no_pictures(tmp_path: Path) -> None:
    assert refusal(tmp_path).message == f"{tmp_path}: no pictures to find label maps for"


@pytest.mark.parametrize(
    ("truth_format", "names"),
    [
        (AUTO, "b_gtFine_labelTrainIds.png, b_train_id.png, b_L.png"),
        (CITYSCAPES, "b_gtFine_labelTrainIds.png, b_gtFine_labelIds.png, b_gtFine_color.png and 3 more"),
        (BDD100K, "b_train_id.png, b_train_color.png, b.png"),
        (CAMVID, "b_L.png, b.png"),
    ],
)
def test_a_folder_without_maps_of_the_pictures(truth_format: TruthFormat, names: str, tmp_path: Path) -> None:
    put(tmp_path, "c_gtFine_labelIds.png")
    error = refusal(tmp_path, "a/b.jpg", "a/d.jpg", truth_format=truth_format)
    assert error.message == f"{tmp_path}: no label maps of the pictures in it; for a/b.jpg, looked for {names}"


def test_a_name_that_is_no_line(tmp_path: Path) -> None:
    assert "a\\nb" in refusal(tmp_path, "a\nb.jpg").message


@pytest.mark.parametrize("truth_format", [AUTO, BDD100K])
@pytest.mark.parametrize("linked", ["inside/0a-1b_train_id.png", "inside"])
def test_links_out_of_the_folder_are_refused(linked: str, truth_format: TruthFormat, tmp_path: Path) -> None:
    put(tmp_path, "outside/0a-1b_train_id.png")
    put(tmp_path, "root/0c_train_id.png")
    link = tmp_path / "root" / linked
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / ("outside" if linked == "inside" else "outside/0a-1b_train_id.png"))
    error = refusal(tmp_path / "root", BDD, "0c.jpg", truth_format=truth_format)
    assert isinstance(error, UnsafeNameError)
    assert "a symbolic link leads out of" in error.message
    assert error.hint == "Give the real folder with `ground_truth`, or copy the file into it."


def test_links_inside_the_folder_and_to_it_are_followed(tmp_path: Path) -> None:
    put(tmp_path, "root/store/1.png")
    (tmp_path / "root" / "0a-1b_train_id.png").symlink_to("store/1.png")
    (tmp_path / "alias").symlink_to(tmp_path / "root")
    assert read(tmp_path / "alias", BDD) == [[0, 1, 2], [3, 4, 255]]


# Real data


def test_real_cityscapes(shared_data: Path) -> None:
    root = shared_data / "cityscapes_sample"
    pictures = [path.name for path in sorted((root / "leftImg8bit").iterdir())]
    truth = opened(root / "gtFine", *pictures)
    assert (truth.format, truth.found, len(pictures)) == ("cityscapes", 4, 4)
    for picture in pictures:
        file = root / "gtFine" / picture.replace("_leftImg8bit", "_gtFine_labelIds")
        values = np.asarray(Image.open(file))
        wanted = np.zeros_like(values)
        for _, value, train in LABELS:
            wanted[values == value] = train
        assert {0, 2, 8, 13, 255} <= set(np.unique(wanted))
        assert np.array_equal(truth.read(picture, (2048, 1024), PLENTY), wanted)


def test_real_camvid(shared_data: Path) -> None:
    root = shared_data / "camvid"
    pictures = sorted(path.relative_to(root / "images").as_posix() for path in (root / "images").glob("*/*.jpg"))
    truth = opened(root / "labels", *pictures, truth_format=CAMVID)
    assert (truth.found, len(pictures)) == (701, 701)
    wanted_of: Mapping[int, int] = {0: 10, 1: 2, 2: 5, 3: 0, 4: 1, 5: 8, 6: 7, 7: 4, 8: 13, 9: 11, 10: 12, 11: 255}
    to_cityscapes = conversion(truth.scheme, find_scheme("cityscapes"))
    for picture in pictures[::100]:
        values = read_label_map(root / "labels" / picture.replace(".jpg", ".png"), PLENTY, None).values
        wanted = np.vectorize(wanted_of.__getitem__)(values)
        assert np.array_equal(to_cityscapes[truth.read(picture, (480, 360), PLENTY)], wanted)


def test_one_map_does_not_serve_two_pictures_of_one_name(tmp_path: Path) -> None:
    put(tmp_path, "0001.png")
    put(tmp_path, "b/0002.png")
    pictures = ["a/0001.jpg", "b/0001.jpg", "a/0002.jpg"]
    truth = opened(tmp_path, *pictures, truth_format=BDD100K)
    assert [truth.file_of(picture) for picture in pictures] == [None, None, tmp_path / "b" / "0002.png"]
    assert refused(truth, "a/0001.jpg").reason is Reason.MISSING
