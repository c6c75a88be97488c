"""``run.json``: what a run was told and how it ended, at the top of its folder."""

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pipeline.files import write_whole

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


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
