"""The stages of a chain: whether each has to run, and how it has ended."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.engine.command_line import command_line
from pipeline.output.chain_folder import COMMAND, State
from pipeline.output.run_file import now
from pipeline.run.drop import drop_maps, drop_pictures
from pipeline.run.enums import StageName
from pipeline.run.fingerprints import Fingerprints
from pipeline.run.record import Decision, StageRecord, changed_keys, decide
from pipeline.run.tables import changed_pictures, write_tables
from pipeline.run.versions import versions
from pipeline.segment.options import Phase
from pipeline.segment.parts import Part, dataset_parts


class Chain:
    """A chain that was checked and can start.

    Args:
        fingerprints: Its settings, its data, and the hashes of both.
    """

    def __init__(self, fingerprints: Fingerprints) -> None:
        self.fingerprints = fingerprints
        self.config = fingerprints.config
        self.folder = fingerprints.folder
        self._content: dict[str, Any] = self.folder.read() or {}

    def start(self) -> None:
        """Claim a new folder: ``run.json`` comes before anything else, so that what a kill leaves is known again.

        Raises:
            RunError: It cannot be written.
            OutputError: There is something else in the place of the pictures.
        """
        self._content = self.folder.read() or {}  # once more: another chain may have ended meanwhile
        if not self._content:
            self._write({})
        self.folder.link_pictures(self.config.clear, self.config.rainy)

    def is_needed(self, stage: StageName) -> bool:
        """Tell whether there is anything to do: a weighting that compares no label maps needs none."""
        return stage is not StageName.SEGMENT or self.fingerprints.network is not None

    def parts(self) -> list[Part]:
        """Return what is segmented; the links to the pictures must be there.

        Raises:
            InputError: There are no pictures, or two of one stem.
        """
        return dataset_parts(self.folder.dataset, [Phase.TRAIN])

    def decide(self, stage: StageName, *, forced: bool) -> Decision:
        """Decide whether a stage has to run; those before it must be as they will be."""
        record, inputs = self.record(stage), self.fingerprints.inputs(stage, self._made)
        mends = stage is StageName.TRAIN  # it has its checkpoints
        return decide(record, inputs, lambda: self.fingerprints.outputs(stage), forced=forced, mends=mends)

    def record(self, stage: StageName) -> StageRecord | None:
        """Return what is known of a stage, or None where it never ran.

        Raises:
            OutputError: ``run.json`` is damaged.
        """
        found = self._content.get("stages", {}).get(stage.value)
        return None if found is None else StageRecord.from_dict(found)

    def clear(self, stage: StageName, decision: Decision) -> Path | None:
        """Drop what a stage has made of other inputs: of other pictures alone, where nothing else has changed.

        Args:
            stage: The stage.
            decision: What is to be done about it; where the user wants it anew, all is dropped.

        Returns:
            Where an earlier training was put: it is kept.

        Raises:
            OutputError: Its folder is in use.
            RunError: It cannot be removed.
        """
        changed = None if decision.forced else self._changed_pictures(stage, decision.inputs)
        if stage is StageName.SEGMENT:
            for part, key in zip(self.parts(), ("clear", "rainy"), strict=True):
                drop_maps(part, None if changed is None else changed[key])
        elif stage is StageName.AUGMENT:
            drop_pictures(
                self.fingerprints.plan, self.folder.augmented, None if changed is None else changed["pictures"]
            )
        return self.folder.put_training_aside() if stage is StageName.TRAIN else None

    def begin(self, stage: StageName, decision: Decision) -> None:
        """Write down that a stage begins, what with, and whether the user wanted it anew."""
        before, inputs = self.record(stage), decision.inputs
        write_tables(self.folder.path, stage, self.fingerprints.tables(stage))
        goes_on = before is not None and before.inputs == inputs and before.state is not State.DONE
        self._note(
            stage,
            StageRecord(
                state=State.RUNNING,
                inputs=inputs,
                started=before.started if before and goes_on else now(),
                seconds=before.seconds if before and goes_on else 0.0,
                forced=decision.forced or (before is not None and goes_on and before.forced),
            ),
        )

    def end(
        self,
        stage: StageName,
        state: State,
        seconds: float,
        summary: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Write down how a stage has ended.

        Args:
            stage: The stage.
            state: Done, stopped or failed.
            seconds: Duration of this run of it.
            summary: What it did.
            error: What went wrong.
        """
        before = self.record(stage) or StageRecord(state=state)
        is_done = state is State.DONE
        self._note(
            stage,
            replace(
                before,
                state=state,
                outputs=self.fingerprints.outputs(stage) if is_done else None,
                finished=now(),
                seconds=round(before.seconds + seconds, 3),
                summary=summary or {},
                error=error,
            ),
        )

    def skip(self, stage: StageName) -> None:
        """Write down that a stage is not needed; what it has made with other settings is kept."""
        self._turn(stage, State.NOT_NEEDED)

    def keep(self, stage: StageName) -> None:
        """Write down that what a stage has made is good, where it was not needed for a while."""
        self._turn(stage, State.DONE)

    def _turn(self, stage: StageName, state: State) -> None:
        """Write down another state of a stage, if it is another."""
        record = self.record(stage) or StageRecord(state=State.RUNNING)
        if record.state is not state:
            self._note(stage, replace(record, state=state))

    def _changed_pictures(self, stage: StageName, inputs: Mapping[str, Any]) -> dict[str, set[str]] | None:
        """Return the pictures that have changed, by their key in the inputs.

        None where more than these has changed, also in what the stage has made.
        """
        record = self.record(stage)
        if record is None or record.state is not State.DONE or record.outputs != self.fingerprints.outputs(stage):
            return None
        changed = set(changed_keys(record, inputs))
        return changed_pictures(self.folder.path, stage, record, self.fingerprints.tables(stage), changed)

    def _made(self, stage: StageName) -> str | None:
        """Hash of what a stage has made, as it was when it ended."""
        record = self.record(stage)
        return record.outputs if record else None

    def _note(self, stage: StageName, record: StageRecord) -> None:
        """Write ``run.json`` with a stage's new record."""
        self._write({**self._content.get("stages", {}), stage.value: record.as_dict()})

    def _write(self, stages: Mapping[str, Mapping[str, Any]]) -> None:
        """Write ``run.json``."""
        line = command_line(f"tpsence {COMMAND}", self.config)
        self._content = {
            "command": COMMAND,
            "settings": self.config.as_dict(),
            "command line": line.words,
            "not on the command line": line.elsewhere,
            "training settings": self.fingerprints.training.as_dict(),
            "seeds": {"training": self.fingerprints.training.run.seed, "share": self.config.seed},
            "versions": versions(),
            "data": self.fingerprints.data(),
            "weights": _weights_in(stages),
            "started": self._content.get("started", now()),
            "finished": now() if _is_over(stages) else None,
            "stages": stages,
        }
        self.folder.write(self._content)


def _weights_in(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Hashes of the weights that the stages have used or made."""
    segment, train = (stages.get(stage.value, {}) for stage in (StageName.SEGMENT, StageName.TRAIN))
    return {"segmentation": segment.get("summary", {}).get("weights_sha256"), "generator": train.get("outputs")}


def _is_over(stages: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether all stages are done."""
    states: Sequence[Any] = [stages.get(stage.value, {}).get("state") for stage in StageName]
    return all(state in {State.DONE.value, State.NOT_NEEDED.value} for state in states)
