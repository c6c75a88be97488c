"""Label maps by a network: decoding as its configuration says, the network on its device."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pipeline.engine.batching import Batchable
from pipeline.engine.choice import chosen_engine
from pipeline.engine.device import in_halves, is_out_of_memory
from pipeline.engine.events import Outcome
from pipeline.engine.interface import Stop, Work
from pipeline.engine.on_device import OnDevice
from pipeline.engine.place import Place
from pipeline.engine.processes import ProcessEngine
from pipeline.engine.resources import Resources
from pipeline.engine.tasks import Task
from pipeline.errors import RunError
from pipeline.files.jail import absolute
from pipeline.images.codec import read_picture
from pipeline.images.geometry import Size, refuse_long, size_text
from pipeline.images.skips import PictureError, Reason, Skip
from pipeline.output.folder import OutputFolder
from pipeline.output.ledger import SourceState
from pipeline.segment.makers import Classes
from pipeline.segment.mmseg.segmenter import Segmenter
from pipeline.segment.parts import Part
from tpsence.errors import first_line


class Prepare(Protocol):
    """What a network wants done to a picture before it is normalised."""

    def __call__(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Turn (H, W, 3) uint8 RGB to (3, h, w)."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedInput(Batchable):
    """A picture ready for the network."""

    task: Task
    input: Tensor
    """(3, h, w), as ``Prepare`` makes it."""
    size: Size
    """(W, H) of the picture itself."""
    source: SourceState | None
    """Its file before it was decoded."""

    @property
    def common_size(self) -> Size:
        """The picture's own size, on which its input's size depends."""
        return self.size


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Maps by a network."""

    classes: Classes
    segmenter: OnDevice[Segmenter]
    place: Place
    """Where the network works."""
    prepare: Prepare
    origin: Mapping[str, Any]
    """Name, configuration and weights of the network."""
    whole: bool
    max_pixels: int
    resources: Resources
    """How the work is done."""
    workers: int
    """Processes of this machine that decode."""

    def settings(self) -> dict[str, Any]:
        """Return what shapes the maps."""
        how = {"whole": self.whole, "precision": self.place.precision.value, "max_pixels": self.max_pixels}
        return {**self.origin, "scheme": self.classes.scheme, **how}

    def about(self) -> dict[str, Any]:
        """Return the origin of the maps."""
        return {**self.origin, "scheme": self.classes.scheme}

    def described(self) -> str:
        """Return the origin in a few words."""
        how = f"{self.place.precision.value}, {'whole' if self.whole else 'as tested'}"
        return f"{self.origin['model']} on {self.place.device}, {how}, {len(self.classes.names)} classes"

    @staticmethod
    def refuse(part: Part, task: Task, size: Size) -> None:
        """Refuse a picture that is much longer than wide, which no network takes."""
        refuse_long(size)

    def run(self, part: Part, todo: Sequence[Task], stop: Stop) -> Iterator[Outcome]:
        """Decode, run the network, and write the maps; see ``MapMaker.run``."""
        out = part.folder.path
        local = ProcessEngine(self.workers, out)
        engine = chosen_engine(self.resources, self.place.device, local, root=part.root, out=out)
        return engine.run(self.work(part), todo, stop)

    def work(self, part: Part) -> "Segmentation":
        """Return what is done for each picture of a part."""
        return Segmentation(
            root=absolute(part.root),
            folder=part.folder,
            classes=self.classes,
            prepare=self.prepare,
            max_pixels=self.max_pixels,
            most_input_pixels=self.segmenter.most_pixels(),
            batch=self.resources.batch_size,
            name=self.origin["model"],
            segmenter=self.segmenter,
        )


