"""The main job: write a data set's pictures in rain, with the same labels.

``prepare`` reads and checks everything and writes nothing; ``AugmentJob.run`` yields one outcome for each picture as
it comes; ``AugmentJob.finish`` writes the labels and proves them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.augment.options import DEFAULT_WIDTH, AugmentOptions
from pipeline.augment.pairs import INPUT, write_target
from pipeline.augment.pictures import Checked, Loaded, Pictures
from pipeline.augment.plan import Plan, make_plan
from pipeline.augment.summary import Summary, proof_as_dict
from pipeline.effects.generator import Translator, compose
from pipeline.engine.batching import batches, until
from pipeline.engine.device import choose_device, choose_precision, choose_workers, in_halves, keep_freed_memory
from pipeline.engine.outcome import Done, Outcome, Tally
from pipeline.engine.processes import worker_deaths_explained
from pipeline.engine.resources import Resources
from pipeline.engine.tasks import Task, translated
from pipeline.engine.threads import Work, continued, load
from pipeline.errors import RunError
from pipeline.files.whole import write_failures_explained
from pipeline.gate.compare import compare
from pipeline.gate.journal import JOURNAL, appending, forget, known_shares
from pipeline.gate.options import Gate
from pipeline.gate.verdict import judge
from pipeline.images.codec import encode, output_format
from pipeline.images.geometry import Size, crop, size_text
from pipeline.images.skips import PictureError, Reason, Skip, count_reasons
from pipeline.labels.interface import NO_MARKS, LabelSet, Proof
from pipeline.output.folder import OutputFolder
from tpsence import __version__
from tpsence.errors import InputError
from tpsence.weights import LoadedGenerator, load_generator


@dataclass(frozen=True, kw_only=True)
class AugmentJob:
    """A run that was checked and can start."""

    plan: Plan
    """All pictures, of all shards."""
    tasks: Sequence[Task]
    """The pictures of this shard."""
    options: AugmentOptions
    resources: Resources
    weights: LoadedGenerator
    translator: Translator
    folder: OutputFolder
    settings: Mapping[str, Any]
    """What shapes the output; must be the same for a run to be continued."""
    width: int
    """Width that the generator runs at, 0 for each picture's own."""
    workers: int
    """Threads that decode, and processes that compare boxes."""

    def opened(self, *, overwrite: bool) -> AbstractContextManager[None]:
        """Claim the output folder; see ``OutputFolder.opened``."""
        names = [task.output for task in self.tasks]
        about = {"weights": {"path": str(self.weights.path), **self.weights.metadata.model_dump(exclude_none=True)}}
        files = [*names, *self.plan.label_files, *self.plan.pair_files()]
        return self.folder.opened(self.settings, files, overwrite=overwrite, about=about)

    def run(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Outcome]:
        """Yield an outcome for every picture of this shard, those already there first.

        Args:
            stop: Asked before each picture; when it says yes, what is in flight is finished and no more begins.

        Raises:
            RunError: The output cannot be written.
        """
        keep_freed_memory(self.translator.device)
        root = self.plan.labels.image_root
        yield from continued(self.folder, root, self.tasks, lambda todo: self._translated(todo, stop))

    def to_measure(self, tally: Tally) -> list[Task]:
        """Return the pictures whose boxes the gate has to compare yet; none where it is off."""
        if self.options.gate is Gate.OFF:
            return []
        tasks = translated(self.tasks, {skip.file for skip in tally.skips})
        with _changes_explained():
            names = [task.name for task in tasks]
            known = known_shares([self.folder.journal(JOURNAL)], self.plan.labels, names)
        return [task for task in tasks if task.name not in known]

    def measure(self, tasks: Sequence[Task], stop: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Compare the boxes of pictures with what became of them, and yield after each picture.

        Args:
            tasks: From ``to_measure``, after ``run``.
            stop: Asked before each picture.

        Raises:
            RunError: The measures cannot be written, a worker died, or the labels have changed.
        """
        out, most = self.folder.path, self.options.max_pixels
        with (
            worker_deaths_explained(),
            write_failures_explained(out),
            _changes_explained(),
            appending(self.folder.journal(JOURNAL)) as journal,
        ):
            for measured in compare(self.plan.labels, tasks, out, most, self.workers, stop):
                journal.add(measured.task.name, measured.objects, measured.shares)
                yield

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
            labels=proof_as_dict(written.proof, self.plan.labels.format),
            gate=written.gate,
            seconds=round(seconds, 2),
            images_per_s=round(tally.made / max(seconds, 1e-9), 3),
            device=str(self.translator.device),
            precision=self.translator.precision.value,
            width=self.width,
            shard=shard.name if shard.count > 1 else None,
        )
        self.folder.write_result(tally.skips, summary.as_dict(), complete=complete)
        return summary

    def _translated(self, todo: Sequence[Task], stop: Callable[[], bool]) -> Iterator[Work | Skip]:
        """Decode and translate; yield what remains to do for each picture."""
        forget(self.folder.journal(JOURNAL), {task.name for task in todo})  # a measure must not outlive its picture
        pictures = Pictures(
            self.plan.labels.image_root, todo, self.width, self.options.max_pixels, self.translator.most_pixels()
        )
        with closing(load(pictures, self.workers)) as items:
            for group in batches(until(items, stop), self._batch_size):
                if isinstance(group, Skip):
                    yield group
                elif isinstance(group, Checked):
                    yield self._keeper(group)
                else:
                    for item, change in zip(group, _changes(self.translator, group), strict=True):
                        yield change if isinstance(change, Skip) else self._encoder(item, change)

    def _batch_size(self, size: Size) -> int:
        """The batch size for a padded (W, H)."""
        return self.resources.batch_size or self.translator.fitting_batch(size)

    def _keeper(self, item: Checked) -> Work:
        """Return the work that puts an original into the output."""

        def keep() -> Outcome:
            source = self.plan.source(item.task)
            self.folder.link(item.task.output, source)
            self.folder.note(item.task.output, source, item.source)
            return Done(item.task)

        return Work(keep, pixels=0)

    def _encoder(self, item: Loaded, change: NDArray[np.float32]) -> Work:
        """Return the work that brings a change to the picture's size, encodes and writes it."""

        def write() -> Outcome:
            width, height = item.working_size
            working = item.working.numpy()[:height, :width]
            part = crop(change, item.working_size)
            pixels = compose(item.original, working, part, self.options.detail, self.options.strength)
            file_format = output_format(item.task.output, item.format)
            try:
                data = encode(pixels, file_format, self.options.quality, item.icc_profile)
            except PictureError as error:
                return error.as_skip(item.task.name)
            self.folder.write(item.task.output, data)
            self.folder.note(item.task.output, self.plan.source(item.task), item.source)
            return Done(item.task)

        return Work(write, pixels=item.original.shape[0] * item.original.shape[1])


def prepare(labels: LabelSet, weights: Path, out: Path, options: AugmentOptions, resources: Resources) -> AugmentJob:
    """Read and check everything that a run needs. Nothing is written.

    Args:
        labels: The data set.
        weights: A generator's file or folder.
        out: The output folder.
        options: What shapes the output.
        resources: How the work is done.

    Raises:
        InputError: Something cannot be used, or the plan cannot be carried out.
    """
    plan = make_plan(labels, options, out)
    loaded = load_generator(weights)
    device = choose_device(resources.device)
    precision = choose_precision(options.precision, device)
    width = options.width if options.width is not None else loaded.metadata.width or DEFAULT_WIDTH
    return AugmentJob(
        plan=plan,
        tasks=plan.of_shard(options.shard),
        options=options,
        resources=resources,
        weights=loaded,
        translator=Translator(loaded.generator, device, precision),
        folder=OutputFolder(out, options.shard),
        settings={
            "version": __version__,
            "weights_sha256": loaded.sha256,
            "format": labels.format,
            **labels.identity(),
            "width": width,
            **options.settings(),
            "precision": precision.value,
            "shards": options.shard.count,
        },
        width=width,
        workers=choose_workers(resources, device),
    )


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written when all pictures were there."""

    proof: Proof | None = None
    gate: Mapping[str, Any] | None = None
    """What the gate has found, in numbers, or None where it is off."""


def conclude(plan: Plan, folder: OutputFolder, skips: Sequence[Skip], options: AugmentOptions) -> Written:
    """Write the labels of the pictures that were not skipped, read them back and compare; make the pairs.

    What an earlier run with the same settings has written and the output does not have any more is removed.

    Raises:
        RunError: The source has changed, a picture was not measured, or something cannot be written.
        ProofError: What was written differs from the source.
    """
    left_out = {skip.file for skip in skips}
    kept = {name: suffix for name, suffix in plan.suffixes.items() if name not in left_out}
    tasks = plan.translated(left_out)
    with _changes_explained():
        marks, gate = NO_MARKS, None
        if options.gate is not Gate.OFF:
            names = [task.name for task in tasks]
            measured = known_shares(folder.journals(JOURNAL), plan.labels, names)
            _refuse_unmeasured(folder, tasks, measured)
            verdict = judge(plan.labels, tasks, measured, options.gate)
            marks, gate = verdict.marks, verdict.numbers
            folder.write_flagged(verdict.listed)
        files = [name for name, _ in plan.labels.output_files(kept)]
        with write_failures_explained(folder.path):
            folder.check_links(files)
            proof = plan.labels.write(folder.path, kept, marks)
            _write_pairs(plan, folder, tasks, options.max_pixels)
        pictures = [task.output for task in plan.tasks if task.name in kept]
        folder.remove_stale([*files, *pictures, *plan.pair_files(left_out)])
    return Written(proof=proof, gate=gate)


def _refuse_unmeasured(folder: OutputFolder, tasks: Sequence[Task], measured: Collection[str]) -> None:
    """Refuse to judge pictures that were not measured, as where a shard's work was copied without its state."""
    missing = [task.name for task in tasks if task.name not in measured]
    if missing:
        raise RunError(
            f"{folder.path}: the boxes of {len(missing)} pictures were not compared, for example {missing[0]}",
            "Copy the folder .tpsence of every shard into this one, or run the shard again.",
        )


def _write_pairs(plan: Plan, folder: OutputFolder, tasks: Sequence[Task], max_pixels: int) -> None:
    """Write the pairs, if there are to be any."""
    for task in tasks if plan.pairs else ():
        name = plan.pairs[task.name]
        write_target(folder, name, plan.source(task), task.size, max_pixels)
        folder.link(f"{INPUT}/{name}", folder.path / task.output)


@contextmanager
def _changes_explained() -> Iterator[None]:
    """Turn what is wrong with input that was good when the run began into an error of the run.

    Raises:
        RunError: The input has changed.
    """
    try:
        yield
    except InputError as error:
        raise RunError(error.message, error.hint) from error


def _changes(translator: Translator, group: Sequence[Loaded]) -> list[NDArray[np.float32] | Skip]:
    """Translate a group; a picture that the device cannot hold becomes a skip."""

    def translate(part: Sequence[Loaded]) -> list[NDArray[np.float32] | Skip]:
        changes = translator.change(torch.stack([item.working for item in part])).numpy()
        return [_finite(change, item) for change, item in zip(changes, part, strict=True)]

    def too_large(item: Loaded) -> Skip:
        detail = f"the device cannot hold {size_text(item.working_size)}; lower the width"
        return Skip(item.task.name, Reason.OUT_OF_MEMORY, detail)

    return in_halves(group, translate, too_large, translator.device)


def _finite(change: NDArray[np.float32], item: Loaded) -> NDArray[np.float32] | Skip:
    """Return a change, or a skip where the generator's arithmetic has overflowed."""
    if np.isfinite(change).all():
        return change
    return Skip(item.task.name, Reason.NOT_FINITE, "the generator gave no finite numbers; try the precision fp32")
