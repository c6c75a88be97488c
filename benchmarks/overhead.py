"""What ``tpsence augment`` costs beside the network, by the number of pictures.

The data set is synthetic: few distinct pictures of 1280x720 under many names, with ten boxes each in one COCO file. The
network is replaced by one that changes nothing in no time; all else runs as in the command. Each number of pictures
runs in a process of its own. Prints a table:

- labels read: the COCO file parsed and checked, every output planned and checked.
- wall: time of the whole translation over the number of pictures.
- driving: time on a CPU of the thread that feeds the network; it bounds what one process can do with a fast GPU.
- threads: time on a CPU of the threads that decode, compose, encode and write.
- labels written: the COCO file written, read back and compared with the source.

A second table has the stages of one picture, one after the other in one thread.
"""

import argparse
import io
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks.common import PICTURES, in_a_process
from benchmarks.report import BOXES, DISTINCT, SIZE, data_set
from pipeline.augment.job import prepare
from pipeline.augment.options import AugmentOptions
from pipeline.augment.weights_choice import chosen_weights
from pipeline.effects.compose import compose
from pipeline.effects.detail import Detail
from pipeline.effects.device_generator import DeviceGenerator
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Resources
from pipeline.engine.tally import Tally
from pipeline.files.whole import write_whole
from pipeline.images.codec import encode, read_picture
from pipeline.images.geometry import size_text
from pipeline.images.resize import scale
from pipeline.labels.registry import open_labels
from pipeline.weights.packaged import RAIN

WORKING = (640, 360)
COLUMNS = {
    "read": "labels read, s",
    "wall": "wall, ms",
    "driving": "driving, ms",
    "threads": "threads, ms",
    "written": "labels written, s",
    "memory": "peak memory, MB",
}
Row = dict[str, float]


def main() -> None:
    """Measure and print the table."""
    args = _arguments()
    if args.one:
        print(json.dumps(measure(args.one, args.workers)))
        return
    rows = {count: in_a_process(__file__, "--one", str(count), "--workers", str(args.workers)) for count in args.images}
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    size = size_text(SIZE)
    title = f"pictures of {size}, {DISTINCT} distinct, {BOXES} boxes each, {args.workers} decoding threads"
    table = Table(title=title, title_justify="left")
    for column in ("pictures", *COLUMNS.values()):
        table.add_column(column, justify="right")
    for count, row in rows.items():
        table.add_row(f"{count:,}", *(f"{row[key]:.2f}" if key != "memory" else f"{row[key]:.0f}" for key in COLUMNS))
    console = Console(width=120)
    console.print(table)
    steps = Table(title=f"one picture of {size}, ms", title_justify="left")
    parts = stages()
    for name in parts:
        steps.add_column(name, justify="right")
    steps.add_row(*(f"{seconds * 1000:.2f}" for seconds in parts.values()))
    console.print(steps)


def measure(images: int, workers: int) -> Row:
    """Run a data set of a number of pictures without a network.

    Args:
        images: Their number.
        workers: Decoding threads.

    Returns:
        What ``COLUMNS`` names; milliseconds are for each picture.
    """
    torch.set_num_threads(1)  # no network runs, and the threads that wait for one would count
    with tempfile.TemporaryDirectory(prefix="tpsence-overhead-") as folder:
        path = data_set(Path(folder) / "data", images)
        for number, data in enumerate(_pictures()):
            # In place, so that all names, which are hard links, show it.
            (path.parent / "distinct" / f"{number}.jpg").write_bytes(data)
        began = time.perf_counter()
        labels = open_labels(path, path.parent, None)
        out, resources = Path(folder) / "out", Resources(device="cpu", workers=workers)
        job = prepare(labels, chosen_weights(RAIN.name), out, AugmentOptions(water=WaterLevel.NONE), resources)
        read = time.perf_counter() - began
        DeviceGenerator.change = _unchanged  # type: ignore[method-assign]
        tally = Tally()
        with job.opened(overwrite=False):
            clocks = time.perf_counter, time.thread_time, time.process_time
            before = [clock() for clock in clocks]
            for outcome in job.run():
                tally.add(outcome)
            wall, driving, process = (clock() - then for clock, then in zip(clocks, before, strict=True))
            began = time.perf_counter()
            job.finish(tally, seconds=wall, complete=True)
            written = time.perf_counter() - began
        if tally.made != images:
            raise SystemExit(f"{tally.made} of {images} pictures were made")
    spent = {"wall": wall, "driving": driving, "threads": process - driving}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {key: 1000 * seconds / images for key, seconds in spent.items()} | {
        "read": read,
        "written": written,
        "memory": memory,
    }


def stages() -> dict[str, float]:
    """Return the seconds of each stage of one picture, the median of many turns, one thread."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="tpsence-overhead-") as folder:
        file = Path(folder) / "a.jpg"
        file.write_bytes(_pictures()[0])
        pixels = read_picture(file, DEFAULT_MAX_PIXELS, SIZE).pixels
        working = scale(pixels, WORKING)
        change = np.random.default_rng(0).normal(0, 20, working.shape).astype(np.float32)
        data = encode(pixels, "JPEG", 95)
        steps: dict[str, Callable[[], object]] = {
            "read and decode": lambda: read_picture(file, DEFAULT_MAX_PIXELS, SIZE),
            f"scale to {size_text(WORKING)}": lambda: scale(pixels, WORKING),
            "compose": lambda: compose(pixels, working, change, Detail.RESIDUAL, 1.0),
            "encode": lambda: encode(pixels, "JPEG", 95),
            "write to the disk": lambda: write_whole(Path(folder) / "b.jpg", data),
        }
        return {name: _median(step) for name, step in steps.items()}


def _median(step: Callable[[], object]) -> float:
    """Median seconds of a step."""
    seconds = []
    for _ in range(40):
        began = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _pictures() -> list[bytes]:
    """JPEG files of the size, of the example data set."""
    sources, files = sorted(PICTURES.glob("*.jpg")), []
    for number in range(DISTINCT):
        buffer = io.BytesIO()
        with Image.open(sources[number % len(sources)]) as picture:
            picture.resize(SIZE, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90 - number // len(sources))
        files.append(buffer.getvalue())
    return files


def _unchanged(self: DeviceGenerator, batch: Tensor) -> Tensor:
    """Stand in for the network: no change."""
    del self
    return torch.zeros(batch.shape, dtype=torch.float32)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, nargs="+", default=[1_000, 10_000], help="numbers of pictures")
    parser.add_argument("--workers", type=int, default=1, help="decoding threads (1)")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
