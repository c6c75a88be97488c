"""The whole chain: label maps, training, translation of a data set, report."""

import time
from collections.abc import Generator, Iterator
from typing import Any

from pipeline.augment.job import prepare as prepare_augment
from pipeline.augment.limit import is_over
from pipeline.augment.weights_choice import chosen_weights
from pipeline.engine.events import Event, Finished, Stage, StageState
from pipeline.engine.interface import Stop, never
from pipeline.errors import StrictError
from pipeline.files.programs import is_program
from pipeline.output.chain_folder import COMMAND, State
from pipeline.report.job import report
from pipeline.report.options import ReportOptions
from pipeline.run.config import ChainConfig
from pipeline.run.enums import StageName
from pipeline.run.pictures import check_pictures
from pipeline.run.prepare import check_labels, check_places, prepare_chain
from pipeline.run.record import Need
from pipeline.run.stages import Chain
from pipeline.segment.job import segment
from pipeline.train.job import prepare_training
from pipeline.train.processes import Processes
from tpsence.errors import TpsenceError

_STAGES = [stage.value for stage in StageName]


def run(config: ChainConfig, stop: Stop = never) -> Iterator[Event]:
    """Run the stages that have to run, to the end or until a wish to stop.

    Args:
        config: What to do.
        stop: Asked now and then; when it says yes, the stage that runs ends where it can go on.

    Yields:
        What happens, also in the stages; ends with a ``Finished`` of ``run``, whose summary is the ``--json`` output.

    Raises:
        TpsenceError: As the stages do; what is done is kept, and the same call continues.
    """
    chain = prepare_chain(config)
    ended: list[tuple[StageName, Finished]] = []
    stopped = False
    with chain.folder.opened():
        chain.start()
        for stage in StageName:
            if stopped := stop():
                break
            finished = yield from _stage(chain, stage, stop)
            if finished is not None:
                ended.append((stage, finished))
                if stopped := finished.stopped:
                    break
    skips = sum(finished.skips for _, finished in ended) or _left_out(chain)
    ran = [stage.value for stage, _ in ended]
    about = {"augmented": chain.folder.augmented, "training": chain.folder.training, "stages": len(_STAGES)}
    yield Finished(
        command=COMMAND,
        summary=_summary(chain, ran, stopped),
        skips=skips,
        stopped=stopped,
        over_limit=_over_limit(chain),
        about=about,
    )


def check(config: ChainConfig) -> Iterator[Event]:
    """Say what ``run`` would do, and write nothing.

    Nothing of the user's is executed: with a preset that is a program what depends on it is not known.

    Args:
        config: As for ``run``.

    Yields:
        How far the check of the pictures is, where they would be trained on; ends with ``Finished``, whose summary has
        what is to be done about each stage, and why, and the programs that were not run.

    Raises:
        InputError: Something cannot be used.
    """
    programs = [given for given in (config.preset, config.segment.model) if given is not None and is_program(given)]
    summary: dict[str, Any] = {"out": str(config.out), "stages": [], "not_run": programs}
    if is_program(config.preset):
        check_places(config)
        check_labels(config)
        yield from check_pictures(config)
    else:
        chain = prepare_chain(config)
        stages = _stages_to_run(chain)
        if any(stage["runs"] for stage in stages[: _STAGES.index(StageName.TRAIN.value) + 1]):
            yield from check_pictures(config)
        summary["stages"] = stages
    yield Finished(command=COMMAND, summary=summary, dry=True)


def _stages_to_run(chain: Chain) -> list[dict[str, Any]]:
    """Say what is to be done about each stage, and why."""
    stages: list[dict[str, Any]] = []
    follows = None
    for stage in StageName:
        if not chain.is_needed(stage):
            need, reason = Need.NOTHING, "not needed with this weighting"
        elif follows is not None:
            need, reason = Need.RESUME, f"follows {follows.value}"
        else:
            decision = chain.decide(stage, forced=_forces(chain.config, stage))
            need, reason = decision.need, decision.reason
            follows = stage if need is not Need.NOTHING else None
        stages.append({"stage": stage.value, "runs": need is not Need.NOTHING, "reason": reason})
    return stages


def _forces(config: ChainConfig, stage: StageName) -> bool:
    """Tell whether a stage runs anew in any case."""
    first = config.begin_from
    return first is not None and _STAGES.index(stage.value) >= _STAGES.index(first.value)


