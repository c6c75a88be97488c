"""What is known of each picture beside its pixels: its labelled objects, its regions where there are label maps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.augment.map_folder import MapFolder
from pipeline.effects.scene import Scene, SceneObject, lies_on_ground
from pipeline.engine.tasks import Task, stable_number
from pipeline.images.geometry import Size
from pipeline.labels.interface import Box, LabelledObject, Outline


class KnowsObjects(Protocol):
    """Tells the labelled objects of pictures: a ``LabelSet``, or what stands for one where work was sent to."""

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return the annotations of a picture; see ``LabelSet.objects``."""
        ...


@dataclass(frozen=True, slots=True)
class GivenObjects:
    """The labelled objects of some pictures."""

    by_name: Mapping[str, Sequence[LabelledObject]]
    """By the picture's name, with their outlines."""

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return the annotations of a picture, with their outlines in any case.

        Raises:
            KeyError: It is none of them, so it would be made as if it had no objects.
        """
        del outlines
        return self.by_name[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenes:
    """Makes the scenes of a data set's pictures, in any thread. It can be pickled and sent."""

    labels: KnowsObjects
    seed: int
    """Chooses another lot for every picture."""
    maps: MapFolder | None
    """Label maps of the user's, or None."""
    max_pixels: int
    """Maps with more are not read."""

    def of(self, task: Task, pixels: NDArray[np.uint8]) -> Scene:
        """Return the scene of a picture.

        What is drawn by lot depends on the seed, the name and the copy alone: order, workers and shards do not matter.

        Args:
            task: The picture.
            pixels: (H, W, 3).

        Raises:
            PictureError: Its label map cannot be used.
            LabelError: The labels have changed since they were read.
        """
        size = pixels.shape[1], pixels.shape[0]
        return Scene(
            regions=self.maps.regions(task.source, size, self.max_pixels) if self.maps else None,
            objects=scene_objects(self.labels.objects(task.name, outlines=True), size),
            seed=seed_of(task.source, self.seed, task.copy),
        )


def seed_of(name: str, seed: int, copy: int = 1) -> int:
    """Return the number, 0 to 2^32 - 1, that all that is drawn by lot in a picture follows from.

    Args:
        name: As the data set has it.
        seed: Of the run.
        copy: Which of several copies it is, from 1.
    """
    which = "" if copy == 1 else f"copy {copy} of "
    return stable_number(f"water {seed} {which}{name}") % 2**32


def scene_objects(objects: Sequence[LabelledObject], size: Size) -> list[SceneObject]:
    """Return the labelled objects that stand in a picture, in pixels; lanes and their like are a part of the ground.

    Args:
        objects: Of the picture.
        size: Its (W, H).
    """
    found = []
    for one in objects:
        outline = one.outline_in_pixels(size)
        box = one.in_pixels(size) or _around(outline)
        if box is not None and not lies_on_ground(one.category):
            found.append(SceneObject(box=box, outline=outline))
    return found


def _around(outline: Outline) -> Box | None:
    """Return the box around an outline, or None where there is none."""
    points = [point for polygon in outline for point in polygon]
    if not points:
        return None
    columns, rows = zip(*points, strict=True)
    return min(columns), min(rows), max(columns), max(rows)
