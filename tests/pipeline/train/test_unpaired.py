"""The folders of an unpaired data set: what belongs to what, and what is refused."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.train.enums import Direction
from pipeline.train.unpaired import TrainingPicture, UnpairedData, first_readable, open_unpaired
from tests.conftest import ROOT
from tpsence.errors import InputError

STREET = ROOT / "examples" / "street"
PLENTY = 10**8


def layout(root: Path, *names: str) -> Path:
    """Make files; nothing of them is read here."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def opened(
    root: Path, direction: Direction = Direction.A_TO_B, needs_maps: bool = True, needs_targets: bool = False
) -> UnpairedData:
    return open_unpaired(root, direction=direction, needs_maps=needs_maps, needs_targets=needs_targets)


def refusal(root: Path, needs_maps: bool = True, needs_targets: bool = False) -> InputError:
    with pytest.raises(InputError) as caught:
        opened(root, needs_maps=needs_maps, needs_targets=needs_targets)
    assert caught.value.message.isprintable()
    return caught.value


def names(pictures: tuple[TrainingPicture, ...]) -> list[str]:
    return [picture.name for picture in pictures]


GOOD = ["trainA/a.jpg", "trainB/b.jpg", "trainS/a.png", "trainT/b.png"]


def test_an_item_has_its_files_and_their_names(tmp_path: Path) -> None:
    data = opened(layout(tmp_path, *GOOD))
    assert data.source == (
        TrainingPicture(tmp_path / "trainA/a.jpg", tmp_path / "trainS/a.png", "trainA/a.jpg", "trainS/a.png"),
    )
    assert data.target == (
        TrainingPicture(tmp_path / "trainB/b.jpg", tmp_path / "trainT/b.png", "trainB/b.jpg", "trainT/b.png"),
    )
    assert data.test_source == data.test_target == ()


def test_maps_belong_by_sub_folder_and_stem_not_by_place(tmp_path: Path) -> None:
    root = layout(
        tmp_path,
        *["trainA/z.jpg", "trainA/day/x.JPG", "trainA/night/x.webp", "trainA/a.b.png", "trainA/day/deep/q.bmp"],
        *["trainS/z.png", "trainS/day/x.png", "trainS/night/x.tif", "trainS/a.b.bmp", "trainS/day/deep/q.PNG"],
        *["trainB/2.jpg", "trainB/10.jpg", "trainT/2.tif", "trainT/10.bmp"],
    )
    data = opened(root)
    assert [(picture.name, picture.label_name) for picture in data.source] == [
        ("trainA/a.b.png", "trainS/a.b.bmp"),
        ("trainA/day/deep/q.bmp", "trainS/day/deep/q.PNG"),
        ("trainA/day/x.JPG", "trainS/day/x.png"),
        ("trainA/night/x.webp", "trainS/night/x.tif"),
        ("trainA/z.jpg", "trainS/z.png"),
    ]
    assert [(picture.name, picture.label_name) for picture in data.target] == [
        ("trainB/10.jpg", "trainT/10.bmp"),
        ("trainB/2.jpg", "trainT/2.tif"),
    ]
    for picture in (*data.source, *data.target):
        assert picture.image == root / picture.name
        assert picture.label_map == root / picture.label_name
    assert (data.epoch_length, data.file_count) == (5, 14)


def test_the_other_direction_swaps_domains_maps_and_tests(tmp_path: Path) -> None:
    root = layout(tmp_path, *GOOD, "trainB/c.jpg", "trainT/c.png", "testA/1.jpg", "testB/2.jpg", "testB/3.jpg")
    there, back = opened(root), opened(root, Direction.B_TO_A)
    assert (back.source, back.target) == (there.target, there.source)
    assert back.test_source == there.test_target == (root / "testB/2.jpg", root / "testB/3.jpg")
    assert back.test_target == there.test_source == (root / "testA/1.jpg",)
    assert [picture.label_name for picture in back.source] == ["trainT/b.png", "trainT/c.png"]
    assert there.epoch_length == back.epoch_length == 2
    assert Direction("BtoA") is Direction.B_TO_A
    assert Direction("AtoB") is Direction.A_TO_B


