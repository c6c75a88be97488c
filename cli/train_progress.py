"""Check and run a training with progress bars."""

import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from cli.bar import Clock, progress_bar
from cli.console import count, say
from cli.stopping import Stop, signals_to
from pipeline.engine.processes import worker_deaths_explained
from pipeline.engine.resources import Resources
from pipeline.train.config import TrainConfig
from pipeline.train.job import TrainJob, prepare_training
from pipeline.train.processes import Processes

_SHORT = {"generator": "G", "tps": "TPS", "contrastive": "NCE", "real": "D real", "fake": "D fake"}
"""The losses that stand beside the bar."""


def check_job(
    config: TrainConfig,
    data: Path,
    out: Path,
    resources: Resources,
    processes: Processes,
    *,
    resume: bool,
    quiet: bool,
) -> TrainJob:
    """Prepare a training, show how far the check of the data is, and say what was found.

    Raises:
        InputError: As ``prepare_training``.
    """
    with progress_bar(None, quiet=quiet) as show:
        job = prepare_training(
            config,
            data,
            out,
            resources,
            processes,
            resume=resume,
            on_check=lambda number: show(number, "files checked"),
        )
    if not quiet:
        _announce(job)
    return job


def run_training(job: TrainJob, *, quiet: bool, stop: Stop | None = None) -> tuple[dict[str, Any], int]:
    """Train to the end, or until Ctrl-C.

    Args:
        job: The prepared run.
        quiet: Print nothing.
        stop: Tells when to stop; made here for a single command.

    Returns:
        The summary and the exit code.

    Raises:
        TpsenceError: As the job does.
    """
    began, first = time.monotonic(), job.step
    stop = stop or Stop(quiet=quiet)
    losses: Mapping[str, float] = {}
    with job.opened(), signals_to(stop):
        clock, batch = Clock(), job.config.optim.batch_size
        with worker_deaths_explained(), progress_bar(job.last_step, quiet=quiet) as show:
            for progress in job.run(stop):
                losses = progress.losses
                speed = clock.text((progress.step - first) * batch, (job.last_step - progress.step) * batch)
                show(progress.step, ", ".join(filter(None, (f"epoch {progress.epoch}", speed, _text(losses)))))
        summary = {
            "out": str(job.folder.path),
            "complete": job.step == job.last_step,
            "step": job.step,
            "last_step": job.last_step,
            "images": (job.step - first) * batch,
            "seconds": round(time.monotonic() - began, 3),
            "losses": dict(losses),
        }
        job.finish(summary)
    if not quiet:
        _report(job, first, summary)
    return summary, 0 if summary["complete"] else stop.exit_code


def _announce(job: TrainJob) -> None:
    """Say what is about to happen."""
    for note in job.notes:
        say(f"note: {note}; the checkpoint before it is used", style="yellow")
    config, data = job.config, job.data
    model = f"{config.model.architecture.described()}, weighting {config.loss.weighting.value}"
    where = f"{job.device}, {job.learner.precision.value}"
    if job.processes.many:
        where += f", {job.processes.world_size} processes"
    say(f"{count(len(data.source), 'source picture')}, {count(len(data.target), 'target picture')}; {model}; {where}")
    epochs = config.optim.epochs + config.optim.decay_epochs
    begins = f"continued after step {job.step:,}" if job.step else f"seed {config.run.seed}"
    say(f"{count(epochs, 'epoch')} of {count(job.steps.steps_per_epoch, 'step')}, {begins}")


def _text(losses: Mapping[str, float]) -> str:
    """Write the losses beside the bar."""
    return " ".join(f"{short} {losses[name]:.3f}" for name, short in _SHORT.items() if name in losses)


def _report(job: TrainJob, first: int, summary: Mapping[str, Any]) -> None:
    """Say how the run ended."""
    taken = timedelta(seconds=round(summary["seconds"]))
    if job.step == first == job.last_step:
        say(f"nothing to do: all {job.last_step:,} steps were done before", style="bold green")
    elif summary["complete"]:
        say(f"done: {count(job.step - first, 'step')} in {taken}", style="bold green")
    else:
        say(f"stopped after step {job.step:,} of {job.last_step:,}; --resume continues", style="yellow")
    say(f"generator: {job.folder.generator_file}")
    say(f"use it with tpsence augment --weights {job.folder.path}")
