"""Rain as a transform of torchvision.

Example::

    import torch
    from torchvision.transforms import v2
    from tpsence.integrations.torchvision import Rain

    transform = v2.Compose([v2.RandomHorizontalFlip(), Rain(p=0.5), v2.ToDtype(torch.float32, scale=True)])
"""

import os
from typing import Any

import torch
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from tpsence.errors import InputError
from tpsence.integrations.settings import Boxes, Drawn, Loading, checked_strength, checked_water, checked_weights, draw


class Rain(v2.Transform):  # type: ignore[misc]  # torchvision has no types
    """Put the pictures of a sample into rain; boxes, masks and labels stay as they are.

    Pictures are PIL pictures, ``Image``, ``Video``, and the first plain tensor where there is none of these. The
    ``BoundingBoxes`` of the sample stay visible: no puddles on them, few drops before them. All pictures of a sample,
    all frames and all of a batch get the same rain. Draws are torch's, so the seed of a worker counts. Settings alone
    are pickled and copied; the weights are loaded at the first use in a process.

    Args:
        weights: ``rain``, which comes with tpsence, or the path of a checkpoint; None for rendered water alone.
        strength: Range that the scale of the change is drawn from, within 0 to 1.5, or a number.
        water: Range of ``none``, ``light``, ``moderate``, ``heavy`` from which how hard it rains is drawn, each level
            as likely; or one of these; or None for what the weights ask for.
        device: Where the generator runs, as ``cpu`` or ``cuda``.
        precision: What it computes in, as for ``tpsence.load``.
        width: Width in pixels that it runs at; 0 for each picture's own, None for what the weights were trained at.
        detail: How the change comes back to the picture's own size, as for ``tpsence.load``.
        p: Probability that a sample is put into rain.

    Raises:
        InputError: A setting that cannot be; while transforming, a picture that cannot be translated, or weights or a
            device that cannot be used.
    """

    def __init__(
        self,
        weights: str | os.PathLike[str] | None = "rain",
        strength: float | tuple[float, float] = (0.6, 1.2),
        water: str | tuple[str, str] | None = ("light", "heavy"),
        device: str | torch.device = "cpu",
        precision: str = "auto",
        width: int | None = None,
        detail: str | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__()
        if not isinstance(p, int | float) or not 0 <= p <= 1:
            raise InputError(f"`p`: {p!r} is no probability", "Give a number of 0 to 1.")
        self.weights = checked_weights(weights)
        self.strength = checked_strength(strength)
        self.water = checked_water(water)
        self.device = str(device)
        self.precision = precision
        self.width = width
        self.detail = detail
        self.p = p

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw for a sample.

        Args:
            flat_inputs: Its pictures and tensors.

        Returns:
            What was drawn, and the boxes, (N, 4) in pixels or None; nothing if the sample stays clear.
        """
        if _uniform() >= self.p:
            return {}
        return {"drawn": draw(self.strength, self.water, _uniform), "boxes": _boxes(flat_inputs)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:  # noqa: ANN401  # what v2 hands over
        """Put one part of a sample into rain if it is a picture, a video or a batch of pictures.

        Args:
            inpt: A PIL picture, or a tensor; of pictures (..., 3, H, W), uint8 or float in [0, 1].
            params: What ``make_params`` returned.
        """
        if not params or not _is_picture(inpt):
            return inpt
        loading = Loading(self.weights, self.device, self.precision, self.width, self.detail)
        drawn: Drawn = params["drawn"]
        boxes: Boxes | None = params["boxes"]
        if not isinstance(inpt, torch.Tensor):
            return loading.rain([inpt], drawn, boxes)[0]
        plain = inpt.as_subclass(torch.Tensor)
        if plain.ndim <= 3:
            rainy = loading.rain([plain], drawn, boxes)[0]
        elif not plain.numel():
            rainy = plain
        else:
            rainy = torch.stack(loading.rain(list(plain.flatten(0, -4)), drawn, boxes)).reshape(plain.shape)
        return tv_tensors.wrap(rainy, like=inpt) if isinstance(inpt, tv_tensors.TVTensor) else rainy


def _uniform() -> float:
    """Draw a number of [0, 1) from torch's generator, which a DataLoader seeds anew in each worker."""
    return torch.rand((), dtype=torch.float64).item()


def _is_picture(part: Any) -> bool:  # noqa: ANN401
    """Return whether a part of a sample is to change; v2 hands over PIL pictures and tensors alone."""
    tensor = isinstance(part, torch.Tensor)
    return not tensor or isinstance(part, tv_tensors.Image | tv_tensors.Video) or functional.is_pure_tensor(part)


def _boxes(parts: list[Any]) -> Boxes | None:
    """Return all boxes of a sample, (N, 4) in pixels, of turned ones the upright box around them; None if none."""
    found = [_upright(part) for part in parts if isinstance(part, tv_tensors.BoundingBoxes) and len(part)]
    return torch.cat(found).numpy() if found else None


def _upright(boxes: Any) -> torch.Tensor:  # noqa: ANN401  # BoundingBoxes
    """Return boxes of any format as x0, y0, x1, y1, (N, 4) on the CPU."""
    formats = tv_tensors.BoundingBoxFormat
    form = formats.XYXY if boxes.format in (formats.XYXY, formats.XYWH, formats.CXCYWH) else formats.XYXYXYXY
    corners: torch.Tensor = boxes.as_subclass(torch.Tensor).detach().float().cpu()
    if boxes.format != form:
        corners = functional.convert_bounding_box_format(corners, old_format=boxes.format, new_format=form)
    points = corners.reshape(len(corners), -1, 2)
    return torch.cat([points.amin(dim=1), points.amax(dim=1)], dim=1)