def test_without_need_maps_are_not_looked_at(tmp_path: Path) -> None:
    root = layout(tmp_path, "trainA/a.jpg", "trainA/a.png", "trainB/b.jpg", "trainS/strange.png")
    data = opened(root, needs_maps=False)
    assert data.source[1] == TrainingPicture(root / "trainA/a.png", None, "trainA/a.png", "")
    assert names(data.source) == ["trainA/a.jpg", "trainA/a.png"]
    assert data.file_count == 3


def test_the_order_does_not_depend_on_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stems = ["b", "a", "c/a", "c-a", "B", "10", "9"]
    root = layout(tmp_path, *(f"trainA/{stem}.jpg" for stem in stems), "trainB/b.jpg")
    wanted = [f"trainA/{stem}.jpg" for stem in ["10", "9", "B", "a", "b", "c-a", "c/a"]]
    assert names(opened(root, needs_maps=False).source) == wanted
    real = os.scandir

    class Backwards:
        def __init__(self, folder: Path) -> None:
            with real(folder) as entries:
                self._entries = sorted(entries, key=lambda entry: entry.name, reverse=True)

        def __enter__(self) -> list["os.DirEntry[str]"]:
            return self._entries

        def __exit__(self, *raised: object) -> None: ...

    monkeypatch.setattr("os.scandir", Backwards)
    assert names(opened(root, needs_maps=False).source) == wanted


def test_hidden_and_other_files_are_passed_over(tmp_path: Path) -> None:
    others = ["readme.txt", ".hidden.jpg", ".cache/x.jpg", "noextension", "clip.mp4", "sub/Thumbs.db"]
    root = layout(tmp_path, *GOOD, *(f"{folder}/{name}" for folder in ("trainA", "trainS", "testA") for name in others))
    data = opened(root)
    assert names(data.source) == ["trainA/a.jpg"]
    assert data.test_source == ()


def test_links_may_lead_elsewhere_and_in_circles(tmp_path: Path) -> None:
    far = layout(tmp_path / "far", "pictures/a.jpg", "maps/a.png", "more/c.jpg", "more maps/c.png")
    root = layout(tmp_path / "root", "trainB/b.jpg", "trainT/b.png")
    (root / "trainA").symlink_to(far / "pictures")
    (root / "trainS").symlink_to(far / "maps")
    (far / "pictures" / "sub").symlink_to(far / "more")
    (far / "maps" / "sub").symlink_to(far / "more maps")
    (far / "more" / "circle").symlink_to(far / "pictures")
    (far / "pictures" / "twice").symlink_to(far / "more")
    (far / "maps" / "twice").symlink_to(far / "more maps")
    assert names(opened(root).source) == ["trainA/a.jpg", "trainA/sub/c.jpg", "trainA/twice/c.jpg"]


@pytest.mark.parametrize("folder", ["trainA", "trainB", "trainS", "trainT"])
@pytest.mark.parametrize("fate", ["missing", "empty", "a file"])
def test_a_folder_that_is_needed(folder: str, fate: str, tmp_path: Path) -> None:
    root = layout(tmp_path, *GOOD)
    shutil.rmtree(root / folder)
    if fate == "empty":
        layout(root, f"{folder}/readme.txt")
    elif fate == "a file":
        (root / folder).touch()
    error = refusal(root)
    assert error.message == f"{root / folder}: {'no pictures in it' if fate == 'empty' else 'no such folder'}"
    assert error.hint is not None
    if folder in {"trainS", "trainT"}:
        assert "`set` loss.weighting=hard" in error.hint
        assert len(opened(root, needs_maps=False).source) == 1
    else:
        assert "trainA" in error.hint
        assert "trainB" in error.hint
        assert refusal(root, needs_maps=False).message == error.message


