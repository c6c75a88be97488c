"""What a person sees: messages and progress on stderr, data on stdout."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from pipeline.files.text import one_line

stderr = Console(stderr=True, highlight=False)


def printable(text: str) -> str:
    """Make a text safe for a terminal: what is no printable character is shown as an escape; lines stay lines."""
    return "\n".join(map(one_line, text.split("\n")))


def say(text: str, style: str = "") -> None:
    """Print a line on stderr, not wrapped, nothing in it taken for markup."""
    stderr.print(Text(printable(text), style=style), soft_wrap=True)


def print_settings(settings: Iterable[tuple[str, object, str]]) -> None:
    """Print settings on stdout: key, value and meaning of each."""
    for key, value, meaning in settings:
        sys.stdout.write(f"{key} = {json.dumps(value)}\n    {meaning}\n")


def print_models(models: Sequence[Mapping[str, Any]], default: str) -> None:
    """Print a table of models on stdout.

    Args:
        models: Rows with name, data, classes, miou, parameters, weights_bytes and licence.
        default: Name of the one that is taken by default.
    """
    rows = [("name", "data", "classes", "mIoU", "parameters", "weights", "licence")]
    for model in models:
        name = model["name"] + (" (default)" if model["name"] == default else "")
        numbers = (
            f"{model['classes']}",
            f"{model['miou']:.2f}",
            f"{model['parameters'] / 1e6:.1f} M",
            bytes_text(model["weights_bytes"]),
        )
        rows.append((name, model["data"], *numbers, model["licence"]))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for *cells, last in rows:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        sys.stdout.write("  ".join([*padded, last]) + "\n")


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout."""
    sys.stdout.write(json.dumps(content, indent=2) + "\n")


def bytes_text(number: int) -> str:
    """Write a number of bytes with its unit."""
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def labels_text(label_format: str) -> str:
    """Name the labels by their format: ``coco labels``, ``no labels``."""
    return "no labels" if label_format == "none" else f"{label_format} labels"


def reasons(skipped: Mapping[str, int]) -> str:
    """Write the reasons of skips with their numbers: ``96 missing, 1 truncated``."""
    return ", ".join(f"{number:,} {reason}" for reason, number in skipped.items())
