"""What a run would do, from file headers alone; nothing is written and nothing is fetched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.engine.headers import bytes_free, count_sizes, read_headers
from pipeline.engine.tasks import Task
from pipeline.images.codec import Header
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError, Skip, count_reasons
from pipeline.segment.mmseg.choice import Choice
from pipeline.segment.parts import Part

_BYTES_PER_PIXEL = 0.05
"""Typical size of a street scene's label map as PNG."""


@dataclass(frozen=True, kw_only=True)
class SegmentDryRun:
    """What a run would do."""

    out: Sequence[str]
    """The folders of the maps."""
    pictures: int
    to_make: int
    """Pictures that can be used as far as their headers tell, and have no map as they are now."""
    there: int
    """Pictures whose map is there already, made of them as they are now."""
    sizes: Mapping[str, int]
    """Pictures by size, the most frequent first."""
    skipped: Mapping[str, int]
    """Pictures that would be left out, by reason."""
    bytes_needed: int
    """Estimated size of the maps."""
    bytes_free: int
    weights: str | None
    """The weights file, or None for ground truth."""
    weights_there: bool
    """Whether it is there, or would be fetched."""
    address: str | None
    """Where they would be fetched from, or None."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)


Refuse = Callable[[Part, Task, Size], None]
"""Raises a ``PictureError`` for a picture of a (W, H) that will get no map."""


def dry_run(
    parts: Sequence[Part], choice: Choice | None, max_pixels: int, refuse: Refuse, *, overwrite: bool
) -> tuple[SegmentDryRun, list[Skip]]:
    """Read all headers and add up what the run would do.

    Args:
        parts: The pictures.
        choice: The network, or None for ground truth.
        max_pixels: Largest W * H.
        refuse: Raises for pictures that will be skipped, as far as it can be known.
        overwrite: The run would begin anew.
    """
    good: list[tuple[Task, Header]] = []
    skips: list[Skip] = []
    there = 0
    for part in parts:
        todo = [task for task in part.tasks if overwrite or not part.is_there(task)]
        found, bad = read_headers(part.root, todo, max_pixels)
        skips += bad
        for task, header in found:
            try:
                refuse(part, task, header.upright)
                good.append((task, header))
            except PictureError as error:
                skips.append(error.as_skip(task.name))
        there += len(part.tasks) - len(todo)
    pixels = sum(header.upright[0] * header.upright[1] for _, header in good)
    report = SegmentDryRun(
        out=[str(part.folder.path) for part in parts],
        pictures=sum(len(part.tasks) for part in parts),
        to_make=len(good),
        there=there,
        sizes=count_sizes(good),
        skipped=count_reasons(skips),
        bytes_needed=int(_BYTES_PER_PIXEL * pixels),
        bytes_free=bytes_free(parts[0].folder.path),
        weights=str(choice.place) if choice else None,
        weights_there=choice is not None and choice.place.is_file(),
        address=choice.address if choice else None,
    )
    return report, skips
