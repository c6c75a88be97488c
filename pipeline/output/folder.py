"""The output folder as the jobs hold it: its files, whose it is, what they were made of, what a run tells about itself.

Each of these has a module of its own; this one puts them together.
"""

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.files.jail import absolute
from pipeline.files.rooted import Rooted
from pipeline.files.whole import write_failures_explained
from pipeline.images.skips import Skip
from pipeline.output.claim import Claim
from pipeline.output.files import Files
from pipeline.output.journals import Journal, Journals, Line
from pipeline.output.layout import REPORT_FILE, SKIPPED_FILE, VARIANTS_FILE, Layout
from pipeline.output.ledger import Ledger, SourceState
from pipeline.output.records import read_skips, write_flagged
from pipeline.output.run_file import now
from pipeline.output.shards import Shard, read_shard_results, write_shard_result


class OutputFolder:
    """A folder that one run, or its shards, write to.

    It can be sent to other processes, to write and note there what a run makes that holds it here.

    Args:
        path: The folder; made when it is opened.
        shard: The part of the run that writes.
        command: The command that makes such runs.
        elsewhere: What the user can do where the folder cannot be taken, without a full stop.
        writer: Distinguishes the files that this process is writing; see ``Layout.writer``.
    """

    def __init__(
        self,
        path: Path,
        shard: Shard,
        command: str = "augment",
        elsewhere: str = "Give another `out`",
        writer: str = "",
    ) -> None:
        self.path = path
        self.shard = shard
        self._told = (shard, command, elsewhere)
        self._layout = Layout(Rooted(path), shard.tag, writer)
        self._files = Files(self._layout)
        self._journals = Journals(self._layout)
        self._ledger = Ledger(self._layout, self._journals)
        self._claim = Claim(self._layout, self._files, self._ledger, command, elsewhere)

    def __reduce__(self) -> tuple[Callable[..., "OutputFolder"], tuple[Path, Shard, str, str]]:
        return _received, (absolute(self.path), *self._told)  # it may arrive in another working folder

    def hold(self) -> None:
        """Refuse to write to another folder that is put in the place of this one later, where this one is there."""
        with suppress(OSError):
            self._layout.root.hold()

    # Whose it is

    @contextmanager
    def opened(
        self,
        settings: Mapping[str, Any],
        outputs: Iterable[str],
        *,
        overwrite: bool,
        about: Mapping[str, Any] | None = None,
    ) -> Iterator[None]:
        """Claim the folder for a run with these settings and continue what is there.

        Args:
            settings: Everything that shapes the output.
            outputs: All files of the run, as POSIX paths below the folder.
            overwrite: Remove an earlier run's files first.
            about: What else ``run.json`` should tell; not compared when the run is continued.

        Raises:
            OutputError: The folder holds something else, a run with other settings, or is in use.
        """
        with self.held(settings, overwrite=overwrite):
            self.begin(settings, outputs, overwrite=overwrite, about=about)
            yield

    def held(self, settings: Mapping[str, Any], *, overwrite: bool) -> AbstractContextManager[None]:
        """Keep other runs out of the folder; see ``Claim.held``."""
        return self._claim.held(settings, overwrite=overwrite)

    def begin(
        self,
        settings: Mapping[str, Any],
        outputs: Iterable[str],
        *,
        overwrite: bool,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin or continue a run in a folder that is held; see ``Claim.begin``."""
        self._claim.begin(settings, outputs, overwrite=overwrite, about=about)

    def check(self, settings: Mapping[str, Any], *, overwrite: bool) -> None:
        """Refuse what ``opened`` would refuse, without a write; see ``Claim.check``."""
        self._claim.check(settings, overwrite=overwrite)

    def refuse_others(self) -> None:
        """Refuse a place that holds something else than a run of this command; see ``Claim.refuse_others``."""
        self._claim.refuse_others()

    def alone(self) -> AbstractContextManager[None]:
        """Hold the locks of all shards; see ``Claim.alone``."""
        return self._claim.alone()

    def clear(self, names: Iterable[str]) -> None:
        """Empty a folder that is known to be this command's; see ``Claim.clear``."""
        self._claim.clear(names)

    def forget(self, names: Iterable[str]) -> None:
        """Remove some files, so that the next run makes them anew; see ``Claim.forget``."""
        self._claim.forget(names)

    def remove_stale(self, expected: Iterable[str]) -> None:
        """Remove what earlier runs have listed and the finished output does not have; see ``Claim.remove_stale``."""
        self._claim.remove_stale(expected)

    def read_run(self) -> dict[str, Any] | None:
        """Return the content of ``run.json``, or None where the folder is new or empty; see ``Claim.read_run``."""
        return self._claim.read_run()

    # Its files

    def has(self, relative: str) -> bool:
        """Tell whether a file of the run is there already; what is there is whole."""
        return self._files.has(relative)

    def write(self, relative: str, data: bytes) -> None:
        """Write a file, whole or not at all; see ``Files.write``."""
        self._files.write(relative, data)

    def link(self, relative: str, source: Path) -> None:
        """Make a file equal to a source, by a hard link or a copy; see ``Files.link``."""
        self._files.link(relative, source)

    @contextmanager
    def guarded(self, names: Iterable[str]) -> Iterator[None]:
        """Make the folders of files that are written by their paths meanwhile, and let these writes follow no link.

        Args:
            names: The files, as POSIX paths below the folder.

        Raises:
            OSError: A folder cannot be made.
            UnsafeNameError: There is a link on the way.
        """
        self._files.make_folders(names)
        with self._layout.root.guarding():
            yield

    # What they were made of

    def is_current(self, output: str, source: Path) -> bool:
        """Tell whether an output is there, whole, and was made of a source as the source is now.

        Of a source that cannot be read no output is current. A source that was only touched is noted as it is now,
        where this object holds the folder.

        Args:
            output: POSIX path below the folder.
            source: What it should have been made of.
        """
        return self.has(output) and self._ledger.is_of(output, source, noting=self._claim.is_held)

    def note(self, output: str, source: Path, state: SourceState | None) -> None:
        """Note of which source an output was made, once it has been written; see ``Ledger.note``."""
        self._ledger.note(output, source, state)

    # What is noted elsewhere and written here

    def collect(self) -> None:
        """Keep what is added to journals and ledger in memory from now on; see ``Journals.collect``."""
        self._journals.collect()

    def collected(self) -> list[Line]:
        """Return the lines that were kept, in the order in which they were added, and forget them."""
        return self._journals.collected()

    def add_lines(self, lines: Iterable[Line]) -> None:
        """Add lines that were collected elsewhere to the files of this shard; see ``Journals.add_lines``."""
        self._journals.add_lines(lines)
        self._ledger.read_again()

    # What a run tells about itself

    def write_result(self, skips: Iterable[Skip], summary: Mapping[str, Any], *, complete: bool) -> None:
        """Write the list of skips and, for the whole run, the summary; a shard keeps both for ``--collect``.

        Raises:
            RunError: They cannot be written.
        """
        with write_failures_explained(self.path):
            if self.shard.count > 1:
                write_shard_result(self._layout, skips, summary, complete=complete)
                return
            self._layout.write(self.path / SKIPPED_FILE, (json.dumps(skip.as_dict()) for skip in skips))
            if complete:
                self._claim.write_run({**(self.read_run() or {}), "finished": now(), "summary": dict(summary)})

    def shard_results(self, count: int) -> tuple[list[Skip], list[dict[str, Any]]]:
        """Return the skips and the summaries of all shards; see ``read_shard_results``."""
        return read_shard_results(self._layout, count)

    def journal(self, name: str) -> Journal:
        """Return a file of this shard's own, for what is added to it line by line."""
        return Journal(self._journals, name, self._layout.journal(name).path)

    def journals(self, name: str) -> list[Path]:
        """Return the files of that name that shards have written."""
        return self._layout.journals(name)

    def read_skips(self) -> list[Skip]:
        """Return the list of skips of a run that is over; see ``records.read_skips``."""
        return read_skips(self.path)

    def write_flagged(self, lines: Collection[Mapping[str, Any]], *, anyway: bool) -> None:
        """Write the list of annotations and pictures that are flagged; see ``records.write_flagged``."""
        write_flagged(self._layout, lines, anyway=anyway)

    def write_variants(self, table: str) -> None:
        """Write the table of what was drawn for each picture.

        Raises:
            RunError: It cannot be written.
        """
        with write_failures_explained(self.path):
            self.write(VARIANTS_FILE, table.encode())

    def write_report(self, page: str) -> Path:
        """Write the report and return its place.

        Raises:
            RunError: It cannot be written.
        """
        with write_failures_explained(self.path):
            self.write(REPORT_FILE, page.encode())
        return self.path / REPORT_FILE

    def keep_lines(self, name: str, lines: Iterable[str]) -> None:
        """Leave nothing but some lines in a journal of this shard.

        Raises:
            RunError: It cannot be written.
        """
        with write_failures_explained(self.path):
            self._layout.write(self.journal(name).path, lines)


def _received(path: Path, shard: Shard, command: str, elsewhere: str) -> OutputFolder:
    """Make an output folder anew where it was sent to, as it is in use.

    Another process, that is believed dead or was given the same picture, may be writing the same file: each has
    temporary names of its own, so that none gives the half of another its final name.
    """
    folder = OutputFolder(path, shard, command, elsewhere, f"-{secrets.token_hex(8)}")
    folder.hold()
    return folder
