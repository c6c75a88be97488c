"""The generator as an effect: the picture is scaled to its width, translated, and the change brought back."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.effects.compose import compose
from pipeline.effects.detail import Detail
from pipeline.effects.device_generator import DeviceGenerator
from pipeline.effects.interface import Composed, Effect, Pixels
from pipeline.effects.layout import night_in
from pipeline.effects.scene import Scene
from pipeline.effects.variant import PLAIN, Variant
from pipeline.engine.batching import Batchable
from pipeline.engine.device import in_halves
from pipeline.engine.on_device import OnDevice
from pipeline.engine.resources import Precision
from pipeline.images.geometry import Size, crop, pad_by_reflection, padded_size, size_text, working_size
from pipeline.images.resize import scale, writable
from pipeline.images.skips import PictureError, Reason
from tpsence.content import Content
from tpsence.errors import WeightsError
from tpsence.weights import LoadedGenerator, load_generator

Change = NDArray[np.float32]
"""(h', w', 3), the translated minus the given picture at the working size, padded, in 8-bit levels."""


@dataclass(frozen=True, slots=True)
class Scaled(Batchable):
    """A picture at the size that the generator runs at."""

    working: Tensor
    """(h', w', 3) uint8, scaled to the working size and padded."""
    working_size: Size
    """(w, h) before the padding."""
    strength: float
    """Scale of the change."""

    @property
    def common_size(self) -> Size:
        """The padded (W, H)."""
        return self.working.shape[1], self.working.shape[0]


class GeneratorEffect(Effect[Scaled, Change]):
    """A generator that translates pictures.

    Pickled, it is the place and the hash of its weights, or their content; elsewhere the network is built when it is
    first asked for.

    Args:
        weights: The generator.
        device: Where it runs.
        precision: Its arithmetic; not ``auto``.
        width: Width in pixels that it runs at, 0 for each picture's own.
        detail: How the change comes back to the picture's own size.
        batch_size: Pictures of one size that run together, or None to choose.
        content: What the file of the weights holds, where the effect is sent to machines that do not see that file:
            then nothing is built in this process. None builds the network here.
    """

    def __init__(
        self,
        weights: LoadedGenerator,
        device: torch.device,
        precision: Precision,
        *,
        width: int,
        detail: Detail = Detail.RESIDUAL,
        batch_size: int | None = None,
        content: Content | None = None,
    ) -> None:
        self.device = device
        self.precision = precision
        self.width = width
        self.detail = detail
        self._day_only = weights.metadata.day_only
        self._batch_size = batch_size
        self._taken = weights.generator.architecture.input_sizes
        again = partial(_loaded_again, content or weights.path.absolute(), weights.sha256, device, precision)
        built = None if content else DeviceGenerator(weights.generator, device, precision)
        self._on_device = OnDevice(again, built)

    @property
    def on_device(self) -> DeviceGenerator:
        """The generator on its device.

        Raises:
            WeightsError: It has to be loaded again, and is not there or another one.
        """
        return self._on_device()

    def prepare(self, pixels: Pixels, variant: Variant = PLAIN) -> Scaled:
        """Scale and pad a picture for the generator; see ``Effect.prepare``."""
        height, width = pixels.shape[:2]
        size = working_size((width, height), self.width)
        padded_width, padded_height = padded_size(size, self._taken)
        most = self._on_device.most_pixels()
        if most is not None and padded_width * padded_height > most:
            raise PictureError(Reason.OUT_OF_MEMORY, f"too large at {size_text(size)}; lower the width")
        padded = pad_by_reflection(scale(pixels, size), self._taken)
        return Scaled(torch.from_numpy(writable(padded)), size, variant.strength)

    def batch_size(self, size: Size) -> int:
        """Return the batch size for a padded (W, H); see ``Effect.batch_size``."""
        return self._batch_size or self.on_device.fitting_batch(size)

    def transform(self, group: Sequence[Scaled]) -> list[Change | PictureError]:
        """Translate a group; a picture that the device cannot hold fails alone; see ``Effect.transform``."""
        return in_halves(group, self._changes, _too_large, self.device)

    def compose(self, pixels: Pixels, prepared: Scaled, transformed: Change, scene: Scene) -> Composed:
        """Apply the change to the picture at its own size; see ``Effect.compose``."""
        # The generator sees the pixels alone, and makes glowing spots of a night that it does not know.
        if self._day_only and _is_night(pixels, scene):
            return Composed(pixels=pixels)
        width, height = prepared.working_size
        working = prepared.working.numpy()[:height, :width]
        change = crop(transformed, prepared.working_size)
        return Composed(pixels=compose(pixels, working, change, self.detail, prepared.strength))

    def _changes(self, group: Sequence[Scaled]) -> list[Change | PictureError]:
        """Translate a group that the device holds."""
        changes = self.on_device.change(torch.stack([item.working for item in group])).numpy()
        return [change if np.isfinite(change).all() else _overflow() for change in changes]


def _loaded_again(file: Path | Content, sha256: str, device: torch.device, precision: Precision) -> DeviceGenerator:
    """Load a generator where it arrives, and bring it to its device.

    Args:
        file: Where it was read, or what was read there.
        sha256: Hash of what was read there.
        device: Where it runs.
        precision: Its arithmetic; not ``auto``.

    Raises:
        WeightsError: It is not there, or another one.
    """
    weights = load_generator(file)
    if weights.sha256 != sha256:
        raise WeightsError(f"{file}: has changed since the job was prepared", "Start the job again.")
    return DeviceGenerator(weights.generator, device, precision)


def _is_night(pixels: Pixels, scene: Scene) -> bool:
    """Tell whether a picture shows a night."""
    return night_in(pixels, scene) if scene.is_night is None else scene.is_night


def _too_large(item: Scaled) -> PictureError:
    """Say that the device cannot hold a picture."""
    detail = f"the device cannot hold {size_text(item.working_size)}; lower the width"
    return PictureError(Reason.OUT_OF_MEMORY, detail)


def _overflow() -> PictureError:
    """Say that the generator's arithmetic has overflowed."""
    return PictureError(Reason.NOT_FINITE, "the generator gave no finite numbers; try the precision fp32")
