"""Where things are in a picture: ground and what stands on it, sky, distances.

All is found at a working size of at most 512 pixels on the longer side, whatever the size of the picture: mirror
images, haze and wet ground are soft. The camera is taken to look along a flat ground, with the horizon level in the
picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.effects.bonnet import black_below, bonnet
from pipeline.effects.distances import CAMERA_HEIGHT, Mask, distances, focal_length, odd_length, put_at_foot
from pipeline.effects.linear_light import Linear, Plane, light_at, luminance
from pipeline.effects.scene import Region, Scene
from pipeline.images.size import Size

LONGEST_SIDE = 512
_UNIT_WIDTH = 640
"""Lengths are told in pixels of a picture of this width."""
_FIRST_SEEN = 80.0
"""Metres at which a road of two lanes and its pavements is about a tenth of a picture wide."""
_LEAST_GROUND = 0.02
"""Share of the picture."""
_HIGHEST_END, _LOWEST_END = 0.45, 0.52
"""Shares of the height between which the horizon is, as far as the sky is concerned."""
_NIGHT = 0.14
"""Linear luminance below which the bright parts of the sky, or without a sky of the scene, are a night's."""
_BLACK = 0.03
"""The same of what is no sky: it is that dark by night, whatever the sky, and under no other."""
_OF_SKY, _OF_SCENE = 0.9, 0.8
"""Quantiles that tell how bright these are. The median does not: half of a sky may be the camera's own dark pillar. Of
258 frames by day and 30 by night (BDD100K and others) 6, of which 5 at dusk, and 3 are taken for the other; by the
medians it was 9 and 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things are, at the working size (h, w)."""

    ground: Mask
    """Ground that gets wet: without objects and without the camera's own car."""
    sky: Mask
    objects: Mask
    """Labelled objects down to their foot lines."""
    contact: Plane
    """For a pixel of ground the row where what is above it in the picture stands on the ground."""
    distance: Plane
    """In metres, 1 to ``FARTHEST``."""
    horizon: float
    """Its row."""
    is_night: bool

    @property
    def has_ground(self) -> bool:
        """Whether there is ground enough for water on it."""
        return float(self.ground.mean()) >= _LEAST_GROUND

    @property
    def lowest_sky(self) -> float:
        """The share of the height below which there is no sky, a little below the horizon."""
        return min(max(self.horizon / len(self.ground), _HIGHEST_END), _LOWEST_END) + 0.05

    @property
    def focal(self) -> float:
        """Focal length in pixels of the working size."""
        height, width = self.ground.shape
        return focal_length((width, height))

    @property
    def unit(self) -> float:
        """What lengths in pixels at a width of 640 are multiplied by."""
        return int(max(self.ground.shape)) / _UNIT_WIDTH


def working_size(size: Size, longest: int = LONGEST_SIDE) -> Size:
    """Return the (W, H) at which a picture of a (W, H) is laid out; a small one keeps its size.

    Args:
        size: Of the picture.
        longest: The most that its longer side has.
    """
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def lay_out(light: Linear, scene: Scene, size: Size, horizon: float | None = None) -> Layout:
    """Find out where things are.

    Args:
        light: (h, w, 3), the picture at the working size.
        scene: What is known of it.
        size: (W, H) of the picture itself, in whose pixels the objects are.
        horizon: The row of the horizon in shares of the height, or None to take it from the ground.
    """
    height, width = light.shape[:2]
    unit = max(height, width) / _UNIT_WIDTH
    regions = regions_at(scene, (width, height))
    objects = _object_mask(scene, size, (width, height))
    sky = (regions == Region.SKY) & ~objects
    ground = _closed(regions == Region.GROUND, unit) & ~objects & ~sky
    is_night = shows_night(light, sky) if scene.is_night is None else scene.is_night
    ground &= ~bonnet(light, ground)
    if not is_night:
        ground &= ~black_below(light, ground)
    ground, largest = _pieces(ground)
    row = _horizon(largest) if horizon is None else horizon * height
    ground[: max(0, int(row))] = False
    distance = distances(ground, objects, sky, row, unit)
    for item in sorted(scene.objects, key=lambda one: one.box[3]):  # the nearer ones stand before the others
        put_at_foot(distance, item, size, row)
    return Layout(
        ground=ground,
        sky=sky,
        objects=objects,
        contact=_contact(ground, row, unit),
        distance=distance,
        horizon=row,
        is_night=is_night,
    )


