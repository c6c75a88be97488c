"""The ledger of an output folder: of which source each output was made.

One line of JSON for each output, added when it is written and after the file itself: a kill in between leaves an output
that is not in the ledger, and is made once more.
"""

import json
import os
import stat
import threading
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.output.journals import LEDGER, Journals
from pipeline.output.layout import Layout
from tpsence.digest import file_sha256


@dataclass(frozen=True, slots=True)
class SourceState:
    """What tells whether a source is still the one that an output was made of."""

    size: int
    """Size in bytes."""
    mtime_ns: int
    """When it was last written, in ns since the epoch."""
    sha256: str
    """SHA-256 of its content, in hexadecimal."""

    @classmethod
    def of(cls, source: Path) -> "SourceState | None":
        """Return the state of a source.

        To be called before the source is read for its output: where it is changed meanwhile, the state is that of
        before, or none, and the output is made again by the next run.

        Args:
            source: The file.

        Returns:
            The state, or None where it cannot be read, is no regular file, or is changed at this moment.
        """
        try:
            before = os.stat(source)  # noqa: PTH116 (as below)
            if not stat.S_ISREG(before.st_mode):  # the content of a pipe would be waited for
                return None
            digest = file_sha256(source)
            after = os.stat(source)  # noqa: PTH116 (as above)
        except OSError:
            return None
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            return None
        return cls(before.st_size, before.st_mtime_ns, digest)


class Ledger:
    """Of which source each output was made.

    Args:
        layout: Of the output folder.
        journals: Of this shard, one of which is its ledger.
    """

    def __init__(self, layout: Layout, journals: Journals) -> None:
        self._layout = layout
        self._journals = journals
        self._known: dict[str, SourceState] | None = None
        self._adding = threading.Lock()

    def is_of(self, output: str, source: Path, *, noting: bool) -> bool:
        """Tell whether an output was made of a source as it is now.

        A source of the same size and time is not read; one that only has another time is, once.

        Args:
            output: POSIX path below the output folder.
            source: What it should have been made of.
            noting: Note a new time, so that the source need not be read again.
        """
        known = self._entries().get(output)
        if known is None:
            return False
        try:
            found = os.stat(source)  # noqa: PTH116 (quick, many names)
        except OSError:
            return False
        if found.st_size != known.size:
            return False
        if found.st_mtime_ns == known.mtime_ns:
            return True
        now = SourceState.of(source)
        if now is None or now.sha256 != known.sha256:
            return False
        if noting:
            with suppress(OSError):  # then it is read once more
                self.note(output, source, now)
        return True

    def note(self, output: str, source: Path, state: SourceState | None) -> None:
        """Note of which source an output was made, when it has been written.

        Args:
            output: POSIX path below the output folder.
            source: What it was made of.
            state: Of the source before it was read; nothing is noted where there is none.

        Raises:
            OSError: It cannot be written.
        """
        if state is None:
            return
        entry = {"output": output, "source": source.name, "size": state.size, "mtime_ns": state.mtime_ns}
        with self._adding:
            self._journals.add(LEDGER, {**entry, "sha256": state.sha256})
            if self._known is not None:
                self._known[output] = state

    def drop(self, outputs: Collection[str]) -> None:
        """Drop what is noted of some outputs, in the ledgers of all shards.

        Args:
            outputs: POSIX paths below the output folder.

        Raises:
            OSError: A ledger cannot be written.
        """
        for file in self._layout.journals(LEDGER) if outputs else ():
            if any(output in outputs for _, output, _ in _lines(file)):
                kept = (line for line, output, _ in _lines(file) if output not in outputs)
                self._layout.write(file, kept)
        self.read_again()

    def read_again(self) -> None:
        """Forget what was read of the files: others may have written to them."""
        self._known = None

    def _entries(self) -> dict[str, SourceState]:
        """Return what the ledgers of all shards say, this shard's own above the others'."""
        if self._known is None:
            own = self._layout.journal(LEDGER).path
            others = [file for file in self._layout.journals(LEDGER) if file != own]
            self._known = {output: state for file in (*others, own) for _, output, state in _lines(file)}
        return self._known


def _lines(file: Path) -> Iterator[tuple[str, str, SourceState]]:
    """Yield the lines of a ledger, with what they say; one that is cut off or damaged is as if it were not there."""
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                entry = _parsed(line)
                if entry is not None:
                    yield line.rstrip("\n"), *entry
    except OSError:  # the outputs are made once more
        return


def _parsed(line: str) -> tuple[str, SourceState] | None:
    """Read a line."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    output, size, mtime_ns, sha256 = (content.get(key) for key in ("output", "size", "mtime_ns", "sha256"))
    if isinstance(output, str) and isinstance(sha256, str) and isinstance(size, int) and isinstance(mtime_ns, int):
        return output, SourceState(size, mtime_ns, sha256)
    return None
