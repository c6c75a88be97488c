"""What is done for each picture of an augmented data set: decode, translate, encode and write."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from pipeline.effects.interface import Effect
from pipeline.engine.batching import Batchable
from pipeline.engine.events import Done, How, Outcome
from pipeline.engine.interface import Work
from pipeline.engine.tasks import Action, Task
from pipeline.gate.picture import picture_measure
from pipeline.gate.picture_journal import PICTURES, note_picture
from pipeline.images.codec import Picture, encode, output_format, read_picture
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError, Skip
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
    source: SourceState | None
    """Its file before it was decoded."""

    @property
    def common_size(self) -> Size:
        """The (W, H) that pictures of a batch have in common."""
        return self.prepared.common_size


@final
@dataclass(frozen=True, slots=True)
class Original:
    """A picture that decodes and goes to the output as it is."""

    task: Task
    """Which picture it is, and where it goes."""
    source: SourceState | None
    """Its file before it was decoded."""


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

    def decode(self, task: Task) -> Loaded | Original | Skip:
        """Decode a picture and prepare it; see ``Work.decode``."""
        source = SourceState.of(self.root / task.name)
        try:
            picture = read_picture(self.root / task.name, self.max_pixels, task.size)
            if task.action is Action.KEEP:
                return Original(task, source)
            return Loaded(task, picture, self.effect.prepare(picture.pixels), source)
        except PictureError as error:
            return error.as_skip(task.name)

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
            self.folder.link(task.output, self.root / task.name)
            self.folder.note(task.output, self.root / task.name, item.source)
            return Done(name=task.name, how=How.KEPT)
        pixels = self.effect.compose(item.picture.pixels, item.prepared, made, None)
        file_format = output_format(task.output, item.picture.format)
        try:
            data = encode(pixels, file_format, self.quality, item.picture.icc_profile)
        except PictureError as error:
            return error.as_skip(task.name)
        note_picture(self.folder.journal(PICTURES), task.name, picture_measure(item.picture.pixels, pixels))
        self.folder.write(task.output, data)
        self.folder.note(task.output, self.root / task.name, item.source)
        return Done(name=task.name)

    def pixels(self, item: Loaded | Original) -> int:
        """Return W * H of a picture that is encoded; see ``Work.pixels``."""
        return item.picture.pixels.shape[0] * item.picture.pixels.shape[1] if isinstance(item, Loaded) else 0
