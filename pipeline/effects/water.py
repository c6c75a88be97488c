"""Rain on a picture: overcast sky, wet ground and haze, then falling drops and drops on the glass, at its own size."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.effects.bands import rows_at
from pipeline.effects.change import Change
from pipeline.effects.drops import GlassDrop, draw_drop, place_drops, scene_in_drops
from pipeline.effects.haze import air_light, haze
from pipeline.effects.layout import Layout, lay_out, working_size
from pipeline.effects.linear_light import Linear, Plane, apply, light_at, to_linear, to_pixels
from pipeline.effects.overcast import Overcast, find_overcast
from pipeline.effects.scene import Scene
from pipeline.effects.streaks import FULL, streaks
from pipeline.effects.water_options import RAIN_RATES, WaterAmounts, WaterLevel
from pipeline.effects.wet_ground import wet_ground
from pipeline.images.size import Size

Pixels = NDArray[np.uint8]
"""(H, W, 3), RGB."""

_WETNESS = {WaterLevel.NONE: 0.0, WaterLevel.LIGHT: 0.45, WaterLevel.MODERATE: 0.82, WaterLevel.HEAVY: 1.0}
"""Of the ground, for ``wet_ground``."""
_BRIGHTER_BY_NIGHT = 2.0
"""Times the light of the air around it that a falling drop shows by night, when it is lit from lamps near by."""
_BAND = 120_000
"""Pixels of a picture that are in linear light at a time: whole, a large picture would take 12 bytes a pixel twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A picture with water."""

    pixels: Pixels
    """With all effects."""
    clean: Pixels | None
    """The same light, without streaks and drops; None where it was not asked for."""
    has_ground: bool
    """Whether there was ground to get wet."""
    is_night: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Water:
    """How much it rains, and what the camera is like."""

    level: WaterLevel
    amounts: WaterAmounts = field(default_factory=WaterAmounts)
    horizon: float | None = None
    """The row of the horizon in shares of the height, or None to take it from the ground."""
    most_covered: float = 0.1
    """The share of a labelled box that drops on the glass may cover."""

    def render(
        self, pixels: Pixels, scene: Scene, *, camera: Pixels | None = None, with_clean: bool = False
    ) -> Rendered:
        """Let it rain on a picture.

        The same picture, scene and settings give the same pixels, everywhere. Nothing moves or changes its size.

        Args:
            pixels: (H, W, 3) uint8 RGB.
            scene: What is known of it.
            camera: (H, W, 3), the picture before its light was changed, whose sky is easier to tell; None where it was
                not.
            with_clean: Also return the picture without streaks and drops.
        """
        size = pixels.shape[1], pixels.shape[0]
        small = light_at(pixels, working_size(size))
        layout = lay_out(small, scene, size, self.horizon)
        overcast = self._overcast(pixels, camera, scene, layout)
        if overcast is not None:
            small = overcast.at(working_size(size))
        change = self._change(small, layout, scene.seed)
        apply(small, change.gain, change.added)
        falling = self._falling(small, layout, size, scene)
        result = np.empty_like(pixels)
        clean = np.empty_like(pixels) if with_clean else None
        for band in _bands(size):
            light = to_linear(pixels[band])
            if overcast is not None:
                light = overcast.applied(light, band, size)
            apply(light, rows_at(change.gain, band, size), rows_at(change.added, band, size))
            if clean is not None:
                clean[band] = to_pixels(light.copy())
            falling.fall(light, band)
            result[band] = to_pixels(light)
        return Rendered(pixels=result, clean=clean, has_ground=layout.has_ground, is_night=layout.is_night)

    def _overcast(self, pixels: Pixels, camera: Pixels | None, scene: Scene, layout: Layout) -> Overcast | None:
        """Return the overcast sky, or None by night, where no map tells the sky, and where it was not asked for."""
        strength = min(1.0, self.amounts.overcast) if self.level is not WaterLevel.NONE else 0.0
        if layout.is_night or scene.regions is None or not strength:
            return None
        return find_overcast(pixels, camera, scene, layout, strength)

    def _change(self, light: Linear, layout: Layout, seed: int) -> Change:
        """Return what wet ground and haze do."""
        wetness = min(1.0, _WETNESS[self.level] * self.amounts.wet_ground) if layout.has_ground else 0.0
        wet = wet_ground(light, layout, wetness, seed)
        return wet.then(haze(light, layout, RAIN_RATES[self.level], self.amounts.haze))

    def _falling(self, light: Linear, layout: Layout, size: Size, scene: Scene) -> "_Falling":
        """Return what falls, and what lies on the glass."""
        rate, amounts, seed = RAIN_RATES[self.level], self.amounts, scene.seed
        return _Falling(
            size=size,
            opacity=streaks(size, layout, rate, amounts.streaks, seed),
            drop_light=air_light(light, layout) * np.float32(_BRIGHTER_BY_NIGHT if layout.is_night else 1),
            drops=place_drops(size, rate, amounts.drops, scene.objects, self.most_covered, seed),
            scene=scene_in_drops(light),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Falling:
    """What is between the lens and the scene."""

    size: Size
    opacity: NDArray[np.uint8]
    drop_light: Linear
    drops: list[GlassDrop]
    scene: Linear

    def fall(self, light: Linear, band: slice) -> None:
        """Put it before a band of rows (n, W, 3), which is written to."""
        opacity = self.opacity[band]
        if opacity.any():
            share = np.multiply(opacity, np.float32(FULL / 255), dtype=np.float32)
            apply(light, 1 - share, self._of_drops(share, band))
        for drop in self.drops:
            if drop.box[1] < band.stop and drop.box[3] > band.start:
                draw_drop(light, (0, band.start), drop, self.scene, self.size)

    def _of_drops(self, share: Plane, band: slice) -> Linear:
        """Return the light that falling drops add to a band (n, W, 3), of which they have a share (n, W)."""
        if self.drop_light.shape[:2] == (1, 1):
            return np.asarray(cv2.merge([share * colour for colour in self.drop_light[0, 0]]), dtype=np.float32)
        own = rows_at(self.drop_light, band, self.size)
        return np.asarray(cv2.multiply(own, cv2.merge([share, share, share])), dtype=np.float32)


def _bands(size: Size) -> Iterator[slice]:
    """Cut a picture (W, H) into bands of rows."""
    width, height = size
    step = max(1, _BAND // width)
    for start in range(0, height, step):
        yield slice(start, min(height, start + step))
