"""Which pictures get a map, and where it goes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import CollisionError, OutputError
from pipeline.segment.options import Phase, SegmentOptions
from pipeline.segment.parts import dataset_parts, folder_part
from tpsence.errors import InputError


def test_a_data_set_has_a_part_for_each_domain(tmp_path: Path, paint: Callable[..., Path]) -> None:
    for name in ("trainA/b.jpg", "trainA/deep/a.b.jpg", "trainB/c.png", "testA/d.jpg", "testB/e.jpg"):
        paint(tmp_path / name)
    (tmp_path / "trainA/notes.txt").write_text("not a picture")
    (tmp_path / "trainA/.hidden.jpg").write_text("not a picture")
    parts = dataset_parts(tmp_path, [Phase.TRAIN])
    assert [part.folder.path.name for part in parts] == ["trainS", "trainT"]
    assert [(task.name, task.output) for task in parts[0].tasks] == [
        ("trainA/b.jpg", "b.png"),
        ("trainA/deep/a.b.jpg", "deep/a.b.png"),
    ]
    both = dataset_parts(tmp_path, [Phase.TEST, Phase.TRAIN])
    assert [part.images.name for part in both] == ["testA", "testB", "trainA", "trainB"]


def test_pictures_may_be_links_to_elsewhere(tmp_path: Path, paint: Callable[..., Path]) -> None:
    paint(tmp_path / "elsewhere/x.jpg")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/trainA").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data/trainB").mkdir()
    (tmp_path / "data/trainB/y.jpg").symlink_to(tmp_path / "elsewhere/x.jpg")
    parts = dataset_parts(tmp_path / "data", [Phase.TRAIN])
    assert [[task.output for task in part.tasks] for part in parts] == [["x.png"], ["y.png"]]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("trainA/a.jpg",), "trainB: no such folder"),
        (("trainA/a.jpg", "trainB/readme.txt"), "trainB: no pictures in it"),
        (("trainA/a.jpg", "trainA/a.png", "trainB/b.jpg"), "would both become a.png"),
        (("trainA/A.jpg", "trainA/a.png", "trainB/b.jpg"), "would both become"),
    ],
)
def test_a_data_set_that_cannot_be_segmented_is_refused(
    tmp_path: Path, paint: Callable[..., Path], names: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.engine.tasks.tells_spellings_apart", lambda _: False)
    for name in names:
        if name.endswith("txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("")
        else:
            paint(tmp_path / name)
    with pytest.raises(InputError) as caught:
        dataset_parts(tmp_path, [Phase.TRAIN])
    assert said in caught.value.message
    assert caught.value.hint


def test_a_picture_may_not_take_the_place_of_the_list_of_classes(tmp_path: Path, paint: Callable[..., Path]) -> None:
    paint(tmp_path / "in/classes.json/a.jpg")
    with pytest.raises(CollisionError):
        folder_part(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize("out", ["in", "in/maps", "."])
def test_pictures_and_maps_have_folders_of_their_own(tmp_path: Path, paint: Callable[..., Path], out: str) -> None:
    paint(tmp_path / "in/a.jpg")
    with pytest.raises(OutputError):
        folder_part(tmp_path / "in", tmp_path / out)


def test_phases_are_read_from_text() -> None:
    assert Phase.parse("train") == (Phase.TRAIN,)
    assert Phase.parse("test, train,test") == (Phase.TEST, Phase.TRAIN)
    for text in ("", "val", "train;test", "trainA"):
        with pytest.raises(InputError):
            Phase.parse(text)


def test_options_have_ranges() -> None:
    with pytest.raises(InputError):
        SegmentOptions(max_pixels=0)


def test_one_picture_is_a_part_and_what_is_beside_it_is_none(tmp_path: Path, paint: Callable[..., Path]) -> None:
    for name in ("one.jpg", "one.png", "two.jpg"):
        paint(tmp_path / name)
    part = folder_part(tmp_path / "one.jpg", tmp_path / "maps")
    assert [(part.root / task.name, task.output) for task in part.tasks] == [(tmp_path / "one.jpg", "one.png")]
    assert part.identity == str(tmp_path / "one.jpg")
    with pytest.raises(OutputError, match="contains the input"):
        folder_part(tmp_path / "one.jpg", tmp_path)
    (tmp_path / "notes.txt").write_text("not a picture")
    with pytest.raises(InputError, match="not a folder") as caught:
        folder_part(tmp_path / "notes.txt", tmp_path / "maps")
    assert "one picture" in str(caught.value.hint)
