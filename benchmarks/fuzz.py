"""Mutated label files, pictures and checkpoints by lot: nothing may break, hang, grow, or change a label silently.

Each case is made of a seed and its number, in a process that is watched. Prints a table, and the faults with how to
see each again; ends with 1 where there is one. Needs Linux.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.fuzzing.case import FaultKind
from benchmarks.fuzzing.watched import KINDS, Ran, Watched, make_again

NUMBERS = {"labels": 10_000, "pictures": 4_000, "checkpoints": 300}
"""How many cases of each kind, unless told otherwise."""


@dataclass(slots=True)
class Sums:
    """What became of the cases of one kind."""

    cases: int = 0
    accepted: int = 0
    seconds: float = 0.0
    """Of the longest that ended."""
    megabytes: float = 0.0
    """Of the largest."""
    kinds: Counter[FaultKind] = field(default_factory=Counter)
    texts: dict[str, list[int]] = field(default_factory=dict)
    """Numbers of the cases by fault."""

    def add(self, ran: Ran) -> None:
        """Count a case."""
        self.cases += 1
        self.accepted += ran.outcome.accepted
        self.megabytes = max(self.megabytes, ran.megabytes)
        self.seconds = max(self.seconds, ran.seconds)
        self.kinds.update({fault.kind for fault in ran.outcome.faults})
        for fault in ran.outcome.faults:
            self.texts.setdefault(f"{fault.kind.value}: {fault.text}", []).append(ran.number)


def main() -> None:
    """Fuzz, print, and end with 1 where something is wrong."""
    args = _parser().parse_args()
    if args.case:
        kind, _, number = args.case.partition(":")
        folder = args.keep or Path(tempfile.mkdtemp(prefix="tpsence-fuzz-"))
        folder.mkdir(parents=True, exist_ok=True)
        print(make_again(kind, args.seed, int(number), folder), folder)
        return
    until = time.monotonic() + args.seconds
    wanted = {kind: getattr(args, kind) for kind in KINDS}
    found = {kind: fuzz(kind, args.seed, range(args.start, args.start + count), args.workers, until)
             for kind, count in wanted.items() if count}  # fmt: skip
    _print(found, args.seed)
    sys.exit(any(sums.texts for sums in found.values()))


def fuzz(kind: str, seed: int, numbers: Sequence[int], workers: int, until: float) -> Sums:
    """Try cases of one kind.

    Args:
        kind: One of ``KINDS``.
        seed: Of all cases.
        numbers: Which.
        workers: Processes.
        until: No case begins after this (``time.monotonic``).
    """
    sums = Sums()
    parts = [numbers[first::workers] for first in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        for part in pool.map(lambda part: list(_part(kind, seed, part, until)), parts):
            for ran in part:
                sums.add(ran)
    return sums


def _part(kind: str, seed: int, numbers: Sequence[int], until: float) -> Iterator[Ran]:
    """Try some cases in one process, while there is time."""
    with Watched(kind, seed) as process:
        yield from process.run(number for number in numbers if time.monotonic() < until)


def _print(found: dict[str, Sums], seed: int) -> None:
    """Print the table, and a line for each fault with the first case of it."""
    table = Table(title=f"fuzzed with seed {seed}")
    for column in ("", "cases", "read", *(kind.value for kind in FaultKind), "longest, s", "most, MB"):
        table.add_column(column, justify="right")
    for kind, sums in found.items():
        counts = [f"{sums.kinds[fault]:,}" for fault in FaultKind]
        row = (f"{sums.cases:,}", f"{sums.accepted:,}", *counts, f"{sums.seconds:.1f}", f"{sums.megabytes:.0f}")
        table.add_row(kind, *row)
    console = Console(width=130)
    console.print(table)
    for kind, sums in found.items():
        for text, numbers in sorted(sums.texts.items(), key=lambda one: -len(one[1])):
            console.print(f"{len(numbers)} x {text}", markup=False, highlight=False)
            console.print(f"    --seed {seed} --case {kind}:{numbers[0]}", markup=False, highlight=False)


def _parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for kind, number in NUMBERS.items():
        parser.add_argument(f"--{kind}", type=int, default=number, help=f"cases ({number:,})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="number of the first case")
    parser.add_argument("--seconds", type=float, default=3600.0, help="no case begins later (3600)")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    parser.add_argument("--case", metavar="KIND:NUMBER", help="try this one alone, unwatched, and keep its files")
    parser.add_argument("--keep", type=Path, help="where the files of --case go")
    return parser


if __name__ == "__main__":
    main()
