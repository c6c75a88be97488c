"""A run of the main job that was checked and can start."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.augment.conclude import Written, changes_explained, conclude, labels_as_dict
from pipeline.augment.limit import is_over
from pipeline.augment.method import Method
from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import Plan
from pipeline.augment.summary import Summary
from pipeline.augment.variant_words import variants_words
from pipeline.augment.variants import notes_on_copies, variants_summary
from pipeline.augment.water_summary import water_summary
from pipeline.augment.work import Translation
from pipeline.engine.choice import chosen_engine
from pipeline.engine.events import Done, Event, Finished, Found, Outcome
from pipeline.engine.flow import continued
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.engine.interface import Engine, Stop, never
from pipeline.engine.processes import worker_deaths_explained
from pipeline.engine.resources import Resources
from pipeline.engine.tally import Tally, refuse_skip
from pipeline.engine.tasks import Task, translated
from pipeline.engine.threads import ThreadEngine
from pipeline.files.text import count
from pipeline.files.whole import write_failures_explained
from pipeline.gate.colour_classes import words_of
from pipeline.gate.compare import compare, processes_for
from pipeline.gate.journal import JOURNAL, forget, known_measures, note_boxes
from pipeline.gate.options import Gate
from pipeline.images.skips import Skip, count_reasons
from pipeline.labels.carried import described
from pipeline.output.folder import OutputFolder
from pipeline.weights.packaged import RAIN, name_notes

COMMAND = "augment"


@dataclass(frozen=True, kw_only=True)
class AugmentJob:
    """A run that was checked and can start."""

    plan: Plan
    """All pictures, of all shards."""
    tasks: Sequence[Task]
    """The pictures of this shard."""
    options: AugmentOptions
    """What the user has chosen, with what the weights say."""
    method: Method
    """What is done to the pictures."""
    folder: OutputFolder
    """The folder that the pictures go to."""
    settings: Mapping[str, Any]
    """What shapes the output; must be the same for a run to be continued."""
    resources: Resources
    """How the work is done."""
    workers: int
    """Threads that decode, and processes that compare boxes, on this machine."""

    def events(self, *, overwrite: bool = False, strict: bool = False, stop: Stop = never) -> Iterator[Event]:
        """Do it all: claim the folder, translate, compare boxes, write the labels and prove them.

        Args:
            overwrite: Remove an earlier run's files first.
            strict: Stop at the first skip.
            stop: Asked before each picture; when it says yes, what is in flight is finished and no more begins.

        Raises:
            OutputError: The folder holds something else, or is in use.
            RunError: Something cannot be written, a worker died, or the input has changed.
            StrictError: A picture was skipped, and strictness was asked for.
            ProofError: The labels that were written differ from the source.
        """
        began = time.monotonic()
        tally = Tally(skips=list(self.plan.labels.skips))
        with self.opened(overwrite=overwrite):
            yield Found(total=len(self.tasks), texts=self._texts(), warnings=self._notes())
            if strict and tally.skips:
                refuse_skip(tally.skips[0])
            for outcome in self.run(stop):
                tally.add(outcome)
                if strict and isinstance(outcome, Skip):
                    refuse_skip(outcome)
                yield outcome
            if not stop() and (todo := self.to_measure(tally)):
                yield Found(total=len(todo), what="boxes compared")
                yield from self.measure(todo, stop)
            stopped = stop()  # a wish from here on comes too late: the labels are written
            summary = self.finish(tally, seconds=time.monotonic() - began, complete=not stopped)
        numbers = summary.as_dict()
        over = is_over(numbers, self.options.max_flagged)
        yield Finished(
            command=COMMAND,
            summary=numbers,
            skips=len(tally.skips),
            stopped=stopped,
            over_limit=over,
            about={"skips": tally.skips},
        )

    def opened(self, *, overwrite: bool) -> AbstractContextManager[None]:
        """Claim the output folder; see ``OutputFolder.opened``."""
        names = [task.output for task in self.tasks]
        files = [*names, *self.plan.label_files, *self.plan.pair_files()]
        return self.folder.opened(self.settings, files, overwrite=overwrite, about=self.method.about())

    def is_there(self, task: Task) -> bool:
        """Tell whether all of a picture is there, made of its source as that is now."""
        is_current = self.folder.is_current(task.output, self.plan.source(task))
        return is_current and not self.plan.lacks_target(task, self.folder)

    def run(self, stop: Stop = never) -> Iterator[Outcome]:
        """Yield an outcome for every picture of this shard, those already there first.

        Args:
            stop: As for ``events``.

        Raises:
            RunError: The output cannot be written, or the labels have changed.
        """
        keep_freed_memory(self.method.device.type)
        with changes_explained():
            yield from continued(self.tasks, self.is_there, partial(self._made, stop=stop))

    def _made(self, todo: Sequence[Task], *, stop: Stop) -> Iterator[Outcome]:
        """Translate pictures that are not there, or whose source has changed since."""
        forget(self.folder, {task.name for task in todo})  # a measure must not outlive its picture
        return self._engine(ThreadEngine(self.workers, self.folder.path)).run(self.work(), todo, stop)

    def _engine(self, local: Engine) -> Engine:
        """Return what runs the work.

        Args:
            local: What runs it on this machine.
        """
        root, out = self.plan.labels.image_root, self.folder.path
        beside = [self.options.maps] if self.options.maps else []
        return chosen_engine(self.resources, self.method.device, local, root=root, out=out, beside=beside)

    def work(self) -> Translation:
        """Return what is done for each picture."""
        return Translation(
            root=self.plan.labels.image_root,
            folder=self.folder,
            effect=self.method.effect,
            max_pixels=self.options.max_pixels,
            quality=self.options.quality,
            scenes=self.method.scenes,
            drawing=self.plan.drawing,
            clean_targets=self.plan.clean_targets(),
        )

    def to_measure(self, tally: Tally) -> list[Task]:
        """Return the pictures whose boxes the gate has to compare yet; none where it is off."""
        if self.options.gate is Gate.OFF:
            return []
        tasks = translated(self.tasks, {skip.file for skip in tally.skips})
        with changes_explained():
            names = [task.name for task in tasks]
            known = known_measures([self.folder.journal(JOURNAL).path], self.plan.labels, names)
        return [task for task in tasks if task.name not in known]

    def measure(self, tasks: Sequence[Task], stop: Stop = never) -> Iterator[Done]:
        """Compare the boxes of pictures with what became of them, and yield after each picture.

        Args:
            tasks: From ``to_measure``, after ``run``.
            stop: As for ``events``.

        Raises:
            RunError: The measures cannot be written, a worker died, or the labels have changed.
        """
        out, most = self.folder.path, self.options.max_pixels
        journal = self.folder.journal(JOURNAL)
        with worker_deaths_explained(), write_failures_explained(out), changes_explained():
            words = words_of(self.options.colour_classes)
            engine = self._engine(processes_for(len(tasks), self.workers, out))
            for measured in compare(self.plan.labels, tasks, out, most, words, engine, stop):
                note_boxes(journal, measured.task.name, measured.objects, measured.measures)
                yield Done(name=measured.task.name)

    def finish(self, tally: Tally, *, seconds: float, complete: bool) -> Summary:
        """Write the labels of all pictures that are in the output, prove them, and record what the run did.

        A shard leaves the labels to ``collect``; a run that was stopped, to the one that continues it.

        Args:
            tally: What became of the pictures.
            seconds: Duration of the run.
            complete: Every picture was dealt with.

        Raises:
            RunError: Something cannot be written.
            ProofError: What was written differs from the source when read back.
        """
        tally.order_skips(self.tasks)
        shard = self.options.shard
        ends = complete and shard.count == 1
        written = conclude(self.plan, self.folder, tally.skips, self.options) if ends else Written()
        summary = Summary(
            out=str(self.folder.path),
            format=self.plan.labels.format,
            complete=complete,
            pictures=len(self.tasks),
            translated=tally.made,
            kept=tally.kept,
            reused=tally.reused,
            skipped=count_reasons(tally.skips),
            choice=self.plan.choice.numbers,
            labels=labels_as_dict(written, self.plan.labels.format),
            gate=written.gate,
            faults=written.faults,
            seconds=round(seconds, 2),
            images_per_s=round(tally.made / max(seconds, 1e-9), 3),
            variants=variants_summary(self.plan.drawing, self.tasks),
            water=water_summary(self.plan.drawing, self.options, self.tasks, tally.skips, self.folder),
            device=str(self.method.device),
            precision=self.method.precision.value,
            width=self.method.width,
            shard=shard.name if shard.count > 1 else None,
        )
        self.folder.write_result(tally.skips, summary.as_dict(), complete=complete)
        return summary

    def _notes(self) -> tuple[str, ...]:
        """Say which weights were taken where their name has two meanings, and what is odd about the choice."""
        is_rain = any(one.path == RAIN.path for one in self.method.generators)
        of_weights = name_notes(RAIN.name) if is_rain else ()
        return (*of_weights, *self.notes())

    def notes(self) -> list[str]:
        """Say what a person should mind of the plan, a sentence each without its end."""
        return [*self.plan.choice.notes(), *notes_on_copies(self.plan.drawing)]

    def _texts(self) -> list[str]:
        """Say what is about to happen."""
        labels = self.plan.labels.format
        variants = variants_summary(self.plan.drawing, self.tasks)
        what = f"{count(len(self.tasks), 'picture')}, {'no' if labels == 'none' else labels} labels"
        return [
            *self.method.terms(),
            f"{what}; {self.method.described()}",
            *self.plan.choice.texts(),
            *self.method.mixture_described(),
            *([variants_words(variants)] if variants else []),
            *described(self.plan.labels),
            *self.method.water_described(),
        ]
