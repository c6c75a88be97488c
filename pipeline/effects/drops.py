"""Drops on the glass before the lens: small inverted pictures of the scene, out of focus.

Source: a drop on a pane refracts like a lens of a very short focal length, so that it shows most of the scene upside
down (Roser and Geiger, "Video-based raindrop detection for improved image registration", ICCV Workshops 2009).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.effects.linear_light import Linear, Plane
from pipeline.effects.scene import SceneObject
from pipeline.images.size import Size

_PER_RATE = 24.0
"""Drops on the glass for each square root of a mm/h: wipers and wind take them away."""
_SMALLEST, _LARGEST = 3.0, 11.0
"""Radii in pixels at a width of 1280."""
_VIEW = 0.3
"""Share of the picture's width that is seen in a drop, from its middle to its rim."""
_OPAQUE = 0.9
_STEPS = 4
"""Sizes of drops that are told apart, for each pixel."""
_SMALL = 12
"""Radius in pixels up to which lenses are kept."""


@dataclass(frozen=True)
class GlassDrop:
    """One drop on the glass, in pixels of the picture."""

    x: float
    y: float
    radius: float
    """Half its width."""
    tail: float
    """How far the trail of a running drop reaches up; 0 for one that rests."""

    @cached_property
    def lens(self) -> "Lens":
        """How it looks."""
        radius, tail = round(self.radius * _STEPS), round(self.tail)
        return _known_lens(radius, tail) if radius <= _SMALL * _STEPS else make_lens(radius, tail)

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """What it touches: (x0, y0, x1, y1) in whole pixels, which may be outside."""
        rows, columns = self.lens.opacity.shape
        x0, y1 = round(self.x) - columns // 2, round(self.y) + columns // 2 + 1
        return x0, y1 - rows, x0 + columns, y1


@dataclass(frozen=True, slots=True)
class Lens:
    """How drops of a size look, all arrays (n, m); the middle of the drop is as far from three of the sides."""

    opacity: Plane
    bend_x: Plane
    """How far to the left of the middle a pixel looks: 1 to the rim's view."""
    bend_y: Plane
    """How far up."""


def place_drops(
    size: Size, rain_rate: float, amount: float, objects: Sequence[SceneObject], most: float, seed: int
) -> list[GlassDrop]:
    """Place drops on the glass.

    Args:
        size: (W, H) of the picture.
        rain_rate: In mm/h.
        amount: Times their number.
        objects: The labelled objects.
        most: The share of an object's box that drops may cover together.
        seed: Places them.
    """
    random = np.random.default_rng(seed + 3)
    width, height = size
    number = int(random.poisson(_PER_RATE * np.sqrt(rain_rate) * amount))
    boxes = np.array([item.box for item in objects], dtype=np.float64).reshape(-1, 4)
    areas = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1e-6)
    covered = np.zeros(len(boxes))
    placed = []
    for _ in range(number):
        drop = _drawn(random, width, height)
        more = covered + _overlaps(drop, boxes) / areas
        if (more[more > covered] <= most).all():
            covered = more
            placed.append(drop)
    return placed


def _drawn(random: np.random.Generator, width: int, height: int) -> GlassDrop:
    """Draw one drop by lot: most are small, one in six runs."""
    unit = max(width, height) / 1280
    radius = unit * (_SMALLEST + (_LARGEST - _SMALLEST) * random.beta(1.2, 3.5))
    tail = random.uniform(4, 14) * radius if random.random() < 1 / 6 else 0.0
    return GlassDrop(random.uniform(0, width), random.uniform(0, height), radius, tail)


def _overlaps(drop: GlassDrop, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area in pixels that a drop's box has in common with each box (n, 4)."""
    x0, y0, x1, y1 = drop.box
    across = np.minimum(boxes[:, 2], x1) - np.maximum(boxes[:, 0], x0)
    along = np.minimum(boxes[:, 3], y1) - np.maximum(boxes[:, 1], y0)
    return np.asarray(np.maximum(across, 0) * np.maximum(along, 0))


def scene_in_drops(light: Linear) -> Linear:
    """Return the scene as drops show it, small and soft: (h, w, 3), at most 80 on the longer side."""
    height, width = light.shape[:2]
    scale = min(1.0, 80 / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def draw_drop(pixels: Linear, origin: tuple[int, int], drop: GlassDrop, scene: Linear, size: Size) -> None:
    """Draw a drop into a part of a picture.

    Args:
        pixels: (n, m, 3), the part, which is written to.
        origin: (x, y) of its first pixel in the picture.
        drop: What to draw.
        scene: From ``scene_in_drops``.
        size: (W, H) of the picture.
    """
    x0, y0, x1, y1 = drop.box
    left, top = max(x0, origin[0]), max(y0, origin[1])
    right, bottom = min(x1, origin[0] + pixels.shape[1]), min(y1, origin[1] + pixels.shape[0])
    if left >= right or top >= bottom:
        return
    inside = slice(top - y0, bottom - y0), slice(left - x0, right - x0)
    height, width = scene.shape[:2]
    # Wherever it is on the glass, a drop shows most of the scene: its view is drawn towards the middle.
    middle_x, middle_y = (0.5 + 0.5 * (place / whole - 0.5) for place, whole in ((drop.x, size[0]), (drop.y, size[1])))
    view = np.float32(_VIEW * width)
    where_x = np.float32(middle_x * width) - drop.lens.bend_x[inside] * view
    where_y = np.float32(middle_y * height) - drop.lens.bend_y[inside] * view
    image = cv2.remap(scene, where_x, where_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    part = pixels[top - origin[1] : bottom - origin[1], left - origin[0] : right - origin[0]]
    part += drop.lens.opacity[inside][..., None] * (image - part)


def make_lens(radius_steps: int, tail: int) -> Lens:
    """Make the lens of drops of a size.

    Args:
        radius_steps: Their radius in pixels, times ``_STEPS``.
        tail: How far the trail reaches up in pixels; 0 for a drop that rests.
    """
    radius = max(radius_steps, 1) / _STEPS
    reach = int(np.ceil(1.1 * radius))
    x = np.arange(-reach, reach + 1, dtype=np.float64)[None]
    y = np.arange(-max(reach, tail), reach + 1, dtype=np.float64)[:, None]
    distance = np.hypot(x, y) / radius
    opacity = np.clip((1.1 - distance) / 0.35, 0, 1)
    if tail:
        up = np.clip(-y / tail, 0, 1)  # 0 at the drop, 1 at the end of its trail
        trail = np.clip((0.5 - 0.3 * up - np.abs(x) / radius) / 0.3, 0, 1) * (1 - up) * (y < 0)
        opacity = np.maximum(opacity, 0.7 * trail)
    bulge = (0.5 + 0.5 * np.minimum(distance, 1)) / radius  # the rim bends light more than the middle
    return Lens(*(plane.astype(np.float32) for plane in (_OPAQUE * opacity, x * bulge, y * bulge)))


_known_lens = lru_cache(maxsize=512)(make_lens)
"""Most drops of all pictures are small and of a few hundred sizes."""
