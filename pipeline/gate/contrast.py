"""How much of a box's contrast is left, beside what the light of the whole picture explains.

Rain may take contrast from everything. It may not turn one object into grey mush, and where the whole picture has
become mush, its objects have too.
"""

import cv2
import numpy as np

from pipeline.gate.coarse import WIDTH
from pipeline.gate.light import Light
from pipeline.gate.planes import Plane, Twice, means_of, scaled_to, windowed

_LEAST_OF_PICTURE = 0.33
"""Contrast that light may leave of a whole picture; where less is left, the objects have lost what is missing."""
_OF_LIGHT = (0.1, 0.7)
"""Contrast that light may leave of a single object: at the least (a dark one under gamma 2), and what always passes for
light, as mist is thicker in one place than in another."""
_ENOUGH = 0.74
"""Share of what light leaves that is as good as all. Shares are squared: of variance, as it is for the other measures,
so that one threshold does for all."""
_LONGEST = 32
"""Longer side of a box when it is compared, in pixels; larger ones are scaled down."""
_FLOOR = 1.0
"""Variance, in squared levels, of the rounding to 8 bits and a little noise."""


def contrast_kept(before: Plane, after: Plane, width: int, light: Light) -> float:
    """Compare the contrast that a box shows in two pictures of one scene.

    Args:
        before: (h, w), luminance of the box in the original, which is not even.
        after: Of the same shape, in the translated picture.
        width: Of the whole picture, in pixels.
        light: Of the whole picture.

    Returns:
        0 (none is left) to 1 (as much as the light of the whole picture leaves, or more): the smaller share of that in
        small windows, and of that between the parts of the box at the width of a small generator.
    """
    kept = [min(1.0, light.contrast / _LEAST_OF_PICTURE) ** 2]
    both = np.stack((before, after), axis=-1)
    longest = max(before.shape)
    kept.append(_share(*_local_variances(_crops(both, longest / _LONGEST, light))))
    if width > WIDTH:
        factor = max(width / WIDTH, longest / _LONGEST)
        kept.append(_share(*_variances(_crops(both, factor, light))))
    return min(kept)


def _crops(both: Twice, factor: float, light: Light) -> Plane:
    """Scale crops (h, w, 2) down by a factor: the original, the original in the picture's light, the translated."""
    height, width = both.shape[:2]
    size = (width, height) if factor <= 1 else (max(2, round(width / factor)), max(2, round(height / factor)))
    small = scaled_to(both, size)
    crops = np.empty((*small.shape[:2], 3), np.float32)
    crops[..., ::2], crops[..., 1] = small, light.tone[small[..., 0].astype(np.uint8)]
    return crops


def _variances(crops: Plane) -> list[float]:
    """Return the variance of each of three crops (h, w, 3), in squared levels."""
    deviations: list[float] = cv2.meanStdDev(crops)[1].ravel().tolist()
    return [deviation * deviation for deviation in deviations]


def _local_variances(crops: Plane) -> list[float]:
    """Return the mean of the variances in the windows of each of three crops (h, w, 3), in squared levels."""
    mean = windowed(crops)
    variances: list[float] = (means_of(windowed(crops * crops)) - means_of(mean * mean)).tolist()
    return variances


def _share(own: float, lit: float, left: float) -> float:
    """Return the contrast that is left beside that in the picture's light, 0..1, from the variances."""
    if own <= _FLOOR:
        return 1.0
    of_light = min(_OF_LIGHT[1], max(_OF_LIGHT[0], (max(0.0, lit) / own) ** 0.5))
    return float(min(1.0, max(0.0, left) / own / (of_light * _ENOUGH) ** 2))
