"""Files of JSON lines that several threads and processes add to."""

import errno
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.files.rooted import Rooted


class Lines(Protocol):
    """Something that lines are added to: a file of them, or what stands for one."""

    def add(self, content: Mapping[str, object]) -> None:
        """Add a line; see ``LineFile.add``."""
        ...


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
        """Add a line; see ``add_all``."""
        self.add_all([content])

    def add_all(self, contents: Iterable[Mapping[str, object]]) -> None:
        """Add lines, in one write, so that those of several threads and processes do not mix.

        The file is made if it is not there; a last line that a kill has cut off is closed.

        Args:
            contents: What each line says.

        Raises:
            OSError: It cannot be written.
            UnsafeNameError: There is a link on the way or in its place, or the file has another name.
        """
        lines = b"".join(json.dumps(content).encode() + b"\n" for content in contents)
        with self.root.opened(self.name, os.O_RDWR | os.O_APPEND | os.O_CREAT) as file:
            if _is_cut(file):
                lines = b"\n" + lines
            if os.write(file, lines) != len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))


def _is_cut(file: int) -> bool:
    """Tell whether the last line of an open file has no end."""
    if os.fstat(file).st_size == 0:
        return False
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1) != b"\n"
