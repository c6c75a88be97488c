"""A run of very many pictures: how long it takes to its first one, and the memory it takes until then and beyond."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.across.memory import ROLES, highest, memory_by_role
from benchmarks.common import ROOT
from benchmarks.memory import write_pictures
from pipeline.engine.resources import EngineName

SIZE = (64, 48)
FOLDER = 10_000
"""Pictures of a folder."""
LINKS = 50_000
"""Names of one file; ext4 gives one no more than 65,000."""
_BETWEEN_LOOKS = 0.1
_STOPPED = 130


@dataclass(frozen=True, slots=True)
class Begun:
    """How a run has begun that was then stopped."""

    first: float
    """Seconds from the start of the command to its first picture."""
    made: int
    """Pictures that were there when it was told to stop."""
    seconds: float
    """From its start until then."""
    memory: Mapping[str, float]
    """The most of each role until it ended, in MB."""


def data_set(folder: Path, pictures: int, *, labels: bool) -> list[str]:
    """Make a data set of small pictures, which are few files under many names.

    Args:
        folder: A new folder.
        pictures: Their number.
        labels: Whether there is a COCO file, with a box in each.

    Returns:
        The options of ``tpsence augment`` that name it.
    """
    write_pictures(folder, 1, SIZE)
    (file,) = folder.iterdir()
    content = file.read_bytes()
    names = [f"{index // FOLDER:04}/{index:07}.jpg" for index in range(pictures)]
    for index, name in enumerate(names):
        target = folder / name
        if index % FOLDER == 0:
            target.parent.mkdir()
        if index % LINKS == 0:
            target.write_bytes(content)
            file = target
        else:
            os.link(file, target)
    (folder / "first.jpg").unlink()
    if not labels:
        return ["--images", str(folder)]
    _write_coco(folder / "coco.json", names)
    return ["--labels", str(folder / "coco.json")]


def measure(data: Sequence[str], name: EngineName, enough: int, workers: int) -> Begun:
    """Run the command until it has made enough pictures, and stop it.

    Args:
        data: From ``data_set``.
        name: The engine.
        enough: How many pictures are enough.
        workers: Threads that decode, or workers of Ray.

    Raises:
        SystemExit: It ended by itself, or otherwise than by the stop.
    """
    command = [sys.executable, "-m", "tpsence", "augment", *data, "--water", "none", "--width", str(SIZE[0])]
    command += ["--workers", str(workers), "--device", "cpu", "--no-report", "--quiet"]
    if name is not EngineName.LOCAL:
        command += ["--engine", name.value]
    with tempfile.TemporaryDirectory(prefix="tpsence-million-") as folder:
        out = Path(folder) / "out"
        began = time.monotonic()
        process = subprocess.Popen([*command, "--out", str(out)], cwd=ROOT)
        begun = _watched(process, out, began, enough)
    if process.returncode != _STOPPED:
        raise SystemExit(f"{name.value}: ended with {process.returncode}")
    return begun


def rows(found: Mapping[str, Begun]) -> Iterator[Sequence[str]]:
    """Yield the rows of a table of ``COLUMNS``."""
    for name, one in found.items():
        yield name, f"{one.first:.1f}", *(f"{one.memory[role]:.0f}" for role in ROLES)


COLUMNS = ("engine", "to the first picture, s", "main, MB", "relay, MB", "workers, MB", "Ray's own, MB")


def _watched(process: "subprocess.Popen[bytes]", out: Path, began: float, enough: int) -> Begun:
    """Look at a run until it has made enough pictures, stop it and wait for its end."""
    main = psutil.Process(process.pid)
    memory = memory_by_role(main)
    first, made, seconds = 0.0, 0, 0.0
    while process.poll() is None:
        memory = highest(memory, memory_by_role(main))
        if not seconds:
            made = sum(1 for _ in out.glob("[0-9]*/*.jpg"))
            now = time.monotonic() - began
            first = first or now * (made > 0)
            if made >= enough:
                seconds = now
                process.send_signal(signal.SIGINT)
        time.sleep(_BETWEEN_LOOKS)
    return Begun(first, made, seconds, memory)


def _write_coco(path: Path, names: Sequence[str]) -> None:
    """Write labels with one box for each picture."""
    width, height = SIZE
    images = [{"id": at, "file_name": name, "width": width, "height": height} for at, name in enumerate(names)]
    boxes = [{"id": at, "image_id": at, "category_id": 1, "bbox": [8, 8, 24, 16]} for at in range(len(names))]
    tree = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "car"}]}
    path.write_text(json.dumps(tree))
