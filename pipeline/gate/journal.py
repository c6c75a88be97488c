"""What was measured of each picture, kept line by line so that a run that was killed measures nothing twice."""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pipeline.files import write_failures_explained, write_whole

Shares = Sequence[float | None]
"""Share of each object's structure that is left, 0 to 1, or None where it cannot be judged; in the labels' order."""

JOURNAL = "boxes"


def read_journals(files: Iterable[Path]) -> dict[str, Shares]:
    """Read what was measured, by the picture's name; a line that a kill has cut off is as if it were not there."""
    found: dict[str, Shares] = {}
    for file in files:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        found.update(pair for line in lines if (pair := _parsed(line)) is not None)
    return found


@contextmanager
def appending(file: Path) -> Iterator["Journal"]:
    """Open a journal to add to it.

    Raises:
        OSError: It cannot be written.
    """
    is_cut = file.exists() and not file.read_bytes().endswith(b"\n")
    with file.open("a", encoding="utf-8") as stream:
        if is_cut:
            stream.write("\n")
        yield Journal(stream)


def forget(file: Path, names: Container[str]) -> None:
    """Leave the measures of some pictures out of a journal.

    Raises:
        RunError: It cannot be written.
    """
    if file.exists():
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if (pair := _parsed(line)) is not None and pair[0] not in names]
        with write_failures_explained(file.parent):
            write_whole(file, "".join(line + "\n" for line in kept).encode())


class Journal:
    """Lines that are added.

    Args:
        stream: The open file.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, name: str, shares: Shares) -> None:
        """Write down what was measured of a picture."""
        self._stream.write(json.dumps({"file": name, "kept": list(shares)}) + "\n")
        self._stream.flush()


def _parsed(line: str) -> tuple[str, Shares] | None:
    """Read a line."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    if not isinstance(content, Mapping) or not isinstance(content.get("file"), str):
        return None
    kept = content.get("kept")
    if not isinstance(kept, list) or not all(one is None or isinstance(one, float | int) for one in kept):
        return None
    return content["file"], kept
