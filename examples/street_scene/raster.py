"""A small polygon painter with depth, label and instance buffers.

World axes in metres: X right, Y up from the road, Z forward. The camera looks along Z.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from street_scene.labels import IGNORE, Tag
from street_scene.light import Light
from street_scene.noise import Floats

WIDTH, HEIGHT = 640, 360
"""Size of a finished picture in pixels."""
SCALE = 3
"""Side of the square of painted pixels behind one finished pixel."""
NEAR = 0.5
"""Nothing nearer than this many metres is painted."""
_TIE = 0.998
"""Share of the stored inverse depth at which a later face of the same plane wins."""

Colour = tuple[float, float, float]
Bytes = NDArray[np.uint8]
Shader = Callable[[Floats], Floats]
"""World points (K, 3) in metres -> albedo (K, 3) in 0-1."""


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from.

    Attributes:
        vanish: Vanishing point (x, y) in pixels of the finished picture.
        eye: Height of the lens over the road in metres.
        focal: Focal length in pixels of the finished picture.
        mirror: Whether to see the world upside down, as in a wet road.
    """

    vanish: tuple[float, float]
    eye: float
    focal: float = 560.0
    mirror: bool = False

    def view(self, points: Floats) -> Floats:
        """Move world points (N, 3) so that the lens is the origin, metres."""
        up = -1.0 if self.mirror else 1.0
        offset = np.array([0.0, self.eye, 0.0], np.float32)
        return np.asarray(points * np.array([1.0, up, 1.0], np.float32) - offset, np.float32)

    def project(self, seen: Floats, scale: int = SCALE) -> Floats:
        """Project points relative to the lens (N, 3), Z > 0, to pixels (N, 2) times ``scale``."""
        ratio = self.focal / seen[:, 2]
        x = self.vanish[0] + seen[:, 0] * ratio
        y = self.vanish[1] - seen[:, 1] * ratio
        return np.asarray(np.stack([x, y], axis=1) * scale, np.float32)


def clip_near(seen: Floats) -> Floats:
    """Cut a polygon (N, 3), relative to the lens, at the near plane; (M, 3), M may be 0."""
    inside = seen[:, 2] >= NEAR
    if inside.all():
        return seen
    kept: list[Floats] = []
    for i in range(len(seen)):
        here, after = seen[i], seen[(i + 1) % len(seen)]
        if inside[i]:
            kept.append(here)
        if inside[i] != inside[(i + 1) % len(seen)]:
            t = (NEAR - here[2]) / (after[2] - here[2])
            kept.append(here + t * (after - here))
    return np.array(kept, np.float32).reshape(-1, 3)


def normal_of(points: Floats) -> Floats:
    """Unit normal (3,) of a polygon (N, 3); zeros if the polygon has no area."""
    corners = points.astype(np.float64).tolist()
    x = y = z = 0.0
    for (ax, ay, az), (bx, by, bz) in zip(corners, corners[1:] + corners[:1], strict=True):
        x += (ay - by) * (az + bz)
        y += (az - bz) * (ax + bx)
        z += (ax - bx) * (ay + by)
    length = math.sqrt(x * x + y * y + z * z)
    scale = 1.0 / length if length > 1e-7 else 0.0
    return np.array([x * scale, y * scale, z * scale], np.float32)


def _blank(*shape: int) -> Floats:
    return np.zeros((HEIGHT * SCALE, WIDTH * SCALE, *shape), np.float32)


