"""What an engine costs by itself: small pictures and an effect that does nothing."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import torch

from benchmarks.across.memory import memory_by_role
from benchmarks.across.nothing import Nothing
from benchmarks.memory import write_pictures
from pipeline.augment.work import Translation
from pipeline.engine.events import Done, Outcome
from pipeline.engine.interface import Engine, never
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, EngineName, Resources
from pipeline.engine.tasks import Action, Task
from pipeline.engine.threads import ThreadEngine
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard

SIZE = (64, 48)
MARKS = (0.05, 0.5, 1.0)
"""Shares of the pictures after which memory is looked at."""


@dataclass(slots=True)
class Overhead:
    """What a run has taken."""

    start_up: float
    """Seconds from the engine's start to the first outcome."""
    rate: float
    """Pictures a second from then on."""
    memory: list[dict[str, float]] = field(default_factory=list)
    """MB by role, at each of ``MARKS``."""


def measure(name: EngineName, pictures: int, workers: int) -> Overhead:
    """Run an effect that does nothing over small pictures.

    Args:
        name: Which engine: threads of this process, or Ray.
        pictures: Their number, at least 2.
        workers: Threads that decode, or workers of Ray.
    """
    torch.set_num_threads(1)  # no network runs
    with tempfile.TemporaryDirectory(prefix="tpsence-engine-") as work:
        root, folder = Path(work) / "pictures", OutputFolder(Path(work) / "out", Shard())
        write_pictures(root, pictures, SIZE)
        tasks = [Task(file.name, file.name, Action.TRANSLATE, SIZE) for file in sorted(root.iterdir())]
        translation = Translation(root=root, folder=folder, effect=Nothing(), max_pixels=DEFAULT_MAX_PIXELS, quality=95)
        with folder.opened({"benchmark": "engines"}, [task.output for task in tasks], overwrite=False):
            began = time.perf_counter()
            return _watched(engine(name, workers, root, folder.path).run(translation, tasks, never), pictures, began)


def engine(name: EngineName, workers: int, root: Path, out: Path) -> Engine:
    """Make an engine; see ``measure``."""
    if name is EngineName.LOCAL:
        return ThreadEngine(workers, out)
    from pipeline.engine.ray.engine import RayEngine

    return RayEngine(
        resources=Resources(engine=EngineName.RAY, workers=workers), device=torch.device("cpu"), root=root, out=out
    )


def rows(found: dict[str, Overhead]) -> Iterator[Sequence[str]]:
    """Yield the rows of a table of ``COLUMNS``."""
    for name, one in found.items():
        memory = (" / ".join(f"{sample[role]:.0f}" for sample in one.memory) for role in one.memory[0])
        yield name, f"{one.start_up:.1f}", f"{one.rate:.0f}", *memory


COLUMNS = ("engine", "start-up, s", "pictures/s", "main, MB", "relay, MB", "workers, MB", "Ray's own, MB")


def _watched(outcomes: Iterator[Outcome], pictures: int, began: float) -> Overhead:
    """Go through the outcomes, and look at clock and memory.

    Raises:
        SystemExit: A picture was not made.
    """
    main, marks = psutil.Process(), {max(1, round(pictures * share)) for share in MARKS}
    first, memory = began, []
    made = (one for one in outcomes if not isinstance(one, Done) or one.count)  # some only say how the cluster is
    for done, outcome in enumerate(made, 1):
        if not isinstance(outcome, Done):
            raise SystemExit(f"{outcome}")
        if done == 1:
            first = time.perf_counter()
        if done in marks:
            memory.append(memory_by_role(main))
    return Overhead(first - began, (pictures - 1) / (time.perf_counter() - first), memory)
