"""What a person sees: messages and progress on stderr, data on stdout."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from cli.json_out import json_out
from cli.streams import write_out
from pipeline.files.text import one_line

stderr = Console(stderr=True, highlight=False)

_UNBOUNDED = sys.maxsize
"""Columns of a terminal that nothing is too wide for."""


def say(text: str, style: str = "") -> None:
    """Print a line on stderr, not wrapped, nothing in it taken for markup, and no name in it for a line of its own."""
    stderr.print(Text(one_line(text), style=style), soft_wrap=True)


def print_settings(settings: Iterable[tuple[str, object, str]]) -> None:
    """Print settings on stdout: key, value and meaning of each."""
    for key, value, meaning in settings:
        write_out(f"{key} = {json.dumps(value)}\n    {meaning}\n")


def print_models(models: Sequence[Mapping[str, Any]], default: str) -> None:
    """Print a table of models on stdout.

    Args:
        models: Rows with name, data, classes, miou, parameters, weights_bytes and licence.
        default: Name of the one that is taken by default.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for heading in ("name", "data", "classes", "mIoU", "parameters", "weights", "licence"):
        table.add_column(heading, no_wrap=True, overflow="ignore")
    for model in models:
        cells = (
            model["name"] + (" (default)" if model["name"] == default else ""),
            model["data"],
            f"{model['classes']}",
            f"{model['miou']:.2f}",
            f"{model['parameters'] / 1e6:.1f} M",
            decimal(model["weights_bytes"]),
            model["licence"],
        )
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    print_table(table)


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout."""
    json_out.write(content)


def print_table(table: Table) -> None:
    """Print a table without styles on stdout, as wide as it wants to be: a row folded or cut is no row for a script."""
    console = Console(color_system=None, width=_UNBOUNDED)
    with console.capture() as captured:
        console.print(table)
    # Rich fills the last column with blanks, which a narrow terminal would show as empty lines.
    write_out("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def labels_text(label_format: str) -> str:
    """Name the labels by their format: ``coco labels``, ``no labels``."""
    return "no labels" if label_format == "none" else f"{label_format} labels"


def reasons(skipped: Mapping[str, int]) -> str:
    """Write the reasons of skips with their numbers: ``96 missing, 1 truncated``."""
    return ", ".join(f"{number:,} {reason}" for reason, number in skipped.items())
