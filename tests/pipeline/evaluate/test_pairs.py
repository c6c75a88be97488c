"""Which pictures are compared with which."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.evaluate.options import EvaluateOptions
from pipeline.evaluate.pairs import first_by_hash, open_pairs, pictures_in
from tpsence.errors import InputError

NAMES = [f"deep/{index:02}.png" for index in range(12)]


@pytest.fixture
def folders(tmp_path: Path, paint: Callable[..., Path]) -> tuple[Path, Path]:
    """Pictures before, and the same after."""
    before, after = tmp_path / "before", tmp_path / "after"
    for index, name in enumerate(NAMES):
        paint(before / name, seed=index)
        paint(after / name, seed=100 + index)
    return before, after


def options(folders: tuple[Path, Path], *, labels: Path | None = None, sample: int = 0) -> EvaluateOptions:
    return EvaluateOptions(out=folders[1], before=folders[0], labels=labels, sample=sample)


def test_pictures_of_two_folders_go_by_their_names(folders: tuple[Path, Path]) -> None:
    pairs = open_pairs(options(folders))
    assert [(task.name, task.output) for task in pairs.tasks] == [(name, name) for name in NAMES]
    assert pairs.of == 12
    assert not pairs.is_run
    assert not pairs.notes


def test_another_extension_is_no_other_name(folders: tuple[Path, Path]) -> None:
    for name in NAMES:
        (folders[1] / name).rename((folders[1] / name).with_suffix(".jpg"))
    pairs = open_pairs(options(folders))
    assert [task.output for task in pairs.tasks] == [name.replace(".png", ".jpg") for name in NAMES]


def test_what_has_no_other_is_said(folders: tuple[Path, Path], paint: Callable[..., Path]) -> None:
    paint(folders[1] / "more.png")
    (folders[1] / NAMES[0]).unlink()
    pairs = open_pairs(options(folders))
    assert len(pairs.tasks) == 11
    assert list(pairs.notes) == [
        "1 picture of OUT is without an original.",
        "1 picture of the folder of originals is not in OUT.",
    ]


def test_the_labels_of_the_originals_give_the_boxes(folders: tuple[Path, Path]) -> None:
    content = {
        "images": [{"id": index, "file_name": name, "width": 24, "height": 16} for index, name in enumerate(NAMES)],
        "annotations": [{"id": 7, "image_id": 3, "category_id": 0, "bbox": [1, 2, 9, 9]}],
        "categories": [{"id": 0, "name": "car"}],
    }
    file = folders[0].parent / "coco.json"
    file.write_text(json.dumps(content))
    pairs = open_pairs(options(folders, labels=file))
    (one,) = pairs.labels.objects(NAMES[3])
    assert one.category == "car"
    assert pairs.tasks[0].size == (24, 16)


def test_other_names_are_refused(folders: tuple[Path, Path], tmp_path: Path, paint: Callable[..., Path]) -> None:
    for index in range(12):
        paint(tmp_path / "other" / f"x{index}.png")
    with pytest.raises(InputError, match="none of its 12 pictures has the name of one in"):
        open_pairs(EvaluateOptions(out=tmp_path / "other", before=folders[0]))


def test_fewer_than_ten_are_refused(folders: tuple[Path, Path]) -> None:
    for name in NAMES[:3]:
        (folders[1] / name).unlink()
    with pytest.raises(InputError, match="after: 9 pictures to measure") as raised:
        open_pairs(options(folders))
    assert raised.value.hint == "At least 10 are needed."
    with pytest.raises(InputError, match="9 pictures to measure"):
        pictures_in(folders[1], "real")


def test_a_folder_that_is_not_there_is_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    for wrong in (
        EvaluateOptions(out=tmp_path / "gone", before=folders[0]),
        EvaluateOptions(out=folders[1], before=tmp_path / "gone"),
        EvaluateOptions(out=tmp_path / "gone"),
    ):
        with pytest.raises(InputError, match="gone"):
            open_pairs(wrong)
    with pytest.raises(InputError, match="gone: no such folder"):
        pictures_in(tmp_path / "gone", "clear")


def test_a_folder_of_others_needs_the_originals(folders: tuple[Path, Path]) -> None:
    with pytest.raises(OutputError, match=r"there is no run\.json in it") as raised:
        open_pairs(EvaluateOptions(out=folders[1]))
    assert raised.value.hint == "Give the folder of the originals with `before`."


def test_what_cannot_be_written_is_refused_before_the_work(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: place != folders[1])
    with pytest.raises(OutputError, match="after: cannot be written to"):
        open_pairs(options(folders))


def test_a_sample_is_a_part_of_a_larger_one(folders: tuple[Path, Path]) -> None:
    small, large = (open_pairs(options(folders, sample=number)) for number in (10, 11))
    names = [[task.name for task in pairs.tasks] for pairs in (small, large)]
    assert len(names[0]) == 10
    assert set(names[0]) < set(names[1])
    assert names[1] == sorted(names[1])
    assert small.of == 12
    assert first_by_hash(NAMES, 99) == set(NAMES)
