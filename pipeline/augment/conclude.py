"""The end of a run: the gate's verdict, the labels with their proof, the pairs, and nothing that is stale."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.augment.options import AugmentOptions
from pipeline.augment.pairs import INPUT, write_target
from pipeline.augment.plan import Plan
from pipeline.augment.variants import write_variants
from pipeline.engine.tasks import Task
from pipeline.errors import RunError
from pipeline.files.whole import write_failures_explained
from pipeline.gate.colour_classes import words_of
from pipeline.gate.faults import faults_among
from pipeline.gate.journal import JOURNAL, known_measures
from pipeline.gate.measures import PictureMeasure
from pipeline.gate.options import Gate
from pipeline.gate.picture_journal import PICTURES, known_pictures
from pipeline.gate.verdict import judge
from pipeline.images.skips import Skip
from pipeline.labels.carried import Balance, balance
from pipeline.labels.interface import NO_MARKS, Proof
from pipeline.output.folder import OutputFolder
from tpsence.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written when all pictures were there."""

    proof: Proof | None = None
    """What was found equal when the labels were read back."""
    balance: Balance | None = None
    """What has become of everything that the source of the labels had."""
    gate: Mapping[str, Any] | None = None
    """What the gate has found, in numbers, or None where it is off."""
    faults: Mapping[str, Any] | None = None
    """What is wrong with whole pictures, in numbers."""


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
    with changes_explained():
        marks, gate, listed = NO_MARKS, None, list[Mapping[str, Any]]()
        names = [task.name for task in tasks]
        pictures: Mapping[str, PictureMeasure | None] = known_pictures(folder.journals(PICTURES))
        if options.gate is not Gate.OFF:
            measured = known_measures(folder.journals(JOURNAL), plan.labels, names)
            _refuse_unmeasured(folder, tasks, measured)
            verdict = judge(plan.labels, tasks, measured, options.gate, words_of(options.colour_classes))
            marks, gate, listed = verdict.marks, verdict.numbers, [*verdict.listed]
            pictures = {name: measures.picture for name, measures in measured.items()}
        faults = faults_among(names, pictures)
        write_variants(folder, plan.drawing, tasks)
        folder.write_flagged([*listed, *faults.listed], anyway=gate is not None)
        files = [name for name, _ in plan.labels.output_files(kept)]
        with write_failures_explained(folder.path):
            with folder.guarded(files):
                proof = plan.labels.write(folder.path, kept, marks)
            found = balance(plan.labels, kept.keys(), marks, proof)
            _write_pairs(plan, folder, tasks, options.max_pixels)
        outputs = [task.output for task in plan.tasks if task.name in kept]
        folder.remove_stale([*files, *outputs, *plan.pair_files(left_out)])
    return Written(proof=proof, balance=found, gate=gate, faults=faults.numbers)


def labels_as_dict(written: Written, label_format: str) -> dict[str, Any] | None:
    """Return what was proved and what the source had, or None without labels and where they are not written yet."""
    if written.proof is None or written.balance is None or label_format == "none":
        return None
    return {"equal": True, **asdict(written.proof), "source": written.balance.as_dict()}


@contextmanager
def changes_explained() -> Iterator[None]:
    """Turn what is wrong with input that was good when the run began into an error of the run.

    Raises:
        RunError: The input has changed.
    """
    try:
        yield
    except InputError as error:
        raise RunError(error.message, error.hint) from error


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
        if not plan.has_clean_targets:  # those were made with the pictures
            write_target(folder, name, plan.source(task), task.size, max_pixels)
        folder.link(f"{INPUT}/{name}", folder.path / task.output)
