"""Pictures a second of ``tpsence.load(...)`` on a list of arrays, beside ``tpsence augment`` on the same files.

Each way runs in a process of its own, in turns. The clock of the translator stands around one call for the whole list,
after a call for one picture; that of ``augment`` is the job's own, which has loaded its networks before, decodes,
encodes and writes the files besides. Prints the medians, and how many times as fast as ``augment`` the translator is.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console

import tpsence
from benchmarks.common import in_a_process, machine, write_pictures
from pipeline.engine.device import choose_device

WAYS = ("augment", "translator")


def main() -> None:
    """Measure and print."""
    args = _arguments()
    if args.way:
        measure = by_augment if args.way == "augment" else by_translator
        print(json.dumps(measure(Path(args.work), args)))
        return
    speeds: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="tpsence-translator-") as folder:
        width, height = (int(side) for side in args.size.split("x"))
        write_pictures(Path(folder) / "images", args.images, (width, height))
        settings = ["--device", args.device, "--precision", args.precision, "--weights", args.weights]
        settings += ["--water", args.water] if args.water else []
        for _ in range(args.repeats):
            for way in WAYS:
                speeds[way].append(in_a_process(__file__, "--way", way, "--work", folder, *settings))
    medians = {way: statistics.median(found) for way, found in speeds.items()}
    medians["ratio"] = statistics.median(
        mine / theirs for mine, theirs in zip(speeds["translator"], speeds["augment"], strict=True)
    )
    if args.json:
        print(json.dumps(medians))
        return
    console = Console(width=120, highlight=False)
    console.print(f"{args.images} pictures of {args.size}, {args.weights}, median of {args.repeats}")
    for way in WAYS:
        console.print(f"{way:>12}  {medians[way]:.3f} images/s")
    console.print(f"{'ratio':>12}  {medians['ratio']:.2f}")
    console.print(machine(choose_device(args.device)))


def by_augment(work: Path, args: argparse.Namespace) -> float:
    """Translate the files and return the pictures a second that the job tells."""
    settings = {"weights": args.weights, "water": args.water, "device": args.device, "precision": args.precision}
    with tempfile.TemporaryDirectory(dir=work) as out:
        *_, finished = tpsence.augment(images=work / "images", out=Path(out) / "out", **settings)
    assert isinstance(finished, tpsence.Finished)  # noqa: S101 (every job ends with it)
    return float(finished.summary["images_per_s"])


def by_translator(work: Path, args: argparse.Namespace) -> float:
    """Translate arrays of the files and return the pictures a second."""
    translator = tpsence.load(args.weights, args.device, args.precision)
    arrays = [np.asarray(Image.open(file).convert("RGB")) for file in sorted((work / "images").iterdir())]
    translator(arrays[0], water=args.water)
    began = time.perf_counter()
    translator(arrays, water=args.water)
    return len(arrays) / (time.perf_counter() - began)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=32, help="pictures in the list (32)")
    parser.add_argument("--size", default="640x360", help="size of the pictures (640x360)")
    parser.add_argument("--weights", default="rain", help="as tpsence augment has them (rain)")
    parser.add_argument("--water", help="as tpsence augment has it (what the weights want)")
    parser.add_argument("--device", default="auto", help="as tpsence augment has it (auto)")
    parser.add_argument("--precision", default="auto", help="as tpsence augment has it (auto)")
    parser.add_argument("--repeats", type=int, default=3, help="turns (3)")
    parser.add_argument("--json", action="store_true", help="print the medians as JSON")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
