"""Pictures are decoded in order, with or without threads, and grouped by shape."""

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.augment.pictures import Checked, Item, Loaded, Pictures
from pipeline.engine.batching import MOST_WAITING, batches
from pipeline.engine.tasks import Action, Task
from pipeline.engine.threads import load
from pipeline.images.geometry import pad_by_reflection
from pipeline.images.resize import scale
from pipeline.images.skips import Reason, Skip

Paint = Callable[..., Path]
PLENTY = 10**8


def task(name: str, action: Action = Action.TRANSLATE, size: tuple[int, int] | None = None) -> Task:
    return Task(name, name, action, size)


def only(root: Path, one: Task, width: int = 0, max_pixels: int = PLENTY, most: int | None = None) -> Item:
    """Load a single picture."""
    return Pictures(root, [one], width, max_pixels, most)[0]


def loaded(name: str, height: int = 8, width: int = 8) -> Loaded:
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    return Loaded(task(name), pixels, torch.from_numpy(pixels), (width, height), "PNG", None)


# One picture


def test_a_picture_is_scaled_padded_and_kept(paint: Paint, tmp_path: Path) -> None:
    paint(tmp_path / "a.png", size=(30, 22), icc_profile=b"profile")
    original = np.asarray(Image.open(tmp_path / "a.png"))
    item = only(tmp_path, task("a.png"), width=17)
    assert isinstance(item, Loaded)
    assert (item.format, item.icc_profile, item.working_size) == ("PNG", b"profile", (17, 12))
    assert item.original.dtype == np.uint8
    assert item.working.dtype == torch.uint8
    assert np.array_equal(item.original, original)
    assert item.working.shape == (12, 20, 3)
    assert np.array_equal(item.working.numpy(), pad_by_reflection(scale(original, (17, 12))))


@pytest.mark.parametrize("size", [(1, 1), (3, 9), (8, 8), (12, 16), (13, 7)])
def test_at_width_0_a_picture_of_any_size_is_only_padded(size: tuple[int, int], paint: Paint, tmp_path: Path) -> None:
    paint(tmp_path / "a.png", size=size)
    item = only(tmp_path, task("a.png"))
    assert isinstance(item, Loaded)
    assert item.working_size == size
    assert np.array_equal(item.working.numpy()[: size[1], : size[0]], item.original)


def test_the_tensor_can_be_written_without_a_warning_and_is_not_the_original(paint: Paint, tmp_path: Path) -> None:
    paint(tmp_path / "a.png", size=(8, 8))
    item = only(tmp_path, task("a.png"))
    assert isinstance(item, Loaded)
    before = item.original.copy()
    assert item.working.is_contiguous()
    item.working.sub_(1)
    assert np.array_equal(item.original, before)


@pytest.mark.parametrize(
    ("name", "size", "max_pixels", "most", "reason"),
    [
        ("none.png", None, PLENTY, None, Reason.MISSING),
        ("text.png", None, PLENTY, None, Reason.UNSUPPORTED),
        ("a.png", (5, 5), PLENTY, None, Reason.WRONG_SIZE),
        ("a.png", None, 383, None, Reason.TOO_LARGE),
        ("a.png", None, PLENTY, 383, Reason.OUT_OF_MEMORY),
    ],
)
@pytest.mark.parametrize("action", [Action.TRANSLATE, Action.KEEP])
def test_a_bad_picture_becomes_a_skip(
    name: str,
    size: tuple[int, int] | None,
    max_pixels: int,
    most: int | None,
    reason: Reason,
    action: Action,
    paint: Paint,
    tmp_path: Path,
) -> None:
    paint(tmp_path / "a.png", size=(24, 16))
    (tmp_path / "text.png").write_text("no picture")
    item = only(tmp_path, task(name, action, size), max_pixels=max_pixels, most=most)
    if action is Action.KEEP and reason is Reason.OUT_OF_MEMORY:  # an original does not go through the generator
        assert item == Checked(task(name, action, size))
    else:
        assert isinstance(item, Skip)
        assert (item.file, item.reason) == (name, reason)


