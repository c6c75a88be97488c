"""What an effect is: something that is done to pictures and leaves their size.

Its work is in three parts, as an engine runs them (``pipeline.engine.interface``): ``prepare`` and ``compose`` run
beside each other, in any thread, process or machine; ``transform`` runs where the device is, for pictures of one size
together. What is rendered needs no device: it is all in ``compose``.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.effects.scene import Scene
from pipeline.effects.variant import PLAIN, Variant
from pipeline.engine.batching import Batchable, grouped
from pipeline.engine.cores import available_cores
from pipeline.engine.threads import ahead
from pipeline.files.text import of_several
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError

Pixels = NDArray[np.uint8]
"""(H, W, 3), RGB."""

Prepared = TypeVar("Prepared", bound=Batchable)
Transformed = TypeVar("Transformed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A picture after an effect."""

    pixels: Pixels
    """(H, W, 3) uint8 RGB, of the size that it had before."""
    clean: Pixels | None = None
    """The same in the same light, without what hides parts of it, where that was asked for."""
    noted: Mapping[str, bool] = field(default_factory=dict)
    """What the effect has found out about the picture, by name, to be counted for all of a run."""


class Effect(ABC, Generic[Prepared, Transformed]):
    """Something that is done to pictures. It can be pickled; what lives on a device is built anew elsewhere."""

    @abstractmethod
    def prepare(self, pixels: Pixels, variant: Variant = PLAIN) -> Prepared:
        """Make of a picture what ``transform`` takes.

        Args:
            pixels: (H, W, 3) uint8 RGB, of any size.
            variant: What is to be done to it; ``compose`` does it, by what is prepared here.

        Raises:
            PictureError: It cannot be done for this picture.
        """

    @abstractmethod
    def batch_size(self, size: Size) -> int:
        """Return how many prepared pictures of a common (W, H) to transform together."""

    @abstractmethod
    def transform(self, group: Sequence[Prepared]) -> list[Transformed | PictureError]:
        """Do what the device is for.

        Args:
            group: Prepared pictures of one common size and kind, at least one.

        Returns:
            One result for each, or why there is none.
        """

    @abstractmethod
    def compose(self, pixels: Pixels, prepared: Prepared, transformed: Transformed, scene: Scene) -> Composed:
        """Return the picture after the effect.

        Args:
            pixels: (H, W, 3) uint8 RGB, as it was given to ``prepare``.
            prepared: What ``prepare`` made of it.
            transformed: What ``transform`` made of that.
            scene: What is known of the picture.
        """

    def apply(
        self, pictures: Sequence[Pixels], scenes: Sequence[Scene] = (), variant: Variant = PLAIN
    ) -> list[Composed]:
        """Do all three parts for pictures, which may differ in size; the parts run beside each other.

        Args:
            pictures: Each (H, W, 3) uint8 RGB.
            scenes: One for each picture, or none at all where nothing is known of any.
            variant: What is to be done to all of them.

        Returns:
            The pictures after the effect, in their order.

        Raises:
            PictureError: It cannot be done for one of them; of several it says which.
            ValueError: The scenes are not as many as the pictures.
        """
        if scenes and len(scenes) != len(pictures):
            raise ValueError(f"{len(pictures)} pictures and {len(scenes)} scenes")
        running: dict[int, Future[Composed]] = {}
        with ThreadPoolExecutor(min(16, available_cores()), thread_name_prefix="compose") as pool:
            for place, item, transformed in self._transformed(pictures, variant):
                scene = scenes[place] if scenes else Scene()
                running[place] = pool.submit(self.compose, pictures[place], item, transformed, scene)
        return [running[place].result() for place in range(len(pictures))]

    def _transformed(self, pictures: Sequence[Pixels], variant: Variant) -> Iterator[tuple[int, Prepared, Transformed]]:
        """Prepare pictures ahead, transform them in groups, and yield the place, what was prepared and the result."""
        place_of: dict[int, int] = {}

        def prepared(stream: Iterator[Prepared | PictureError]) -> Iterator[Prepared]:
            for place, item in enumerate(stream):
                if isinstance(item, PictureError):
                    raise _told_which(item, place, len(pictures))
                place_of[id(item)] = place
                yield item

        with closing(ahead(partial(self._prepared, variant=variant), pictures, 1)) as stream:
            for group in grouped(prepared(stream), self.batch_size):
                members = group if isinstance(group, list) else [group]
                for item, transformed in zip(members, self.transform(members), strict=True):
                    place = place_of[id(item)]
                    if isinstance(transformed, PictureError):
                        raise _told_which(transformed, place, len(pictures))
                    yield place, item, transformed

    def _prepared(self, pixels: Pixels, variant: Variant) -> Prepared | PictureError:
        """Prepare a picture, or say why it cannot be done."""
        try:
            return self.prepare(pixels, variant)
        except PictureError as error:
            return error


def _told_which(error: PictureError, place: int, count: int) -> PictureError:
    """Say which of several pictures an error is about."""
    return PictureError(error.reason, of_several(place, count, "picture") + error.detail)
