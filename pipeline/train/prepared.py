"""A training run that was checked and can start."""

import time
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import torch

from pipeline.effects.device_generator import DeviceGenerator
from pipeline.engine.device import choose_workers
from pipeline.engine.events import Done, Event, Finished, Found, Unit
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.engine.interface import Stop, never
from pipeline.engine.resources import Resources
from pipeline.errors import RunError
from pipeline.files.text import count
from pipeline.train.config import TrainConfig, refuse_changes
from pipeline.train.enums import Ended
from pipeline.train.failures import failures_explained
from pipeline.train.folder import COMMAND, RunFolder
from pipeline.train.learner import Learner
from pipeline.train.length import decay_notes, length_text
from pipeline.train.meter import Meter
from pipeline.train.metrics_log import Record, recording
from pipeline.train.preview import Preview
from pipeline.train.processes import Processes
from pipeline.train.progress import Progress
from pipeline.train.samples import Batch, batches
from pipeline.train.setup import (
    describe,
    device_of,
    fingerprint,
    random_state,
    refuse_other_architecture,
    refuse_to_compile_without_compiler,
    samples_of,
    step_plan,
    window_of,
)
from pipeline.train.time_limit import TimeLimit
from pipeline.train.unpaired import UnpairedData
from pipeline.train.unpaired_check import Checked
from pipeline.weights.packaged import name_notes
from tpsence.errors import InputError, WeightsError, first_line
from tpsence.model import LOSS_NAMES
from tpsence.weights import LoadedGenerator, generator_bytes


