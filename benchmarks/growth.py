"""How the cost of ``tpsence augment`` grows: with image size, batch, decoding threads and data-set size.

Everything is measured on this machine in one run, each point in a process of its own; the numbers go to a JSON file and
the plots, as SVG, beside it. ``docs/performance.md`` shows them.
"""

import argparse
import itertools
import json
import resource
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import torch
from matplotlib import pyplot
from matplotlib.axes import Axes

from benchmarks.augment import PLAIN, Setting, network_speed, write_weights
from benchmarks.common import ROOT, add_generator_sizes, generator_asked, in_a_process
from benchmarks.overhead import measure
from pipeline.engine.device import choose_device

SIZES = ((320, 180), (640, 360), (960, 540), (1280, 720), (1920, 1080))
BATCHES = (1, 2, 4)
WORKERS = (0, 1, 2, 4)
COUNTS = (100, 1_000, 10_000)
KINDS = ("size", "batch", "workers", "count")
PICTURES = 1_000
"""Pictures of the runs that vary the decoding threads."""
Row = dict[str, float]


def main() -> None:
    """Measure, write the numbers and draw them."""
    args = _arguments()
    if args.one:
        print(json.dumps(_point(json.loads(args.one), choose_device(args.device))))
        return
    args.out.mkdir(parents=True, exist_ok=True)
    numbers = args.out / "growth.json"
    if not args.draw:
        numbers.write_text(json.dumps(_all_points(args), indent=1) + "\n")
    draw(json.loads(numbers.read_text()), args.out)


def draw(points: Sequence[Mapping[str, Any]], out: Path) -> None:
    """Draw all plots.

    Args:
        points: What was asked of each point, with what was measured.
        out: The folder of the SVG files.
    """
    mpl.rcParams |= {"svg.hashsalt": "tpsence", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    ways = list(dict.fromkeys(point["way"] for point in points if "way" in point))
    sized, batched, worked, counted = ([point for point in points if point["vary"] == kind] for kind in KINDS)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for way in ways:
        at = [point for point in sized if point["way"] == way]
        megapixels = [point["width"] * point["height"] / 1e6 for point in at]
        left.plot(megapixels, [1 / point["speed"] for point in at], "o-", label=way)
        right.plot(megapixels, [point["memory"] / 1000 for point in at], "o-", label=way)
    _label(left, "megapixels at the network", "seconds an image")
    _label(right, "megapixels at the network", "peak memory, GB")
    _save(figure, out / "size.svg")
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
    for way in dict.fromkeys(point["way"] for point in batched):
        at = [point for point in batched if point["way"] == way]
        left.plot([point["batch"] for point in at], [1 / point["speed"] for point in at], "o-", label=way)
    _label(left, "images in a batch, 640x360", "seconds an image")
    workers = [point["workers"] for point in worked]
    middle.plot(workers, [point["wall"] for point in worked], "o-", label="without a network")
    _label(middle, "decoding threads", "ms a picture, 1280x720")
    counts = [point["images"] for point in counted]
    right.plot(counts, [point["wall"] for point in counted], "o-", label="wall")
    right.plot(counts, [point["driving"] for point in counted], "o-", label="driving")
    right.set_xscale("log")
    _label(right, "pictures in the data set", "ms a picture, 1280x720")
    _save(figure, out / "batch_workers_count.svg")


def _label(axes: Axes, x: str, y: str) -> None:
    """Name the axes, which begin at zero."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.margins(y=0.1)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)


def _save(figure: Any, path: Path) -> None:  # noqa: ANN401 (matplotlib's figure, or a part of one)
    """Write a plot that is the same for the same numbers."""
    figure.savefig(path, metadata={"Date": None}, transparent=False)
    pyplot.close(figure)


def _all_points(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure every point."""
    ways = (PLAIN, *args.precision.split(","))
    asked: list[dict[str, Any]] = []
    for (width, height), way in itertools.product(args.sizes, ways):
        asked.append({"vary": "size", "way": way, "width": width, "height": height, "batch": 1})
    for batch, way in itertools.product(args.batches, ways[1:]):
        asked.append({"vary": "batch", "way": way, "width": 640, "height": 360, "batch": batch})
    asked += [
        {"vary": "workers", "images": min(PICTURES, max(args.counts)), "workers": number} for number in args.workers
    ]
    asked += [{"vary": "count", "images": count, "workers": 1} for count in args.counts]
    points = []
    with tempfile.TemporaryDirectory(prefix="tpsence-growth-") as folder:
        write_weights(Path(folder) / "latest_net_G.pth", generator_asked(args))
        for one in asked:
            point = {
                **one,
                **in_a_process(__file__, "--one", json.dumps({**one, "work": folder}), "--device", args.device),
            }
            print(point, file=sys.stderr, flush=True)
            points.append(point)
    return points


def _point(asked: Mapping[str, Any], device: torch.device) -> Row:
    """Measure a point: the network alone, or all but the network."""
    if "images" in asked:
        return measure(asked["images"], asked["workers"])
    size = asked["width"], asked["height"]
    setting = Setting(work=Path(asked["work"]), device=device, size=size, batch_size=asked["batch"])
    speed = network_speed(asked["way"], setting)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"speed": speed, "memory": torch.cuda.max_memory_allocated() / 1e6 if device.type == "cuda" else memory}


def _size(text: str) -> tuple[int, int]:
    """Read ``640x360``."""
    width, height = text.split("x")
    return int(width), int(height)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "growth", help="folder (build/growth)")
    parser.add_argument("--draw", action="store_true", help="draw the numbers that are there")
    parser.add_argument("--sizes", type=_size, nargs="+", default=SIZES, help="sizes at the network, multiples of 4")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="pictures in the data set")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES, help="images in a batch")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS, help="decoding threads")
    parser.add_argument("--precision", default="fp32,bf16", help="precisions to measure, with commas (fp32,bf16)")
    add_generator_sizes(parser)
    parser.add_argument("--device", default="auto", help="as tpsence augment has it (auto)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
