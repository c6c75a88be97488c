"""The pages, and the commands on them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

OUTSIDE = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "examples/README.md",
    "models/README.md",
    "models/gpu/README.md",
)
"""The pages that stand outside of ``docs/``."""
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"# not run here: \w.*$")


def pages() -> list[Path]:
    """Return all pages."""
    return [*(ROOT / name for name in OUTSIDE), *sorted((ROOT / "docs").rglob("*.md"))]


def name(page: Path) -> str:
    """Return what a page is called in the repository."""
    return page.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Fence:
    """A fenced block."""

    page: str
    line: int
    """Of its first line within, from 1."""
    language: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command of a ``bash`` block."""

    page: str
    line: int
    text: str
    is_marked: bool
    """Whether a reader sees that it is not run here, and why."""

    @property
    def words(self) -> list[str]:
        """Its words, as a shell takes them."""
        return shlex.split(self.text, comments=True)

    @property
    def place(self) -> str:
        """Where it stands, for a message."""
        return f"{self.page}:{self.line}: {self.text}"


def fences() -> Iterator[Fence]:
    """Yield the blocks of all pages."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for block in _FENCE.finditer(text):
            yield Fence(name(page), text.count("\n", 0, block.start(3)) + 1, block[2], block[3])


def commands() -> Iterator[Command]:
    """Yield the commands of all pages, a line that goes on in the next one as one.

    The mark stands behind a command, or on a line of its own before those that it is for.
    """
    for fence in fences():
        if fence.language == "bash":
            are_marked = False
            joined = re.sub(r"\\\n\s*", "", fence.text)
            for number, line in enumerate(joined.splitlines()):
                text, is_marked = line.strip(), _MARK.search(line) is not None
                if text.startswith("#"):
                    are_marked |= is_marked
                elif text:
                    yield Command(fence.page, fence.line + number, text, are_marked or is_marked)


def prose(page: Path) -> str:
    """Return the text of a page without its blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))
