"""What makes label maps: the classes that are written, and the ways to a map (``estimate.py``, ``conversion.py``)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.classes.map_files import encode_map
from pipeline.classes.palettes import Colour
from pipeline.engine.events import Done, Outcome
from pipeline.engine.interface import Stop
from pipeline.engine.tasks import Task
from pipeline.images.geometry import Size
from pipeline.output.folder import OutputFolder
from pipeline.output.ledger import SourceState
from pipeline.segment.parts import Part


@dataclass(frozen=True, kw_only=True)
class Classes:
    """The classes of the maps that are written."""

    names: tuple[str, ...]
    """Name of each class id."""
    palette: tuple[Colour, ...]
    """Colour of each class id."""
    table: NDArray[np.uint8] | None
    """(256,) from the maker's own class ids, or None where they stay."""
    scheme: str | None
    """Short name of the class scheme, where it is a known one."""

    def write(
        self, folder: OutputFolder, task: Task, ids: NDArray[np.uint8], file: Path, source: SourceState | None
    ) -> Outcome:
        """Encode and write one map.

        Args:
            folder: Where to.
            task: Its picture.
            ids: (H, W), the maker's own class ids.
            file: Of the picture.
            source: That file before it was read.

        Raises:
            OSError: It cannot be written.
        """
        folder.write(task.output, encode_map(ids if self.table is None else self.table[ids], self.palette))
        folder.note(task.output, file, source)
        return Done(name=task.name)


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

    def run(self, part: Part, todo: Sequence[Task], stop: Stop) -> Iterator[Outcome]:
        """Yield what became of each picture.

        Raises:
            RunError: A map cannot be written, the network fails, or a worker died.
        """
        ...
