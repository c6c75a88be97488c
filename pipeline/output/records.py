"""What a run tells about itself beside ``run.json``: its skips, what the gate has flagged, the table of its boxes."""

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError
from pipeline.files.whole import write_failures_explained, write_parts
from pipeline.images.skips import Skip
from pipeline.output.layout import BOXES_FILE, FLAGGED_FILE, SKIPPED_FILE, Layout


def parsed(text: str, file: Path) -> Any:  # noqa: ANN401 (parsed JSON)
    """Parse a line that tpsence wrote.

    Args:
        text: The line.
        file: Where it is from, for the message.

    Raises:
        OutputError: It is damaged.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OutputError(f"{file}: damaged ({error})", "Start anew in another folder.") from error


def read_skips(out: Path) -> list[Skip]:
    """Return the list of skips of a run that is over.

    Args:
        out: Its folder.

    Raises:
        OutputError: It is damaged.
    """
    file = out / SKIPPED_FILE
    return skips_in(file) if file.exists() else []


def skips_in(file: Path) -> list[Skip]:
    """Read a list of skips.

    Raises:
        OutputError: It is damaged.
    """
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return [Skip.from_dict(parsed(line, file)) for line in lines]


def write_flagged(layout: Layout, lines: Collection[Mapping[str, Any]], *, anyway: bool) -> None:
    """Write the list of annotations whose object may have vanished, and of pictures with which something is wrong.

    Args:
        layout: Of the output folder.
        lines: An entry for each.
        anyway: Write an empty list too; else there is no file without an entry.

    Raises:
        RunError: It cannot be written.
    """
    with write_failures_explained(layout.path):
        if lines or anyway:
            layout.write(layout.path / FLAGGED_FILE, map(json.dumps, lines))
        else:
            layout.remove(layout.path / FLAGGED_FILE)


def write_boxes(out: Path, parts: Iterable[str]) -> None:
    """Write the table of the boxes that a report is of.

    Args:
        out: The folder of the report.
        parts: What it consists of.

    Raises:
        RunError: It cannot be written.
    """
    with write_failures_explained(out):
        write_parts(out / BOXES_FILE, (part.encode() for part in parts))
