"""The networks that an evaluation asks: for features, for label maps."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch

from pipeline.engine.device import choose_device, choose_precision, in_halves
from pipeline.engine.events import Done, Found
from pipeline.engine.reported import reported
from pipeline.evaluate.features.choose import open_features
from pipeline.evaluate.features.interface import Extractor
from pipeline.evaluate.features.sizes import Sizes
from pipeline.evaluate.options import NO_MODEL, EvaluateOptions
from pipeline.images.geometry import Size
from pipeline.metrics.agreement import ClassIds
from pipeline.metrics.distance import Features
from pipeline.segment.estimate import Prepare
from pipeline.segment.mmseg.choice import NamedNetwork, build_choice, choose_network
from pipeline.segment.mmseg.segmenter import Segmenter

_BATCH_ON_CPU, _BATCH_ON_GPU = 4, 32


@dataclass(frozen=True, kw_only=True)
class LabelMaps:
    """A segmentation network on its device."""

    network: NamedNetwork
    segmenter: Segmenter
    batch: int
    """Pictures of equal size that run together."""

    @property
    def prepare(self) -> Prepare:
        """What the network wants done to a picture."""
        return self.network.network.preparation

    @property
    def names(self) -> Sequence[str]:
        """Names of the classes by id."""
        return self.network.network.classes

    def of(self, inputs: Sequence[torch.Tensor], size: Size) -> list[ClassIds | None]:
        """Segment pictures of one size (W, H); None for one that the device cannot hold."""
        found: list[ClassIds | None] = []
        for start in range(0, len(inputs), self.batch):
            part = inputs[start : start + self.batch]
            found += in_halves(part, lambda some: list(self._ids(some, size)), _too_large, self.segmenter.device)
        return found

    def _ids(self, inputs: Sequence[torch.Tensor], size: Size) -> list[ClassIds | None]:
        """Segment pictures that run together."""
        return list(self.segmenter.class_ids(inputs, size))


@dataclass(frozen=True, kw_only=True)
class Networks:
    """All networks but the detector."""

    extractor: Extractor
    sizes: Sizes
    """The size that a picture has for the extractor."""
    maps: LabelMaps | None
    """None where the classes are not asked for."""
    device: torch.device
    batch: int
    """Pictures of equal size that run through the extractor together."""

    def features(self, pixels: Sequence[torch.Tensor]) -> Features:
        """Return the features (N, D) of pictures (3, h, w) of one size."""
        rows = [self.extractor.rows(torch.stack(list(part))) for part in _parts(pixels, self.batch)]
        found: Features = torch.cat(rows).numpy()
        return found

    def about(self) -> dict[str, object]:
        """Return what tells them from others."""
        features = {"name": self.extractor.name, "weights_sha256": self.extractor.sha256}
        return {"features": features, "model": self.maps.network.origin() if self.maps else None}


def open_networks(options: EvaluateOptions) -> Generator[Found | Done, None, Networks]:
    """Build the networks; a segmentation network whose weights are not at hand fetches them first.

    Yields:
        How far these are.

    Raises:
        InputError: One of them cannot be used.
        DownloadError: The weights cannot be fetched.
    """
    device = choose_device(options.device)
    extractor, sizes = open_features(options.features, device)
    maps = None
    if options.model != NO_MODEL:
        maps = yield from _label_maps(options, device)
    batch = options.batch_size or (_BATCH_ON_GPU if device.type == "cuda" else _BATCH_ON_CPU)
    return Networks(extractor=extractor, sizes=sizes, maps=maps, device=device, batch=batch)


def _label_maps(options: EvaluateOptions, device: torch.device) -> Generator[Found | Done, None, LabelMaps]:
    """Build the segmentation network."""
    choice = choose_network(options.model, options.weights)
    weights = yield from reported(choice.place.name, choice.fetched)
    network = build_choice(choice, weights, whole=False)
    precision = choose_precision(options.precision, device)
    segmenter = Segmenter(network.network.network, device, precision, len(network.network.classes))
    return LabelMaps(network=network, segmenter=segmenter, batch=options.batch_size or segmenter.usual_batch)


def _parts(items: Sequence[torch.Tensor], size: int) -> list[Sequence[torch.Tensor]]:
    """Cut a sequence into parts of a size."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _too_large(_: torch.Tensor) -> None:
    """Stand for the map of a picture that does not fit."""
    return
