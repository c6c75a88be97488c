"""Label maps that are made on the way: ``road-lite`` on the device, in the same pass as the generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.effects.layout import working_size
from pipeline.effects.scene import Regions, region_table
from pipeline.engine.batching import Batchable
from pipeline.engine.device import in_halves
from pipeline.engine.on_device import OnDevice
from pipeline.engine.resources import Precision
from pipeline.images.geometry import Size, refuse_long, size_text
from pipeline.images.skips import PictureError, Reason
from pipeline.segment.mmseg.choice import build_choice, choose_network
from pipeline.segment.mmseg.network import SegmentationNetwork
from pipeline.segment.mmseg.segmenter import Segmenter
from pipeline.weights.packaged import ROAD_LITE


@dataclass(frozen=True, slots=True)
class Shown(Batchable):
    """A picture ready for the network."""

    input: Tensor
    """(3, h, w), as the network's preparation makes it."""
    size: Size
    """(W, H) that its regions are wanted at."""

    @property
    def common_size(self) -> Size:
        """The (W, H) of the input."""
        return self.input.shape[2], self.input.shape[1]


class MapNetwork:
    """A segmentation network that finds ground and sky; see ``RegionSource``.

    Pickled, it is the place where the network runs; elsewhere that is built when it is first asked for.

    Args:
        device: Where it runs.
        precision: Its arithmetic; not ``auto``.
        is_here: Whether it works in this process; else it does so where this is sent to, and only its classes are asked
            for here.

    Raises:
        WeightsError: Its weights are missing or damaged.
    """

    def __init__(self, device: torch.device, precision: Precision, *, is_here: bool = True) -> None:
        self._device = device
        network = _built()
        self._preparation = network.preparation
        self._table = region_table(network.classes)
        built = _on_device(network, device, precision) if is_here else None
        self._on_device = OnDevice(partial(_built_again, device, precision), built)

    @property
    def segmenter(self) -> Segmenter:
        """The network on its device."""
        return self._on_device()

    def prepare(self, pixels: NDArray[np.uint8]) -> Shown | None:
        """Prepare a picture, or return None for one that is much longer than wide or too large for the device."""
        size = pixels.shape[1], pixels.shape[0]
        try:
            refuse_long(size)
        except PictureError:
            return None
        prepared = self._preparation(pixels)
        most = self._on_device.most_pixels()
        if most is not None and prepared.shape[1] * prepared.shape[2] > most:
            return None
        return Shown(prepared, working_size(size))

    def batch_size(self, size: Size) -> int:
        """Return how many pictures go through the network together."""
        del size  # of the input, which is always about the same
        return self.segmenter.usual_batch

    def transform(self, group: Sequence[Shown]) -> list[Regions | PictureError]:
        """Find the regions of pictures; those of one shape go through the network together."""
        found: dict[int, Regions | PictureError] = {}
        for places in _alike(group):
            for start in range(0, len(places), self.segmenter.usual_batch):
                part = places[start : start + self.segmenter.usual_batch]
                results = in_halves([group[place] for place in part], self._regions, _too_large, self._device)
                found.update(zip(part, results, strict=True))
        return [found[place] for place in range(len(group))]

    def _regions(self, group: Sequence[Shown]) -> list[Regions | PictureError]:
        """Find the regions of pictures of one shape that the device holds."""
        ids = self.segmenter.class_ids([item.input for item in group], group[0].size)
        return list(self._table[ids])


def _built() -> SegmentationNetwork:
    """Build the network."""
    return build_choice(choose_network(ROAD_LITE.name, None), ROAD_LITE.checked(), whole=False).network


def _on_device(network: SegmentationNetwork, device: torch.device, precision: Precision) -> Segmenter:
    """Move the network to its device."""
    return Segmenter(network.network, device, precision, len(network.classes))


def _built_again(device: torch.device, precision: Precision) -> Segmenter:
    """Build the network on its device, of the weights that come with tpsence on every machine."""
    return _on_device(_built(), device, precision)


def _alike(group: Sequence[Shown]) -> list[list[int]]:
    """Return the places of pictures of one shape, whose regions are wanted at one size."""
    places: dict[tuple[Size, Size], list[int]] = {}
    for place, item in enumerate(group):
        places.setdefault((item.common_size, item.size), []).append(place)
    return list(places.values())


def _too_large(item: Shown) -> PictureError:
    """Say that the device cannot hold a picture."""
    detail = f"the device cannot hold {size_text(item.common_size)} for the label map"
    return PictureError(Reason.OUT_OF_MEMORY, detail)
