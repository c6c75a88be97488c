"""A street of flat colours, by day and by night, of which all is known; and random scenes for properties."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import cv2
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.effects.layout import Layout, lay_out, working_size
from pipeline.effects.linear_light import Linear, to_linear
from pipeline.effects.scene import Region, Regions, Scene, SceneObject
from pipeline.labels.interface import Box

EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True, database=None)

HORIZON = 0.45
"""Row of the horizon, in shares of the height."""
CAR = (0.54, 0.46, 0.72, 0.68)
"""In shares of width and height."""
PERSON = (0.34, 0.42, 0.38, 0.62)
LAMPS = ((0.30, 0.24), (0.86, 0.24))
"""Middles of the street lamps by night."""
POLE = (0.795, 0.22, 0.81, 0.60)
"""A dark post at the right, that stands on the pavement."""
ROAD = ((0.47, HORIZON + 0.01), (0.53, HORIZON + 0.01), (0.95, 1.0), (0.05, 1.0))
_EDGES = ((0.4, HORIZON + 0.01), (0.6, HORIZON + 0.01), (1.0, 0.75), (1.0, 1.0), (0.0, 1.0), (0.0, 0.75))
"""Road and pavements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """A picture and what is known of it."""

    pixels: NDArray[np.uint8]
    regions: Regions
    """At the picture's size."""
    markings: NDArray[np.bool_]
    """(H, W), paint on the road."""
    objects: Sequence[SceneObject] = field(default=())

    @property
    def size(self) -> tuple[int, int]:
        """(W, H)."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def light(self) -> Linear:
        """Linear light at the working size; a new array each time."""
        return to_linear(np.asarray(cv2.resize(self.pixels, working_size(self.size), interpolation=cv2.INTER_AREA)))

    def scene(self, seed: int = 0) -> Scene:
        """All of it."""
        return Scene(regions=self.regions, objects=self.objects, seed=seed)

    def layout(self, horizon: float | None = HORIZON) -> Layout:
        """Where things are in it."""
        return lay_out(self.light, self.scene(), self.size, horizon)

    def box(self, shares: Box) -> Box:
        """Turn shares into pixels."""
        width, height = self.size
        return shares[0] * width, shares[1] * height, shares[2] * width, shares[3] * height

    def to_draw_on(self) -> "Street":
        """Return a copy whose pixels may be changed."""
        return replace(self, pixels=self.pixels.copy())


@cache
def draw_street(size: tuple[int, int] = (640, 360), *, night: bool = False, things: bool = True) -> Street:
    """Draw a street, whose arrays cannot be written to.

    Args:
        size: (W, H).
        night: Lamps instead of daylight.
        things: With a car, a person and a post.
    """
    width, height = size
    random = np.random.default_rng(7)
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:] = (120, 150, 200) if not night else (6, 7, 12)
    regions = np.full((height, width), Region.SKY, dtype=np.uint8)
    _houses(pixels, regions, night=night)
    asphalt = 96 if not night else 44
    ground = _filled(size, _EDGES)
    road = _filled(size, ROAD)
    pixels[ground] = asphalt + (14 if not night else 4)
    pixels[road] = asphalt
    regions[ground] = Region.GROUND
    markings = _dashes(size) & road
    pixels[markings] = (225, 225, 220) if not night else (110, 110, 105)
    grain = random.normal(0, 6 if not night else 2, (height, width, 1))
    pixels[ground] = np.clip(pixels[ground] + grain[ground], 0, 255).astype(np.uint8)
    street = Street(pixels=pixels, regions=regions, markings=markings)
    if night:
        for middle in LAMPS:
            place = int(middle[0] * width), int(middle[1] * height)
            cv2.circle(pixels, place, max(1, round(0.006 * width)), (255, 250, 235), -1, cv2.LINE_AA)
    if things:
        _post(street, night=night)
        _person(street, night=night)
        _car(street, night=night)
        street = replace(street, objects=tuple(SceneObject(box=street.box(box)) for box in (CAR, PERSON)))
    for array in (pixels, regions, markings):
        array.setflags(write=False)
    return street


def random_picture(size: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    """Return noise (H, W, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)


@st.composite
def scenes(draw: st.DrawFn, longest: int = 90) -> tuple[NDArray[np.uint8], Scene]:
    """A picture (H, W, 3) with patches of all regions, even or noisy or black or white, and objects anywhere."""
    width, height = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    cells = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    flat = draw(st.lists(st.sampled_from(list(Region)), min_size=cells[0] * cells[1], max_size=cells[0] * cells[1]))
    regions = np.array(flat, dtype=np.uint8).reshape(cells)
    seed = draw(st.integers(0, 2**32 - 1))
    kind = draw(st.sampled_from(["noise", "patches", "dark", "black", "white"]))
    small = random_picture((4, 5), seed)
    pixels = {
        "noise": random_picture((width, height), seed),
        "patches": cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST),
        "dark": cv2.resize(small // 8, (width, height), interpolation=cv2.INTER_LINEAR),
        "black": np.zeros((height, width, 3), dtype=np.uint8),
        "white": np.full((height, width, 3), 255, dtype=np.uint8),
    }[kind]
    objects = draw(st.lists(scene_objects((width, height)), max_size=4))
    known = draw(st.booleans()) or draw(st.booleans())
    picture = np.asarray(pixels, dtype=np.uint8).reshape(height, width, 3)
    return picture, Scene(regions=regions if known else None, objects=objects, seed=seed)