def test_no_data_folder_at_all(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none").message == f"{tmp_path}/none/trainA: no such folder"


def test_missing_and_extra_maps_are_named_and_counted(tmp_path: Path) -> None:
    root = layout(tmp_path, *GOOD, *(f"trainA/{n}.jpg" for n in range(7)), "trainB/x/c.jpg", "trainS/q.png")
    layout(root, "trainT/c.png", "trainT/y/c.png")
    error = refusal(root)
    assert error.message == (
        f"{root}: pictures without a label map (8): trainA/0.jpg, trainA/1.jpg, trainA/2.jpg, trainA/3.jpg, "
        "trainA/4.jpg and 3 more; label maps without a picture (3): trainS/q.png, trainT/c.png, trainT/y/c.png"
    )
    assert error.hint is not None
    assert "`set` loss.weighting=hard" in error.hint


def test_only_missing_or_only_extra_maps(tmp_path: Path) -> None:
    root = layout(tmp_path, *GOOD, "trainB/c.jpg")
    assert refusal(root).message == f"{root}: pictures without a label map (1): trainB/c.jpg"
    layout(root, "trainT/c.png", "trainS/b.png")
    assert refusal(root).message == f"{root}: label maps without a picture (1): trainS/b.png"


@pytest.mark.parametrize("folder", ["trainA", "trainS", "trainB", "trainT"])
def test_one_stem_twice_in_a_folder_is_ambiguous(folder: str, tmp_path: Path) -> None:
    stem = "a" if folder in {"trainA", "trainS"} else "b"
    root = layout(tmp_path, *GOOD, f"{folder}/{stem}.bmp")
    own = "jpg" if folder in {"trainA", "trainB"} else "png"
    assert refusal(root).message.startswith(f"{root / folder}: {stem}.bmp and {stem}.{own} differ by extension only")


def test_strange_names_stay_on_one_printable_line(tmp_path: Path) -> None:
    root = layout(tmp_path, *GOOD, "trainA/two\nlines\x1b.jpg")
    assert "trainA/two\\nlines\\x1b.jpg" in refusal(root).message


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("os.scandir", refuse)
    error = refusal(layout(tmp_path, *GOOD))
    assert error.message == f"{tmp_path}/trainA: Permission denied"


# Targets


def test_targets_belong_by_sub_folder_and_stem_to_as_many_pictures_as_there_are(tmp_path: Path) -> None:
    root = layout(
        tmp_path,
        *["trainA/z.jpg", "trainA/day/x.JPG", "trainA/night/x.webp", "trainA/a.b.png", "trainB/z.jpg"],
        *["trainP/night/x.png", "trainP/a.b.bmp"],
    )
    data = opened(root, needs_maps=False, needs_targets=True)
    assert [(picture.name, picture.wanted_name) for picture in data.source] == [
        ("trainA/a.b.png", "trainP/a.b.bmp"),
        ("trainA/day/x.JPG", ""),
        ("trainA/night/x.webp", "trainP/night/x.png"),
        ("trainA/z.jpg", ""),
    ]
    wanted = [picture.wanted for picture in data.source]
    assert wanted == [root / "trainP/a.b.bmp", None, root / "trainP/night/x.png", None]
    assert all(picture.wanted is None for picture in data.target)
    assert (data.target_count, data.file_count, data.epoch_length) == (2, 7, 4)
    blind = opened(root, needs_maps=False)
    assert (blind.target_count, blind.file_count) == (0, 5)


def test_the_other_direction_takes_targets_of_its_own_source(tmp_path: Path) -> None:
    root = layout(tmp_path, *GOOD, "trainP/b.png")
    data = opened(root, Direction.B_TO_A, needs_targets=True)
    assert [(picture.name, picture.label_name, picture.wanted_name) for picture in data.source] == [
        ("trainB/b.jpg", "trainT/b.png", "trainP/b.png")
    ]
    assert data.target_count == 1
    assert refusal(root, needs_targets=True).message == f"{root}: targets without a picture (1): trainP/b.png"


def test_targets_without_a_picture_are_named_and_counted(tmp_path: Path) -> None:
    root = layout(tmp_path, *GOOD, "trainP/a.png", *(f"trainP/x/{number}.png" for number in range(6)), "trainP/b.png")
    error = refusal(root, needs_targets=True)
    assert error.message == (
        f"{root}: targets without a picture (7): trainP/b.png, trainP/x/0.png, trainP/x/1.png, trainP/x/2.png, "
        "trainP/x/3.png and 2 more"
    )
    assert error.hint is not None
    assert "`set` loss.paired=0 `set` loss.perceptual=0" in error.hint
    opened(root)


@pytest.mark.parametrize("fate", ["missing", "empty", "a file"])
def test_targets_that_are_needed_are_looked_for(fate: str, tmp_path: Path) -> None:
    root = layout(tmp_path, *GOOD)
    if fate == "empty":
        layout(root, "trainP/readme.txt")
    elif fate == "a file":
        (root / "trainP").touch()
    error = refusal(root, needs_targets=True)
    assert error.message == f"{root / 'trainP'}: {'no pictures in it' if fate == 'empty' else 'no such folder'}"
    assert error.hint is not None
    assert "loss.paired=0" in error.hint
    opened(root)


def test_two_targets_of_one_picture_or_one_of_two_are_ambiguous(tmp_path: Path) -> None:
    root = layout(tmp_path, *GOOD, "trainP/a.png", "trainP/a.jpg")
    said = "a.jpg and a.png differ by extension only: which target belongs to which?"
    assert refusal(root, needs_targets=True).message == f"{root / 'trainP'}: {said}"
    (root / "trainP/a.jpg").unlink()
    layout(root, "trainA/a.png", "trainA/c.png", "trainA/c.jpg")
    assert refusal(root, needs_maps=False, needs_targets=True).message == f"{root / 'trainA'}: {said}"
    (root / "trainA/a.png").unlink()
    assert opened(root, needs_maps=False, needs_targets=True).target_count == 1


# The first readable pictures


def test_the_first_readable_pictures(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 3), dtype=np.uint8)
    (tmp_path / "1.png").write_text("no picture")
    Image.fromarray(pixels).save(tmp_path / "2.png", exif=exif)
    Image.new("RGB", (50, 50)).save(tmp_path / "3.png")
    Image.new("L", (4, 3), 9).save(tmp_path / "4.png")
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    found = first_readable(paths, 2, 100)
    assert [picture.shape for picture in found] == [(8, 5, 3), (3, 4, 3)]
    assert np.array_equal(found[0], np.rot90(pixels, -1))
    assert found[1].dtype == np.uint8
    assert len(first_readable(paths, 1, 100)) == 1
    assert first_readable(paths, 0, 100) == []
    assert len(first_readable(paths, 9, PLENTY)) == 3


# Real data


def test_the_example_has_maps_for_all() -> None:
    data = opened(STREET)
    assert [len(data.source), len(data.target), len(data.test_source), len(data.test_target)] == [16, 16, 6, 6]
    assert data.file_count == 64
    assert {picture.image.stem for picture in data.source} == {
        picture.label_map.stem for picture in data.source if picture.label_map
    }


def test_real_pictures_without_maps(shared_data: Path) -> None:
    root = shared_data / "bdd100k_unpaired"
    data = opened(root, needs_maps=False)
    counts = [len(data.source), len(data.target), len(data.test_source), len(data.test_target)]
    assert counts == [178, 50, 12, 7]
    assert data.epoch_length == 178
    assert refusal(root).message == f"{root}/trainS: no such folder"
