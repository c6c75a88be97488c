"""Training samples: a picture of each domain, scaled, cropped and flipped at random, and how alike their scenes are.

A picture of the source may have a target of its own, which is cut and flipped as it is.

What a sample is depends on the seed, the epoch and its position alone. A run that is continued needs to know its step
and nothing else, and neither the workers nor the number of processes that share a batch change the samples.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from pipeline.classes.label_maps import read_label_map, scale_nearest
from pipeline.classes.palettes import Palette
from pipeline.engine.processes import decoded_ahead
from pipeline.errors import RunError
from pipeline.files.text import one_line
from pipeline.images.codec import read_picture
from pipeline.images.geometry import Size
from pipeline.images.resize import scale
from pipeline.images.skips import PictureError
from pipeline.train.crops import ColourJitter, Window, training_size
from pipeline.train.steps import Position, StepPlan
from pipeline.train.unpaired import TrainingPicture, UnpairedData
from tpsence.conventions import IGNORE

Similarity = Callable[[Tensor, Tensor], Tensor]
"""From class ids of source and target, each (N, H, W) int64, to (N,) float32; ``tpsence.similarity``."""

_ORDER, _SAMPLE = 1, 2
"""Keep the random numbers of an epoch's order apart from those of its samples."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples for one step of one process."""

    source: Tensor
    """(N, H, W, 3) uint8, RGB."""
    target: Tensor
    """(N, H, W, 3) uint8, RGB."""
    similarity: Tensor
    """(N,) float32 in [0, 1]; 0 without label maps."""
    wanted: Tensor | None = None
    """(N, H, W, 3) uint8, RGB, the targets of the source; black where there is none. None where none are read."""
    has_target: Tensor | None = None
    """(N,) float32, 1 where there is one, else 0; None like ``wanted``."""

    def pin_memory(self) -> "Batch":
        """Return the batch in pinned memory; the ``DataLoader`` calls it."""
        pinned = Batch(self.source.pin_memory(), self.target.pin_memory(), self.similarity.pin_memory())
        if self.wanted is None or self.has_target is None:
            return pinned
        return replace(pinned, wanted=self.wanted.pin_memory(), has_target=self.has_target.pin_memory())


class UnpairedSamples(Dataset[Batch | RunError]):
    """Makes the batch of a list of positions. What cannot be read is returned, not raised: it crosses processes.

    Args:
        data: The data set.
        palette: What ``check_unpaired`` returned.
        similarity: Compares the label maps of two crops, or None to read none.
        width: Pictures are scaled to it, in pixels.
        window: (W, H) of what is cut from them: square crops or whole frames.
        flip: Mirror half of the crops, left to right.
        scales: Least and largest factor of ``width``, drawn anew for each picture.
        jitter: Most that brightness, contrast and saturation change, 0 to below 1.
        seed: Chooses the random numbers, at least 0.
        max_pixels: Largest W * H of a picture.
    """

    def __init__(
        self,
        data: UnpairedData,
        palette: Palette | None,
        similarity: Similarity | None,
        *,
        width: int,
        window: Size,
        flip: bool = True,
        scales: tuple[float, float] = (1.0, 1.0),
        jitter: float = 0.0,
        seed: int,
        max_pixels: int,
    ) -> None:
        if similarity is not None and any(picture.label_map is None for picture in (*data.source, *data.target)):
            raise ValueError("similarity needs data that was opened with label maps")
        self._data = data
        self._palette = palette
        self._similarity = similarity
        self._width = width
        self._window = window
        self._reads_targets = any(picture.wanted is not None for picture in data.source)
        self._flip = flip
        self._scales = scales
        self._jitter = jitter
        self._seed = seed
        self._max_pixels = max_pixels

    def __getitem__(self, positions: Sequence[Position]) -> Batch | RunError:
        try:
            samples = [self._sample(epoch, position) for epoch, position in positions]
        except RunError as error:
            return error
        sources, targets = zip(*samples, strict=True)
        similarity = torch.zeros(len(samples))
        if self._similarity is not None:
            similarity = self._similarity(
                _stacked([crop.class_ids for crop in sources]).long(),
                _stacked([crop.class_ids for crop in targets]).long(),
            )
        batch = Batch(
            _stacked([crop.pixels for crop in sources]), _stacked([crop.pixels for crop in targets]), similarity
        )
        if not self._reads_targets:
            return batch
        wanted = [np.zeros_like(crop.pixels) if crop.wanted is None else crop.wanted for crop in sources]
        has_target = torch.tensor([float(crop.wanted is not None) for crop in sources])
        return replace(batch, wanted=_stacked(wanted), has_target=has_target)

    def _sample(self, epoch: int, position: int) -> "tuple[_Crop, _Crop]":
        """Make one sample: a crop of the source, a crop of the target."""
        lap, place = divmod(position, len(self._data.source))
        order = _order(self._seed, epoch, lap, len(self._data.source))
        random = np.random.default_rng([_SAMPLE, self._seed, epoch, position])
        target = self._data.target[random.integers(len(self._data.target))]
        pair = self._cropped(self._data.source[order[place]], random), self._cropped(target, random)
        if not self._jitter:
            return pair
        # By the same factors: what tells the domains from each other stays as it is.
        colours = ColourJitter.drawn(self._jitter, random)
        source, other = (crop.recoloured(colours) for crop in pair)
        return source, other

    def _cropped(self, picture: TrainingPicture, random: np.random.Generator) -> "_Crop":
        """Scale a picture and cut a random window from it, and the same from its label map."""
        with _trouble_with(picture.image):
            pixels = read_picture(picture.image, self._max_pixels, None).pixels
        own = pixels.shape[1], pixels.shape[0]
        least, largest = self._scales
        factor = random.uniform(least, largest) if least < largest else least
        size = training_size(own, round(self._width * factor), self._window)
        window = Window.drawn(size, self._window, random, flips=self._flip)
        cut = window.of(scale(pixels, size))
        wanted = None
        if picture.wanted is not None:
            with _trouble_with(picture.wanted):
                wanted = window.of(scale(read_picture(picture.wanted, self._max_pixels, None).pixels, size))
        return _Crop(cut, self._class_ids(picture, own, size, window), wanted)

    def _class_ids(self, picture: TrainingPicture, own: Size, size: Size, window: Window) -> NDArray[np.int32]:
        """Cut the window out of the label map of a picture (W, H) that is scaled to a size (W, H)."""
        if self._similarity is None or picture.label_map is None:
            return np.full((window.height, window.width), IGNORE, dtype=np.int32)
        with _trouble_with(picture.label_map):
            label_map = read_label_map(picture.label_map, self._max_pixels, own)
            # Colours are looked up in the window only, it is a small part of the map.
            values = window.of(scale_nearest(label_map.values, size))
            return replace(label_map, values=values).class_ids(self._palette)