@st.composite
def scene_objects(draw: st.DrawFn, size: tuple[int, int]) -> SceneObject:
    """A labelled object: mostly within the picture, else anywhere, its corners in any order; some with outlines."""
    width, height = size
    far = st.sampled_from([-1e9, -1.0, 0.0, 1e9])
    x, y = (st.floats(-0.3 * side, 1.3 * side) | far for side in (width, height))
    points = [(draw(x), draw(y)) for _ in range(draw(st.sampled_from([2, 2, 5])))]
    corners = points[:2]
    if draw(st.sampled_from([True, True, True, False])):
        corners = [tuple(sorted(pair)) for pair in zip(*corners, strict=True)]
        corners = list(zip(*corners, strict=True))
    return SceneObject(box=(*corners[0], *corners[1]), outline=(tuple(points),) if len(points) > 2 else ())


def _filled(size: tuple[int, int], corners: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """Return the pixels of a polygon in shares of width and height."""
    mask = np.zeros((size[1], size[0]), dtype=np.uint8)
    cv2.fillPoly(mask, [np.rint(np.array(corners) * size).astype(np.int32)], (1,))
    return mask.astype(bool)


def _dashes(size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return dashes left of the middle of the road, as they look from above it, and lines along its edges."""
    mask = np.zeros((size[1], size[0]), dtype=bool)
    rows = np.linspace(HORIZON + 0.03, 1.0, 12)
    for first, last in zip(rows[::2], rows[1::2], strict=True):
        mask |= _filled(size, [_along(0.35, first), _along(0.39, first), _along(0.39, last), _along(0.35, last)])
    return mask | _filled(size, [_along(0.93, 0.5), _along(0.96, 0.5), _along(0.96, 1.0), _along(0.93, 1.0)])


def _along(share: float, row: float) -> tuple[float, float]:
    """Return the point that is a share of the way across the road in a row."""
    (left, top), (right, _), (right_below, bottom), (left_below, _) = ROAD
    down = (row - top) / (bottom - top)
    return (1 - share) * (left + down * (left_below - left)) + share * (right + down * (right_below - right)), row


def _rows_and_columns(street: Street, shares: Box) -> tuple[slice, slice]:
    """Return the pixels of a box in shares."""
    x0, y0, x1, y1 = (round(value) for value in street.box(shares))
    return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))


def _houses(pixels: NDArray[np.uint8], regions: Regions, *, night: bool) -> None:
    """Draw a row of houses from side to side, lower in the middle, down to rows that the ground will cover."""
    height, width = regions.shape
    share = 0.2 if night else 1.0
    fronts = ((0.0, 0.08, 0.2, 150), (0.2, 0.2, 0.36, 115), (0.36, 0.34, 0.62, 135), (0.62, 0.15, 0.8, 100))
    for left, top, right, level in (*fronts, (0.8, 0.05, 1.0, 140)):
        place = slice(int(top * height), int(0.8 * height)), slice(int(left * width), int(right * width) or None)
        pixels[place] = np.array([level, 0.93 * level, 0.85 * level]) * share
        regions[place] = Region.OTHER


def _post(street: Street, *, night: bool) -> None:
    """Draw the post."""
    place = _rows_and_columns(street, POLE)
    street.pixels[place] = 50 if not night else 12
    street.regions[place] = Region.OTHER


def _person(street: Street, *, night: bool) -> None:
    """Draw a head, a body and two legs."""
    x0, y0, x1, y1 = PERSON
    dim = 0.3 if night else 1.0
    middle = y0 + 0.55 * (y1 - y0)
    for shares, colour in (
        ((x0 + 0.01, y0, x1 - 0.01, y0 + 0.04), (205, 165, 140)),
        ((x0, y0 + 0.04, x1, middle), (30, 60, 160)),
        ((x0, middle, x0 + 0.015, y1), (35, 35, 40)),
        ((x1 - 0.015, middle, x1, y1), (35, 35, 40)),
    ):
        place = _rows_and_columns(street, shares)
        street.pixels[place] = np.array(colour) * dim
        street.regions[place] = Region.OTHER


def _car(street: Street, *, night: bool) -> None:
    """Draw a car from behind: body, rear window, red lamps, wheels."""
    x0, y0, x1, y1 = CAR
    dim = 0.25 if night else 1.0
    wide, high = x1 - x0, y1 - y0
    body = ((x0 + 0.12 * wide, y0, x1 - 0.12 * wide, y0 + 0.4 * high), (x0, y0 + 0.35 * high, x1, y1 - 0.12 * high))
    wheels = [(x0 + at * wide, y1 - 0.2 * high, x0 + (at + 0.16) * wide, y1) for at in (0.04, 0.8)]
    lamps = [(x0 + at * wide, y0 + 0.45 * high, x0 + (at + 0.14) * wide, y0 + 0.58 * high) for at in (0.02, 0.84)]
    window = (x0 + 0.18 * wide, y0 + 0.06 * high, x1 - 0.18 * wide, y0 + 0.34 * high)
    plate = (x0 + 0.36 * wide, y0 + 0.62 * high, x1 - 0.36 * wide, y0 + 0.72 * high)
    for shares, colour in (
        *((part, np.array((165, 170, 178)) * dim) for part in body),
        *((part, np.array((22, 22, 24)) * dim) for part in wheels),
        (window, np.array((40, 48, 56)) * dim),
        (plate, np.array((235, 235, 225)) * dim),
        *((part, np.array((255, 40, 30) if night else (200, 25, 25))) for part in lamps),
    ):
        place = _rows_and_columns(street, shares)
        street.pixels[place] = colour
        street.regions[place] = Region.OTHER
