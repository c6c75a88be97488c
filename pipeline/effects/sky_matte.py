"""Which share of each pixel is sky, and the light of the sky that is there.

A label map is coarse: it says where sky is, not where a leaf or a wire ends. In between, a pixel is taken for a mixture
of the sky beside it and of what stands beside it, in linear light, as in matting: its share of sky is where it lies
between the two colours. Taking the sky's part out of it leaves no blue rim.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.effects.linear_light import Linear, Plane, luminance, smooth_step
from pipeline.effects.scene import Region, Regions
from pipeline.effects.smoothing import averaged, box, gaussian, guided, odd, summed

_MAY_BE_SKY = (Region.SKY, Region.OTHER, Region.TREE)
"""Sky, and what it is seen through or what the map draws too large: buildings, poles, trees, signs, fences."""
_NEAR = 28.0
"""Pixels at a width of 640 from the map's sky within which there may be more of it; in trees three times as many."""
_AROUND = 26.0
"""Pixels at a width of 640 over which the colours of sky and of what stands before it are averaged."""
_LOWEST = 0.45
"""A piece of sky begins above this share of the height."""
_DARKEST, _DARKEST_OF_SCENE = (0.3, 0.15), (1.2, 0.3)
"""It has more than this share of the light of the brightest piece, and of the median of what is no sky; if it is blue,
the second of the two."""
_BLUE = 1.25
"""Blue over the mean of the three colours, from which on it is blue."""
_WIRE, _THIN = 3.5, 9
"""Pixels at a width of 640: wires, and poles and lamps, that the map calls sky are thinner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matte:
    """The sky in a picture."""

    share: Plane
    """(H, W), 0 to 1."""
    light: Linear
    """(H, W, 3), the sky's own colour around each pixel."""


class _Hue:
    """How the hue of each pixel compares with that of the sky around it.

    Args:
        light: (H, W, 3).
        around: (H, W, 3), the sky's light.
        bright: (H, W), luminance of the first.
    """

    def __init__(self, light: Linear, around: Linear, bright: Plane) -> None:
        blue, skies = (3 * colour[..., 2] / (summed(colour) + 3e-3) for colour in (light, around))
        # A leaf in the sun is as bright as the sky, but has less blue.
        ratio = np.asarray(blue / (skies + 1e-3), dtype=np.float32)
        self.alike = smooth_step(ratio, 0.62, 0.85)
        """How much the hue may come from the sky."""
        self.blue = smooth_step(ratio, 0.8, 0.92) * smooth_step(skies, 1.12, 1.3)
        """How surely it does, as no other thing is so blue."""
        self.brightness = np.asarray(bright / (luminance(around) + 1e-3), dtype=np.float32)
        """Luminance over that of the sky."""
        self.sure = self.blue * smooth_step(self.brightness, 0.6, 0.75)
        """How surely a pixel is blue sky, whatever the map says; hills in blue haze are darker than the sky."""


def sky_matte(light: Linear, regions: Regions, lowest: int) -> Matte:
    """Find the sky.

    Args:
        light: (H, W, 3), linear light.
        regions: (H, W).
        lowest: Row below which there is no sky.
    """
    height, width = regions.shape
    end = min(height, lowest + round(_NEAR * width / 640))
    found = _matte_above(light[:end], regions[:end], lowest)
    below = 0, height - end, 0, 0
    return Matte(
        share=np.asarray(cv2.copyMakeBorder(found.share, *below, cv2.BORDER_CONSTANT, value=0), dtype=np.float32),
        light=np.asarray(cv2.copyMakeBorder(found.light, *below, cv2.BORDER_REPLICATE), dtype=np.float32),
    )


def light_of_sky(light: Linear, share: Plane) -> Linear:
    """Return the light of the sky around each pixel (H, W, 3), where its share (H, W) is known already."""
    return averaged(light, np.maximum(2 * share - 1, 0), _AROUND * light.shape[1] / 640)


def _matte_above(light: Linear, regions: Regions, lowest: int) -> Matte:
    """Find the sky in rows that may have some."""
    height, width = regions.shape
    unit = width / 640
    bright = luminance(light)
    above = np.arange(height)[:, None] < lowest
    sky = _plausible((regions == Region.SKY) & above, light, bright, unit)
    if not sky.any():
        return Matte(share=np.zeros((height, width), dtype=np.float32), light=np.zeros_like(light))
    seeds = np.asarray(cv2.erode(sky.astype(np.float32), box(odd(5 * unit))), dtype=np.float32)
    around = averaged(light, seeds if seeds.any() else sky.astype(np.float32), _AROUND * unit)
    hue = _Hue(light, around, bright)
    sky = _grown(sky, hue.sure * np.isin(regions, _MAY_BE_SKY) * above, unit)
    inner = np.asarray(cv2.erode(sky.astype(np.float32), box(odd(5 * unit))), dtype=np.float32)
    solid = np.maximum(_solid(bright, around, hue, unit), _warmer(light, around))
    share = np.maximum(_mixed(light, around, hue, regions, sky, unit), inner) * (1 - solid)
    return Matte(share=np.asarray(np.clip(share, 0, 1), dtype=np.float32), light=around)


