"""Fingerprints of a chain: what each stage depends on, and what it has made."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.augment.amounts import levels_told
from pipeline.augment.map_folder import map_name
from pipeline.augment.plan import Plan
from pipeline.augment.water_choice import is_wet, resolved
from pipeline.classes.map_files import CLASSES_FILE
from pipeline.engine.place import Place
from pipeline.files.walk import list_files, pictures_below
from pipeline.images.extensions import EXTENSIONS, OTHER_PICTURES
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import label_extensions
from pipeline.output.chain_folder import ChainFolder
from pipeline.output.layout import BOXES_FILE, FLAGGED_FILE, REPORT_FILE, SKIPPED_FILE, VARIANTS_FILE
from pipeline.output.run_file import RUN_FILE
from pipeline.run.config import ChainConfig
from pipeline.run.enums import StageName
from pipeline.run.hashes import Table, combined, each, of_file, of_files
from pipeline.segment.mmseg.choice import Choice
from pipeline.train.config import TrainConfig
from pipeline.train.setup import describe
from pipeline.weights.packaged import ROAD_LITE, generator_path
from tpsence import __version__
from tpsence.weights import PUBLISHED_NAME, TRAINED_NAME

_WITHOUT_EFFECT = frozenset({"run.log_every", "run.save_every", "run.grid_every", "domains.training_data"})
"""Settings of a training that its generator does not depend on, but for what it says of its origin."""
_MADE_OF_EACH = {StageName.SEGMENT: ("clear", "rainy"), StageName.AUGMENT: ("pictures",)}
"""The pictures that a stage makes one output of each of."""


@dataclass(kw_only=True)
class Fingerprints:
    """What tells whether a stage would find what it found before.

    The hashes of what the user gives are taken once, when they are first asked for.
    """

    config: ChainConfig
    training: TrainConfig
    labels: LabelSet
    """The data set to translate."""
    plan: Plan
    """Plan of the translation."""
    network: Choice | None
    """Network that makes the label maps, or None where there are to be none."""
    folder: ChainFolder
    place: Place
    """Where the networks of label maps and translation work."""

    def data(self) -> dict[str, Any]:
        """Return the hashes of all that the user gives."""
        return {**self._hashes, "labels": self._labels}

    def inputs(self, stage: StageName, made: Callable[[StageName], str | None]) -> dict[str, Any]:
        """Return everything that the output of a stage depends on, as JSON takes it.

        Args:
            stage: The stage.
            made: Returns the hash of what an earlier stage had made when it ended.
        """
        if stage is StageName.SEGMENT:
            return self._segment_inputs()
        if stage is StageName.TRAIN:
            return self._train_inputs()
        if stage is StageName.AUGMENT:
            return self._augment_inputs()
        return {"version": __version__, **{one.value: made(one) for one in (StageName.TRAIN, StageName.AUGMENT)}}

    def tables(self, stage: StageName) -> dict[str, Table]:
        """Return the hashes of the pictures that a stage makes one output of each of, by their key in its inputs."""
        return {key: self._tables[key] for key in _MADE_OF_EACH.get(stage, ())}

    def outputs(self, stage: StageName) -> str:
        """Return a hash of what a stage has made, as it is now."""
        folder = self.folder
        if stage is StageName.SEGMENT:
            return self._maps()
        if stage is StageName.TRAIN:
            return str(of_file(folder.training / TRAINED_NAME))
        if stage is StageName.AUGMENT:
            pictures = [task.output for task in self.plan.tasks]
            others = [*self.plan.label_files, *self.plan.pair_files(), SKIPPED_FILE, FLAGGED_FILE]
            others += [VARIANTS_FILE] if self.plan.drawing.differs else []
            # What a report needs to know must be there too; it has times in it, so that it is made anew each time.
            has_record = (folder.augmented / RUN_FILE).is_file()
            return of_files(folder.augmented, [*pictures, *others]) + ("" if has_record else " without run.json")
        return of_files(folder.path, [REPORT_FILE, BOXES_FILE])

    def _segment_inputs(self) -> dict[str, Any]:
        """What the label maps depend on."""
        config, network = self.config, self.network
        given = [file for file in (config.segment.weights, network.config if network else None) if file]
        return {
            "version": __version__,
            "clear": self._hashes["clear"],
            "rainy": self._hashes["rainy"],
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
            if f"{section}.{name}" not in _WITHOUT_EFFECT
        }
        return {
            "clear": self._hashes["clear"],
            "rainy": self._hashes["rainy"],
            "label maps": self._maps() if self.network else None,
            "init": _weights_hash(generator_path(init)) if init else None,
            **settings,
        }

    def _augment_inputs(self) -> dict[str, Any]:
        """What the translated data set depends on."""
        options = {f"augment.{key}": value for key, value in self.config.augment_options().settings().items()}
        return {
            "version": __version__,
            "generator": str(of_file(self.folder.training / TRAINED_NAME)),
            "labels": self._labels,
            "pictures": self._hashes["pictures"],
            "place of the data": self.labels.identity(),
            "augment.width": self.config.augment.width,
            "label maps": self._maps_of_pictures(),
            **options,
            **self._shared(),
        }

    def _maps_of_pictures(self) -> str | None:
        """Hash of what tells where ground and sky are in the pictures to translate, where water is rendered on them."""
        options = resolved(self.config.augment_options(), [describe(self.training).water])
        if not is_wet(levels_told(options.water)):
            return None
        if options.maps is None:
            return ROAD_LITE.sha256
        return of_files(options.maps, [CLASSES_FILE, *(map_name(task.source) for task in self.plan.translated())])

    def _shared(self) -> dict[str, Any]:
        """What shapes the work of a network: arithmetic and the limit of pixels."""
        return {"precision": self.place.precision.value, "max_pixels": self.config.max_pixels}

    def _maps(self) -> str:
        """Hash of the label maps."""
        folder = self.folder.dataset
        names = [
            f"{place}/{name}"
            for place in ("trainS", "trainT")
            for name in [*pictures_below(folder / place, {".png"}), CLASSES_FILE]
        ]
        return of_files(folder, names)

    @cached_property
    def _tables(self) -> dict[str, Table]:
        """Hashes of the pictures that the user gives."""
        return {
            "clear": _pictures_table(self.config.clear),
            "rainy": _pictures_table(self.config.rainy),
            "pictures": each(self.labels.image_root, [task.source for task in self.plan.tasks]),
        }

    @cached_property
    def _hashes(self) -> dict[str, str]:
        """One hash for each of the tables."""
        return {key: combined(table) for key, table in self._tables.items()}

    @cached_property
    def _labels(self) -> list[str | None]:
        """Hashes of the label files, and of what is carried with them: lists, class names, panoptic PNGs."""
        inputs, follow_links = self.labels.inputs(), self.labels.follow_links
        hashes = [_labels_hash(place, follow_links=follow_links) for place in inputs]
        files, folders = set(map(str, inputs)), tuple(f"{place}/" for place in inputs)
        others = [
            source
            for _, source in self.plan.labels.output_files(self.plan.suffixes)
            if source not in files and not (source.startswith(folders) and source.lower().endswith(label_extensions()))
        ]
        return [*hashes, of_files(Path(), others)] if others else hashes


def _pictures_table(folder: Path) -> Table:
    """Hashes of the pictures below a folder."""
    return each(folder, pictures_below(folder, EXTENSIONS.keys() | OTHER_PICTURES))


def _labels_hash(place: Path, *, follow_links: bool) -> str | None:
    """Hash of a label file, or of the label files below a folder."""
    if not place.is_dir():
        return of_file(place)
    names = list_files(place, follow_links=follow_links)
    return of_files(place, [name for name in names if name.lower().endswith(label_extensions())])


def _weights_hash(place: Path) -> str | None:
    """Hash of a generator's file, or of those in a folder that it may be."""
    return of_files(place, [TRAINED_NAME, PUBLISHED_NAME]) if place.is_dir() else of_file(place)
