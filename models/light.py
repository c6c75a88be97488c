"""Render the light of an overcast, rainy day into clear pictures: what ``rain`` learns first.

    python models/light.py --images DIR --maps DIR --real DIR --real-maps DIR --out DIR

The sky becomes an overcast one, the sun's shadows leave the ground, and brightness and colours come nearer to those of
real rainy frames by day. There is no water in it and no haze. The maps are ``road-lite``'s. The same picture always
gets the same target, and a picture by night is its own.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frames import is_by_day
from measure import pictures, read_ids
from pipeline.classes.schemes import find_scheme
from pipeline.effects.even_ground import even_ground
from pipeline.effects.layout import lay_out, working_size
from pipeline.effects.linear_light import Linear, Plane, luminance, saturation, smooth_step, to_linear, to_pixels
from pipeline.effects.overcast import drawn_ground, overcast_rows, rim_of, sky_end, without_sky
from pipeline.effects.scene import Region, Regions, Scene, region_table
from pipeline.effects.sky_matte import sky_matte
from pipeline.effects.smoothing import averaged, gaussian, guided, resized

_REGIONS = region_table(find_scheme("camvid").classes)
_QUANTILES = np.linspace(0.02, 0.98, 25)
_PULL = 0.7
"""Share of the way to the brightness of real rainy frames."""
_SLOPES = (0.6, 1.15)
"""Least and most that a curve of brightness compresses or stretches."""
_PARTED = 0.5
"""Most that the logarithms of the gains of ground and of what stands on it differ by."""
_SATURATION, _BLUE_SATURATION, _LAMP_SATURATION = 0.87, 0.65, 1.0
_BALANCE, _MOST_BALANCE = 0.65, 0.25
"""Share of the way to the tint of real wet ground, and most that the logarithm of a colour changes on it."""
_DARK_ABOVE = 50
"""Mean level of the upper half, 0 to 255, below which there is night."""
_NO_DAY, _BLUE_SKY = 0.25, 1.3
"""The 0.9 quantile of the luminance of the upper third by day is above this, or the blue of the sky is above this
many times the mean of its colours. Both were read off 100 dark frames by day and 30 by night."""
_STANDING = 0.3
"""Share by which light on what stands there that differs from its surroundings' is taken back."""
_DARK = 1e-3
"""Added to luminance before its logarithm is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What real rainy frames by day look like."""

    sky: NDArray[np.float32]
    """(2, 3), linear light of the sky at the top and at the horizon."""
    ground: NDArray[np.float64]
    """(25,), quantiles of the logarithm of the ground's luminance."""
    standing: NDArray[np.float64]
    """(25,), of what is neither ground nor sky."""
    tint: NDArray[np.float64]
    """(3,), median logarithm of each colour of the ground over its luminance: a cool light is below 0 in red."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a picture, (H, W) each, 0 to 1, with the picture's own edges."""

    ground: Plane
    cars: Plane
    sky: Plane
    """As the map has it."""
    lowest: int
    """Row below which there is no sky."""

    @property
    def standing(self) -> Plane:
        """What is neither ground nor sky."""
        return np.asarray(np.clip(1 - self.ground - self.sky, 0, 1), dtype=np.float32)


def render(pixels: NDArray[np.uint8], ids: NDArray[np.uint8], look: Look) -> NDArray[np.uint8]:
    """Return a picture in the light of an overcast day; one by night as it is.

    Args:
        pixels: (H, W, 3), RGB.
        ids: (H, W), CamVid's 11 classes.
        look: Of real frames.
    """
    light, regions = to_linear(pixels), _REGIONS[ids]
    if by_night(light, regions):
        return pixels
    parts = parts_of(light, regions)
    matte = sky_matte(light, regions, parts.lowest)
    light = without_sky(light, matte, rim_of(matte.share))
    light *= even_ground(light, parts.ground, parts.cars)
    light *= _soften_standing(light, parts.standing)[..., None]
    light *= _balance(light, parts.ground, look)
    light *= _tone_gain(light, parts, look)[..., None]
    light = _muted(light)
    light += (
        matte.share[..., None] * overcast_rows(look.sky, sky_end(regions), slice(0, len(light)), len(light))[:, None]
    )
    return to_pixels(np.ascontiguousarray(light, dtype=np.float32))


def by_night(light: Linear, regions: Regions) -> bool:
    """Tell whether a picture shows a night: it is dark above, or there is nothing bright above and no blue sky.

    A camera that exposes long makes a night as bright as a day under a deep blue sky; the lamps then colour its sky.

    Args:
        light: (H, W, 3), linear light.
        regions: (H, W).
    """
    small = resized(light, (160, 90))
    if float(to_pixels(small[:45].copy()).mean()) < _DARK_ABOVE:
        return True
    sky = regions == Region.SKY
    above = small[:22].reshape(-1, 3)
    colour = light[sky].mean(axis=0) if sky.mean() > 0.02 else above.mean(axis=0)
    brightest = float(np.quantile(luminance(np.ascontiguousarray(small[:30])), 0.9))
    return bool(brightest < _NO_DAY and colour[2] < _BLUE_SKY * colour.mean())


