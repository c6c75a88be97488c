"""Run a segmentation network on batches of equal shape, and bring its answer to the pictures' own sizes."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.engine.device import SHARE_OF_MEMORY, autocast_dtype, is_out_of_memory, total_memory
from pipeline.engine.resources import Precision
from pipeline.images.geometry import Size
from tpsence.precision import autocast

SMALLEST = 32
"""Networks halve the resolution five times: smaller inputs, of which nothing may be left, are padded to this."""
BAND_BYTES = 8_000_000
"""Logits at the picture's own size that exist at a time. Whole, they would take 600 bytes a pixel with 150 classes."""
_BYTES_PER_PIXEL, _BYTES_PER_LOGIT = 1000, 8
"""Peak memory of a forward pass in float32 on a CPU: with 150 classes, UPerNet and ConvNeXt were measured to take 1,340
to 1,430 bytes a pixel in one pass; windows hold the logits twice more."""


class Segmenter:
    """A segmentation network on its device.

    Args:
        network: An mmsegmentation segmentor in evaluation mode, with ``data_preprocessor`` and ``inference``.
        device: Where it runs.
        precision: Its arithmetic; not ``auto``.
        classes: Number of classes.
    """

    def __init__(self, network: nn.Module, device: torch.device, precision: Precision, classes: int) -> None:
        self.device = device
        self.precision = precision
        self._classes = classes
        # On CPUs the heads' wide convolutions were measured to be slower in channels last.
        layout = torch.channels_last if device.type == "cuda" else torch.preserve_format
        self._network: Any = network.to(device).to(memory_format=layout)

    @torch.inference_mode()
    def class_ids(self, inputs: Sequence[Tensor], size: Size) -> NDArray[np.uint8]:
        """Segment pictures of one size.

        Args:
            inputs: Pictures as ``Preparation`` makes them, each (3, h, w), all of one shape.
            size: (W, H) of the pictures themselves.

        Returns:
            (N, H, W) class ids.
        """
        from mmseg.structures import SegDataSample

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mmsegmentation's advice on the sizes of pictures
            samples = [SegDataSample() for _ in inputs]
            prepared = self._network.data_preprocessor({"inputs": list(inputs), "data_samples": samples}, False)
            with autocast(self.device, autocast_dtype(self.precision)):
                logits = self._logits(prepared["inputs"])  # (N, C, h, w)
        # The samples that come back: those that went in are not written to.
        padding = prepared["data_samples"][0].metainfo.get("img_padding_size", (0, 0, 0, 0))
        left, right, top, bottom = padding
        logits = logits[:, :, top : logits.shape[2] - bottom, left : logits.shape[3] - right]
        maps = [self._ids_at(one, size) for one in logits]
        ids: NDArray[np.uint8] = torch.stack(maps).cpu().numpy()
        return ids

    @property
    def usual_batch(self) -> int:
        """How many pictures of equal size to run together.

        On a CPU one: larger batches are not faster there. On a GPU eight; ``in_halves`` helps where they do not fit.
        """
        return 8 if self.device.type == "cuda" else 1

    def most_pixels(self) -> int | None:
        """Return how many pixels of input the device can hold at once, or None where that is not known."""
        memory = total_memory(self.device)
        per_pixel = _BYTES_PER_PIXEL + _BYTES_PER_LOGIT * self._classes
        return None if memory is None else int(SHARE_OF_MEMORY * memory / per_pixel)

    def _logits(self, x: Tensor) -> Tensor:
        """Run the network in its test mode, whole or in windows; pad an input that is too small for it.

        Args:
            x: (N, 3, h, w), normalised.

        Returns:
            (N, C, h, w).
        """
        height, width = x.shape[2:]
        right, below = max(0, SMALLEST - width), max(0, SMALLEST - height)
        try:
            return self._inference(x)
        except RuntimeError as error:
            if is_out_of_memory(error) or not (right or below):
                raise
        return self._inference(F.pad(x, (0, right, 0, below), mode="replicate"))[:, :, :height, :width]

    def _inference(self, x: Tensor) -> Tensor:
        """Run the network on (N, 3, h, w) and return (N, C, h, w)."""
        # mmsegmentation writes into these, and takes the first for all.
        metas = [{"ori_shape": x.shape[2:], "img_shape": x.shape[2:], "pad_shape": x.shape[2:]} for _ in range(len(x))]
        logits: Tensor = self._network.inference(x, metas)
        return logits

    def _ids_at(self, logits: Tensor, size: Size) -> Tensor:
        """Return the class ids of one picture.

        Args:
            logits: (C, h, w).
            size: (W, H) wanted.

        Returns:
            (H, W) uint8.
        """
        threshold = self._threshold() if logits.shape[0] == 1 else None
        return class_ids_at(logits, size, align_corners=bool(self._network.align_corners), threshold=threshold)

    def _threshold(self) -> float:
        """Return the probability from which on a network with one logit tells the second of two classes."""
        head = self._network.decode_head
        last: Any = head[-1] if isinstance(head, nn.ModuleList) else head  # a cascade has several
        return float(last.threshold)


def class_ids_at(logits: Tensor, size: Size, *, align_corners: bool, threshold: float | None = None) -> Tensor:
    """Scale logits bilinearly and take the best class of every pixel, in bands of rows.

    As with ``torch.nn.functional.interpolate`` and ``argmax``, but the logits at the full size never exist together.

    Args:
        logits: (C, h, w).
        size: (W, H) wanted.
        align_corners: As ``interpolate`` has it.
        threshold: For a network of two classes and one logit, C = 1: the probability from which on it is class 1.

    Returns:
        (H, W) uint8.
    """
    channels, rows, columns = logits.shape
    width, height = size
    above, weight = _rows_to_mix(rows, height, align_corners)
    ids = torch.empty((height, width), dtype=torch.uint8, device=logits.device)
    step = max(1, BAND_BYTES // (channels * width * 4))
    for start in range(0, height, step):
        band = slice(start, min(height, start + step))
        if (columns, rows) == size:
            scores = logits[:, band].float()
        else:
            mixed = _mixed(logits, above[band], weight[band])
            new_size = (mixed.shape[1], width)
            scores = F.interpolate(mixed[None], new_size, mode="bilinear", align_corners=align_corners)[0]
        # The indices of the maximum are argmax's, and come eight times as fast over a dimension that is not the last.
        ids[band] = scores.max(dim=0).indices if threshold is None else scores[0].sigmoid() > threshold
    return ids


def _rows_to_mix(rows: int, height: int, align_corners: bool) -> tuple[Tensor, Tensor]:
    """Return, for every row wanted, the upper of the two rows to mix (H,) and the share of the lower (H,)."""
    wanted = torch.arange(height, dtype=torch.float32)
    if align_corners:
        place = wanted * ((rows - 1) / max(1, height - 1))
    else:
        place = ((wanted + 0.5) * (rows / height) - 0.5).clamp(min=0)
    above = place.long().clamp(max=rows - 1)
    return above, place - above


def _mixed(logits: Tensor, above: Tensor, weight: Tensor) -> Tensor:
    """Mix rows (C, h, w) to a band (C, n, w)."""
    first, last = int(above[0]), min(int(above[-1]) + 1, logits.shape[1] - 1)
    part = logits[:, first : last + 1].float()
    upper, lower = above - first, (above - first + 1).clamp(max=last - first)
    return torch.lerp(part[:, upper], part[:, lower], weight[:, None].to(part.device))
