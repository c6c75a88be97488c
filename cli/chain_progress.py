"""Run a chain: its stages in turn, under one display, stopped gently."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.bar import StageRows, stage_rows
from cli.console import count, say
from cli.exits import EXIT_SKIPS
from cli.progress import run_job
from cli.report import default_workers, write_report
from cli.segment_progress import Chosen, run_segmentation
from cli.stopping import Stop, signals_to
from cli.train_progress import check_job, run_training
from pipeline.augment.job import prepare
from pipeline.errors import StrictError
from pipeline.run.enums import Stage
from pipeline.run.record import Need, State
from pipeline.run.stages import Chain
from pipeline.segment.ground_truth.enums import TruthFormat
from pipeline.train.processes import Processes
from tpsence.errors import TpsenceError

_FIRST_SIGNAL_EXIT = 128
"""Exit codes over this are of runs that a signal has stopped."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a chain is run."""

    begin_from: Stage | None
    """This stage and those after it run anew in any case."""
    strict: bool
    quiet: bool

    def forces(self, stage: Stage) -> bool:
        """Tell whether a stage runs anew in any case."""
        stages = list(Stage)
        return self.begin_from is not None and stages.index(stage) >= stages.index(self.begin_from)


def run_chain(chain: Chain, way: Way) -> tuple[dict[str, Any], int]:
    """Run the stages that have to run, to the end or until Ctrl-C.

    Returns:
        The summary and the exit code.

    Raises:
        TpsenceError: As the stages do; what is done is kept, and the same command continues.
    """
    stop = Stop(quiet=way.quiet)
    code, ran = 0, []
    with (
        chain.folder.opened(),
        signals_to(stop),
        stage_rows([stage.value for stage in Stage], quiet=way.quiet) as rows,
    ):
        chain.start()
        for stage in Stage:
            if stop():
                code = stop.exit_code
                break
            own = _do(chain, stage, way, stop, rows)
            if own is None:
                continue
            ran.append(stage.value)
            code = max(code, own)
            if own > _FIRST_SIGNAL_EXIT:
                break
    if code == 0 and _skips(chain):
        code = EXIT_SKIPS
    summary = {
        "out": str(chain.folder.path),
        "complete": code in {0, EXIT_SKIPS},
        "ran": ran,
        "report": str(chain.folder.report),
        "stages": {stage.value: record.as_dict() for stage in Stage if (record := chain.record(stage))},
    }
    if not way.quiet:
        _report(chain, ran, code)
    return summary, code


def check_chain(chain: Chain, way: Way) -> dict[str, Any]:
    """Say what ``run_chain`` would do, and write nothing.

    Returns:
        The stages with what is to be done about each.
    """
    stages = []
    follows = None
    for stage in Stage:
        if not chain.is_needed(stage):
            need, reason = Need.NOTHING, "not needed with this weighting"
        elif follows is not None:
            need, reason = Need.RESUME, f"follows {follows.value}"
        else:
            decision = chain.decide(stage, forced=way.forces(stage))
            need, reason = decision.need, decision.reason
            follows = stage if need is not Need.NOTHING else None
        stages.append({"stage": stage.value, "runs": need is not Need.NOTHING, "reason": reason})
        if not way.quiet:
            say(f"  {stage.value}: {'would run' if need is not Need.NOTHING else 'nothing to do'} ({reason})")
    return {"out": str(chain.folder.path), "stages": stages}


def _do(chain: Chain, stage: Stage, way: Way, stop: Stop, rows: StageRows) -> int | None:
    """Run one stage if it has to run.

    Returns:
        Its exit code, or None where there was nothing to do.
    """
    if not chain.is_needed(stage):
        chain.skip(stage)
        rows.end(stage.value, "not needed")
        return None
    rows.note(stage.value, "looking for what has changed")
    decision = chain.decide(stage, forced=way.forces(stage))
    if decision.need is Need.NOTHING:
        chain.keep(stage)
        if way.strict and stage is Stage.AUGMENT and _skips(chain):
            raise StrictError("pictures were left out before", "Mend them (see the report), or run without --strict.")
        rows.end(stage.value, "unchanged")
        return None
    rows.begin(stage.value, decision.reason)
    if decision.need is Need.ANEW:
        aside = chain.clear(stage, decision)
        if aside and not way.quiet:
            say(f"the earlier training is kept in {aside}")
    chain.begin(stage, decision)
    began = time.monotonic()
    try:
        summary, code = _RUNNERS[stage](chain, way, stop)
    except TpsenceError as error:
        chain.end(stage, State.FAILED, time.monotonic() - began, error=error.message)
        rows.end(stage.value, "failed")
        raise
    state = State.STOPPED if code > _FIRST_SIGNAL_EXIT else State.DONE
    chain.end(stage, state, time.monotonic() - began, summary)
    rows.end(stage.value, state.value)
    return code


def _segment(chain: Chain, way: Way, stop: Stop) -> tuple[Mapping[str, Any], int]:
    """Make the label maps."""
    config = chain.config
    chosen = Chosen(
        chain.parts(),
        config.segment_options(),
        config.resources(),
        config.segment.model,
        config.segment.weights,
        None,
        TruthFormat.AUTO,
    )
    return run_segmentation(chosen, overwrite=False, strict=way.strict, quiet=way.quiet, stop=stop)


def _train(chain: Chain, way: Way, stop: Stop) -> tuple[Mapping[str, Any], int]:
    """Train the generator."""
    folder = chain.folder
    resources = chain.config.resources()
    job = check_job(
        chain.prints.training, folder.dataset, folder.training, resources, Processes(), resume=True, quiet=way.quiet
    )
    if job.step == job.last_step:  # all steps are done, but the generator was changed or removed since
        with job.opened():
            job.save()
    return run_training(job, quiet=way.quiet, stop=stop)


def _augment(chain: Chain, way: Way, stop: Stop) -> tuple[Mapping[str, Any], int]:
    """Translate the data set."""
    config, folder = chain.config, chain.folder
    job = prepare(chain.prints.labels, folder.training, folder.augmented, config.augment_options(), config.resources())
    ended = run_job(job, overwrite=False, strict=way.strict, quiet=way.quiet, stop=stop)
    return ended.summary.as_dict(), ended.exit_code


def _write_report(chain: Chain, way: Way, stop: Stop) -> tuple[Mapping[str, Any], int]:
    """Write the report."""
    del stop  # it takes seconds
    return {"report": str(write_report(chain.folder.path, default_workers(), quiet=way.quiet))}, 0


_RUNNERS = {
    Stage.SEGMENT: _segment,
    Stage.TRAIN: _train,
    Stage.AUGMENT: _augment,
    Stage.REPORT: _write_report,
}


def _skips(chain: Chain) -> bool:
    """Tell whether the translation has left pictures out."""
    record = chain.record(Stage.AUGMENT)
    return bool(record and record.summary.get("skipped"))


def _report(chain: Chain, ran: list[str], code: int) -> None:
    """Say how the chain has ended."""
    if code > _FIRST_SIGNAL_EXIT:
        say("stopped; the same command, run again, continues", style="yellow")
        return
    if not ran:
        say(f"nothing to do: all {count(len(Stage), 'stage')} are done and nothing has changed", style="bold green")
    say(f"data set: {chain.folder.augmented}")
    say(f"generator: {chain.folder.training}")
    if Stage.REPORT.value not in ran:  # else it has just been said
        say(f"report: {chain.folder.report}")