def batches(
    samples: UnpairedSamples, plan: StepPlan, first_step: int, last_step: int, workers: int, pin: bool
) -> Generator[Batch, None, None]:
    """Yield the batches of the steps from ``first_step`` up to, not including, ``last_step``.

    The processes that decode start once and stay for all epochs. They end with the last batch, or when the iterator is
    closed: a caller that may stop earlier puts ``contextlib.closing`` around it.

    Args:
        samples: What to load.
        plan: This process's share of each step.
        first_step: Counted from 0 through all epochs.
        last_step: One past the last.
        workers: Number of processes; 0 decodes in this one.
        pin: Put the batches in pinned memory, for copies to a GPU.

    Raises:
        RunError: A file cannot be read any more.
        RuntimeError: A worker was killed.
    """
    steps = range(first_step, last_step)
    stream = decoded_ahead(samples, map(plan.positions, steps), len(steps), workers, pin=pin)
    try:
        for item in stream:
            if isinstance(item, RunError):
                raise item
            yield item
    finally:
        # The workers end with the last reference. An exception would keep it in its traceback, until the garbage
        # collector takes the queues before the workers were told and waits 5 seconds for each.
        del stream


@dataclass(frozen=True, slots=True)
class _Crop:
    """What is cut from one picture, (h, w)."""

    pixels: NDArray[np.uint8]
    """(h, w, 3), RGB."""
    class_ids: NDArray[np.int32]
    """(h, w); all ``IGNORE`` where label maps are not read."""
    wanted: NDArray[np.uint8] | None
    """(h, w, 3), RGB, of its target; None where it has none."""

    def recoloured(self, colours: ColourJitter) -> "_Crop":
        """Return it with its target in other colours."""
        wanted = None if self.wanted is None else colours.of(self.wanted)
        return replace(self, pixels=colours.of(self.pixels), wanted=wanted)


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, lap: int, count: int) -> NDArray[np.int64]:
    """The order of the source pictures; in an epoch of a larger target they go by again, each lap in its own order."""
    return np.random.default_rng([_ORDER, seed, epoch, lap]).permutation(count)


@contextmanager
def _trouble_with(path: Path) -> Iterator[None]:
    """Turn an error about a file into one that names it."""
    try:
        yield
    except PictureError as error:
        raise RunError(
            one_line(f"{path}: {error.reason.value}: {error.detail}"),
            "The file was good when the run began. Put it back and continue the run.",
        ) from error


def _stacked(arrays: Sequence[NDArray[Any]]) -> Tensor:
    """Stack arrays of equal shape to a tensor of its own memory."""
    return torch.from_numpy(np.stack(arrays))