class TrainJob:
    """A prepared training run.

    Args:
        config: The settings.
        data: The data set.
        checked: What the check of its files has found.
        folder: Where it writes.
        processes: Who trains.
        resources: The device and the number of decoding processes.
        named: Keys of the settings that the user has named, for the words at the start.
    """

    def __init__(
        self,
        config: TrainConfig,
        data: UnpairedData,
        checked: Checked,
        folder: RunFolder,
        processes: Processes,
        resources: Resources,
        named: Collection[str] = (),
    ) -> None:
        self.config = config
        self._named = named
        self.data = data
        self.folder = folder
        self.processes = processes
        self.device = device_of(processes, resources.device)
        if config.run.compile:
            refuse_to_compile_without_compiler(self.device)
        self.steps = step_plan(config, data, processes)
        self.last_step = self.steps.steps_per_epoch * (config.optim.epochs + config.optim.decay_epochs)
        self.step = 0
        self.ended = Ended.FINISHED
        self.notes: list[str] = []
        self._workers = choose_workers(resources, self.device)
        window = window_of(config, checked.sizes)
        self._samples = samples_of(config, data, checked.palette, window)
        self._fingerprint = fingerprint(data)
        self.learner = Learner(config, self.device, window=window, distributed=processes.many)
        self._meter = Meter(processes)
        self._preview: Preview | None = None

    def resume(self) -> None:
        """Take over the latest checkpoint, if there is one.

        Raises:
            ConfigError: It was made with settings that cannot be changed under way.
            InputError: The data set is another one.
            WeightsError: No checkpoint can be read, or it does not fit the networks.
        """
        restored = self.folder.restored()
        if restored is None:
            return
        content, self.notes = restored.content, restored.notes
        try:
            refuse_changes(TrainConfig.from_dict(content["config"], where=str(restored.file)), self.config)
            if content["data"] != self._fingerprint:
                raise InputError(
                    f"{self.folder.path}: this run was trained on other pictures than are there now",
                    "Give the same `data`, or start anew in another folder.",
                )
            self.learner.restore(content["learner"])
            self._restore_random(content["random"])
            self.step = self._checked(content["step"])
        except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise self._misfit(restored.file, error) from error

    def _misfit(self, file: Path, error: Exception) -> WeightsError:
        """The error for a checkpoint that is whole and not of this run."""
        others = [other for other in self.folder.checkpoints.newest_first() if other != file]
        before = f"Remove it: then `resume` takes {others[-1].name}. Or start" if others else "Start"
        text = f"no {error}" if isinstance(error, KeyError) else first_line(error)
        return WeightsError(f"{file}: does not fit this run ({text})", f"{before} anew in another folder.")

    def begin_with(self, weights: LoadedGenerator) -> None:
        """Take over the weights of a generator before the first step.

        Raises:
            ConfigError: It is of another architecture than the settings'.
        """
        refuse_other_architecture(weights, self.learner.generator.architecture)
        self.learner.begin_with(weights.generator)

    def _checked(self, step: object) -> int:
        """Return the number of steps that a checkpoint says are done."""
        if not isinstance(step, int) or step < 0:
            raise ValueError(f"{step!r} is no number of steps")
        if step > self.last_step:
            raise InputError(
                f"{self.folder.path}: {step:,} steps are done, and these settings end after {self.last_step:,}",
                f"Give `set` optim.epochs={self._epochs_for(step)}, or more.",
            )
        return step

    def _epochs_for(self, step: int) -> int:
        """Return the epochs at a constant rate with which a number of steps is not beyond the end."""
        return -(-step // self.steps.steps_per_epoch) - self.config.optim.decay_epochs

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Claim the folder; only the first process writes.

        Raises:
            OutputError: It cannot be made, or another run is writing here.
        """
        if not self.processes.is_first:
            yield
            return
        about = {"pictures": {"source": len(self.data.source), "target": len(self.data.target)}}
        with self.folder.opened(self.step, self.config.as_dict(), {**about, "processes": self.processes.world_size}):
            yield

    def events(self, stop: Stop = never, limit: TimeLimit | None = None) -> Iterator[Event]:
        """Do it all: claim the folder, train to the end or until it has to stop, and record how it ended.

        Args:
            stop: Asked after each step; the run then saves and ends.
            limit: The time that the run is given, in which it saves and ends.

        Raises:
            OutputError: The folder cannot be made, or another run is writing here.
            RunError: A loss is not finite, a file is gone, memory or disk is full. Checkpoints stay as they were.
        """
        began, first = time.monotonic(), self.step
        batch = self.config.optim.batch_size
        with self._failures_explained(), self.opened():
            losses: Mapping[str, float] = self._make_good()
            yield self.found()
            for progress in self.run(stop, limit):
                losses = progress.losses
                yield Done(text=progress.text())
            summary = {
                "out": str(self.folder.path),
                "complete": self.step == self.last_step,
                "ended": self.ended.value,
                "step": self.step,
                "last_step": self.last_step,
                "images": (self.step - first) * batch,
                "seconds": round(time.monotonic() - began, 3),
                "losses": dict(losses),
            }
            self.finish(summary)
        about = {"first_step": first, "generator": self.folder.generator_file, **self.processes.about()}
        stopped, time_over = not summary["complete"], self.ended is Ended.TIME
        yield Finished(command=COMMAND, summary=summary, stopped=stopped, time_over=time_over, about=about)

    def _make_good(self) -> Mapping[str, float]:
        """Write what a kill after the checkpoint that is continued has left undone.

        Returns:
            The losses when it was written.
        """
        if not self.step or not self.processes.is_first:
            return {}
        self.folder.mend_generator(self._generator_bytes())
        if self._wants_grid() and not self.folder.has_grid(self.step):
            self._draw()
        figures = self.folder.figures(self.step)
        return {name: figures[name] for name in LOSS_NAMES if name in figures}

    def _generator_bytes(self) -> bytes:
        """Return the generator as it is now, with what it says about itself."""
        return generator_bytes(self.learner.generator, describe(self.config))

    def _wants_grid(self) -> bool:
        """Tell whether there is to be a preview of this step."""
        every = self.config.run.grid_every
        return bool(every) and (self.step % every == 0 or self.step == self.last_step)

    def found(self) -> Found:
        """Say what is about to happen."""
        config, data = self.config, self.data
        model = f"{config.model.architecture.described()}, weighting {config.loss.weighting.value}"
        where = f"{self.device}, {self.learner.precision.value}"
        if self.processes.many:
            where += f", {self.processes.world_size} processes"
        pictures = f"{count(len(data.source), 'source picture')}, {count(len(data.target), 'target picture')}"
        if data.target_count:
            pictures += f", {count(data.target_count, 'paired picture')}"
        length = length_text(config.optim, self.steps.steps_per_epoch)
        begins = f"continued after step {self.step:,}" if self.step else f"seed {config.run.seed}"
        return Found(
            total=self.last_step,
            unit=Unit.STEPS,
            done=self.step,
            images_each=config.optim.batch_size,
            texts=[
                f"{pictures}; {model}; {where}",
                f"{length}, {begins}",
                *decay_notes(config.optim, self._named),
            ],
            warnings=[
                *(f"note: {note}; the checkpoint before it is used" for note in self.notes),
                *(name_notes(config.model.init) if self.step == 0 else ()),
            ],
        )

    def run(self, stop: Stop, limit: TimeLimit | None = None) -> Iterator[Progress]:
        """Train, and yield after each step.

        Args:
            stop: Asked after each step; the run then saves and ends.
            limit: The time that the run is given. After its first step it saves too, to know how long that takes.

        Raises:
            RunError: A loss is not finite, a file is gone, memory or disk is full. Checkpoints stay as they were.
        """
        keep_freed_memory(self.device.type)
        run, steps_per_epoch = self.config.run, self.steps.steps_per_epoch
        losses: Mapping[str, float] = {}
        limit = limit or TimeLimit(None)
        limit.start()
        with self._failures_explained(), self._recording() as record, closing(self._batches()) as stream:
            for batch in stream:
                self._meter.add(self.learner.step(batch, self.step))
                self.step += 1
                limit.stepped()
                if self.step % steps_per_epoch == 0:
                    self.learner.end_epoch()
                ended = self._ended(stop, limit)
                saves = ended is not None or self.step % run.save_every == 0 or limit.wants_a_save
                if saves or self.step % run.log_every == 0:
                    losses = self._meter.read(self.step)
                    self._record(record, losses)
                if saves:
                    self.save()
                    limit.saved()
                    ended = ended or self._ended(stop, limit)  # a save takes time too
                if self._wants_grid():
                    self._draw()
                yield Progress(self.step, self.last_step, -(-self.step // steps_per_epoch), losses)
                if ended:
                    self.ended = ended
                    return

    def _ended(self, stop: Stop, limit: TimeLimit) -> Ended | None:
        """Return why the run ends after this step, or None where it goes on; the same in all processes."""
        if self.step == self.last_step:
            return Ended.FINISHED
        wish = stop()
        if not self.processes.any(wish or limit.is_over()):
            return None
        return Ended.STOPPED if self.processes.any(wish) else Ended.TIME

    def save(self) -> None:
        """Write a checkpoint and the generator; all processes call it together.

        Raises:
            RunError: The weights are not finite numbers.
            OSError: They cannot be written.
        """
        if not self.learner.is_finite():
            raise RunError(
                f"step {self.step}: the weights are not finite numbers any more",
                "What was saved before is good. Begin anew with a lower optim.lr, or with `precision` fp32.",
            )
        random = self.processes.gathered(random_state(self.device))
        if self.processes.is_first:
            content = {
                "step": self.step,  # with the seed, this is the position of the sampler
                "config": self.config.as_dict(),
                "data": self._fingerprint,
                "learner": self.learner.state(),
                "random": random,
            }
            self.folder.checkpoints.write(self.step, content)
            self.folder.write_generator(self._generator_bytes())

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Record how the run ended."""
        if self.processes.is_first:
            self.folder.finish(summary)

    def _batches(self) -> Generator[Batch, None, None]:
        """Load this process's share of the steps that are left."""
        pin = self.device.type == "cuda"
        return batches(self._samples, self.steps, self.step, self.last_step, self._workers, pin)

    def _failures_explained(self) -> AbstractContextManager[None]:
        """Explain what this run can fail of."""
        many = self.processes.many
        return failures_explained(self.folder.path, self.config, self.device, many=many, step=lambda: self.step)

    @contextmanager
    def _recording(self) -> Iterator[Record | None]:
        """Open the record, in the first process alone."""
        if not self.processes.is_first:
            yield None
            return
        with recording(self.folder.path, self.step) as record:
            yield record

    def _record(self, record: Record | None, losses: Mapping[str, float]) -> None:
        """Write the losses down."""
        if record is not None:
            record.write(self.step, {**losses, "lr": self.learner.lr})

    def _draw(self) -> None:
        """Write a preview grid."""
        if self.processes.is_first:
            if self._preview is None:
                self._preview = Preview(self.data, self.config.data.width, self.config.data.max_pixels)
            on_device = DeviceGenerator(self.learner.generator, self.device, self.learner.precision)
            self.folder.write_grid(self.step, self._preview.draw(on_device))

    def _restore_random(self, states: list[Mapping[str, torch.Tensor]]) -> None:
        """Take over the state of random numbers; a process that was not there before keeps its own."""
        if self.processes.rank < len(states):
            state = states[self.processes.rank]
            torch.set_rng_state(state["cpu"])
            if self.device.type == "cuda" and "cuda" in state:
                torch.cuda.set_rng_state(state["cuda"], self.device)
