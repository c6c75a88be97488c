"""Which pictures were chosen, in words on stderr."""

from collections.abc import Mapping
from typing import Any

from cli.console import say
from pipeline.files.text import count, one_line

_ROWS = 12
"""Classes in the table."""


def print_choice(choice: Mapping[str, Any] | None, indent: str = "") -> None:
    """Say how many pictures are chosen, and where the choice looked at classes, how many annotations of each.

    Args:
        choice: As ``--json`` has it, or None where there is nothing to say.
        indent: What stands before each line.
    """
    if choice is None:
        return
    total, candidates = choice["pictures"], choice["candidates"]
    part = f", of the split's {candidates:,}" if candidates < total else ""
    say(f"{indent}chosen: {choice['chosen']:,} of {count(total, 'picture')}{part}")
    if choice["classes"]:
        _print_classes(choice["classes"], indent)


def _print_classes(classes: Mapping[str, Mapping[str, int]], indent: str) -> None:
    """Print a table of annotations by class, the rarest first."""
    rarest = sorted(classes.items(), key=lambda one: (one[1]["before"], one[0]))
    rows = [(one_line(name), f"{row['before']:,}", f"{row['after']:,}", _share(row)) for name, row in rarest[:_ROWS]]
    table = [("annotations of", "before", "after", ""), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        say(f"{indent}  {'  '.join(cells).rstrip()}")
    if len(rarest) > _ROWS:
        say(f"{indent}  and {len(rarest) - _ROWS:,} more frequent; --json has all")


def _share(row: Mapping[str, int]) -> str:
    """Write which share of a class's annotations is left."""
    return f"{row['after'] / row['before']:.0%}"
