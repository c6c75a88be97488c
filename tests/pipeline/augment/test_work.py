"""The work of ``augment``: what is decoded and finished, here and where it was sent to."""

import pickle
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.augment.work import Loaded, Original, Translation
from pipeline.effects.device_generator import DeviceGenerator
from pipeline.effects.generator import GeneratorEffect, Scaled
from pipeline.engine.events import Done, How
from pipeline.engine.interface import never
from pipeline.engine.processes import ProcessEngine
from pipeline.engine.resources import Precision
from pipeline.engine.tasks import Action, Task
from pipeline.engine.threads import ThreadEngine, ahead
from pipeline.images.geometry import pad_by_reflection
from pipeline.images.resize import scale
from pipeline.images.skips import Reason, Skip
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard
from tpsence.errors import WeightsError
from tpsence.weights import LoadedGenerator, load_generator

Paint = Callable[..., Path]
Item = Loaded | Original | Skip
PLENTY = 10**8


@pytest.fixture
def weights(tiny_weights: Path) -> LoadedGenerator:
    return load_generator(tiny_weights)


def task(name: str, action: Action = Action.TRANSLATE, size: tuple[int, int] | None = None) -> Task:
    return Task(name, name, action, size)


def work(root: Path, weights: LoadedGenerator, width: int = 0, max_pixels: int = PLENTY) -> Translation:
    """The work on the pictures below a folder, written to another."""
    effect = GeneratorEffect(weights, torch.device("cpu"), Precision.FP32, width=width)
    return Translation(root, OutputFolder(root.parent / "out", Shard()), effect, max_pixels, quality=95)


