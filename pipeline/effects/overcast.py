"""The sky of a rainy day, and no sun on the ground, whatever a generator has left of both.

A generator of a few megabytes turns most skies grey; clouds, a bright patch and the sun's shadows stay in some. Where a
label map tells sky and ground both are rendered: the sky's part is taken out of each pixel and that of an overcast sky
put there (``sky_matte``), and the light on the ground is made even (``even_ground``). What stands there is left to the
generator.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.effects.bands import rows_at
from pipeline.effects.even_ground import WORKING_WIDTH, even_ground
from pipeline.effects.layout import Layout, regions_at, working_size
from pipeline.effects.linear_light import Linear, Plane, brightest, light_at, luminance
from pipeline.effects.scene import Region, Regions, Scene
from pipeline.effects.sky_matte import Matte, light_of_sky, sky_matte
from pipeline.effects.smoothing import box, gaussian, guided, odd, resized
from pipeline.images.size import Size

_LONGEST_SIDE = 1280
"""Of a larger picture the sky's edges are found at this size: all of it in linear light takes much memory."""
_TOP, _BOTTOM = (0.89, 0.91, 0.93), (0.68, 0.72, 0.73)
"""Linear light of the sky: medians of the upper and the lower third of skies in BDD100K's rainy frames by day."""
_DIM, _BRIGHT = 0.2, 0.5
"""Linear light of the brightest of a sky's colours up to which it is an evening's, which stays as bright as it is, and
from which on it is a day's."""
_MOST_SKY = 0.5
"""A labelled object is not more than this share of sky: where its box is found to be, the map is wrong there."""
_RIM = 5
"""Pixels at a width of 640 across, at whose middle the blue of a sky beside is taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overcast:
    """What becomes of the light of a picture; found at a size (w, h) and applied at any other."""

    light: Linear
    """(h, w, 3), the picture."""
    matte: Matte
    """At (h, w); its light is that of the sky that is in the picture."""
    rim: Plane
    """(h, w), as ``rim_of`` has it."""
    ground: Linear
    """Gains of the ground, of some size, 1 elsewhere."""
    ends: NDArray[np.float32]
    """(2, 3), light of the new sky at the top of the picture and where it ends."""
    end: float
    """Where that is, in shares of the height."""

    def at(self, size: Size) -> Linear:
        """Return the picture under an overcast sky, scaled down to a (W, H)."""
        return self.applied(resized(self.light, size), slice(0, size[1]), size)

    def applied(self, light: Linear, band: slice, size: Size) -> Linear:
        """Return a band of rows under an overcast sky.

        Args:
            light: (n, W, 3), the band.
            band: Its rows.
            size: (W, H) of the whole picture.
        """
        light = np.asarray(cv2.multiply(light, rows_at(self.ground, band, size)), dtype=np.float32)
        share = rows_at(self.matte.share, band, size)
        if not share.any():
            return light
        own = Matte(share=share, light=rows_at(self.matte.light, band, size))
        rest = without_sky(light, own, rows_at(self.rim, band, size))
        sky = overcast_rows(self.ends, self.end, band, size[1])
        return np.asarray(rest + share[..., None] * sky[:, None], dtype=np.float32)


def find_overcast(
    pixels: NDArray[np.uint8], camera: NDArray[np.uint8] | None, scene: Scene, layout: Layout, strength: float
) -> Overcast:
    """Find the sky and the sun on the ground of a picture by day.

    Args:
        pixels: (H, W, 3), RGB, the picture.
        camera: (H, W, 3), as it was before its light was changed; None where it was not.
        scene: With the regions.
        layout: Of the picture.
        strength: 0 to 1.
    """
    size = working_size((pixels.shape[1], pixels.shape[0]), _LONGEST_SIDE)
    light = light_at(pixels, size)
    before = light if camera is None else light_at(camera, size)
    own = regions_at(scene, size)
    found = sky_matte(before, own, round(size[1] * layout.lowest_sky))
    _keep_objects(found.share, scene, size[0] / pixels.shape[1])
    sky_light = found.light if camera is None else light_of_sky(light, found.share)
    matte = Matte(share=found.share * np.float32(strength), light=sky_light)
    return Overcast(
        light=light,
        matte=matte,
        rim=rim_of(matte.share),
        ground=_even(light, scene, layout) ** np.float32(strength),
        ends=np.array([_TOP, _BOTTOM], dtype=np.float32) * np.float32(_dimmed(before, found.share)),
        end=sky_end(own),
    )


def overcast_rows(ends: NDArray[np.float32], end: float, rows: slice, height: int) -> NDArray[np.float32]:
    """Return the light of an overcast sky in some rows of a picture.

    Args:
        ends: (2, 3), at the top of the picture and where the sky ends; below it stays.
        end: Where that is, in shares of the height.
        rows: The n rows.
        height: Of the picture.

    Returns:
        (n, 3).
    """
    along = np.clip((np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) / (height * end), 0, 1)
    return np.asarray(ends[0] + along[:, None] * (ends[1] - ends[0]), dtype=np.float32)


def sky_end(regions: Regions) -> float:
    """Return where the sky ends, in shares of the height; at least a quarter."""
    rows = np.flatnonzero((regions == Region.SKY).mean(axis=1) > 0.03)
    return max(float(rows[-1] + 1) / len(regions) if len(rows) else 0.0, 0.25)


def rim_of(share: Plane) -> Plane:
    """Return the sky's share (H, W) with what borders on it."""
    return np.asarray(cv2.dilate(share, box(odd(_RIM * share.shape[1] / 640))), dtype=np.float32)


