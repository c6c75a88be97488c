"""``run.json``: what a run was told and how it ended, at the top of its folder."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError
from pipeline.files.links import refuse_links
from pipeline.files.text import one_line
from pipeline.files.whole import write_whole
from tpsence.errors import first_line

RUN_FILE = "run.json"


def write_run(folder: Path, content: Mapping[str, Any]) -> None:
    """Write ``run.json``.

    Args:
        folder: Of the run.
        content: What JSON takes.

    Raises:
        OSError: It cannot be written.
    """
    write_whole(folder / RUN_FILE, as_text(content).encode() + b"\n")


def as_text(content: Mapping[str, Any]) -> str:
    """Return the text of ``run.json``, without the end of its last line: ASCII, as paths may be no valid text."""
    return json.dumps(content, indent=2)


def read_run(
    folder: Path, elsewhere: str, is_own: Callable[[str], bool], writer: str = "tpsence"
) -> dict[str, Any] | None:
    """Return the content of ``run.json``, or None where the folder is new or empty.

    Args:
        folder: Of the run.
        elsewhere: What the user can do where the folder cannot be taken, without a full stop.
        is_own: Tells whether a name at the top of the folder may be there before ``run.json``.
        writer: What writes such folders, for messages.

    Raises:
        OutputError: The folder holds something else, or its ``run.json`` is a link or cannot be read. An object of
            another kind is an empty one.
    """
    file = folder / RUN_FILE
    refuse_links([file], elsewhere)
    try:
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        foreign = sorted(entry.name for entry in folder.iterdir() if not is_own(entry.name)) if folder.is_dir() else []
        if foreign:
            raise OutputError(
                f"{folder}: not empty, and not written by {writer} (it holds {foreign[0]!r})",
                f"{elsewhere}: an empty or a new folder is needed.",
            ) from None
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise OutputError(f"{file}: not readable ({error})", f"{elsewhere}, or delete this file.") from error
    return content if isinstance(content, dict) else {}


def command_of(folder: Path) -> str | None:
    """Return the command whose run a folder holds, or None where no ``run.json`` tells it."""
    file = folder / RUN_FILE
    try:
        content = json.loads(file.read_bytes()) if file.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    command = content.get("command") if isinstance(content, dict) else None
    return command if isinstance(command, str) else None


def refuse_file(folder: Path, elsewhere: str) -> None:
    """Refuse a file where a folder is needed.

    Raises:
        OutputError: It is one.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file", f"{elsewhere}: a folder is needed.")


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
            "Run the same command again with `overwrite`, or give another folder.",
        ) from error


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
