"""What an effect is: something that is done to pictures and leaves their size.

Its work is in three parts, as an engine runs them (``pipeline.engine.interface``): ``prepare`` and ``compose`` run
beside each other, in any thread, process or machine; ``transform`` runs where the device is, for pictures of one size
together. What is rendered needs no device: it is all in ``compose``.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.engine.batching import Batchable, grouped
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError

Pixels = NDArray[np.uint8]
"""(H, W, 3), RGB."""
ClassIds = NDArray[np.uint8]
"""(H, W), class ids of a label map, 255 where there is none."""

Prepared = TypeVar("Prepared", bound=Batchable)
Transformed = TypeVar("Transformed")


class Effect(ABC, Generic[Prepared, Transformed]):
    """Something that is done to pictures. It can be pickled; what lives on a device is built anew elsewhere."""

    needs_maps: ClassVar[bool] = False
    """Whether ``compose`` wants the pictures' label maps."""

    @abstractmethod
    def prepare(self, pixels: Pixels) -> Prepared:
        """Make of a picture what ``transform`` takes.

        Args:
            pixels: (H, W, 3) uint8 RGB, of any size.

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
            group: Prepared pictures of one common size, at least one.

        Returns:
            One result for each, or why there is none.
        """

    @abstractmethod
    def compose(
        self, pixels: Pixels, prepared: Prepared, transformed: Transformed, label_map: ClassIds | None
    ) -> Pixels:
        """Return the picture after the effect.

        Args:
            pixels: (H, W, 3) uint8 RGB, as it was given to ``prepare``.
            prepared: What ``prepare`` made of it.
            transformed: What ``transform`` made of that.
            label_map: (H, W) class ids, or None where ``needs_maps`` is not set.

        Returns:
            (H, W, 3) uint8 RGB, of the same size.
        """

    def apply(self, pictures: Sequence[Pixels], label_maps: Sequence[ClassIds] = ()) -> list[Pixels]:
        """Do all three parts for a batch of pictures, which may differ in size.

        Args:
            pictures: Each (H, W, 3) uint8 RGB.
            label_maps: One (H, W) for each picture where ``needs_maps`` is set.

        Returns:
            The pictures after the effect, in their order.

        Raises:
            PictureError: It cannot be done for one of them.
            ValueError: A label map is missing.
        """
        if self.needs_maps and len(label_maps) != len(pictures):
            raise ValueError(f"{len(pictures)} pictures and {len(label_maps)} label maps")
        items = [self.prepare(pixels) for pixels in pictures]
        place_of = {id(item): place for place, item in enumerate(items)}
        results: dict[int, Pixels] = {}
        for group in grouped(items, self.batch_size):
            members = group if isinstance(group, list) else [group]
            for item, transformed in zip(members, self.transform(members), strict=True):
                if isinstance(transformed, PictureError):
                    raise transformed
                place = place_of[id(item)]
                label_map = label_maps[place] if self.needs_maps else None
                results[place] = self.compose(pictures[place], item, transformed, label_map)
        return [results[place] for place in range(len(pictures))]
