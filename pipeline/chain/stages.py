"""The stages of a chain: what each depends on, what it has made, and whether it has to run."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipeline.chain.config import ChainConfig
from pipeline.chain.fingerprint import of_file, of_files
from pipeline.chain.folder import COMMAND, ChainFolder
from pipeline.chain.record import Decision, StageRecord, State, decide
from pipeline.device import choose_device, choose_precision
from pipeline.folders import pictures_below
from pipeline.images import EXTENSIONS, OTHER_PICTURES
from pipeline.labels.detect import LabelFormat, open_labels
from pipeline.labels.interface import LabelSet
from pipeline.labels.locate import list_files
from pipeline.options import Shard
from pipeline.output import FLAGGED_FILE, SKIPPED_FILE, OutputFolder
from pipeline.packaged import generator_path
from pipeline.plan import Plan, make_plan, refuse_overlap
from pipeline.run_file import now
from pipeline.segment import check_before_fetching
from pipeline.segmentation.choice import Choice, choose_network
from pipeline.segmentation.map_files import CLASSES_FILE
from pipeline.segmentation.options import Phase
from pipeline.segmentation.parts import Part, dataset_parts
from pipeline.training.config import TrainConfig
from pipeline.training.presets import load_config
from tpsence import __version__
from tpsence.errors import InputError
from tpsence.settings import Weighting
from tpsence.weights import TRAINED_NAME

_LABEL_FILES = (".txt", ".xml", ".json", ".yaml", ".yml")
_PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "pillow",
    "opencv-python",
    "onedl-mmengine",
    "onedl-mmcv",
    "onedl-mmsegmentation",
    "onedl-mmpretrain",
)


class Stage(str, Enum):
    """The stages, in their order."""

    SEGMENT = "segment"
    TRAIN = "train"
    AUGMENT = "augment"
    REPORT = "report"


class Chain:
    """A chain that was checked and can start.

    Args:
        config: Its settings.
        training: The settings of its training.
        labels: The data set to translate.
        plan: Of the translation.
        network: Of the label maps, or None where there are to be none.
    """

    def __init__(
        self, config: ChainConfig, training: TrainConfig, labels: LabelSet, plan: Plan, network: Choice | None
    ) -> None:
        self.config = config
        self.training = training
        self.labels = labels
        self.plan = plan
        self.network = network
        self.folder = ChainFolder(config.out)
        self._content: dict[str, Any] = self.folder.read() or {}

    @property
    def stages(self) -> list[Stage]:
        """All stages, in order."""
        return list(Stage)

    def is_needed(self, stage: Stage) -> bool:
        """Tell whether there is anything to do: a weighting that compares no label maps needs none."""
        return stage is not Stage.SEGMENT or self.network is not None

    def parts(self) -> list[Part]:
        """Return what is segmented; the links to the pictures must be there.

        Raises:
            InputError: There are no pictures, or two of one stem.
        """
        return dataset_parts(self.folder.dataset, [Phase.TRAIN])

    def decide(self, stage: Stage, *, forced: bool) -> Decision:
        """Decide whether a stage has to run; those before it must be as they will be."""
        record, inputs = self.record(stage), self.inputs(stage)
        mends = stage is Stage.TRAIN  # it has its checkpoints
        return decide(record, inputs, lambda: self.outputs(stage), forced=forced, mends=mends)

    def record(self, stage: Stage) -> StageRecord | None:
        """Return what is known of a stage, or None where it never ran.

        Raises:
            OutputError: ``run.json`` is damaged.
        """
        found = self._content.get("stages", {}).get(stage.value)
        return None if found is None else StageRecord.from_dict(found)

    def clear(self, stage: Stage) -> Path | None:
        """Drop what a stage has made of other inputs.

        Returns:
            Where an earlier training was put: it is kept.

        Raises:
            OutputError: In its place is something that it has not made.
            RunError: It cannot be removed.
        """
        if stage is Stage.SEGMENT:
            for part in self.parts():
                part.folder.clear()
        elif stage is Stage.AUGMENT:
            OutputFolder(self.folder.augmented, Shard()).clear()
        return self.folder.put_training_aside() if stage is Stage.TRAIN else None

    def begin(self, stage: Stage) -> None:
        """Write down that a stage begins, and what with."""
        before, inputs = self.record(stage), self.inputs(stage)
        goes_on = before is not None and before.inputs == inputs and before.state is not State.DONE
        self._note(
            stage,
            StageRecord(
                state=State.RUNNING,
                inputs=inputs,
                started=before.started if before and goes_on else now(),
                seconds=before.seconds if before and goes_on else 0.0,
            ),
        )

    def end(
        self,
        stage: Stage,
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
                outputs=self.outputs(stage) if is_done else None,
                finished=now(),
                seconds=round(before.seconds + seconds, 3),
                summary=summary or {},
                error=error,
            ),
        )

    def skip(self, stage: Stage) -> None:
        """Write down that there is nothing to do for a stage."""
        self._note(stage, StageRecord(state=State.NOT_NEEDED))

    def inputs(self, stage: Stage) -> dict[str, Any]:
        """Return everything that the output of a stage depends on, as JSON takes it."""
        if stage is Stage.SEGMENT:
            return self._segment_inputs()
        if stage is Stage.TRAIN:
            return self._train_inputs()
        if stage is Stage.AUGMENT:
            return self._augment_inputs()
        return {"version": __version__, **{one.value: self._outputs_of(one) for one in (Stage.TRAIN, Stage.AUGMENT)}}

    def outputs(self, stage: Stage) -> str:
        """Return a hash of what a stage has made, as it is now."""
        folder = self.folder
        if stage is Stage.SEGMENT:
            return self._maps()
        if stage is Stage.TRAIN:
            return str(of_file(folder.training / TRAINED_NAME))
        if stage is Stage.AUGMENT:
            pictures = [task.output for task in self.plan.tasks]
            return of_files(
                folder.augmented,
                [*pictures, *self.plan.label_files, *self.plan.pair_files(), SKIPPED_FILE, FLAGGED_FILE],
            )
        return str(of_file(folder.report))

    def _segment_inputs(self) -> dict[str, Any]:
        """What the label maps depend on."""
        config, network = self.config, self.network
        given = [file for file in (config.segment.weights, network.config if network else None) if file]
        return {
            "version": __version__,
            "clear": self._clear,
            "rainy": self._rainy,
            "network": network.name if network else None,
            "network's files": [of_file(file) for file in given],
            "settings of segment": {"scheme": config.segment.scheme, "whole": config.segment.whole, **self._shared()},
        }

    def _train_inputs(self) -> dict[str, Any]:
        """What the training depends on; not the version, which must not cost days."""
        init = self.training.model.init
        settings = {
            f"{section}.{name}": value
            for section, values in self.training.as_dict().items()
            for name, value in values.items()
        }
        return {
            "clear": self._clear,
            "rainy": self._rainy,
            "label maps": self._maps() if self.network else None,
            "init": of_file(generator_path(init)) if init else None,
            **settings,
        }

    def _augment_inputs(self) -> dict[str, Any]:
        """What the translated data set depends on."""
        options = {f"augment.{key}": value for key, value in self.config.augment_options().settings().items()}
        return {
            "version": __version__,
            "generator": str(of_file(self.folder.training / TRAINED_NAME)),
            "labels": self._labels,
            "pictures": self._pictures,
            "place of the data": self.labels.identity(),
            "augment.width": self.config.augment.width,
            **options,
            **self._shared(),
        }

    def _shared(self) -> dict[str, Any]:
        """What shapes the work of a network: arithmetic and the limit of pixels."""
        device = choose_device(self.config.device)
        precision = choose_precision(self.config.precision, device).value
        return {"precision": precision, "max_pixels": self.config.max_pixels}

    def _maps(self) -> str:
        """Hash of the label maps."""
        folder = self.folder.dataset
        names = [
            f"{place}/{name}"
            for place in ("trainS", "trainT")
            for name in [*pictures_below(folder / place, {".png"}), CLASSES_FILE]
        ]
        return of_files(folder, names)

    def _outputs_of(self, stage: Stage) -> str | None:
        """Hash of what a stage has made, as it was when it ended."""
        record = self.record(stage)
        return record.outputs if record else None

    @cached_property
    def _clear(self) -> str:
        """Hash of the clear pictures."""
        return _pictures_hash(self.config.clear)

    @cached_property
    def _rainy(self) -> str:
        """Hash of the rainy pictures."""
        return _pictures_hash(self.config.rainy)

    @cached_property
    def _pictures(self) -> str:
        """Hash of the pictures to translate."""
        return of_files(self.labels.image_root, [task.name for task in self.plan.tasks])

    @cached_property
    def _labels(self) -> list[str | None]:
        """Hashes of the label files."""
        return [_labels_hash(place) for place in self.labels.inputs()]

    def _note(self, stage: Stage, record: StageRecord) -> None:
        """Write ``run.json`` with a stage's new record."""
        stages = {**self._content.get("stages", {}), stage.value: record.as_dict()}
        self._content = {
            "command": COMMAND,
            "settings": self.config.as_dict(),
            "training settings": self.training.as_dict(),
            "seed": self.config.seed,
            "versions": versions(),
            "data": {"clear": self._clear, "rainy": self._rainy, "labels": self._labels, "pictures": self._pictures},
            "weights": _weights_in(stages),
            "started": self._content.get("started", now()),
            "finished": now() if _is_over(stages) else None,
            "stages": stages,
        }
        self.folder.write(self._content)


