"""What is asked of a translator for each picture: label maps, boxes, seeds and names, given for one or for a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pipeline.augment.scenes import seed_of
from pipeline.effects.scene import Scene, SceneObject
from pipeline.images.geometry import Size
from pipeline.translate.label_map import LabelMap, regions_of
from tpsence.errors import InputError

Boxes = NDArray[Any] | Tensor | Sequence[Sequence[float]]
"""(N, 4): x0, y0, x1, y1 of labelled objects, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known of the pictures of one call, as it was given: for a single picture, or a list for each."""

    label_map: LabelMap | Sequence[LabelMap] | None = None
    """Of a list of pictures also (N, H, W)."""
    classes: str | Sequence[str] | None = None
    boxes: Boxes | Sequence[Boxes | None] | None = None
    """Of a list of pictures also (N, K, 4)."""
    seed: int | Sequence[int] = 0
    name: str | Sequence[str] | None = None

    def scenes(self, sizes: Sequence[Size], *, is_list: bool) -> list[Scene]:
        """Return the scene of each picture.

        Args:
            sizes: (W, H) of the pictures.
            is_list: Whether a list was given, so that each of these is a list too.

        Raises:
            InputError: A list is of another length than that of the pictures, or a value cannot be used.
        """
        maps = _each(self.label_map, len(sizes), "label_map", is_list=is_list)
        boxes = _each(self.boxes, len(sizes), "boxes", is_list=is_list)
        seeds = self._seeds(len(sizes), is_list=is_list)
        return [
            Scene(
                regions=None if one is None else regions_of(one, self.classes, size),
                objects=_objects(around),
                seed=seed,
            )
            for one, around, seed, size in zip(maps, boxes, seeds, sizes, strict=True)
        ]

    def _seeds(self, count: int, *, is_list: bool) -> list[int]:
        """Return the seed of what is drawn by lot in each picture."""
        names = _each(self.name, count, "name", is_list=is_list)
        if isinstance(self.seed, Integral):
            first = int(self.seed)
            seeds = [first] * count if self.name is not None else list(range(first, first + count))
        else:
            seeds = _each(self.seed, count, "seed", is_list=is_list)
        if not all(isinstance(seed, Integral) for seed in seeds):
            raise InputError("`seed`: not a whole number", "Give a whole number, or one for each picture.")
        numbers = map(int, seeds)
        return [
            seed % 2**32 if name is None else seed_of(str(name), seed)
            for seed, name in zip(numbers, names, strict=True)
        ]


def _each(given: Any, count: int, name: str, *, is_list: bool) -> list[Any]:  # noqa: ANN401 (one of several kinds)
    """Return a value for each picture.

    Raises:
        InputError: They are not as many as the pictures.
    """
    if given is None:
        return [None] * count
    if not is_list:
        return [given]
    if isinstance(given, np.ndarray | Tensor) and given.ndim == 3:  # maps (N, H, W), or boxes (N, K, 4)
        given = list(given)
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != count:
        raise InputError(
            f"`{name}`: not a list of {count}", f"For a list of pictures give a list with a {name} for each."
        )
    return list(given)


def _objects(boxes: Boxes | None) -> list[SceneObject]:
    """Return the objects in some boxes.

    Raises:
        InputError: They are no boxes.
    """
    if boxes is None or len(boxes) == 0:
        return []
    hint = "Give (N, 4): x0, y0, x1, y1 in pixels."
    try:
        corners = np.asarray(boxes.detach().cpu() if isinstance(boxes, Tensor) else boxes, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("`boxes`: no numbers", hint) from None
    if corners.ndim != 2 or corners.shape[1] != 4:
        raise InputError(f"`boxes` of shape {corners.shape}: not (N, 4)", hint)
    if not np.isfinite(corners).all():
        raise InputError("`boxes`: not finite", hint)
    return [SceneObject(box=(x0, y0, x1, y1)) for x0, y0, x1, y1 in corners.tolist()]