@dataclass(frozen=True, kw_only=True)
class Segmentation(Work[LoadedInput, NDArray[np.uint8]]):
    """The work of ``tpsence segment`` with a network. What decodes and finishes can be sent.

    The network stays where it was built, or is sent too and built where it arrives.
    """

    root: Path
    """The folder that the tasks' names are relative to."""
    folder: OutputFolder
    """The folder that the maps go to."""
    classes: Classes
    """What the maps hold."""
    prepare: Prepare
    """What the network wants done to a picture."""
    max_pixels: int
    """Pictures with more are skipped."""
    most_input_pixels: int | None
    """What the device can hold at the size of the input, or None where that is not known, or the network is sent."""
    batch: int | None
    """Pictures of equal size that run together, or None to choose."""
    name: str
    """Name of the network, for messages."""
    segmenter: OnDevice[Segmenter] | None
    """The network on its device, or None where the work was sent to and the network was not."""

    def __getstate__(self) -> dict[str, Any]:
        """Leave out a network that stays: decoding and writing do without it."""
        return {**self.__dict__, "segmenter": self.segmenter if self.segmenter and self.segmenter.is_sent else None}

    def written_to(self) -> OutputFolder:
        """Return the folder that the maps go to; see ``Work.written_to``."""
        return self.folder

    def decode(self, task: Task) -> LoadedInput | Skip:
        """Decode a picture, upright, and prepare it; see ``Work.decode``."""
        file = self.root / task.name
        source = SourceState.of(file)
        try:
            return self._loaded(task, read_picture(file, self.max_pixels, task.size).pixels, source)
        except PictureError as error:
            return error.as_skip(task.name)

    def batch_size(self, size: Size) -> int:
        """Return the batch size; see ``Work.batch_size``."""
        return self.batch or self._network().usual_batch

    def translate(self, group: Sequence[LoadedInput]) -> list[NDArray[np.uint8] | Skip]:
        """Run the network on a group; a picture that the device cannot hold becomes a skip; see ``Work.translate``."""
        segmenter = self._network()

        def segment(part: Sequence[LoadedInput]) -> list[NDArray[np.uint8] | Skip]:
            with self._failures_explained(part[0].size):
                return list(segmenter.class_ids([item.input for item in part], part[0].size))

        return in_halves(group, segment, _too_large, segmenter.device)

    def finish(self, item: LoadedInput, made: NDArray[np.uint8] | None) -> Outcome:
        """Write one map; see ``Work.finish``."""
        if made is None:
            raise RuntimeError(f"{item.task.name}: there is no map to write")
        return self.classes.write(self.folder, item.task, made, self.root / item.task.name, item.source)

    def pixels(self, item: LoadedInput) -> int:
        """Return W * H of a map; see ``Work.pixels``."""
        return item.size[0] * item.size[1]

    def _network(self) -> Segmenter:
        """Return the network on its device."""
        if self.segmenter is None:
            raise RuntimeError("the network stays in the process that has built it")
        return self.segmenter()

    def _loaded(self, task: Task, pixels: NDArray[np.uint8], source: SourceState | None) -> LoadedInput:
        """Prepare a picture.

        Raises:
            PictureError: It is much longer than wide, or too large for the device.
        """
        size = pixels.shape[1], pixels.shape[0]
        refuse_long(size)
        prepared = self.prepare(pixels)
        height, width = prepared.shape[1:]
        most = self.segmenter.most_pixels() if self.segmenter else self.most_input_pixels
        if most is not None and height * width > most:
            detail = f"too large for the network at {size_text((width, height))}"
            raise PictureError(Reason.OUT_OF_MEMORY, detail)
        return LoadedInput(task, prepared, size, source)

    @contextmanager
    def _failures_explained(self, size: Size) -> Iterator[None]:
        """Turn what a network raises on pictures of a (W, H) into an error that a user can act on.

        Raises:
            RunError: The network cannot run on such pictures.
        """
        try:
            yield
        except Exception as error:  # a network of the user's may fail in any way
            if is_out_of_memory(error):
                raise
            message = f"{self.name}: the network fails on {size_text(size)}: {first_line(error)}"
            raise RunError(message, "Check the test settings of its config; `whole` does without them.") from error


def _too_large(item: LoadedInput) -> Skip:
    """Say that the device cannot hold a picture."""
    return Skip(item.task.name, Reason.OUT_OF_MEMORY, f"the device cannot hold {size_text(item.size)}")
