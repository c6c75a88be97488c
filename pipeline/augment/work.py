"""What is done for each picture of an augmented data set: decode, translate, encode and write."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast, final

from pipeline.augment.drawing import ALIKE, Drawing
from pipeline.augment.noted import NOTED, note
from pipeline.augment.scenes import GivenObjects, Scenes
from pipeline.effects.interface import Composed, Effect
from pipeline.effects.scene import Scene
from pipeline.engine.batching import Batchable
from pipeline.engine.events import Done, How, Outcome
from pipeline.engine.interface import Work
from pipeline.engine.tasks import Action, Task, translated
from pipeline.files.jail import absolute
from pipeline.gate.picture import picture_measure
from pipeline.gate.picture_journal import PICTURES, note_picture
from pipeline.images.codec import Picture, encode, output_format, read_picture
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError, Skip
from pipeline.labels.hints.look_alikes import LookAlikes, explained
from pipeline.labels.interface import LabelledObject
from pipeline.output.folder import OutputFolder
from pipeline.output.ledger import SourceState


@dataclass(frozen=True, slots=True)
class Loaded(Batchable):
    """A picture that is ready for the effect."""

    task: Task
    """Which picture it is, and where it goes."""
    picture: Picture
    """The picture itself."""
    prepared: Batchable
    """What the effect made of it."""
    scene: Scene
    """What else is known of it."""
    source: SourceState | None
    """Its file before it was decoded."""

    @property
    def common_size(self) -> Size:
        """The (W, H) that pictures of a batch have in common."""
        return self.prepared.common_size

    @property
    def kind(self) -> Hashable:
        """What else they have in common."""
        return self.prepared.kind


@final
@dataclass(frozen=True, slots=True)
class Original:
    """A picture that decodes and goes to the output as it is."""

    task: Task
    """Which picture it is, and where it goes."""
    source: SourceState | None
    """Its file before it was decoded."""


@dataclass(frozen=True, slots=True)
class Own:
    """What is known of some pictures alone."""

    objects: Mapping[str, Sequence[LabelledObject]] = field(default_factory=dict)
    """Their labelled objects, by their names."""
    clean_targets: Mapping[str, str] = field(default_factory=dict)
    """As in ``Translation``."""


@dataclass(frozen=True)
class Translation(Work[Loaded | Original, Any]):
    """The work of ``tpsence augment``. It can be pickled and sent."""

    root: Path
    """The folder that the tasks' names are relative to."""
    folder: OutputFolder
    """The folder that the pictures go to."""
    effect: Effect[Any, Any]
    """What is done to them."""
    max_pixels: int
    """Pictures with more are skipped."""
    quality: int
    """Quality of JPEG and WebP, 1 to 100."""
    scenes: Scenes | None = None
    """What else is known of the pictures, or None where the effect does not ask."""
    drawing: Drawing = ALIKE
    """What is drawn for each of them."""
    clean_targets: Mapping[str, str] = field(default_factory=dict)
    """By a picture's name: where its clean target goes, a POSIX path below the output folder."""

    def written_to(self) -> OutputFolder:
        """Return the folder that the pictures go to; see ``Work.written_to``."""
        return self.folder

    def own_of(self, tasks: Sequence[Task]) -> Own:
        """Return the labelled objects of pictures, and where their clean targets go; see ``Work.own_of``."""
        names = [task.name for task in translated(tasks)]
        labels = self.scenes.labels if self.scenes else None
        return Own(
            {name: tuple(labels.objects(name, outlines=True)) for name in names} if labels else {},
            {name: self.clean_targets[name] for name in names if name in self.clean_targets},
        )

    def with_own(self, own: object) -> "Translation":
        """Return the same work that knows of some pictures alone; see ``Work.with_own``."""
        known = Own() if own is None else cast(Own, own)
        scenes = self.scenes and replace(self.scenes, labels=GivenObjects(known.objects))
        work = replace(self, root=absolute(self.root), scenes=scenes, clean_targets=known.clean_targets)
        vars(work)["_look_alikes"] = self._look_alikes  # else each batch would look through the folder anew
        return work

    def decode(self, task: Task) -> Loaded | Original | Skip:
        """Decode a picture and prepare it; see ``Work.decode``."""
        source = SourceState.of(self.root / task.source)
        try:
            picture = read_picture(self.root / task.source, self.max_pixels, task.size)
            if task.action is Action.KEEP:
                return Original(task, source)
            scene = self.scenes.of(task, picture.pixels) if self.scenes else Scene()
            return Loaded(task, picture, self.effect.prepare(picture.pixels, self.drawing.of(task)), scene, source)
        except PictureError as error:
            return explained(error.as_skip(task.name), self._look_alikes, task.source)

    @cached_property
    def _look_alikes(self) -> LookAlikes:
        """Where pictures may be that are missing."""
        return LookAlikes(self.root)

    def batch_size(self, size: Size) -> int:
        """Return the batch size for a (W, H); see ``Work.batch_size``."""
        return self.effect.batch_size(size)

    def translate(self, group: Sequence[Loaded | Original]) -> list[Any]:
        """Let the effect transform pictures; see ``Work.translate``."""
        items = [item for item in group if isinstance(item, Loaded)]
        results = self.effect.transform([item.prepared for item in items])
        return [
            made.as_skip(item.task.name) if isinstance(made, PictureError) else made
            for item, made in zip(items, results, strict=True)
        ]

    def finish(self, item: Loaded | Original, made: Any) -> Outcome:  # noqa: ANN401 (what the effect makes)
        """Encode and write a picture, or put an original into the output; see ``Work.finish``."""
        task = item.task
        if isinstance(item, Original):
            self.folder.link(task.output, self.root / task.source)
            self.folder.note(task.output, self.root / task.source, item.source)
            return Done(name=task.name, how=How.KEPT)
        composed = self.effect.compose(item.picture.pixels, item.prepared, made, item.scene)
        try:
            files = self._encoded(item, composed)
        except PictureError as error:
            return error.as_skip(task.name)
        measure = picture_measure(item.picture.pixels, composed.pixels)
        note_picture(self.folder.journal(PICTURES), task.name, measure)
        note(self.folder.journal(NOTED), task.name, composed.noted)
        for name, data in files.items():
            self.folder.write(name, data)
        self.folder.note(task.output, self.root / task.source, item.source)
        return Done(name=task.name)

    def _encoded(self, item: Loaded, composed: Composed) -> dict[str, bytes]:
        """Encode what is written of a picture, in this order: a picture that is there has its clean target.

        Raises:
            PictureError: The format cannot hold it.
        """
        task, picture = item.task, item.picture
        files = {task.output: composed.pixels}
        if composed.clean is not None and task.name in self.clean_targets:
            files = {self.clean_targets[task.name]: composed.clean, **files}
        file_format = output_format(task.output, picture.format)
        return {name: encode(one, file_format, self.quality, picture.icc_profile) for name, one in files.items()}

    def pixels(self, item: Loaded | Original) -> int:
        """Return W * H of a picture that is encoded; see ``Work.pixels``."""
        return item.picture.pixels.shape[0] * item.picture.pixels.shape[1] if isinstance(item, Loaded) else 0
