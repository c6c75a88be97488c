"""Label maps out of ground truth."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch

from pipeline.engine.choice import chosen_engine
from pipeline.engine.events import Outcome
from pipeline.engine.interface import Stop, Work
from pipeline.engine.resources import Resources
from pipeline.engine.tasks import Task
from pipeline.engine.threads import ThreadEngine
from pipeline.files.jail import absolute
from pipeline.images.codec import read_header
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError, Skip
from pipeline.output.folder import OutputFolder
from pipeline.output.ledger import SourceState
from pipeline.segment.ground_truth.convert import GroundTruth
from pipeline.segment.ground_truth.naming import Match
from pipeline.segment.makers import Classes
from pipeline.segment.parts import Part


@dataclass(frozen=True, kw_only=True)
class Converted:
    """Maps out of ground truth."""

    classes: Classes
    truth: GroundTruth
    max_pixels: int
    resources: Resources
    """How the work is done."""

    def settings(self) -> dict[str, Any]:
        """Return what shapes the maps."""
        return {**self.about(), "max_pixels": self.max_pixels}

    def about(self) -> dict[str, Any]:
        """Return the origin of the maps."""
        return {**self.truth.identity(), "scheme": self.classes.scheme}

    def described(self) -> str:
        """Return the origin in a few words."""
        return f"ground truth of {self.truth.format}, {len(self.classes.names)} classes"

    def refuse(self, part: Part, task: Task, size: Size) -> None:
        """Refuse a picture that has no map, or more than one."""
        self.truth.refuse(_below(part.images, part.root / task.name))

    def run(self, part: Part, todo: Sequence[Task], stop: Stop) -> Iterator[Outcome]:
        """Convert the maps; see ``MapMaker.run``."""
        out, beside = part.folder.path, [self.truth.root]
        local = ThreadEngine(0, out)
        engine = chosen_engine(self.resources, torch.device("cpu"), local, root=part.root, out=out, beside=beside)
        return engine.run(self.work(part), todo, stop)

    def work(self, part: Part) -> "Conversion":
        """Return what is done for each picture of a part."""
        return Conversion(
            root=absolute(part.root),
            images=absolute(part.images),
            folder=part.folder,
            classes=self.classes,
            truth=self.truth,
            max_pixels=self.max_pixels,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """A picture whose header was read."""

    task: Task
    """The picture."""
    size: Size
    """(W, H), upright."""


@dataclass(frozen=True, kw_only=True)
class Conversion(Work[Measured, None]):
    """The work of ``tpsence segment --ground-truth``. It can be pickled and sent."""

    root: Path
    """The folder that the tasks' names are relative to."""
    images: Path
    """The folder of the pictures: the root, or below it."""
    folder: OutputFolder
    """The folder that the maps go to."""
    classes: Classes
    """What the maps hold."""
    truth: GroundTruth
    """The ground truth."""
    max_pixels: int
    """Pictures with more are skipped."""

    def written_to(self) -> OutputFolder:
        """Return the folder that the maps go to; see ``Work.written_to``."""
        return self.folder

    def own_of(self, tasks: Sequence[Task]) -> Mapping[str, Match]:
        """Return what was found for some pictures; see ``Work.own_of``."""
        return self.truth.found_for([_below(self.images, self.root / task.name) for task in tasks])

    def with_own(self, own: object) -> "Conversion":
        """Return the same work that knows the maps of some pictures alone; see ``Work.with_own``."""
        matches: Mapping[str, Match] = {} if own is None else cast(Mapping[str, Match], own)
        return replace(self, truth=replace(self.truth, matches=matches))

    def decode(self, task: Task) -> Measured | Skip:
        """Read the header of a picture, whose pixels are not needed; see ``Work.decode``."""
        try:
            return Measured(task, read_header(self.root / task.name, self.max_pixels, None).upright)
        except PictureError as error:
            return error.as_skip(task.name)

    def batch_size(self, size: Size) -> int:
        """Return one: there is no device; see ``Work.batch_size``."""
        return 1

    def translate(self, group: Sequence[Measured]) -> list[Skip | None]:
        """Do nothing: there is no device; see ``Work.translate``."""
        return [None for _ in group]

    def finish(self, item: Measured, made: None) -> Outcome:
        """Convert and write one map; see ``Work.finish``."""
        file = self.root / item.task.name
        source = SourceState.of(file)
        try:
            size = read_header(file, self.max_pixels, None).upright  # again: it may have changed meanwhile
            ids = self.truth.read(_below(self.images, file), size, self.max_pixels)
        except PictureError as error:
            return error.as_skip(item.task.name)
        return self.classes.write(self.folder, item.task, ids, file, source)

    def pixels(self, item: Measured) -> int:
        """Return W * H of a map; see ``Work.pixels``."""
        return item.size[0] * item.size[1]


def _below(images: Path, file: Path) -> str:
    """Return a picture's path below the folder of pictures."""
    return file.relative_to(images).as_posix()