def parts_of(light: Linear, regions: Regions) -> Parts:
    """Tell the parts of a picture; the camera's own car is no ground.

    Args:
        light: (H, W, 3), linear light.
        regions: (H, W).
    """
    height, width = regions.shape
    size = working_size((width, height))
    layout = lay_out(resized(light, size), Scene(regions=regions, is_night=False), (width, height))
    return Parts(
        ground=drawn_ground(light, regions, layout),
        cars=(regions == Region.MOVING).astype(np.float32),
        sky=gaussian((regions == Region.SKY).astype(np.float32), 1.5 * width / 640),
        lowest=round(height * layout.lowest_sky),
    )


def look_of(images: Sequence[Path], maps: Sequence[Path]) -> Look:
    """Measure the real rainy frames that are by day.

    Args:
        images: The frames.
        maps: Their label maps, in the same order.

    Raises:
        SystemExit: None of them is by day.
    """
    skies, grounds, standings, tints = [], [], [], []
    for image, ids in ((_read(file), read_ids(label)) for file, label in _pairs(images, maps) if is_by_day(file)):
        light = to_linear(image)
        regions = _REGIONS[ids]
        parts = parts_of(light, regions)
        grounds.append(_log_quantiles(light, parts.ground))
        standings.append(_log_quantiles(light, parts.standing))
        tints.append(_tint(light, parts.ground))
        skies.append(_sky_ends(light, regions == Region.SKY))
    if not grounds:
        raise SystemExit("none of the real frames is by day")
    return Look(
        sky=np.nanmedian(skies, axis=0).astype(np.float32),
        ground=np.nanmean(grounds, axis=0),
        standing=np.nanmean(standings, axis=0),
        tint=np.nanmedian(tints, axis=0),
    )


def main() -> None:
    """Read the command line and render all pictures of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, help="folder of clear pictures")
    parser.add_argument("--maps", type=Path, required=True, help="their label maps, of tpsence segment")
    parser.add_argument("--real", type=Path, required=True, help="folder of real rainy frames")
    parser.add_argument("--real-maps", type=Path, required=True, help="their label maps")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    given = parser.parse_args()
    look = look_of(pictures(given.real), pictures(given.real_maps))
    render_all(given.images, given.maps, look, given.out)


def render_all(images: Path, maps: Path, look: Look, out: Path) -> None:
    """Render all pictures of a folder.

    Args:
        images: The folder.
        maps: Of their label maps.
        look: What real rain looks like.
        out: Where to write PNGs of the same stems.
    """
    out.mkdir(parents=True, exist_ok=True)
    for file, label in _pairs(pictures(images), pictures(maps)):
        made = render(_read(file), read_ids(label), look)
        Image.fromarray(made).save(out / f"{file.stem}.png", compress_level=3)


def _pairs(images: Sequence[Path], maps: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Put the map of its name to each picture.

    Raises:
        SystemExit: A picture has none.
    """
    by_stem = {file.stem: file for file in maps}
    lacking = [file.name for file in images if file.stem not in by_stem]
    if lacking:
        raise SystemExit(f"{lacking[0]}: no label map")
    return [(file, by_stem[file.stem]) for file in images]


def _read(file: Path) -> NDArray[np.uint8]:
    """Read a picture, (H, W, 3) RGB."""
    return np.asarray(Image.open(file).convert("RGB"))


def _log_quantiles(light: Linear, part: Plane) -> NDArray[np.float64]:
    """Return the quantiles (25,) of the logarithm of the luminance of a part, or NaN where it is small."""
    inside = part[::4, ::4] > 0.6
    if inside.mean() < 0.02:
        return np.full(len(_QUANTILES), np.nan)
    bright = np.log(luminance(np.ascontiguousarray(light[::4, ::4]))[inside] + _DARK)
    return np.asarray(np.quantile(bright, _QUANTILES), dtype=np.float64)