def _stage(chain: Chain, stage: StageName, stop: Stop) -> Generator[Event, None, Finished | None]:
    """Run one stage if it has to run.

    Returns:
        How it ended, or None where there was nothing to do.
    """
    if not chain.is_needed(stage):
        chain.skip(stage)
        yield _is(stage, StageState.NOT_NEEDED)
        return None
    yield _is(stage, StageState.LOOKING)
    decision = chain.decide(stage, forced=_forces(chain.config, stage))
    if decision.need is Need.NOTHING:
        chain.keep(stage)
        if chain.config.strict and stage is StageName.AUGMENT and _left_out(chain):
            raise StrictError("pictures were left out before", "Mend them (see the report), or run without `strict`.")
        yield _is(stage, StageState.UNCHANGED)
        return None
    yield _is(stage, StageState.BEGINS, decision.reason)
    if stage is StageName.SEGMENT:  # the training does so itself, before its first step
        yield from check_pictures(chain.config)
    if decision.need is Need.ANEW and (aside := chain.clear(stage, decision)):
        yield _is(stage, StageState.CLEARED, f"the earlier training is kept in {aside}")
    chain.begin(stage, decision)
    began = time.monotonic()
    try:
        finished = yield from _last(_JOBS[stage](chain, stop))
    except TpsenceError as error:
        chain.end(stage, State.FAILED, time.monotonic() - began, error=error.message)
        yield _is(stage, StageState.FAILED)
        raise
    chain.end(stage, State.STOPPED if finished.stopped else State.DONE, time.monotonic() - began, finished.summary)
    yield _is(stage, StageState.STOPPED if finished.stopped else StageState.DONE)
    return finished


def _last(events: Iterator[Event]) -> Generator[Event, None, Finished]:
    """Pass the events of a job on, and return how it ended."""
    finished = None
    for event in events:
        if isinstance(event, Finished):
            finished = event
        yield event
    if finished is None:
        raise RuntimeError("a job did not say how it ended")
    return finished


def _is(stage: StageName, state: StageState, text: str = "") -> Stage:
    """Say what is happening to a stage."""
    return Stage(name=stage.value, state=state, text=text, place=_STAGES.index(stage.value) + 1, stages=_STAGES)


def _segment(chain: Chain, stop: Stop) -> Iterator[Event]:
    """Make the label maps."""
    options = chain.config.segment_options()
    return segment(options.model_copy(update={"dataroot": chain.folder.dataset}), stop)


def _train(chain: Chain, stop: Stop) -> Iterator[Event]:
    """Train the generator."""
    folder, config = chain.folder, chain.config
    job = yield from prepare_training(
        chain.fingerprints.training,
        folder.dataset,
        folder.training,
        config.resources(),
        Processes(),
        resume=True,
        named=config.train,
    )
    yield from job.events(stop)


def _augment(chain: Chain, stop: Stop) -> Iterator[Event]:
    """Translate the data set."""
    config, folder = chain.config, chain.folder
    labels, options = chain.fingerprints.labels, config.augment_options()
    weights = chosen_weights(folder.training)
    job = prepare_augment(labels, weights, folder.augmented, options, config.resources())
    return job.events(strict=config.strict, stop=stop)


def _report(chain: Chain, stop: Stop) -> Iterator[Event]:
    """Write the report."""
    del stop  # it takes seconds
    return report(ReportOptions(out=chain.folder.path))


_JOBS = {
    StageName.SEGMENT: _segment,
    StageName.TRAIN: _train,
    StageName.AUGMENT: _augment,
    StageName.REPORT: _report,
}


def _left_out(chain: Chain) -> int:
    """Count the pictures that the translation has left out."""
    record = chain.record(StageName.AUGMENT)
    skipped = record.summary.get("skipped") if record else None
    return sum(skipped.values()) if isinstance(skipped, dict) else 0


def _over_limit(chain: Chain) -> bool:
    """Tell whether the translation has more that is flagged than the user takes, now or when it was made."""
    record = chain.record(StageName.AUGMENT)
    return record is not None and is_over(record.summary or {}, chain.config.augment_options().max_flagged)


def _summary(chain: Chain, ran: list[str], stopped: bool) -> dict[str, Any]:
    """Say what a chain did."""
    return {
        "out": str(chain.folder.path),
        "complete": not stopped,
        "ran": ran,
        "report": str(chain.folder.report),
        "stages": {stage.value: record.as_dict() for stage in StageName if (record := chain.record(stage))},
    }
