"""Pictures as people have them in memory: to 8-bit RGB, and back to what they were."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.effects.interface import Pixels
from pipeline.files.text import of_several
from pipeline.images.codec import to_rgb
from pipeline.images.size import Size
from pipeline.images.skips import PictureError
from tpsence.errors import InputError, first_line

Kind = TypeVar("Kind", Image.Image, NDArray[Any], Tensor)
"""A PIL picture; an array (H, W, 3), uint8 or floats in [0, 1]; a tensor (3, H, W), uint8 or floats in [0, 1]."""

_KINDS = "Give a PIL picture, an array (H, W, 3), a tensor (3, H, W), or a list of them."
_OPEN_IT = "Open it first, with PIL.Image.open; whole folders are for tpsence.augment(images=..., out=...)."
_AS_ARRAY = "Give an array (H, W, 3) of RGB: uint8 from 0 to 255, or floats from 0 to 1."
_AS_TENSOR = "Give a tensor (3, H, W) of RGB: uint8 from 0 to 255, or floats from 0 to 1."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A picture as the method takes it, and the way back."""

    pixels: Pixels
    """(H, W, 3) uint8 RGB."""
    restored: Callable[[Pixels], Any]
    """Makes of such pixels what was given: the same type, dtype, range and device."""

    @property
    def size(self) -> Size:
        """(W, H)."""
        return self.pixels.shape[1], self.pixels.shape[0]


def opened_all(pictures: Sequence[object]) -> list[Opened]:
    """Take pictures as people have them; see ``opened``.

    Raises:
        InputError: There is none, or one of them cannot be taken; of several it says which.
    """
    if not pictures:
        raise InputError("an empty list: no picture to translate", "Give at least one.")
    found = []
    for place, picture in enumerate(pictures):
        try:
            found.append(opened(picture))
        except InputError as error:
            raise InputError(of_several(place, len(pictures), "picture") + error.message, error.hint) from error
    return found


def opened(picture: object) -> Opened:
    """Take a picture as people have it.

    Args:
        picture: A PIL picture of any mode, which comes back as RGB; an array (H, W, 3) or a tensor (3, H, W), uint8 or
            floats from 0 to 1, which are rounded to 8 bits.

    Raises:
        InputError: It is none of these, has no pixels, or its numbers are out of their range.
    """
    if isinstance(picture, Image.Image):
        return _opened_pil(picture)
    if isinstance(picture, np.ndarray):
        return _opened_array(picture)
    if isinstance(picture, Tensor):
        return _opened_tensor(picture)
    is_path = isinstance(picture, str | os.PathLike)
    raise InputError(f"a {type(picture).__name__}: not a picture", _OPEN_IT if is_path else _KINDS)


def _opened_pil(picture: Image.Image) -> Opened:
    """Take a PIL picture, in the frame that it is in."""
    try:
        picture.load()
        pixels = np.asarray(to_rgb(picture))
    except PictureError as error:
        raise InputError(f"a PIL picture of mode {picture.mode}: {error.detail}", _KINDS) from error
    except (OSError, ValueError, SyntaxError) as error:  # Pillow reads a file's pixels when they are asked for
        name = getattr(picture, "filename", "") or "a PIL picture"
        raise InputError(f"{name}: {first_line(error)}", "Give a picture whose file is whole.") from error
    _refuse_empty(pixels)

    def restored(made: Pixels) -> Image.Image:
        result = Image.fromarray(made)
        result.info = dict(picture.info)
        return result

    return Opened(pixels=pixels, restored=restored)


def _opened_array(picture: NDArray[Any]) -> Opened:
    """Take an array (H, W, 3)."""
    if picture.ndim != 3 or picture.shape[2] != 3:
        raise InputError(f"an array of shape {picture.shape}: not (H, W, 3)", _AS_ARRAY + _of_shape(picture.shape, 2))
    _refuse_empty(picture)
    if picture.dtype == np.uint8:
        return Opened(pixels=np.ascontiguousarray(picture), restored=np.array)
    if not np.issubdtype(picture.dtype, np.floating):
        raise InputError(f"an array of {picture.dtype}: neither uint8 nor floats", _AS_ARRAY)
    _refuse_range(float(picture.min()), float(picture.max()))
    pixels = np.rint(picture.astype(np.float32) * 255).astype(np.uint8)
    return Opened(pixels=pixels, restored=lambda made: (made / np.float32(255)).astype(picture.dtype))


def _opened_tensor(picture: Tensor) -> Opened:
    """Take a tensor (3, H, W)."""
    if picture.ndim != 3 or picture.shape[0] != 3:
        shape = tuple(picture.shape)
        raise InputError(f"a tensor of shape {shape}: not (3, H, W)", _AS_TENSOR + _of_shape(shape, 0))
    _refuse_empty(picture)
    values = picture.detach()
    if values.is_floating_point():
        _refuse_range(float(values.min()), float(values.max()))
        values = torch.round(values.float() * 255).to(torch.uint8)
    elif values.dtype != torch.uint8:
        raise InputError(f"a tensor of {values.dtype}: neither uint8 nor floats", _AS_TENSOR)
    pixels = np.ascontiguousarray(values.permute(1, 2, 0).cpu().numpy())

    def restored(made: Pixels) -> Tensor:
        result = torch.from_numpy(made.copy()).permute(2, 0, 1).contiguous().to(picture.device)
        if picture.is_floating_point():
            result = (result.float() / 255).to(picture.dtype)
        # A tensor of torchvision's, which knows that it is a picture.
        return result if isinstance(picture, torch.nn.Parameter) else result.as_subclass(type(picture))

    return Opened(pixels=pixels, restored=restored)


def _of_shape(shape: tuple[int, ...], channels: int) -> str:
    """Return what else to do about a shape that is a known mistake; ``channels`` is the axis where they should be."""
    if len(shape) == 2 or (len(shape) == 3 and shape[channels] == 1):
        return " A gray one becomes RGB by three times the same channel."
    if len(shape) == 3 and shape[2 - channels] == 3:
        return " Its channels are on the other side: " + (
            "numpy.transpose(picture, (1, 2, 0))." if channels else "picture.permute(2, 0, 1)."
        )
    if len(shape) == 3 and shape[channels] == 4:
        return " Leave the transparency out."
    return ""


def _refuse_empty(picture: NDArray[Any] | Tensor) -> None:
    """Refuse a picture without pixels."""
    if not all(picture.shape):
        raise InputError(f"a picture of shape {tuple(picture.shape)}: has no pixels", _KINDS)


def _refuse_range(least: float, most: float) -> None:
    """Refuse floats that are not from 0 to 1, or not numbers."""
    if least >= 0 and most <= 1:
        return
    if least < 0:
        remedy = "Undo the normalisation first, or give uint8."
    elif most <= 255:
        remedy = "Divide by 255, or give uint8."
    else:
        remedy = "Bring them to 0 to 1."
    raise InputError(f"a picture of floats from {least:.4g} to {most:.4g}: not from 0 to 1", remedy)
