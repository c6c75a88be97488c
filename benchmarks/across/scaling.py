"""What the whole command makes of one core and of two: by itself, and with one worker of Ray or two."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.common import ROOT, write_pictures
from pipeline.images.geometry import Size

SIZE: Size = (640, 360)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to run the command."""

    cores: int
    """That it may use."""
    options: Sequence[str] = ()
    """Of ``tpsence augment``."""


@dataclass(frozen=True, slots=True)
class Times:
    """What a run has taken, by its clock and the times of its files."""

    start_up: float
    """Seconds from the start to the first picture."""
    rate: float
    """Pictures a second from the first to the last."""
    whole: float
    """Pictures a second of the whole command."""


ONE_CORE = "local, 1 core"
_RAY = ("--engine", "ray", "--workers")
WAYS = {
    ONE_CORE: Way(cores=1),
    "ray, 1 worker, 1 core": Way(cores=1, options=(*_RAY, "1")),
    "local, 2 cores": Way(cores=2),
    "ray, 1 worker, 2 cores": Way(cores=2, options=(*_RAY, "1")),
    "ray, 2 workers, 2 cores": Way(cores=2, options=(*_RAY, "2")),
}
"""The command by itself, and on a Ray cluster of as many cores."""


def measure(chosen: Mapping[str, Way], pictures: int, repeats: int, size: Size = SIZE) -> dict[str, list[Times]]:
    """Run the command in all ways in turns.

    Args:
        chosen: The ways, by name.
        pictures: JPEG pictures of each run, at least 2.
        repeats: Turns.
        size: (W, H) of the pictures.
    """
    found: dict[str, list[Times]] = {name: [] for name in chosen}
    with tempfile.TemporaryDirectory(prefix="tpsence-scaling-") as work:
        write_pictures(Path(work) / "images", pictures, size)
        for _ in range(repeats):
            for name, way in chosen.items():
                with tempfile.TemporaryDirectory(dir=work) as out:
                    found[name].append(_times(way, Path(work) / "images", Path(out) / "rainy"))
    return found


def medians(found: Mapping[str, Sequence[Times]]) -> dict[str, dict[str, float]]:
    """Return the medians of each way, and its ``share``: its rate over that of one core, times the cores."""
    middle = {
        name: {key: statistics.median(asdict(one)[key] for one in times) for key in asdict(times[0])}
        for name, times in found.items()
    }
    for name, row in middle.items():
        row["share"] = row["rate"] / (WAYS[name].cores * middle[ONE_CORE]["rate"])
    return middle


def rows(middle: Mapping[str, Mapping[str, float]]) -> Iterator[Sequence[str]]:
    """Yield the rows of a table of ``COLUMNS``."""
    for name, row in middle.items():
        times = f"{row['start_up']:.1f}", f"{row['rate']:.3f}", f"{100 * row['share']:.0f} %"
        yield name, *times, f"{row['whole']:.3f}"


COLUMNS = ("", "start-up, s", "pictures/s", "of the ideal", "whole command, pictures/s")


def _times(way: Way, images: Path, out: Path) -> Times:
    """Run the command once.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    command = [sys.executable, "-m", "tpsence", "augment", "--images", str(images), "--out", str(out)]
    command += ["--device", "cpu", "--no-report", "--quiet", *way.options]
    environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}  # the cores say it
    before = os.sched_getaffinity(0)
    began = time.time()  # as the times of files are
    try:
        os.sched_setaffinity(0, sorted(before)[: way.cores])  # what is started has what this process has
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
    finally:
        os.sched_setaffinity(0, before)
    ended = time.time()
    made = sorted(file.stat().st_mtime for file in out.glob("*.jpg"))
    return Times(made[0] - began, (len(made) - 1) / (made[-1] - made[0]), len(made) / (ended - began))