def only(
    root: Path,
    weights: LoadedGenerator,
    one: Task,
    width: int = 0,
    max_pixels: int = PLENTY,
    most: int | None = None,
) -> Item:
    """Decode a single picture on a device that holds so many pixels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DeviceGenerator, "most_pixels", lambda self: most)
        return work(root, weights, width, max_pixels).decode(one)


def test_a_picture_is_scaled_padded_and_kept(paint: Paint, tmp_path: Path, weights: LoadedGenerator) -> None:
    paint(tmp_path / "a.png", size=(30, 22), icc_profile=b"profile")
    original = np.asarray(Image.open(tmp_path / "a.png"))
    item = only(tmp_path, weights, task("a.png"), width=17)
    assert isinstance(item, Loaded)
    assert isinstance(item.prepared, Scaled)
    assert (item.picture.format, item.picture.icc_profile, item.prepared.working_size) == ("PNG", b"profile", (17, 12))
    assert item.picture.pixels.dtype == np.uint8
    assert item.prepared.working.dtype == torch.uint8
    assert np.array_equal(item.picture.pixels, original)
    assert item.prepared.working.shape == (12, 20, 3)
    assert np.array_equal(item.prepared.working.numpy(), pad_by_reflection(scale(original, (17, 12))))


@pytest.mark.parametrize("size", [(1, 1), (3, 9), (8, 8), (12, 16), (13, 7)])
def test_at_width_0_a_picture_of_any_size_is_only_padded(
    size: tuple[int, int], paint: Paint, tmp_path: Path, weights: LoadedGenerator
) -> None:
    paint(tmp_path / "a.png", size=size)
    item = only(tmp_path, weights, task("a.png"))
    assert isinstance(item, Loaded)
    assert isinstance(item.prepared, Scaled)
    assert item.prepared.working_size == size
    assert np.array_equal(item.prepared.working.numpy()[: size[1], : size[0]], item.picture.pixels)


def test_the_tensor_can_be_written_without_a_warning_and_is_not_the_original(
    paint: Paint, tmp_path: Path, weights: LoadedGenerator
) -> None:
    paint(tmp_path / "a.png", size=(8, 8))
    item = only(tmp_path, weights, task("a.png"))
    assert isinstance(item, Loaded)
    assert isinstance(item.prepared, Scaled)
    before = item.picture.pixels.copy()
    assert item.prepared.working.is_contiguous()
    item.prepared.working.sub_(1)
    assert np.array_equal(item.picture.pixels, before)


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
    weights: LoadedGenerator,
) -> None:
    paint(tmp_path / "a.png", size=(24, 16))
    (tmp_path / "text.png").write_text("no picture")
    item = only(tmp_path, weights, task(name, action, size), max_pixels=max_pixels, most=most)
    if action is Action.KEEP and reason is Reason.OUT_OF_MEMORY:  # an original does not go through the generator
        assert isinstance(item, Original)
        assert item.task == task(name, action, size)
    else:
        assert isinstance(item, Skip)
        assert (item.file, item.reason) == (name, reason)


@pytest.mark.parametrize(("most", "fits"), [(24 * 20, True), (24 * 20 - 1, False)])
def test_the_memory_counts_for_the_padded_working_size(
    most: int, fits: bool, paint: Paint, tmp_path: Path, weights: LoadedGenerator
) -> None:
    paint(tmp_path / "a.png", size=(66, 51))  # 22x17 at this width, 24x20 padded
    item = only(tmp_path, weights, task("a.png"), width=22, most=most)
    assert isinstance(item, Loaded if fits else Skip)
    if isinstance(item, Skip):
        assert item == Skip("a.png", Reason.OUT_OF_MEMORY, "too large at 22x17; lower the width")


# Many pictures


@pytest.fixture(scope="module")
def mixed(paint: Paint, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Task]]:
    """Pictures of several shapes and fates, large before small."""
    root = tmp_path_factory.mktemp("mixed") / "pictures"
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


@pytest.mark.parametrize("engine", [ThreadEngine, ProcessEngine])
@pytest.mark.parametrize("workers", [0, 1, 2, 50])
def test_the_order_and_the_pixels_are_the_same_with_any_number_of_workers(
    engine: type[ThreadEngine | ProcessEngine],
    workers: int,
    mixed: tuple[Path, list[Task]],
    weights: LoadedGenerator,
    tmp_path: Path,
) -> None:
    root, tasks = mixed
    tasks = tasks[:4] if workers == 50 else tasks
    one = work(root, weights, 48)
    wanted = [one.decode(task) for task in tasks]
    items = list(engine(workers, tmp_path).decoded(one.decode, tasks, len(tasks), never))
    assert kinds(items) == kinds(wanted)
    assert {kind for kind, _ in kinds(items)} >= {"Loaded", "Skip"}
    for item, want in zip(items, wanted, strict=True):
        if isinstance(item, Loaded) and isinstance(want, Loaded):
            assert np.array_equal(item.picture.pixels, want.picture.pixels)
            assert isinstance(item.prepared, Scaled)
            assert isinstance(want.prepared, Scaled)
            assert torch.equal(item.prepared.working, want.prepared.working)
            assert (item.task, item.prepared.working_size, item.picture.format) == (
                want.task,
                want.prepared.working_size,
                want.picture.format,
            )
        else:
            assert item == want


@pytest.mark.parametrize("engine", [ThreadEngine, ProcessEngine])
@pytest.mark.parametrize("workers", [0, 2])
def test_nothing_to_load_is_no_error(
    engine: type[ThreadEngine | ProcessEngine], workers: int, weights: LoadedGenerator, tmp_path: Path
) -> None:
    assert list(engine(workers, tmp_path).run(work(tmp_path, weights), [], never)) == []


def test_no_thread_is_left_when_no_more_pictures_are_asked_for(
    mixed: tuple[Path, list[Task]], weights: LoadedGenerator
) -> None:
    root, tasks = mixed
    items = ahead(work(root, weights, 48).decode, tasks * 20, 3)
    next(items)
    assert [thread for thread in threading.enumerate() if thread.name.startswith("decode")]
    items.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


def test_threads_keep_pillow_s_warnings_from_one_another(
    paint: Paint, tmp_path: Path, weights: LoadedGenerator
) -> None:
    """Warnings are errors here, and a filter of one thread is every thread's."""
    for index in range(8):
        paint(tmp_path / f"{index}.jpg", size=(64, 48), seed=index, exif=b"Exif\0\0II*\0\x08\0\0\0\xff\x7f")
    tasks = [task(f"{index % 8}.jpg") for index in range(160)]
    filters = list(warnings.filters)
    assert {type(item) for item in ahead(work(tmp_path, weights).decode, tasks, 6)} == {Loaded}
    assert list(warnings.filters) == filters
    with pytest.warns(UserWarning, match="EXIF"), Image.open(tmp_path / "0.jpg") as image:
        image.getexif()