@pytest.mark.parametrize(("most", "fits"), [(24 * 20, True), (24 * 20 - 1, False)])
def test_the_memory_counts_for_the_padded_working_size(most: int, fits: bool, paint: Paint, tmp_path: Path) -> None:
    paint(tmp_path / "a.png", size=(66, 51))  # 22x17 at this width, 24x20 padded
    item = only(tmp_path, task("a.png"), width=22, most=most)
    assert isinstance(item, Loaded if fits else Skip)
    if isinstance(item, Skip):
        assert item == Skip("a.png", Reason.OUT_OF_MEMORY, "too large at 22x17; lower the width")


@pytest.mark.parametrize("size", [(10, 7), (60, 41), (24, 1), (1, 1), (24, 16)])
def test_scale_is_pillow_s_bicubic_but_for_rounding(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    before = pixels.copy()
    wanted = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    scaled = scale(pixels, size)
    assert (scaled.shape, scaled.dtype) == (wanted.shape, wanted.dtype)
    assert scaled.flags.c_contiguous
    difference = np.abs(scaled.astype(int) - wanted)
    assert difference.max() <= 1
    assert difference.mean() < 0.02
    assert np.array_equal(pixels, before)


def test_a_picture_that_cannot_be_written_to_is_scaled(recwarn: pytest.WarningsRecorder) -> None:
    pixels = np.broadcast_to(np.arange(16, dtype=np.uint8)[:, None, None], (16, 24, 3))
    assert scale(pixels, (6, 4)).shape == (4, 6, 3)
    assert not recwarn


def test_scale_averages_what_becomes_smaller() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    assert np.abs(scale(stripes, (8, 8)).astype(int) - 100).max() <= 5  # 100 is the mean; a picked stripe is 0 or 200


# Many pictures


@pytest.fixture(scope="module")
def mixed(paint: Paint, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Task]]:
    """Pictures of several shapes and fates, large before small."""
    root = tmp_path_factory.mktemp("mixed")
    tasks = []
    for number in range(12):
        name = f"{number:02d}.png"
        paint(root / name, size=(200 - 16 * number, 100), seed=number)
        tasks.append(task(name, Action.KEEP if number % 5 == 4 else Action.TRANSLATE))
    (root / "03.png").write_bytes(b"no picture")
    (root / "08.png").unlink()
    return root, tasks


def kinds(items: Sequence[Item]) -> list[tuple[str, str]]:
    return [(type(item).__name__, item.file if isinstance(item, Skip) else item.task.name) for item in items]


@pytest.mark.parametrize("workers", [0, 1, 2, 50])
def test_the_order_and_the_pixels_are_the_same_with_any_number_of_workers(
    workers: int, mixed: tuple[Path, list[Task]]
) -> None:
    root, tasks = mixed
    pictures = Pictures(root, tasks[:4] if workers == 50 else tasks, 48, PLENTY, None)
    wanted = [pictures[index] for index in range(len(pictures))]
    items = list(load(pictures, workers))
    assert kinds(items) == kinds(wanted)
    assert {kind for kind, _ in kinds(items)} >= {"Loaded", "Skip"}
    for item, want in zip(items, wanted, strict=True):
        if isinstance(item, Loaded) and isinstance(want, Loaded):
            assert np.array_equal(item.original, want.original)
            assert torch.equal(item.working, want.working)
            assert (item.task, item.working_size, item.format) == (want.task, want.working_size, want.format)
        else:
            assert item == want


@pytest.mark.parametrize("workers", [0, 2])
def test_nothing_to_load_is_no_error(workers: int, tmp_path: Path) -> None:
    assert list(load(Pictures(tmp_path, [], 48, PLENTY, None), workers)) == []


def test_no_thread_is_left_when_no_more_pictures_are_asked_for(mixed: tuple[Path, list[Task]]) -> None:
    root, tasks = mixed
    items = load(Pictures(root, tasks * 20, 48, PLENTY, None), 3)
    next(items)
    assert [thread for thread in threading.enumerate() if thread.name.startswith("decode")]
    items.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