def _plausible(sky: NDArray[np.bool_], light: Linear, bright: Plane, unit: float) -> NDArray[np.bool_]:
    """Return the sky without specks, and without what is none: it begins too low, or is dark and not blue.

    Args:
        sky: (H, W), what the map says.
        light: (H, W, 3).
        bright: (H, W), its luminance.
        unit: Pixels for each at a width of 640.
    """
    opened = cv2.morphologyEx(sky.astype(np.uint8), cv2.MORPH_OPEN, box(odd(3 * unit)))
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    if count == 1:
        return np.asarray(opened > 0)
    masks = [(pieces == piece).astype(np.uint8) for piece in range(1, count)]
    colours = np.array([cv2.mean(light, mask)[:3] for mask in masks])
    means = np.array([cv2.mean(bright, mask)[0] for mask in masks])
    areas, high = stats[1:, cv2.CC_STAT_AREA], stats[1:, cv2.CC_STAT_TOP] < _LOWEST * len(sky)
    blue = colours[:, 2] > _BLUE * colours.mean(axis=1)
    scene = float(np.median(bright[::4, ::4][~sky[::4, ::4]])) if not sky[::4, ::4].all() else 0.0
    of_scene, of_main = (np.where(blue, blues, others) for others, blues in (_DARKEST_OF_SCENE, _DARKEST))
    good = high & (means > of_scene * scene)
    good &= means > of_main * means[good & (areas > 0.2 * areas.max())].max(initial=0.0)
    return np.asarray(np.isin(pieces, np.flatnonzero(good) + 1))


def _solid(bright: Plane, around: Linear, hue: "_Hue", unit: float) -> Plane:
    """Return how surely each pixel is none of the sky though the map may say so: thin and darker, or very dark.

    Between clouds there is dark sky too, but it is blue and wider than a wire.
    """
    share = bright / (luminance(around) + 0.02)
    wire, pole = (
        smooth_step(np.asarray(cv2.morphologyEx(share, cv2.MORPH_CLOSE, box(side)) - share, np.float32), 0.18, 0.5)
        for side in (odd(_WIRE * unit), odd(_THIN * unit))
    )
    dark = 1 - smooth_step(share, 0.12, 0.4)
    gap = hue.blue * smooth_step(share, 0.25, 0.45)
    wire *= 1 - smooth_step(share, 0.6, 0.8)  # there are specks of blue in clouds, too
    return np.asarray(np.maximum(wire, np.maximum(pole, dark) * (1 - gap)), dtype=np.float32)


def _warmer(light: Linear, around: Linear) -> Plane:
    """Return how surely each pixel is none of the sky because it is red or yellow, as roofs and leaves are.

    An evening sky is less so.
    """
    warm, skies = (colour[..., 0] / (colour[..., 2] + 5e-3) for colour in (light, around))
    itself = smooth_step(np.asarray(warm, dtype=np.float32), 2.2, 3.5)
    return itself * smooth_step(np.asarray(warm / (skies + 0.05), dtype=np.float32), 1.6, 2.6)


def _mixed(
    light: Linear, around: Linear, hue: "_Hue", regions: Regions, sky: NDArray[np.bool_], unit: float
) -> NDArray[np.float32]:
    """Return the share of sky by the map's edge, drawn to the picture's, and by colour near to it."""
    edge = guided(np.sqrt(light[..., 2]), gaussian(sky.astype(np.float32), 1.2 * unit), 10 * unit, 4e-4)
    trees = regions == Region.TREE
    # What is seen through a tree is none of the tree's own colour.
    through = trees * smooth_step(hue.brightness, 0.4, 0.75) * hue.alike
    standing = averaged(light, np.asarray(~sky * (1 - through), dtype=np.float32), 8 * unit)
    apart = around - standing
    length = summed(apart * apart)
    between = np.clip((summed((light - standing) * apart) / (length + 1e-4) - 0.15) / 0.7, 0, 1)
    # Where both colours are alike the colour tells nothing, and the map has to.
    told = smooth_step(np.sqrt(length / (summed(around * around) + 1e-5)), 0.3, 0.6)
    away = cv2.distanceTransform((~sky).astype(np.uint8), cv2.DIST_L2, 3)
    reach = np.where(trees, 3, np.maximum(0.35, 2 * hue.blue)) * _NEAR * unit
    near = np.clip(2 - 2 * away / reach, 0, 1) * np.isin(regions, _MAY_BE_SKY) * hue.alike
    by_colour = np.maximum(between * told, hue.sure) * near
    return np.asarray(np.maximum(np.clip(1.3 * edge - 0.15, 0, 1), by_colour), dtype=np.float32)


def _grown(sky: NDArray[np.bool_], sure: Plane, unit: float) -> NDArray[np.bool_]:
    """Return the sky with the blue areas that hang together with it and that the map takes for something else.

    Args:
        sky: (H, W).
        sure: (H, W), how surely each pixel is blue sky.
        unit: Pixels for each at a width of 640.
    """
    more = cv2.morphologyEx((sure > 0.5).astype(np.uint8), cv2.MORPH_OPEN, box(odd(5 * unit)))
    _, pieces = cv2.connectedComponents(cv2.max(more, sky.astype(np.uint8)), connectivity=4)
    return np.asarray(np.isin(pieces, np.unique(pieces[sky])))
