"""Files of JSON lines that several threads and processes add to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.files.rooted import Rooted


@dataclass(frozen=True, slots=True)
class LineFile:
    """A file of JSON lines."""

    root: Rooted
    """A folder that it is below."""
    name: str
    """Its POSIX path below that folder."""

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.root.path / self.name

    def add(self, content: Mapping[str, object]) -> None:
        """Add a line, in one write, so that those of several threads do not mix; the file is made if it is not there.

        Args:
            content: What the line says.

        Raises:
            OSError: It cannot be written.
            UnsafeNameError: A link is in its place.
        """
        # The line end before it closes a line that a kill has cut off.
        self.root.append(self.name, b"\n" + json.dumps(content).encode() + b"\n")