# What would be sent to another machine


def opened(path: Path) -> OutputFolder:
    """An output folder that a run has begun in."""
    folder = OutputFolder(path, Shard())
    with folder.opened({}, [], overwrite=False):
        return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.png")}


def finished(one: Translation, tasks: Sequence[Task], out: Path) -> Iterator[str]:
    """Run work in this process and yield what became of each picture."""
    for outcome in ThreadEngine(0, out).run(one, tasks, never):
        yield f"{outcome.name} {outcome.how.value}" if isinstance(outcome, Done) else f"{outcome.file} skipped"


def test_work_that_was_pickled_does_the_same(
    mixed: tuple[Path, list[Task]], weights: LoadedGenerator, tmp_path: Path
) -> None:
    root, tasks = mixed
    effect = GeneratorEffect(weights, torch.device("cpu"), Precision.FP32, width=48)
    here = Translation(root, opened(tmp_path / "here"), effect, PLENTY, quality=95)
    there = Translation(root, opened(tmp_path / "there"), effect, PLENTY, quality=95)
    sent = pickle.dumps(there)
    assert len(sent) < 10_000  # the network is not among it
    arrived = pickle.loads(sent)  # noqa: S301 (made two lines above)
    sent_tasks = pickle.loads(pickle.dumps(tasks))  # noqa: S301 (made here)
    assert sorted(finished(arrived, sent_tasks, tmp_path)) == sorted(finished(here, tasks, tmp_path))
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert len(contents(tmp_path / "here")) == 10


def test_each_step_may_happen_elsewhere(
    mixed: tuple[Path, list[Task]], weights: LoadedGenerator, tmp_path: Path
) -> None:
    root, tasks = mixed
    effect = GeneratorEffect(weights, torch.device("cpu"), Precision.FP32, width=48)
    one = Translation(root, opened(tmp_path / "out"), effect, PLENTY, quality=95)
    item = pickle.loads(pickle.dumps(one.decode(tasks[0])))  # noqa: S301 (made here)
    (made,) = one.translate([item])
    outcome = pickle.loads(pickle.dumps(one.finish(*pickle.loads(pickle.dumps((item, made))))))  # noqa: S301
    assert outcome == Done(name=tasks[0].name, how=How.MADE)
    assert (tmp_path / "out" / tasks[0].output).is_file()


def test_weights_that_changed_meanwhile_are_refused_where_the_work_arrives(
    mixed: tuple[Path, list[Task]], tiny_weights: Path, tmp_path: Path
) -> None:
    root, tasks = mixed
    file = tmp_path / "latest_net_G.pth"
    file.write_bytes(tiny_weights.read_bytes())
    arrived = pickle.loads(pickle.dumps(work(root, load_generator(file), 48)))  # noqa: S301 (made here)
    state = torch.load(file, weights_only=True)
    state["model.1.bias"] += 1
    torch.save(state, file)
    with pytest.raises(WeightsError, match="has changed since the job was prepared"):
        list(ThreadEngine(0, tmp_path).run(arrived, tasks, never))


def test_a_missing_picture_is_told_with_the_one_that_is_there(
    weights: LoadedGenerator, tmp_path: Path, paint: Paint
) -> None:
    paint(tmp_path / "in" / "A.PNG")
    sent = pickle.loads(pickle.dumps(work(tmp_path / "in", weights)))  # noqa: S301 (of this test)
    skip = sent.decode(task("a.png"))
    assert isinstance(skip, Skip)
    assert (skip.reason, skip.detail) == (Reason.MISSING, "no such file; 'A.PNG' is there: upper and lower case differ")