def test_threads_keep_pillow_s_warnings_from_one_another(paint: Paint, tmp_path: Path) -> None:
    """Warnings are errors here, and a filter of one thread is every thread's."""
    for index in range(8):
        paint(tmp_path / f"{index}.jpg", size=(64, 48), seed=index, exif=b"Exif\0\0II*\0\x08\0\0\0\xff\x7f")
    pictures = Pictures(tmp_path, [task(f"{index % 8}.jpg") for index in range(160)], 0, PLENTY, None)
    filters = list(warnings.filters)
    assert {type(item) for item in load(pictures, 6)} == {Loaded}
    assert list(warnings.filters) == filters
    with pytest.warns(UserWarning, match="EXIF"), Image.open(tmp_path / "0.jpg") as image:
        image.getexif()


# Batches


def grouped(items: Sequence[Item], size: int) -> list[object]:
    """The names of each group, the rest as it is."""
    groups = batches(items, lambda _: size)
    return [[item.task.name for item in group] if isinstance(group, list) else group for group in groups]


def test_pictures_are_grouped_by_their_padded_shape() -> None:
    items = [loaded("a"), loaded("b", 12), loaded("c"), loaded("d", 12), loaded("e", 12)]
    assert grouped(items, 2) == [["a", "c"], ["b", "d"], ["e"]]


def test_height_and_width_are_told_apart() -> None:
    assert grouped([loaded("a", 8, 12), loaded("b", 12, 8)], 2) == [["a"], ["b"]]


def test_the_batch_size_is_asked_for_by_width_and_height() -> None:
    asked: list[tuple[int, int]] = []

    def size(padded: tuple[int, int]) -> int:
        asked.append(padded)
        return 1

    groups = list(batches([loaded("a", height=8, width=12)], size))
    assert asked == [(12, 8)]
    assert len(groups) == 1


def test_skips_and_originals_pass_at_once() -> None:
    skip, original = Skip("x", Reason.MISSING, ""), Checked(task("y", Action.KEEP))
    assert grouped([loaded("a"), skip, original, loaded("b")], 2) == [skip, original, ["a", "b"]]


def test_the_groups_depend_on_the_order_alone() -> None:
    items = [loaded(str(number), 8 + 4 * (number % 3)) for number in range(20)]

    def one_by_one() -> Iterator[Item]:
        yield from items

    first = grouped(items, 4)
    assert [
        [item.task.name for item in group] for group in batches(one_by_one(), lambda _: 4) if isinstance(group, list)
    ] == first
    assert sorted(name for group in first if isinstance(group, list) for name in group) == sorted(map(str, range(20)))


def test_a_full_group_goes_before_the_next_picture_is_taken() -> None:
    taken: list[str] = []

    def items() -> Iterator[Item]:
        for name in "abcd":
            taken.append(name)
            yield loaded(name)

    groups = batches(items(), lambda _: 2)
    next(groups)
    assert taken == ["a", "b"]


def test_the_longest_waiting_shape_runs_when_too_many_wait() -> None:
    shapes = [loaded(str(number), height=4 * (number + 2)) for number in range(MOST_WAITING + 2)]
    groups = grouped(shapes, 2)
    assert groups[:3] == [["0"], ["1"], ["2"]]
    assert len(groups) == len(shapes)


def test_never_more_than_the_limit_wait() -> None:
    waiting = 0

    def items() -> Iterator[Item]:
        nonlocal waiting
        for number in range(300):
            assert waiting < MOST_WAITING
            waiting += 1
            yield loaded(str(number), height=8 + 4 * (number % 7), width=8 + 4 * (number % 11))

    total = 0
    for group in batches(items(), lambda _: 32):
        assert isinstance(group, list)
        waiting -= len(group)
        total += len(group)
    assert (total, waiting) == (300, 0)