def _sky_ends(light: Linear, sky: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the median light (2, 3) of the upper and the lower third of a sky, or NaN where it is small."""
    rows = np.flatnonzero(sky.mean(axis=1) > 0.05)
    if sky.mean() < 0.03 or len(rows) < 6:
        return np.full((2, 3), np.nan)
    third = len(rows) // 3
    bands = rows[:third], rows[-third:]
    return np.array([np.median(light[band][sky[band]], axis=0) for band in bands])


def _tint(light: Linear, ground: Plane) -> NDArray[np.float64]:
    """Return the median logarithm (3,) of each colour of the ground over its luminance, or NaN where it is small."""
    inside = ground[::4, ::4] > 0.6
    if inside.mean() < 0.02:
        return np.full(3, np.nan)
    colours = np.ascontiguousarray(light[::4, ::4])
    ratios = (colours + _DARK) / (luminance(colours)[..., None] + _DARK)
    return np.asarray(np.median(np.log(ratios[inside]), axis=0), dtype=np.float64)


def _balance(light: Linear, ground: Plane, look: Look) -> NDArray[np.float32]:
    """Return the gains (3,) that take a low sun's or a camera's tint away, as far as the ground shows one."""
    change = np.nan_to_num(np.clip(_BALANCE * (look.tint - _tint(light, ground)), -_MOST_BALANCE, _MOST_BALANCE))
    return np.exp(change).astype(np.float32)


def _soften_standing(light: Linear, elsewhere: Plane) -> Plane:
    """Return the gain (H, W) that softens sun and shadow on what stands there; 1 elsewhere.

    Args:
        light: (H, W, 3), linear light.
        elsewhere: (H, W), 0 to 1: what is neither ground nor sky.
    """
    unit = light.shape[1] / 640
    bright = np.log(luminance(light) + 0.02)
    base = guided((bright + 4) / 4, bright, 12 * unit, 2e-3)
    mean = averaged(base, elsewhere + 1e-3, 60 * unit)
    over = np.clip(base - mean, -1.2, 1.6)
    # Highlights give way more than shadows: what is dark is often dark by itself.
    change = -np.where(over > 0, 1.3 * _STANDING, 0.5 * _STANDING) * over
    return np.asarray(np.exp(change * elsewhere), dtype=np.float32)


def _tone_gain(light: Linear, parts: Parts, look: Look) -> Plane:
    """Return the gain (H, W) that brings the brightness of ground and of the rest nearer to that of real frames."""
    bright = np.log(luminance(light) + _DARK)
    ground = _curve(_log_quantiles(light, parts.ground), look.ground)
    standing = _curve(_log_quantiles(light, parts.standing), look.standing)
    if not ground and not standing:
        return np.ones_like(bright)
    here, there = (curve(bright) for curve in (ground or standing, standing or ground) if curve)
    # Where the map is wrong its edges would be seen if the two parted far.
    there = np.clip(there, here - _PARTED, here + _PARTED)
    change = here * parts.ground + there * (1 - parts.ground)
    return np.asarray(np.exp(change), dtype=np.float32)


class _Curve:
    """A monotone curve of brightness.

    Args:
        levels: (25,), rising logarithms of luminance.
        changes: (25,), what is added to them.
    """

    def __init__(self, levels: NDArray[np.float64], changes: NDArray[np.float64]) -> None:
        self._levels, self._changes = levels, changes

    def __call__(self, bright: Plane) -> Plane:
        """Return what is added to the logarithm of each luminance (H, W)."""
        return np.interp(bright, self._levels, self._changes).astype(np.float32)


def _curve(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> _Curve | None:
    """Return the curve from found quantiles (25,) part of the way to wanted ones, or None where none were found."""
    if np.isnan(found).any() or np.isnan(wanted).any():
        return None
    levels = np.linspace(np.log(_DARK), 0.1, 25)
    there = np.interp(levels, found, wanted)
    there = np.where(levels < found[0], levels - found[0] + wanted[0], there)
    there = np.where(levels > found[-1], levels - found[-1] + wanted[-1], there)
    steps = np.diff(levels)
    slopes = np.clip(1 + _PULL * (np.diff(there) / steps - 1), *_SLOPES)
    curve = np.concatenate([[0.0], np.cumsum(slopes * steps)])
    # The medians are brought together exactly: where the ground is even its other quantiles lie between two levels.
    middle = float(np.median(found))
    curve += middle + _PULL * (float(np.median(wanted)) - middle) - np.interp(middle, levels, curve)
    return _Curve(levels, curve - levels)


def _muted(light: Linear) -> Linear:
    """Return light with duller colours; lamps, signs and what else is strongly coloured and not blue keep theirs."""
    grey = luminance(light)
    colour = saturation(light)
    red, green, blue = cv2.split(light)
    bluish = smooth_step(np.asarray(blue / (np.maximum(red, green) + 1e-3), dtype=np.float32), 1.0, 1.25)
    lamp = (
        smooth_step(colour, 0.6, 0.85)
        * (1 - bluish)
        * smooth_step(np.asarray(np.maximum(red, green), dtype=np.float32), 0.02, 0.1)
    )
    kept = _SATURATION + (_BLUE_SATURATION - _SATURATION) * bluish + (_LAMP_SATURATION - _SATURATION) * lamp
    return np.asarray((grey[..., None] + (light - grey[..., None]) * kept[..., None]), dtype=np.float32)


if __name__ == "__main__":
    main()