@dataclass
class Canvas:
    """The buffers of one picture, each (360 * SCALE, 640 * SCALE).

    Attributes:
        camera: Where the scene is seen from.
        light: How it is lit.
        rgb: Linear-looking colour (H, W, 3), 0-1 and a little above.
        inverse: One over the depth in 1/metres; 0 where nothing was painted.
        glow: Light given off by the pixel, times its colour; 0 for most.
        label: Cityscapes train ids, uint8.
        instance: Object numbers, int32; 0 for none.
        shade: Light that reaches the ground (H, W, 3), 0-1; 1 outside any shadow.
        reach: Object number -> box (x0, y0, x1, y1) in finished pixels of all that was painted
            for it, hidden parts included, clipped to the frame.
    """

    camera: Camera
    light: Light
    rgb: Floats = field(default_factory=lambda: _blank(3))
    inverse: Floats = field(default_factory=_blank)
    glow: Floats = field(default_factory=_blank)
    label: Bytes = field(default_factory=lambda: np.full((HEIGHT * SCALE, WIDTH * SCALE), IGNORE, np.uint8))
    instance: NDArray[np.int32] = field(default_factory=lambda: np.zeros((HEIGHT * SCALE, WIDTH * SCALE), np.int32))
    shade: Floats = field(default_factory=lambda: _blank(3) + np.float32(1.0))
    reach: dict[int, tuple[float, float, float, float]] = field(default_factory=dict)

    def fill(
        self,
        points: Floats | list[Colour],
        colour: Colour,
        tag: Tag,
        *,
        low: Colour | None = None,
        glow: float = 0.0,
        shader: Shader | None = None,
        cull: bool = False,
        ground: bool = False,
        lit: bool = True,
    ) -> None:
        """Paint a flat polygon where it is not hidden.

        Args:
            points: Corners (N, 3) in metres.
            colour: Albedo, 0-1.
            tag: Label and object number to write.
            low: Albedo at the lower edge of the polygon; the same as ``colour`` if None.
            glow: Light given off, times the colour.
            shader: Gives the albedo of each point in place of ``colour``.
            cull: Whether to skip the polygon when it is seen from its back.
            ground: Whether shadows fall on it.
            lit: Whether the light of the scene shades it.
        """
        corners = np.asarray(points, np.float32)
        normal = normal_of(corners)
        seen = self.camera.view(corners)
        facing = normal * np.array([1.0, -1.0 if self.camera.mirror else 1.0, 1.0], np.float32)
        towards = -float((facing * seen.mean(axis=0)).sum())
        if not normal.any() or (cull and towards <= 0):
            return
        spot = self._cover(seen, facing, tag)
        if spot is None:
            return
        rows, cols, inverse = spot
        albedo = self._albedo(rows, cols, inverse, colour, low, shader)
        if lit:
            albedo = albedo * self.light.on(normal if towards > 0 else -normal)
        if ground:
            albedo = albedo * self.shade[rows, cols]
        self._write(rows, cols, albedo, inverse, glow, tag)

    def sprite(self, art: Floats, corner: Colour, size: tuple[float, float], tag: Tag) -> None:
        """Paint a flat picture that faces the camera.

        Args:
            art: Lit colour and opacity (h, w, 4), 0-1; opaque means above one half.
            corner: Its lower left corner (x, y, z) in metres.
            size: Its width and height in metres.
            tag: Label and object number to write.
        """
        ends = np.array([corner, (corner[0] + size[0], corner[1] + size[1], corner[2])], np.float32)
        flat = self.camera.project(self.camera.view(ends))
        (x0, y0), (x1, y1) = flat.min(axis=0), flat.max(axis=0)
        shape = (max(1, round(float(x1 - x0))), max(1, round(float(y1 - y0))))
        way = cv2.INTER_AREA if shape[0] < art.shape[1] else cv2.INTER_LINEAR
        big = cv2.resize(art[::-1] if self.camera.mirror else art, shape, interpolation=way)
        rows, cols = np.nonzero(big[..., 3] > 0.5)
        paint = big[rows, cols, :3]
        rows, cols = rows + round(float(y0)), cols + round(float(x0))
        inside = (rows >= 0) & (rows < HEIGHT * SCALE) & (cols >= 0) & (cols < WIDTH * SCALE)
        self._grow(tag.instance, flat)
        inside[inside] = self.inverse[rows[inside], cols[inside]] * _TIE <= 1.0 / corner[2]
        rows, cols = rows[inside], cols[inside]
        depth = np.full(len(rows), 1.0 / corner[2], np.float32)
        self._write(rows, cols, np.asarray(paint[inside], np.float32), depth, 0.0, tag)

    def _cover(
        self, seen: Floats, normal: Floats, tag: Tag
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats] | None:
        """Find the pixels (rows, columns, inverse depth) where a polygon is in front."""
        level = float((normal * seen[0]).sum())
        cut = clip_near(seen)
        if abs(level) < 1e-5 or len(cut) < 3:
            return None
        flat = self.camera.project(cut)
        self._grow(tag.instance, flat)
        x0, y0 = np.maximum(np.floor(flat.min(axis=0)), 0).astype(int)
        x1, y1 = np.ceil(flat.max(axis=0)).astype(int) + 1
        x1, y1 = min(int(x1), WIDTH * SCALE), min(int(y1), HEIGHT * SCALE)
        if x1 <= x0 or y1 <= y0:
            return None
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        fixed = np.round((flat - 0.5 - (x0, y0)) * 16).astype(np.int32)
        cv2.fillPoly(mask, [fixed], (1,), lineType=cv2.LINE_8, shift=4)
        rows, cols = np.nonzero(mask)
        rows, cols = rows + int(y0), cols + int(x0)
        focal = self.camera.focal * SCALE
        ray_x = (cols + 0.5 - self.camera.vanish[0] * SCALE) / focal
        ray_y = (self.camera.vanish[1] * SCALE - rows - 0.5) / focal
        inverse = (normal[0] * ray_x + normal[1] * ray_y + normal[2]) / level
        inverse = np.clip(inverse, 1.0 / cut[:, 2].max(), 1.0 / cut[:, 2].min()).astype(np.float32)
        front = inverse >= self.inverse[rows, cols] * _TIE
        return rows[front], cols[front], inverse[front]

    def _albedo(
        self,
        rows: NDArray[np.intp],
        cols: NDArray[np.intp],
        inverse: Floats,
        colour: Colour,
        low: Colour | None,
        shader: Shader | None,
    ) -> Floats:
        """Colours (K, 3) of the pixels of a polygon before lighting."""
        if shader is not None:
            return shader(self._world(rows, cols, inverse))
        flat = np.array(colour, np.float32)
        if low is None or not len(rows):
            return flat
        span = max(1, int(rows.max() - rows.min()))
        t = ((rows - rows.min()) / span).astype(np.float32)[:, None]
        t = 1.0 - t if self.camera.mirror else t
        return np.asarray(flat * (1 - t) + np.array(low, np.float32) * t, np.float32)

    def _world(self, rows: NDArray[np.intp], cols: NDArray[np.intp], inverse: Floats) -> Floats:
        """World points (K, 3) in metres of painted pixels."""
        focal = self.camera.focal * SCALE
        z = 1.0 / inverse
        x = (cols + 0.5 - self.camera.vanish[0] * SCALE) * z / focal
        y = (self.camera.vanish[1] * SCALE - rows - 0.5) * z / focal + self.camera.eye
        up = -1.0 if self.camera.mirror else 1.0
        return np.stack([x, y * up, z], axis=1).astype(np.float32)

    def _write(
        self,
        rows: NDArray[np.intp],
        cols: NDArray[np.intp],
        colour: Floats,
        inverse: Floats,
        glow: float,
        tag: Tag,
    ) -> None:
        self.rgb[rows, cols] = colour
        self.inverse[rows, cols] = inverse
        self.glow[rows, cols] = glow
        self.label[rows, cols] = tag.label
        self.instance[rows, cols] = tag.instance

    def _grow(self, instance: int, flat: Floats) -> None:
        """Take painted points (N, 2), in painted pixels, into the full box of an object."""
        if not instance:
            return
        x0, y0 = np.clip(flat.min(axis=0) / SCALE, 0, (WIDTH, HEIGHT))
        x1, y1 = np.clip(flat.max(axis=0) / SCALE, 0, (WIDTH, HEIGHT))
        old = self.reach.get(instance, (float(x0), float(y0), float(x1), float(y1)))
        self.reach[instance] = (
            min(old[0], float(x0)),
            min(old[1], float(y0)),
            max(old[2], float(x1)),
            max(old[3], float(y1)),
        )
