"""What ``--engine ray`` costs and gains, beside the threads of one process in the same run; in three parts.

- ``overhead``: small pictures and an effect that does nothing, through both engines. Pictures a second, and the memory
  of all processes after 5 %, after half and at the end: it should not grow.
- ``scaling``: the whole command on one core and on two, by itself and with one and two workers of Ray. The ideal is
  the speed of one core, times the cores; start-up is told apart, by the times of the files.
- ``million``: how long a run of a million pictures takes to its first one, and the most memory until it has made some.

The cluster is one that the engine starts on this machine; nothing else of Ray's should run on it. Memory is resident
memory; what several processes share counts in each. Prints a table for each part. Needs Linux, psutil and the extra
``ray``.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.across import million, overhead, scaling
from benchmarks.common import in_a_process, machine
from pipeline.engine.resources import EngineName

PARTS = ("overhead", "scaling", "million")


def main() -> None:
    """Measure the parts that are asked for, and print their tables."""
    args = _arguments()
    if args.one:
        print(json.dumps(asdict(overhead.measure(EngineName(args.one), args.images, args.workers))))
        return
    parts = {"overhead": _overhead, "scaling": _scaling, "million": _million}
    for name in args.part:
        parts[name](args)
    if not args.json:
        print(machine(torch.device("cpu")))


def _overhead(args: argparse.Namespace) -> None:
    """Measure each engine in a process of its own."""
    options = ["--images", str(args.images), "--workers", str(args.workers)]
    found = {name: overhead.Overhead(**in_a_process(__file__, "--one", name, *options)) for name in args.engines}
    title = f"{args.images:,} pictures of 64x48, no effect, {args.workers} workers; memory after 5 / 50 / 100 %"
    _tell(args, title, overhead.COLUMNS, overhead.rows(found), {name: asdict(one) for name, one in found.items()})


def _scaling(args: argparse.Namespace) -> None:
    """Measure the whole command in all ways, in turns."""
    chosen = {name: way for name, way in scaling.WAYS.items() if "ray" in args.engines or not way.options}
    found = scaling.medians(scaling.measure(chosen, args.pictures, args.repeats))
    title = f"tpsence augment, {args.pictures} pictures of 640x360, median of {args.repeats}"
    _tell(args, title, scaling.COLUMNS, scaling.rows(found), found)


def _million(args: argparse.Namespace) -> None:
    """Make one data set and begin a run of it with each engine."""
    with tempfile.TemporaryDirectory(prefix="tpsence-data-") as folder:
        data = million.data_set(Path(folder) / "data", args.planned, labels=args.labels)
        found = {name: million.measure(data, EngineName(name), args.enough, args.workers) for name in args.engines}
    title = f"{args.planned:,} pictures{', COCO' if args.labels else ''}; peak memory until {args.enough} are made"
    _tell(args, title, million.COLUMNS, million.rows(found), {name: asdict(one) for name, one in found.items()})


def _tell(
    args: argparse.Namespace,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    found: Any,  # noqa: ANN401 (JSON)
) -> None:
    """Print what a part has found, as a table or as JSON in one line."""
    if args.json:
        print(json.dumps(found))
        return
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in {"", "engine"} else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [one.value for one in EngineName]
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS, help="parts (all)")
    parser.add_argument("--engines", nargs="+", choices=names, default=names, help="engines (both)")
    parser.add_argument("--workers", type=int, default=2, help="decoding threads, or workers of Ray (2)")
    parser.add_argument("--images", type=int, default=20_000, help="overhead: pictures (20,000)")
    parser.add_argument("--pictures", type=int, default=200, help="scaling: pictures a command (200)")
    parser.add_argument("--repeats", type=int, default=1, help="scaling: turns (1)")
    parser.add_argument("--planned", type=int, default=1_000_000, help="million: pictures (1,000,000)")
    parser.add_argument("--enough", type=int, default=200, help="million: pictures after which it is stopped (200)")
    parser.add_argument("--labels", action="store_true", help="million: with a COCO file, a box a picture")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each part")
    parser.add_argument("--one", choices=names, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
