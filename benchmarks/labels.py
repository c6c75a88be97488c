"""Seconds that a large COCO file takes: read and checked, planned, written, read back and compared; peak memory.

The data set is synthetic, with ten boxes for each picture; the pictures are not looked at. Each size runs in a process
of its own. Prints one table.
"""

import argparse
import itertools
import json
import resource
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.common import in_a_process
from benchmarks.report import BOXES, data_set
from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import make_plan
from pipeline.labels.registry import open_labels


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--annotations", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="numbers, multiples of 10"
    )
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.one)))
        return
    rows = {count: _measured(count) for count in args.annotations}
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(title="COCO, seconds")
    for column in ("annotations", "pictures", "file, MB", "read", "plan", "write and prove", "sum", "peak memory, MB"):
        table.add_column(column, justify="right")
    for count, row in rows.items():
        total = row["read"] + row["plan"] + row["write"]
        seconds = [f"{value:.2f}" for value in (row["read"], row["plan"], row["write"], total)]
        table.add_row(f"{count:,}", f"{count // BOXES:,}", f"{row['file']:.0f}", *seconds, f"{row['memory']:.0f}")
    Console(width=120).print(table)


def measure(path: Path) -> dict[str, float]:
    """Read, plan and write a file.

    Returns:
        Seconds of ``read``, ``plan`` and ``write``, megabytes of ``file`` and ``memory``, and the ``annotations``.
    """
    with tempfile.TemporaryDirectory(prefix="tpsence-labels-") as folder:
        marks = [time.perf_counter()]
        labels = open_labels(path, path.parent, None)
        marks.append(time.perf_counter())
        plan = make_plan(labels, AugmentOptions(), Path(folder))
        marks.append(time.perf_counter())
        proof = labels.write(Path(folder), plan.suffixes)
        marks.append(time.perf_counter())
    read, planned, written = (end - begin for begin, end in itertools.pairwise(marks))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    row = {"read": read, "plan": planned, "write": written, "memory": memory}
    return {**row, "file": path.stat().st_size / 1e6, "annotations": float(proof.annotations or 0)}


def _measured(annotations: int) -> dict[str, float]:
    """Make a file and measure it in a process of its own, for its memory."""
    with tempfile.TemporaryDirectory(prefix="tpsence-labels-") as folder:
        path = data_set(Path(folder) / "data", annotations // BOXES)
        row: dict[str, float] = in_a_process(__file__, "--one", str(path))
    if row["annotations"] != annotations:
        raise SystemExit(f"{row['annotations']} of {annotations} annotations were written")
    return row


if __name__ == "__main__":
    main()