def prepare_chain(config: ChainConfig) -> Chain:
    """Read and check everything that a chain needs, so that it does not fail after hours. Nothing is written.

    Args:
        config: Its settings.

    Raises:
        InputError: Something cannot be used.
    """
    options, of_maps, resources = config.augment_options(), config.segment_options(), config.resources()
    choose_device(config.device)
    for place, key in ((config.clear, "clear"), (config.rainy, "rainy")):
        if not place.is_dir():
            raise InputError(f"{place}: no such folder", f"Check the path after --{key}.")
        if not pictures_below(place, EXTENSIONS.keys() | OTHER_PICTURES):
            raise InputError(f"{place}: no pictures in it", f"Give a folder of pictures with --{key}.")
    known = ["auto", *(one.value for one in LabelFormat)]
    if config.format not in known:
        raise InputError(f"--format {config.format!r}: not known", f"Give {', '.join(known)}.")
    given = [place for place in (config.clear, config.rainy, config.labels, config.images) if place is not None]
    refuse_overlap(given, config.out)
    training = load_config(config.preset, config.training_settings())
    network = None
    if training.loss.weighting is Weighting.SEMANTIC and training.loss.contrastive > 0:
        network = choose_network(config.segment.model, config.segment.weights)
        check_before_fetching(network, of_maps, resources)
    label_format = None if config.format == "auto" else LabelFormat(config.format)
    labels = open_labels(config.labels, config.images, label_format)
    plan = make_plan(labels, options, ChainFolder(config.out).augmented)
    refuse_overlap([labels.image_root], config.out)
    return Chain(config, training, labels, plan, network)


def versions() -> dict[str, str]:
    """Return the versions of what does the work."""
    found = {"tpsence": __version__, "python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _pictures_hash(folder: Path) -> str:
    """Hash of the pictures below a folder."""
    return of_files(folder, pictures_below(folder, EXTENSIONS.keys() | OTHER_PICTURES))


def _labels_hash(place: Path) -> str | None:
    """Hash of a label file, or of the label files below a folder."""
    if not place.is_dir():
        return of_file(place)
    return of_files(place, [name for name in list_files(place) if name.lower().endswith(_LABEL_FILES)])


def _weights_in(stages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Hashes of the weights that the stages have used or made."""
    segment, train = (stages.get(stage.value, {}) for stage in (Stage.SEGMENT, Stage.TRAIN))
    return {"segmentation": segment.get("summary", {}).get("weights_sha256"), "generator": train.get("outputs")}


def _is_over(stages: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether all stages are done."""
    states: Sequence[Any] = [stages.get(stage.value, {}).get("state") for stage in Stage]
    return all(state in {State.DONE.value, State.NOT_NEEDED.value} for state in states)
