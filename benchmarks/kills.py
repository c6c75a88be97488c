"""Kill each command at random moments, again and again, until it is done: is anything lost, is the output the same?

The moments are drawn from the time in which a run works, which is measured first. What is compared is all that a run
has written but what tells times. Prints a table, and ends with 1 where anything is lost. Needs Linux and psutil.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.killing.commands import Command, commands, differences, tree
from benchmarks.killing.hit import Ended, Hit, run_and_hit

NAMES = ("augment", "segment", "train", "run", "report", "evaluate")
_MOST_RUNS = 8
"""Of a folder, for each kill: a command that is never done does not go on."""

_MOST_UNHIT = 4
"""Folders that are done before anyone was hit: a command that works in threads has no worker to hit."""


@dataclass(slots=True)
class Row:
    """What became of a command that was hit in one way."""

    hits: int = 0
    folders: int = 0
    """That were done in the end."""
    equal: int = 0
    """Of these, those that are like an undisturbed run's."""
    faults: list[str] = field(default_factory=list)


def main() -> None:
    """Kill, print, and end with 1 where anything is lost."""
    args = _parser().parse_args()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the commands would inherit that nohup ignores it
    rows: dict[tuple[str, Hit], Row] = {}
    with tempfile.TemporaryDirectory(prefix="tpsence-kills-") as folder:
        known = commands(Path(folder))
        for name in args.commands:
            whole, life = undisturbed(known[name])
            for hit in (one for one in Hit if one.name.lower() in args.ways):
                count = args.kills if hit is Hit.ALL else args.others
                draw = random.Random(f"{args.seed} {name} {hit.name}")  # noqa: S311 (no secret)
                rows[name, hit] = killed(known[name], hit, count, draw, whole, life)
                print(f"{name}, {hit.value}: {rows[name, hit]}", file=sys.stderr, flush=True)
    _print(rows)
    sys.exit(any(row.faults or row.equal != row.folders for row in rows.values()))


def undisturbed(command: Command) -> tuple[Mapping[str, str], tuple[float, float]]:
    """Return what an undisturbed run leaves behind, and the seconds between which it works.

    It works from its first file on, or from its half, to its end.

    Raises:
        RuntimeError: It fails, or two such runs differ.
    """
    found = []
    for _ in range(2):
        command.reset()
        began = time.time()
        ended = run_and_hit(command)
        if not ended.is_done:
            raise RuntimeError(f"{command.name} ends with {ended.code}: {ended.said[-500:]}")
        found.append(tree(command.out))
        times = [file.stat().st_mtime for file in command.out.rglob("*")]
        first = min((one for one in times if one > began), default=began)
    if unequal := differences(*found):
        raise RuntimeError(f"{command.name}: two undisturbed runs differ in {unequal}")
    return found[0], (min(max(first - began, 0.0), ended.seconds / 2), ended.seconds)


def killed(
    command: Command, hit: Hit, count: int, draw: random.Random, whole: Mapping[str, str], life: tuple[float, float]
) -> Row:
    """Kill a command a number of times, and let it end each time that a kill comes too late.

    Args:
        command: What is killed.
        hit: How.
        count: Kills.
        draw: For the moments.
        whole: What an undisturbed run leaves behind.
        life: Seconds after its start between which it is hit.
    """
    row = Row()
    command.reset()
    for _ in range(count * _MOST_RUNS):
        ended = run_and_hit(command, hit if row.hits < count else None, draw.uniform(*life))
        row.hits += ended.was_hit
        _judge(row, ended, hit)
        if ended.is_done:
            row.folders += 1
            unequal = differences(whole, tree(command.out))
            row.equal += not unequal
            row.faults += [f"differs: {unequal[:5]}"] if unequal else []
            command.reset()
            if row.hits >= count or (not row.hits and row.folders == _MOST_UNHIT):
                break
        elif not ended.was_hit:
            row.faults.append(f"cannot go on, ends with {ended.code}: {ended.said[-300:]}")
            command.reset()
    return row


def _judge(row: Row, ended: Ended, hit: Hit) -> None:
    """Note an end that is not as it should be."""
    if ended.was_hit and not ended.is_done and ended.code not in hit.codes:
        row.faults.append(f"hit, ends with {ended.code}: {ended.said[-300:]}")
    if "Traceback" in ended.said or "unexpected" in ended.said:
        row.faults.append(f"says: {ended.said[-300:]}")
    if hit in {Hit.TERM, Hit.HANG_UP} and ended.code > 100 and "stop" not in ended.said:
        row.faults.append("ends without a word")


def _print(rows: Mapping[tuple[str, Hit], Row]) -> None:
    """Print the table, and what is not as it should be."""
    table = Table(title="killed, and run again until done")
    for column in ("command", "hit by", "hits", "folders done", "equal", "faults"):
        table.add_column(column, justify="left" if column in {"command", "hit by"} else "right")
    for (name, hit), row in rows.items():
        numbers = (row.hits, row.folders, row.equal, len(row.faults))
        table.add_row(name, hit.value, *map(str, numbers))
    console = Console(width=120)
    console.print(table)
    for (name, hit), row in rows.items():
        for text in dict.fromkeys(row.faults):
            console.print(f"{name}, {hit.value}: {text}", markup=False, highlight=False)


def _parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--commands", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--kills", type=int, default=26, help="of all processes of each command (26)")
    parser.add_argument("--others", type=int, default=6, help="of each command in each other way (6)")
    ways = [hit.name.lower() for hit in Hit]
    parser.add_argument("--ways", nargs="+", choices=ways, default=ways, help="how to hit (all of these)")
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    main()
