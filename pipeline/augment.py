"""The main job: write a data set's pictures in rain, with the same labels.

``prepare`` reads and checks everything and writes nothing; ``AugmentJob.run`` yields one outcome for each picture as
it comes; ``AugmentJob.finish`` writes the labels and proves them.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.device import choose_device, choose_precision, choose_workers
from pipeline.geometry import Size, crop
from pipeline.images import encode, output_format
from pipeline.labels.interface import LabelSet, Proof
from pipeline.loading import Checked, Loaded, Pictures, batches, load
from pipeline.options import DEFAULT_WIDTH, AugmentOptions, Resources
from pipeline.output import OutputFolder
from pipeline.plan import Plan, Task, make_plan
from pipeline.skips import PictureError, Reason, Skip
from pipeline.translate import Translator, compose
from tpsence import __version__
from tpsence.errors import RunError
from tpsence.weights import LoadedGenerator, load_generator


@dataclass(frozen=True, slots=True)
class Done:
    """One picture of the output that is there now."""

    task: Task
    reused: bool = False
    """It was there already, from an earlier run with the same settings."""


Outcome = Done | Skip


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
    """Processes that decode."""

    def opened(self, *, overwrite: bool) -> AbstractContextManager[None]:
        """Claim the output folder; see ``OutputFolder.opened``."""
        names = [task.output for task in self.tasks]
        labels = [name for name, _ in self.plan.labels.output_files(self.plan.suffixes)]
        about = {"weights": {"path": str(self.weights.path), **self.weights.metadata.model_dump(exclude_none=True)}}
        return self.folder.opened(self.settings, names + labels, overwrite=overwrite, about=about)

    def run(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Outcome]:
        """Yield an outcome for every picture of this shard, those already there first.

        Args:
            stop: Asked before each picture; when it says yes, what is in flight is finished and no more begins.

        Raises:
            RunError: The output cannot be written, or a worker died.
        """
        todo = []
        for task in self.tasks:
            if self.folder.has(task.output):
                yield Done(task, reused=True)
            else:
                todo.append(task)
        if todo:
            yield from self._write_all(self._translated(todo, stop))

    def finish(self, skips: Sequence[Skip]) -> Proof | None:
        """Write the labels of all pictures that are in the output and prove them; a shard leaves that to collect.

        Args:
            skips: The pictures that are left out.

        Raises:
            ProofError: What was written differs from the source when read back.
        """
        if self.options.shard.count > 1:
            return None
        return write_labels(self.plan, self.folder.path, skips)

    def _translated(self, todo: Sequence[Task], stop: Callable[[], bool]) -> Iterator[Callable[[], Outcome] | Skip]:
        """Decode and translate; yield what remains to do for each picture."""
        pictures = Pictures(
            self.plan.labels.image_root, todo, self.width, self.options.max_pixels, self.translator.most_pixels()
        )
        for group in batches(self._until(load(pictures, self.workers), stop), self._batch_size):
            if isinstance(group, Skip):
                yield group
            elif isinstance(group, Checked):
                yield self._keeper(group)
            else:
                for item, change in zip(group, _changes(self.translator, group), strict=True):
                    yield change if isinstance(change, Skip) else self._encoder(item, change)

    def _until(self, items: Iterator[Any], stop: Callable[[], bool]) -> Iterator[Any]:
        """Pass items on until a stop is asked for."""
        try:
            while not stop():
                if (item := next(items, None)) is None:
                    return
                yield item
        except RuntimeError as error:  # torch's only type for a worker that died
            if "worker" not in str(error) or stop():
                raise RunError(str(error).splitlines()[0], _HINT_AGAIN) from error
            raise RunError(
                "a decoding process died, perhaps for lack of memory or of shared memory",
                "Run the same command again with fewer --workers; 0 decodes in the main process.",
            ) from error

    def _batch_size(self, size: Size) -> int:
        """The batch size for a padded (W, H)."""
        return self.resources.batch_size or self.translator.fitting_batch(size)

    def _keeper(self, item: Checked) -> Callable[[], Outcome]:
        """Return the work that puts an original into the output."""

        def keep() -> Outcome:
            self.folder.link(item.task.output, self.plan.source(item.task))
            return Done(item.task)

        return keep

    def _encoder(self, item: Loaded, change: NDArray[np.float32]) -> Callable[[], Outcome]:
        """Return the work that brings a change to the picture's size, encodes and writes it."""

        def write() -> Outcome:
            width, height = item.working_size
            working = item.working.numpy()[:height, :width]
            part = crop(change, item.working_size)
            pixels = compose(item.original.numpy(), working, part, self.options.detail, self.options.strength)
            file_format = output_format(item.task.output, item.format)
            try:
                data = encode(pixels, file_format, self.options.quality, item.icc_profile)
            except PictureError as error:
                return error.as_skip(item.task.name)
            self.folder.write(item.task.output, data)
            return Done(item.task)

        return write

    def _write_all(self, work: Iterator[Callable[[], Outcome] | Skip]) -> Iterator[Outcome]:
        """Encode and write in threads, in order, a bounded number at a time."""
        threads = min(16, os.cpu_count() or 1)
        pending: deque[Future[Outcome]] = deque()
        with ThreadPoolExecutor(threads, thread_name_prefix="encode") as pool:
            try:
                for one in work:
                    if isinstance(one, Skip):
                        yield one
                        continue
                    pending.append(pool.submit(one))
                    while pending and (pending[0].done() or len(pending) > 2 * threads):
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            except OSError as error:
                raise RunError(
                    f"{error.filename or self.folder.path}: {error.strerror or error}", _HINT_AGAIN
                ) from error


_HINT_AGAIN = "What was written is whole. Mend the cause and run the same command again to continue."


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
            "detail": options.detail.value,
            "strength": options.strength,
            "fraction": options.fraction,
            "seed": options.seed,
            "keep_originals": options.keep_originals,
            "suffix": options.suffix,
            "quality": options.quality,
            "max_pixels": options.max_pixels,
            "precision": precision.value,
            "shards": options.shard.count,
        },
        width=width,
        workers=choose_workers(resources, device),
    )


def write_labels(plan: Plan, out: Path, skips: Sequence[Skip]) -> Proof:
    """Write the labels of the pictures that were not skipped, read them back and compare.

    Raises:
        RunError: They cannot be written.
        ProofError: What was written differs from the source.
    """
    left_out = {skip.file for skip in skips}
    kept = {name: suffix for name, suffix in plan.suffixes.items() if name not in left_out}
    try:
        return plan.labels.write(out, kept)
    except OSError as error:
        raise _cannot_write(error, out) from error


def _cannot_write(error: OSError, out: Path) -> RunError:
    """The error for a full disk, a missing permission and the like."""
    return RunError(f"{error.filename or out}: {error.strerror or error}", _HINT_AGAIN)


def _changes(translator: Translator, group: Sequence[Loaded]) -> list[NDArray[np.float32] | Skip]:
    """Translate a group; where the memory does not suffice, in halves, down to single pictures."""
    try:
        return list(translator.change(torch.stack([item.working for item in group])).numpy())
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
    if len(group) == 1:
        size = "x".join(map(str, group[0].working_size))
        return [Skip(group[0].task.name, Reason.OUT_OF_MEMORY, f"the device cannot hold {size}; lower --width")]
    if translator.device.type == "cuda":
        torch.cuda.empty_cache()
    half = len(group) // 2
    return _changes(translator, group[:half]) + _changes(translator, group[half:])


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Tell a lack of memory, on a GPU or on the CPU, from other failures."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
