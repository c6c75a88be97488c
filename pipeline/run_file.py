"""``run.json``: what a run was told and how it ended, at the top of its folder."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pipeline.files import write_whole
from pipeline.names import one_line
from tpsence.errors import OutputError, first_line

RUN_FILE = "run.json"


def write_run(folder: Path, content: Mapping[str, Any], *, tag: str = "") -> None:
    """Write ``run.json``.

    Args:
        folder: Of the run.
        content: What JSON takes.
        tag: As ``write_whole`` has it.

    Raises:
        OSError: It cannot be written.
    """
    # ASCII, because paths may hold bytes that are no valid text.
    write_whole(folder / RUN_FILE, json.dumps(content, indent=2).encode() + b"\n", tag=tag)


@contextmanager
def damage_explained(folder: Path) -> Iterator[None]:
    """Turn what odd values of ``run.json`` lead to into a line; put around the reading of them alone.

    Args:
        folder: Of the run.

    Raises:
        OutputError: A value is not there, or not of its kind.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise OutputError(
            one_line(f"{folder / RUN_FILE}: damaged ({type(error).__name__}: {first_line(error)})"),
            "Run the same command again with --overwrite, or give another folder.",
        ) from error


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
