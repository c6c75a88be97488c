"""Where a preview goes: two files, which replace those of an earlier one and nothing else."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import OutputError
from pipeline.files.jail import absolute, is_inside
from pipeline.files.rooted import Rooted
from pipeline.files.text import one_line
from pipeline.files.whole import write_failures_explained
from pipeline.preview.source import Source
from tpsence.regular import open_regular

MADE_BY = "tpsence preview"
"""What page and sheet say that they are made by; a file that does not is somebody else's."""
_PAGE, _SHEET = ".html", ".png"
_MARKS = {_PAGE: f'<meta name="generator" content="{MADE_BY}">'.encode(), _SHEET: f"Software\0{MADE_BY}".encode()}
_HEAD = 2_000
"""Bytes at the beginning of a file among which its mark is."""
_ELSEWHERE = "Give another `out`, or move it away."


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder, and what the two files are called there without their extensions."""

    folder: Path
    stem: str = "preview"

    @classmethod
    def told(cls, out: Path) -> "Place":
        """Return the place that a user means: a folder, or one of the two files."""
        if out.suffix.lower() in _MARKS and not out.is_dir():
            return cls(folder=out.parent, stem=out.stem)
        return cls(folder=out)

    @property
    def page(self) -> Path:
        """The page."""
        return self.folder / f"{self.stem}{_PAGE}"

    @property
    def sheet(self) -> Path:
        """The sheet."""
        return self.folder / f"{self.stem}{_SHEET}"

    def check(self, source: Source) -> None:
        """Refuse a place that is none, may not be written to, or where something else is. Nothing is written.

        Args:
            source: What is previewed, and stays as it is.

        Raises:
            OutputError: It is one.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise OutputError(one_line(f"{self.folder}: is a file"), "Give a folder with `out`.")
        for read in source.read_folders():
            if is_inside(self.folder, read):
                hint = "Give a folder outside the data set with `out`."
                raise OutputError(one_line(f"{self.folder}: is inside the input {read}"), hint)
        whole = absolute(self.folder)
        there = next(one for one in (whole, *whole.parents) if one.exists())
        if not os.access(there, os.W_OK):
            raise OutputError(one_line(f"{there}: cannot be written to"), "Give a folder elsewhere with `out`.")
        root = Rooted(self.folder)
        for file in (self.page, self.sheet):
            found = root.state(file.name)
            if found is None:
                continue
            if not stat.S_ISREG(found.st_mode) or not _is_own(file) or _is_read(source, file):
                raise OutputError(one_line(f"{file}: not written by {MADE_BY}"), _ELSEWHERE)

    def write(self, page: str, sheet: bytes) -> None:
        """Write both, each whole or not at all.

        Raises:
            RunError: One cannot be written.
        """
        with write_failures_explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            root = Rooted(self.folder)
            root.hold()
            try:
                root.write(self.sheet.name, sheet)
                root.write(self.page.name, page.encode())
            finally:
                root.let_go()


def _is_own(file: Path) -> bool:
    """Tell whether an earlier preview has written a file."""
    with write_failures_explained(file.parent), open_regular(file) as stream:
        return _MARKS[file.suffix] in stream.read(_HEAD)


def _is_read(source: Source, file: Path) -> bool:
    """Tell whether a file is the picture that is previewed."""
    read = source.labels.image_root / source.labels.pictures[0].name
    return source.is_single and read.exists() and read.samefile(file)
