"""Whose an output folder is: one command's, with one set of settings, and one run's at a time."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError
from pipeline.files.links import refuse_links
from pipeline.files.locks import lock
from pipeline.files.text import one_line
from pipeline.files.whole import write_failures_explained
from pipeline.output.files import Files
from pipeline.output.layout import Layout, is_own
from pipeline.output.ledger import Ledger
from pipeline.output.run_file import RUN_FILE, as_text, now, read_run, refuse_file

_CLEARED = "cleared"
"""Stands in ``run.json`` while a folder is empty and waits for its next run."""


class Claim:
    """The claim of one command on an output folder.

    Args:
        layout: Of the folder.
        files: The files of its runs.
        ledger: What these were made of.
        command: The command that makes such runs.
        elsewhere: What the user can do where the folder cannot be taken, without a full stop.
    """

    def __init__(self, layout: Layout, files: Files, ledger: Ledger, command: str, elsewhere: str) -> None:
        self._layout = layout
        self._files = files
        self._ledger = ledger
        self._command = command
        self._elsewhere = elsewhere
        self.is_held = False
        """Whether a run holds the folder by this object."""

    @contextmanager
    def held(self, settings: Mapping[str, Any], *, overwrite: bool) -> Iterator[None]:
        """Keep other runs out of the folder; what is in it stays as it is.

        Raises:
            OutputError: The folder holds something else, a run with other settings, or is in use.
        """
        self.check(settings, overwrite=overwrite)
        with ExitStack() as stack:
            with write_failures_explained(self._layout.path):
                stack.enter_context(self._made())
                stack.enter_context(self._lock(self._layout.lock))
            self.is_held = True
            try:
                yield
            finally:
                self.is_held = False

    def begin(
        self,
        settings: Mapping[str, Any],
        outputs: Iterable[str],
        *,
        overwrite: bool,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin or continue a run in a folder that is held; see ``OutputFolder.opened``.

        Raises:
            OutputError: Another shard has begun with other settings.
            RunError: The folder cannot be written to.
        """
        with write_failures_explained(self._layout.path):
            if overwrite:
                with self._others_locked():
                    self._remove_earlier_run()
            with self._lock(self._layout.claim, wait=True):  # shards that start together wait
                run = self.read_run() if (self._layout.path / RUN_FILE).exists() else None
                if run is not None and _CLEARED not in run:
                    self._refuse_other_settings(settings)  # of a shard that began at the same moment
                else:
                    about = {"command": self._command, **(about or {})}
                    self.write_run({"settings": dict(settings), **about, "started": now()})
            self._files.remove_temporary_files(self._layout.tag)
            self._layout.remove(self._layout.done)
            self._layout.unshare()
            self._files.list_as_own(outputs)
        self._ledger.read_again()

    def check(self, settings: Mapping[str, Any], *, overwrite: bool) -> None:
        """Refuse what ``held`` would refuse, without a write.

        Raises:
            OutputError: The folder holds something else, or a run with other settings.
        """
        self.refuse_others()
        if not overwrite:
            self._refuse_other_settings(settings)

    def clear(self, names: Iterable[str]) -> None:
        """Empty a folder that is known to be this command's, whatever is left of its records.

        It stays the command's, for a run with any settings. What the run has not made is not touched.

        Args:
            names: Files of the run, as far as they are known, beside those that it has listed.

        Raises:
            OutputError: It is a file, or in use.
            RunError: Something cannot be removed.
        """
        refuse_file(self._layout.path, self._elsewhere)
        refuse_links(self._layout.own, self._elsewhere)
        with write_failures_explained(self._layout.path), self.alone():
            self.write_run({"command": self._command, "settings": {}, _CLEARED: now()})
            self._remove_files(names)

    def forget(self, names: Iterable[str]) -> None:
        """Remove some files of an earlier run, so that the next one makes them anew.

        Raises:
            OutputError: The folder holds something else, or is in use.
            RunError: Something cannot be removed.
        """
        self.refuse_others()
        with write_failures_explained(self._layout.path), self.alone():
            self._remove(names)

    def remove_stale(self, expected: Iterable[str]) -> None:
        """Remove what earlier runs with these settings have listed as theirs and the finished output does not have.

        Raises:
            RunError: It cannot be removed.
        """
        stale = self._files.listed() - set(expected)
        with write_failures_explained(self._layout.path):
            self._remove(stale)

    def refuse_others(self) -> None:
        """Refuse a place that holds something else than a run of this command.

        Raises:
            OutputError: It does.
        """
        refuse_file(self._layout.path, self._elsewhere)
        self.read_run()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the locks of all shards.

        Raises:
            OutputError: A shard is running, or the folder cannot be made.
        """
        with self._made(), self._lock(self._layout.lock), self._others_locked():
            yield

    def read_run(self) -> dict[str, Any] | None:
        """Return the content of ``run.json``, or None where the folder is new or empty.

        Raises:
            OutputError: The folder holds something that tpsence did not write, or a link in the place of a file of its.
        """
        path = self._layout.path
        refuse_links(self._layout.own, self._elsewhere)
        content = read_run(path, self._elsewhere, is_own)
        if content is None:
            return None
        if not isinstance(content.get("settings"), dict):
            raise OutputError(f"{path / RUN_FILE}: not written by tpsence", f"{self._elsewhere}.")
        if content.get("command", self._command) != self._command:
            command = one_line(str(content["command"]))
            raise OutputError(f"{path}: holds a run of tpsence {command}", f"{self._elsewhere}.")
        return content

    def write_run(self, content: Mapping[str, Any]) -> None:
        """Write ``run.json``.

        Raises:
            OSError: It cannot be written.
        """
        self._layout.write(self._layout.path / RUN_FILE, [as_text(content)])

    @contextmanager
    def _made(self) -> Iterator[None]:
        """Make the folder, and let nothing that is put in its place meanwhile be taken for it."""
        root = self._layout.root
        try:
            try:
                root.path.mkdir(parents=True, exist_ok=True)
                root.hold()
                self._layout.make_state()
            except OSError as error:
                raise OutputError(
                    f"{root.path}: cannot be made ({error.strerror})",
                    f"{self._elsewhere}, or check the permissions.",
                ) from error
            yield
        finally:
            root.let_go()

    def _refuse_other_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse to continue a run that was made with other settings."""
        run = self.read_run()
        if run is None or _CLEARED in run:
            return
        before = run["settings"]
        differing = [key for key in {**before, **settings} if before.get(key) != settings.get(key)]
        if differing:
            changes = "; ".join(f"{key}: {before.get(key)} there, {settings.get(key)} now" for key in differing)
            raise OutputError(
                f"{self._layout.path}: holds a run with other settings: {changes}",
                f"{self._elsewhere}, or start anew with `overwrite`.",
            )

    def _remove_earlier_run(self) -> None:
        """Remove the files that an earlier run has listed as its own, and nothing else.

        The lists go after the files and ``run.json`` last, so that a kill leaves a folder that can be emptied again.
        """
        self._remove_files(())
        self._layout.remove(self._layout.path / RUN_FILE)

    def _remove_files(self, names: Iterable[str]) -> None:
        """Remove the files that earlier runs have listed as their own, some that are known besides, and all records."""
        self._files.remove({*names, *self._files.listed()})
        self._files.remove_records()
        self._ledger.read_again()

    def _remove(self, names: Iterable[str]) -> None:
        """Remove some files of a run and what the ledger says of them."""
        gone = set(names)
        self._ledger.drop(gone)  # first: a file that it says nothing of is made again
        self._files.remove(gone)

    @contextmanager
    def _others_locked(self) -> Iterator[None]:
        """Hold the locks of all other shards that have ever written here."""
        with ExitStack() as stack:
            for file in self._layout.other_locks:
                stack.enter_context(self._lock(file))
            yield

    def _lock(self, file: Path, *, wait: bool = False) -> AbstractContextManager[None]:
        """Hold a lock of this folder, which the system lets go of when the process ends in whatever way."""
        return lock(file, self._layout.path, wait=wait, root=self._layout.root)