def without_sky(light: Linear, matte: Matte, rim: Plane) -> Linear:
    """Take the sky's part out of mixed pixels; nothing is left of clouds, brighter than the sky around.

    What stands before the sky or ends there, a wire or a roof, has a rim that is part sky, whatever the share says.

    Args:
        light: (H, W, 3).
        matte: Of the same size.
        rim: (H, W), as ``rim_of`` has it.
    """
    share = cv2.merge([matte.share] * 3)
    outside = light * (1 - share)
    rest = np.maximum(np.minimum(light - share * matte.light, outside), 0.1 * outside)
    red, green, blue = cv2.split(rest)
    excess = np.maximum(blue - 1.1 * np.maximum(red, green), 0)
    return np.asarray(cv2.merge([red, green, blue - rim * excess]), dtype=np.float32)


def drawn_ground(light: Linear, regions: Regions, layout: Layout) -> Plane:
    """Return the ground (H, W), 0 to 1, drawn to the picture's edges; the camera's own car is none.

    Args:
        light: (H, W, 3).
        regions: (H, W).
        layout: Of the picture, at its own size.
    """
    height, width = regions.shape
    unit = width / 640
    flat = (regions == Region.GROUND).astype(np.uint8)
    flat = np.asarray(cv2.morphologyEx(flat, cv2.MORPH_CLOSE, box(odd(7 * unit))), dtype=np.uint8)
    drives = resized((layout.ground | layout.objects).astype(np.float32), (width, height))
    ground = gaussian(np.minimum(flat, drives).astype(np.float32), 1.5 * unit)
    return np.clip(guided(np.sqrt(luminance(light)), ground, 5 * unit, 4e-3), 0, 1)


def _even(light: Linear, scene: Scene, layout: Layout) -> Linear:
    """Return the gains (h, w, 3) that take the sun off the ground, found at a small size."""
    height, width = light.shape[:2]
    scale = min(1.0, WORKING_WIDTH / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small, less = resized(light, size), regions_at(scene, size)
    moving = np.asarray(less == Region.MOVING, dtype=np.float32)
    return even_ground(small, drawn_ground(small, less, layout), moving)


def _keep_objects(share: Plane, scene: Scene, scale: float) -> None:
    """Take the sky, in place, out of the boxes of labelled objects that would be mostly sky, as a blue lorry may."""
    for item in scene.objects:
        left, top, right, bottom = (max(0, round(side * scale)) for side in item.box)  # a label may lie outside
        box_share = share[top:bottom, left:right]
        if box_share.size and float(box_share.mean()) > _MOST_SKY:
            box_share[:] = 0


def _dimmed(light: Linear, share: Plane) -> float:
    """Return the factor that an evening's sky is darker by than a day's, read off the sky that is there."""
    inside = share[::4, ::4] > 0.9
    if not inside.any():
        return 1.0
    bright = float(np.median(brightest(np.ascontiguousarray(light[::4, ::4]))[inside]))
    day = float(np.clip((bright - _DIM) / (_BRIGHT - _DIM), 0, 1))
    return min(1.0, bright / max(_TOP) * (1 - day) + day)