def regions_at(scene: Scene, size: Size) -> NDArray[np.uint8]:
    """Return the regions at a (W, H); where none are known all is something else."""
    if scene.regions is None:
        return np.full((size[1], size[0]), Region.OTHER, dtype=np.uint8)
    return np.asarray(cv2.resize(scene.regions, size, interpolation=cv2.INTER_NEAREST))


def _object_mask(scene: Scene, size: Size, working: Size) -> Mask:
    """Return the pixels of labelled objects, by their outlines or else their boxes."""
    mask = np.zeros((working[1], working[0]), dtype=np.uint8)
    scale = np.array([working[0] / size[0], working[1] / size[1]])
    for item in scene.objects:
        x0, y0, x1, y1 = item.box
        corners = item.outline or (((x0, y0), (x1, y0), (x1, y1), (x0, y1)),)
        for polygon in corners:
            points = np.clip(np.array(polygon) * scale - 0.5, -1e4, 1e4)
            cv2.fillPoly(mask, [np.rint(points * 16).astype(np.int32)], (1,), shift=4)
    return mask.astype(bool)


def _closed(ground: Mask, unit: float) -> Mask:
    """Close the gaps that lane markings and stains leave in the ground."""
    kernel = np.ones((odd_length(15 * unit), odd_length(15 * unit)), dtype=np.uint8)
    return np.asarray(cv2.morphologyEx(ground.astype(np.uint8), cv2.MORPH_CLOSE, kernel)).astype(bool)


def _pieces(ground: Mask) -> tuple[Mask, Mask]:
    """Return the ground without what is too small to be any, a hundredth of it, and the largest piece alone."""
    count, parts, found, _ = cv2.connectedComponentsWithStats(ground.astype(np.uint8), ltype=cv2.CV_16U)
    if count < 2:
        return ground, ground
    sizes = found[:, cv2.CC_STAT_AREA].copy()
    sizes[0] = 0  # what is no ground
    return np.asarray((sizes >= 0.01 * sizes.sum()) & (sizes > 0))[parts], np.asarray(parts == sizes.argmax())


def _horizon(largest: Mask) -> float:
    """Return the row of the horizon: above the first row in which the largest piece of ground is as wide as a road.

    That row shows the ground at ``_FIRST_SEEN`` metres. The horizon is taken to be in the middle part of the picture.
    """
    height, width = (int(side) for side in largest.shape)
    rows = np.flatnonzero(largest.sum(axis=1) >= 0.08 * width)
    if not len(rows):
        return 0.5 * height
    first = int(rows[0]) - focal_length((width, height)) * CAMERA_HEIGHT / _FIRST_SEEN
    return min(max(first, 0.3 * height), 0.65 * height)


def _contact(ground: Mask, horizon: float, unit: float) -> Plane:
    """Return for each pixel of ground the row of the nearest that is no ground above it, smoothed."""
    height = len(ground)
    rows = np.arange(1, height + 1, dtype=np.float32)[:, None]
    above = np.maximum.accumulate(np.where(ground, np.float32(horizon), rows), axis=0)
    return np.asarray(cv2.GaussianBlur(above.astype(np.float32), (0, 0), 3 * unit), dtype=np.float32)


def night_in(pixels: NDArray[np.uint8], scene: Scene) -> bool:
    """Tell whether a picture shows a night, for a scene whose light is changed before it is laid out.

    Args:
        pixels: (H, W, 3) uint8 RGB, as the camera has it.
        scene: What is known of it.
    """
    size = working_size((pixels.shape[1], pixels.shape[0]))
    return shows_night(light_at(pixels, size), regions_at(scene, size) == Region.SKY)


def shows_night(light: Linear, sky: Mask) -> bool:
    """Tell night from day by the sky, or by the scene where there is little sky.

    Args:
        light: (h, w, 3), linear light.
        sky: (h, w).
    """
    bright, sky = luminance(np.ascontiguousarray(light[::4, ::4])), sky[::4, ::4]
    if float(sky.mean()) >= 0.02:
        standing = bright[~sky]
        is_black = bool(standing.size) and np.quantile(standing, _OF_SCENE) < _BLACK
        return bool(is_black or np.quantile(bright[sky], _OF_SKY) < _NIGHT)
    return bool(np.quantile(bright, _OF_SCENE) < _NIGHT)
