"""The output folder: one run's settings, its files, and what is already there."""

import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError
from pipeline.files.jail import Jail, is_inside
from pipeline.files.locks import lock
from pipeline.files.names import safe_relative
from pipeline.files.text import one_line
from pipeline.files.whole import (
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    link_whole,
    remove_temporary_files,
    write_failures_explained,
    write_whole,
)
from pipeline.images.skips import Skip
from pipeline.output.run_file import RUN_FILE, now, read_run, refuse_file, write_run
from pipeline.output.shards import Shard

SKIPPED_FILE = "skipped.jsonl"
FLAGGED_FILE = "flagged.jsonl"
REPORT_FILE = "report.html"
_STATE = ".tpsence"
RESERVED = (RUN_FILE, SKIPPED_FILE, FLAGGED_FILE, REPORT_FILE, _STATE)
"""Names at the top of the output folder that belong to the tool."""
_CLAIM = "lock-claim"
_CLEARED = "cleared"
"""Stands in ``run.json`` while a folder is empty and waits for its next run."""


class OutputFolder:
    """A folder that one run, or its shards, write to.

    Args:
        path: The folder; made when it is opened.
        shard: The part of the run that writes.
        command: The command that makes such runs.
        elsewhere: What the user can do where the folder cannot be taken, without a full stop.
    """

    def __init__(
        self, path: Path, shard: Shard, command: str = "augment", elsewhere: str = "Give another `out`"
    ) -> None:
        self.path = path
        self.shard = shard
        self._command = command
        self._elsewhere = elsewhere
        self._tag = "" if shard.count == 1 else f"-{shard.name}"
        self._jail = Jail(path)
        self._folders: set[str] = set()

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

    @contextmanager
    def held(self, settings: Mapping[str, Any], *, overwrite: bool) -> Iterator[None]:
        """Keep other runs out of the folder; what is in it stays as it is.

        Raises:
            OutputError: The folder holds something else, a run with other settings, or is in use.
        """
        self.check(settings, overwrite=overwrite)
        with ExitStack() as stack:
            with write_failures_explained(self.path):
                self._make()
                stack.enter_context(self._locked())
            yield

    def begin(
        self,
        settings: Mapping[str, Any],
        outputs: Iterable[str],
        *,
        overwrite: bool,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin or continue a run in a folder that is held; see ``opened``.

        Raises:
            OutputError: Another shard has begun with other settings.
            RunError: The folder cannot be written to.
        """
        with write_failures_explained(self.path):
            if overwrite:
                with self._others_locked():
                    self._remove_earlier_run()
            with self._claimed():
                run = self.read_run() if (self.path / RUN_FILE).exists() else None
                if run is not None and _CLEARED not in run:
                    self._refuse_other_settings(settings)  # of a shard that began at the same moment
                else:
                    about = {"command": self._command, **(about or {})}
                    self.write_run({"settings": dict(settings), **about, "started": now()})
            remove_temporary_files(self.path, self._tag)
            self._done.unlink(missing_ok=True)
            self._write_lines(self._files, map(json.dumps, dict.fromkeys([*self._listed(self._files), *outputs])))

    def check(self, settings: Mapping[str, Any], *, overwrite: bool) -> None:
        """Refuse what ``opened`` would refuse, without a write.

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
        refuse_file(self.path, self._elsewhere)
        with write_failures_explained(self.path):
            self._make()
            with self._locked(), self._others_locked():
                self.write_run({"command": self._command, "settings": {}, _CLEARED: now()})
                self._remove_files(names)

    def forget(self, names: Iterable[str]) -> None:
        """Remove some files of an earlier run, so that the next one makes them anew.

        Raises:
            OutputError: The folder holds something else, or is in use.
            RunError: Something cannot be removed.
        """
        self.refuse_others()
        with write_failures_explained(self.path):
            self._make()
            with self._locked(), self._others_locked():
                self._remove(names)

    def refuse_others(self) -> None:
        """Refuse a place that holds something else than a run of this command.

        Raises:
            OutputError: It does.
        """
        refuse_file(self.path, self._elsewhere)
        self.read_run()

    def has(self, relative: str) -> bool:
        """Tell whether a file of the run is there already; what is there is whole."""
        try:
            found = os.stat(f"{self.path}/{relative}")  # noqa: PTH116 (quick, many names)
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size > 0

    def check_links(self, names: Iterable[str]) -> None:
        """Refuse files of the run that a link leads out of the folder.

        Raises:
            UnsafeNameError: A link leads out.
        """
        jail = Jail(self.path)  # a fresh one: a link may have come since the pictures were written
        for name in names:
            jail.check(name)

    def remove_stale(self, expected: Iterable[str]) -> None:
        """Remove what earlier runs with these settings have listed as theirs and the finished output does not have.

        Raises:
            RunError: It cannot be removed.
        """
        stale = {name for listing in self._state.glob("files*.txt") for name in self._listed(listing)} - set(expected)
        with write_failures_explained(self.path):
            self._remove(stale)

    def write(self, relative: str, data: bytes) -> None:
        """Write a picture, whole or not at all.

        Raises:
            OSError: It cannot be written.
            UnsafeNameError: A link leads out of the output folder.
        """
        write_whole(self._place(relative), data, tag=self._tag)

    def link(self, relative: str, source: Path) -> None:
        """Make a file equal to a source, by a hard link or a copy.

        Raises:
            OSError: It cannot be made.
            UnsafeNameError: A link leads out of the output folder.
        """
        link_whole(self._place(relative), source, tag=self._tag)

    def read_run(self) -> dict[str, Any] | None:
        """Return the content of ``run.json``, or None where the folder is new or empty.

        Raises:
            OutputError: The folder holds something that tpsence did not write.
        """
        content = read_run(self.path, self._elsewhere, _is_own)
        if content is None:
            return None
        if not isinstance(content.get("settings"), dict):
            raise OutputError(f"{self.path / RUN_FILE}: not written by tpsence", f"{self._elsewhere}.")
        if content.get("command", self._command) != self._command:
            command = one_line(str(content["command"]))
            raise OutputError(f"{self.path}: holds a run of tpsence {command}", f"{self._elsewhere}.")
        return content

    def write_run(self, content: Mapping[str, Any]) -> None:
        """Write ``run.json``."""
        write_run(self.path, content, tag=self._tag)

    def write_result(self, skips: Iterable[Skip], summary: Mapping[str, Any], *, complete: bool) -> None:
        """Write the list of skips and, for the whole run, the summary; a shard keeps both for ``--collect``.

        Raises:
            RunError: They cannot be written.
        """
        lines = [json.dumps(skip.as_dict()) for skip in skips]
        in_shards = self.shard.count > 1
        skipped = self._state / f"skipped{self._tag}.jsonl" if in_shards else self.path / SKIPPED_FILE
        with write_failures_explained(self.path):
            self._write_lines(skipped, lines)
            if complete and in_shards:
                self._write_lines(self._done, [json.dumps(summary)])
            elif complete:
                self.write_run({**(self.read_run() or {}), "finished": now(), "summary": dict(summary)})

    def shard_results(self, count: int) -> tuple[list[Skip], list[dict[str, Any]]]:
        """Return the skips and the summaries of all shards.

        Raises:
            OutputError: A shard has not finished.
        """
        names = [Shard(index=index, count=count).name for index in range(1, count + 1)]
        missing = [name for name in names if not (self._state / f"done-{name}.json").exists()]
        if missing:
            raise OutputError(
                f"{self.path}: {len(missing)} of {count} shards have not finished: {', '.join(missing[:8])}",
                "Run tpsence augment --shard i/n for these first.",
            )
        skips = []
        for name in names:
            file = self._state / f"skipped-{name}.jsonl"
            skips += _skips_in(file)
        done = [self._state / f"done-{name}.json" for name in names]
        return skips, [_parsed(file.read_text(), file) for file in done]

    def journal(self, name: str) -> Path:
        """Return a file of this shard's own, for what is added to it line by line."""
        return self._state / f"{name}{self._tag}.jsonl"

    def journals(self, name: str) -> list[Path]:
        """Return the files of that name that shards have written."""
        return sorted(self._state.glob(f"{name}*.jsonl"))

    def read_skips(self) -> list[Skip]:
        """Return the list of skips of a run that is over.

        Raises:
            OutputError: It is damaged.
        """
        file = self.path / SKIPPED_FILE
        return _skips_in(file) if file.exists() else []

    def write_flagged(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Write the list of annotations whose object may have vanished.

        Raises:
            RunError: It cannot be written.
        """
        with write_failures_explained(self.path):
            self._write_lines(self.path / FLAGGED_FILE, map(json.dumps, lines))

    def write_report(self, page: str) -> Path:
        """Write the report and return its place.

        Raises:
            RunError: It cannot be written.
        """
        with write_failures_explained(self.path):
            write_whole(self.path / REPORT_FILE, page.encode())
        return self.path / REPORT_FILE

    @property
    def _state(self) -> Path:
        """The folder of what the tool itself needs."""
        return self.path / _STATE

    @property
    def _files(self) -> Path:
        """The list of all files of this shard."""
        return self._state / f"files{self._tag}.txt"

    @property
    def _done(self) -> Path:
        """What a shard leaves when it has finished."""
        return self._state / f"done{self._tag}.json"

    def _place(self, relative: str) -> Path:
        """The path of an output, its folder made."""
        folder = relative.rpartition("/")[0]
        if folder not in self._folders:
            self._jail.check(relative)
            (self.path / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        return self.path / relative

    def _make(self) -> None:
        """Make the folder."""
        try:
            self._state.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be made ({error.strerror})", f"{self._elsewhere}, or check the permissions."
            ) from error

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
                f"{self.path}: holds a run with other settings: {changes}",
                f"{self._elsewhere}, or start anew with `overwrite`.",
            )

    def _remove_earlier_run(self) -> None:
        """Remove the files that an earlier run has listed as its own, and nothing else.

        The lists go after the files and ``run.json`` last, so that a kill leaves a folder that can be emptied again.
        """
        self._remove_files(())
        (self.path / RUN_FILE).unlink(missing_ok=True)

    def _remove_files(self, names: Iterable[str]) -> None:
        """Remove the files that earlier runs have listed as their own, and some that are known besides."""
        self._remove({*names, *(name for listing in self._state.glob("files*.txt") for name in self._listed(listing))})
        tops = [self.path / name for name in (SKIPPED_FILE, FLAGGED_FILE, REPORT_FILE)]
        for own in [*self._state.glob("[!l]*"), *tops]:  # all but the locks
            own.unlink(missing_ok=True)
        remove_temporary_files(self.path)

    def _remove(self, names: Iterable[str]) -> None:
        """Remove files of a run, and the folders that are empty then."""
        parents: set[Path] = set()
        for name in names:
            self._jail.check(name)
            (self.path / name).unlink(missing_ok=True)
            parents.update((self.path / name).parents)
        for folder in sorted(parents, reverse=True):
            if folder != self.path and is_inside(folder, self.path) and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _listed(self, listing: Path) -> list[str]:
        """The files that a run has listed as its own."""
        if not listing.exists():
            return []
        return [safe_relative(_parsed(line, listing), str(listing)) for line in listing.read_text().splitlines()]

    def _write_lines(self, file: Path, lines: Iterable[str]) -> None:
        """Write a text file of the tool's own."""
        write_whole(file, "".join(line + "\n" for line in lines).encode(), tag=self._tag)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the shard's lock, which the system lets go of when the process ends in whatever way."""
        with (self._state / f"lock{self._tag}").open("w") as stream:
            lock(stream, self.path)
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the locks of all shards.

        Raises:
            OutputError: A shard is running.
        """
        with self._locked(), self._others_locked():
            yield

    @contextmanager
    def _claimed(self) -> Iterator[None]:
        """Hold a lock for the moment in which ``run.json`` is checked and made; shards that start together wait."""
        with (self._state / _CLAIM).open("w") as stream:
            lock(stream, self.path, wait=True)
            yield

    @contextmanager
    def _others_locked(self) -> Iterator[None]:
        """Hold the locks of all other shards that have ever written here."""
        with ExitStack() as stack:
            for file in self._state.glob("lock*"):
                if file.name not in {f"lock{self._tag}", _CLAIM}:
                    lock(stack.enter_context(file.open("w")), self.path)
            yield


def _is_own(name: str) -> bool:
    """Tell whether a name at the top of an output folder is the tool's own, finished or not."""
    return name in RESERVED or (name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX))


def _skips_in(file: Path) -> list[Skip]:
    """Read a list of skips."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return [Skip.from_dict(_parsed(line, file)) for line in lines]


def _parsed(text: str, file: Path) -> Any:  # noqa: ANN401 (parsed JSON)
    """Parse a line that tpsence wrote."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OutputError(f"{file}: damaged ({error})", "Start anew in another folder.") from error
