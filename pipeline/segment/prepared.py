"""A run of label maps that was checked and can start."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.classes.map_files import CLASSES_FILE, classes_file
from pipeline.engine.events import Event, Finished, Found, Outcome
from pipeline.engine.flow import continued
from pipeline.engine.interface import Stop, never
from pipeline.engine.processes import worker_deaths_explained
from pipeline.engine.tally import Tally, refuse_skip
from pipeline.files.text import count
from pipeline.files.whole import write_failures_explained
from pipeline.images.skips import Skip, count_reasons
from pipeline.segment.makers import MapMaker
from pipeline.segment.parts import Part
from tpsence import __version__

COMMAND = "segment"


@dataclass(kw_only=True)
class SegmentJob:
    """A run that was checked and can start; it is run once."""

    parts: Sequence[Part]
    """The pictures, and where their maps go."""
    maker: MapMaker
    """What makes the maps."""

    def __post_init__(self) -> None:
        """Begin to count what becomes of the pictures of each part."""
        self._tallies = [Tally() for _ in self.parts]

    @property
    def pictures(self) -> int:
        """Number of pictures."""
        return sum(len(part.tasks) for part in self.parts)

    def events(
        self, *, overwrite: bool = False, strict: bool = False, stop: Stop = never, texts: Sequence[str] = ()
    ) -> Iterator[Event]:
        """Do it all: claim the folders, make the maps, record what was done.

        Args:
            overwrite: Remove an earlier run's files first.
            strict: Stop at the first skip.
            stop: Asked before each picture; when it says yes, what is in flight is finished and no more begins.
            texts: What a person should know before.

        Raises:
            OutputError: A folder holds something else, a run with other settings, or is in use.
            RunError: Something cannot be written, the network fails, or a worker died.
            StrictError: A picture was skipped, and strictness was asked for.
        """
        began = time.monotonic()
        with self.opened(overwrite=overwrite):
            described = f"{count(self.pictures, 'picture')}; {self.maker.described()}"
            yield Found(total=self.pictures, texts=[*texts, described])
            for outcome in self.run(stop):
                if strict and isinstance(outcome, Skip):
                    refuse_skip(outcome)
                yield outcome
            stopped = stop()
            summary = self.finish(seconds=time.monotonic() - began)
        skips = sum(len(tally.skips) for tally in self._tallies)
        yield Finished(command=COMMAND, summary=summary, skips=skips, stopped=stopped)

    def check(self, *, overwrite: bool) -> None:
        """Refuse what ``opened`` would refuse, without a write.

        Raises:
            OutputError: A folder holds something else, or a run with other settings.
        """
        for part in self.parts:
            part.folder.check(self._settings(part), overwrite=overwrite)

    @contextmanager
    def opened(self, *, overwrite: bool) -> Iterator[None]:
        """Claim the output folders, all or none, and write what the class ids mean.

        Raises:
            OutputError: A folder holds something else, a run with other settings, or is in use.
            RunError: A folder cannot be written to.
        """
        self.check(overwrite=overwrite)
        with ExitStack() as stack:
            for part in self.parts:
                stack.enter_context(part.folder.held(self._settings(part), overwrite=overwrite))
            for part in self.parts:
                self._begin(part, overwrite=overwrite)
            yield

    def run(self, stop: Stop = never) -> Iterator[Outcome]:
        """Yield an outcome for every picture; in each part those already there first.

        Args:
            stop: As for ``events``.

        Raises:
            RunError: A map cannot be written, the network fails, or a worker died.
        """
        with worker_deaths_explained():  # also while what is yielded is looked at
            for part, tally in zip(self.parts, self._tallies, strict=True):
                for outcome in continued(part.tasks, part.is_there, partial(self.maker.run, part, stop=stop)):
                    tally.add(outcome)
                    yield outcome

    def finish(self, *, seconds: float) -> dict[str, Any]:
        """Record what the run did in each folder, and return the summary.

        Args:
            seconds: Duration of the run.

        Returns:
            The ``--json`` output.

        Raises:
            RunError: Something cannot be written.
        """
        folders = []
        for part, tally in zip(self.parts, self._tallies, strict=True):
            tally.order_skips(part.tasks)
            complete = tally.pictures == len(part.tasks)
            summary = {
                "images": str(part.images),
                "out": str(part.folder.path),
                "complete": complete,
                "pictures": len(part.tasks),
                "made": tally.made,
                "reused": tally.reused,
                "skipped": count_reasons(tally.skips),
            }
            if complete:
                _remove_others(part, tally)
            part.folder.write_result(tally.skips, summary, complete=complete)
            folders.append(summary)
        made = sum(tally.made for tally in self._tallies)
        return {
            **self.maker.settings(),
            "complete": all(folder["complete"] for folder in folders),
            "folders": folders,
            "seconds": round(seconds, 2),
            "images_per_s": round(made / max(seconds, 1e-9), 3),
        }

    def _settings(self, part: Part) -> dict[str, Any]:
        """What shapes the maps of a part."""
        return {"version": __version__, "images": part.identity, **self.maker.settings()}

    def _begin(self, part: Part, *, overwrite: bool) -> None:
        """Begin or continue a part, and write ``classes.json``."""
        classes = self.maker.classes
        outputs = [CLASSES_FILE, *(task.output for task in part.tasks)]
        part.folder.begin(self._settings(part), outputs, overwrite=overwrite)
        with write_failures_explained(part.folder.path):
            part.folder.write(CLASSES_FILE, classes_file(classes.names, classes.palette, self.maker.about()))


def _remove_others(part: Part, tally: Tally) -> None:
    """Remove the maps that earlier runs have made of pictures that are not there any more."""
    skipped = {skip.file for skip in tally.skips}
    part.folder.remove_stale([CLASSES_FILE, *(task.output for task in part.tasks if task.name not in skipped)])
