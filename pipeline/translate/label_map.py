"""Label maps as people have them in memory: which pixels show ground, sky and the rest."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.classes.schemes import find_scheme, scheme_in_colours
from pipeline.effects.layout import working_size
from pipeline.effects.scene import Region, Regions, region_table
from pipeline.files.text import some
from pipeline.images.geometry import Size, size_text
from tpsence.conventions import IGNORE
from tpsence.errors import InputError

LabelMap = Image.Image | NDArray[Any] | Tensor
"""(H, W) class ids, of the size of its picture; a PIL picture of mode P or L."""

DEFAULT_CLASSES = "cityscapes"
"""The scheme of maps that do not tell theirs."""
_HINT = "Give `classes`: a scheme (cityscapes, camvid, ade20k), or the name of each class id."


def regions_of(label_map: object, classes: str | Sequence[str] | None, size: Size) -> Regions:
    """Return what each pixel of a label map shows, as far as water is concerned.

    Args:
        label_map: (H, W) class ids: an array or tensor of whole numbers, or a PIL picture of mode P or L.
        classes: The scheme of the ids, or a name for each; None takes what the palette of a PIL picture tells, else
            Cityscapes.
        size: (W, H) of its picture.

    Returns:
        (h, w), at the size that water is laid out at.

    Raises:
        InputError: It is no label map or of another size, or none of its classes is ground.
    """
    ids = _ids(label_map)
    if ids.shape != size[::-1]:
        found = " x ".join(map(str, ids.shape))
        raise InputError(f"a label map of shape {found}: its picture is {size_text(size)}", "Give one of (H, W).")
    names = _names(label_map, classes)
    unknown = np.unique(ids[(ids >= len(names)) & (ids != IGNORE)])
    if len(unknown) or ids.min(initial=0) < 0:
        worst = int(unknown[-1]) if len(unknown) else int(ids.min())
        raise InputError(f"a label map with the class id {worst}: there are {len(names)} classes", _HINT)
    table = region_table(names)
    if not (table == Region.GROUND).any():
        raise InputError(f"none of the classes of the label map is ground: {some(names)}", _HINT)
    regions = table[ids.astype(np.intp)]
    return np.asarray(cv2.resize(regions, working_size(size), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def _ids(label_map: object) -> NDArray[Any]:
    """Return the class ids (H, W)."""
    if isinstance(label_map, Image.Image):
        if label_map.mode not in {"P", "L"}:
            raise InputError(f"a label map of mode {label_map.mode}: has no class ids", "Give one of mode P or L.")
        return np.asarray(label_map)
    if isinstance(label_map, Tensor):
        label_map = label_map.detach().cpu().numpy()
    if not isinstance(label_map, np.ndarray) or not np.issubdtype(label_map.dtype, np.integer):
        kind = label_map.dtype if isinstance(label_map, np.ndarray) else type(label_map).__name__
        raise InputError(f"a label map of {kind}: has no class ids", "Give an array (H, W) of whole numbers.")
    return label_map


def _names(label_map: object, classes: str | Sequence[str] | None) -> Sequence[str]:
    """Return the name of each class id."""
    if classes is None and isinstance(label_map, Image.Image):
        scheme = scheme_in_colours(label_map.getpalette() or [])
        if scheme is not None:
            return scheme.classes
    if classes is None or isinstance(classes, str):
        return find_scheme(classes or DEFAULT_CLASSES).classes
    return classes
