"""The two ways to a label map: a network's estimate, and ground truth converted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.classes.map_files import encode_map
from pipeline.classes.palettes import Colour
from pipeline.engine.batching import batches, until
from pipeline.engine.device import in_halves, is_out_of_memory
from pipeline.engine.outcome import Done, Outcome
from pipeline.engine.processes import decoded_ahead
from pipeline.engine.tasks import Task
from pipeline.engine.threads import Work
from pipeline.errors import RunError
from pipeline.images.codec import read_header
from pipeline.images.geometry import Size, refuse_long, size_text
from pipeline.images.skips import PictureError, Reason, Skip
from pipeline.output.ledger import SourceState
from pipeline.segment.ground_truth.convert import GroundTruth
from pipeline.segment.inputs import LoadedInput, PicturesToSegment, Prepare
from pipeline.segment.mmseg.segmenter import Segmenter
from pipeline.segment.parts import Part
from tpsence.errors import first_line


@dataclass(frozen=True, kw_only=True)
class Classes:
    """The classes of the maps that are written."""

    names: tuple[str, ...]
    """Name of each class id."""
    palette: tuple[Colour, ...]
    """Its colour."""
    table: NDArray[np.uint8] | None
    """(256,) from the maker's own class ids, or None where they stay."""
    scheme: str | None
    """Short name of the class scheme, where it is a known one."""

    def write(self, part: Part, task: Task, ids: NDArray[np.uint8], source: SourceState | None) -> Outcome:
        """Encode and write one map.

        Args:
            part: Where to.
            task: Its picture.
            ids: (H, W), the maker's own class ids.
            source: The picture's file before it was read.

        Raises:
            OSError: It cannot be written.
        """
        part.folder.write(task.output, encode_map(ids if self.table is None else self.table[ids], self.palette))
        part.folder.note(task.output, part.root / task.name, source)
        return Done(task)


class MapMaker(Protocol):
    """Makes label maps."""

    @property
    def classes(self) -> Classes:
        """What the maps hold."""
        ...

    def settings(self) -> dict[str, Any]:
        """Return what shapes the maps; must be the same for a run to be continued."""
        ...

    def about(self) -> dict[str, Any]:
        """Return what a reader of ``classes.json`` wants to know about their origin."""
        ...

    def described(self) -> str:
        """Return the origin in a few words."""
        ...

    def refuse(self, part: Part, task: Task, size: Size) -> None:
        """Refuse a picture of a (W, H) that can be known to get no map before it is decoded.

        Raises:
            PictureError: It can.
        """
        ...

    def works(self, part: Part, stop: Callable[[], bool], todo: Sequence[Task]) -> Iterator[Work | Skip]:
        """Yield what remains to be done for each picture, in threads."""
        ...


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Maps by a network."""

    classes: Classes
    segmenter: Segmenter
    prepare: Prepare
    origin: Mapping[str, Any]
    """Name, configuration and weights of the network."""
    whole: bool
    max_pixels: int
    batch_size: int | None
    """Pictures of equal size that run together, or None to choose."""
    workers: int
    """Processes that decode."""

    def settings(self) -> dict[str, Any]:
        """Return what shapes the maps."""
        how = {"whole": self.whole, "precision": self.segmenter.precision.value, "max_pixels": self.max_pixels}
        return {**self.origin, "scheme": self.classes.scheme, **how}

    def about(self) -> dict[str, Any]:
        """Return the origin of the maps."""
        return {**self.origin, "scheme": self.classes.scheme}

    def described(self) -> str:
        """Return the origin in a few words."""
        how = f"{self.segmenter.precision.value}, {'whole' if self.whole else 'as tested'}"
        return f"{self.origin['model']} on {self.segmenter.device}, {how}, {len(self.classes.names)} classes"

    @staticmethod
    def refuse(part: Part, task: Task, size: Size) -> None:
        """Refuse a picture that is much longer than wide, which no network takes."""
        refuse_long(size)

    def works(self, part: Part, stop: Callable[[], bool], todo: Sequence[Task]) -> Iterator[Work | Skip]:
        """Decode, run the network, and yield the maps to write."""
        most = self.segmenter.most_pixels()
        pictures = PicturesToSegment(part.root, todo, self.prepare, self.max_pixels, most)
        items = until(decoded_ahead(pictures, range(len(todo)), len(todo), self.workers), stop)
        batch_size = self.batch_size or self.segmenter.usual_batch
        for group in batches(items, lambda _: batch_size):
            if isinstance(group, list):
                for item, ids in zip(group, self._segmented(group), strict=True):
                    yield ids if isinstance(ids, Skip) else self._work(part, item, ids)
            elif isinstance(group, Skip):
                yield group

    def _segmented(self, group: Sequence[LoadedInput]) -> list[NDArray[np.uint8] | Skip]:
        """Run the network on a group; a picture that the device cannot hold becomes a skip."""

        def segment(part: Sequence[LoadedInput]) -> list[NDArray[np.uint8] | Skip]:
            with self._failures_explained(part[0].size):
                return list(self.segmenter.class_ids([item.input for item in part], part[0].size))

        def too_large(item: LoadedInput) -> Skip:
            detail = f"the device cannot hold {size_text(item.size)}"
            return Skip(item.task.name, Reason.OUT_OF_MEMORY, detail)

        return in_halves(group, segment, too_large, self.segmenter.device)

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
            message = f"{self.origin['model']}: the network fails on {size_text(size)}: {first_line(error)}"
            raise RunError(message, "Check the test settings of its config; `whole` does without them.") from error

    def _work(self, part: Part, item: LoadedInput, ids: NDArray[np.uint8]) -> Work:
        """Return the work that writes one map."""
        return Work(lambda: self.classes.write(part, item.task, ids, item.source), pixels=ids.size)


@dataclass(frozen=True, kw_only=True)
class Converted:
    """Maps out of ground truth."""

    classes: Classes
    truth: GroundTruth
    max_pixels: int

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
        self.truth.refuse(_below(part, task))

    def works(self, part: Part, stop: Callable[[], bool], todo: Sequence[Task]) -> Iterator[Work | Skip]:
        """Yield the maps to convert."""
        for task in until(iter(todo), stop):
            try:
                size = read_header(part.root / task.name, self.max_pixels, None).upright
            except PictureError as error:
                yield error.as_skip(task.name)
            else:
                yield self._work(part, task, size)

    def _work(self, part: Part, task: Task, size: Size) -> Work:
        """Return the work that converts one map."""

        def convert() -> Outcome:
            file = part.root / task.name
            source = SourceState.of(file)
            try:
                size = read_header(file, self.max_pixels, None).upright  # again: it may have changed meanwhile
                ids = self.truth.read(_below(part, task), size, self.max_pixels)
            except PictureError as error:
                return error.as_skip(task.name)
            return self.classes.write(part, task, ids, source)

        return Work(convert, pixels=size[0] * size[1])


def _below(part: Part, task: Task) -> str:
    """Return a picture's path below the folder of pictures."""
    return (part.root / task.name).relative_to(part.images).as_posix()
