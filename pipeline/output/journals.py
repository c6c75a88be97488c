"""The journals of a shard: lines that are added to its files, or kept for the process that holds the folder."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.output.layout import Layout

LEDGER = "ledger"
"""The journal of what each output was made of; see ``pipeline.output.ledger``."""
Line = tuple[str, Mapping[str, object]]
"""The name of a journal, and what a line of it says."""


class Journals:
    """The journals of one shard. Several threads may add to them.

    Args:
        layout: Of the output folder.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._kept: list[Line] | None = None
        self._keeping = threading.Lock()

    def add(self, name: str, content: Mapping[str, object]) -> None:
        """Add a line to a journal.

        Args:
            name: Of the journal.
            content: What the line says.

        Raises:
            OSError: It cannot be written.
            UnsafeNameError: As for ``LineFile.add``.
        """
        with self._keeping:
            if self._kept is not None:
                self._kept.append((name, content))
                return
        self._layout.journal(name).add(content)

    def collect(self) -> None:
        """Keep lines in memory from now on, instead of writing them."""
        with self._keeping:
            self._kept = self._kept or []

    def collected(self) -> list[Line]:
        """Return the lines that were kept, in the order in which they were added, and forget them."""
        with self._keeping:
            if self._kept is None:
                return []
            kept, self._kept = self._kept, []
            return kept

    def add_lines(self, lines: Iterable[Line]) -> None:
        """Write lines that were kept elsewhere, those of the ledger last.

        A kill in between leaves outputs that the ledger does not have, and which are made once more; never one that it
        has and the others do not.

        Args:
            lines: What ``collected`` has returned.

        Raises:
            OSError: They cannot be written.
            UnsafeNameError: As for ``LineFile.add``.
        """
        contents: dict[str, list[Mapping[str, object]]] = {}
        for name, content in lines:
            contents.setdefault(name, []).append(content)
        for name in sorted(contents, key=lambda name: name == LEDGER):
            self._layout.journal(name).add_all(contents[name])


@dataclass(frozen=True, slots=True)
class Journal:
    """One of the journals of a shard."""

    journals: Journals
    """All of them."""
    name: str
    """Which."""
    path: Path
    """Its file."""

    def add(self, content: Mapping[str, object]) -> None:
        """Add a line; see ``Journals.add``."""
        self.journals.add(self.name, content)
