"""Road, pavements, markings and the shadows that fall on them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from street_scene.labels import ROAD, SIDEWALK, TERRAIN, Tag
from street_scene.noise import Floats, sample, smoothstep
from street_scene.raster import HEIGHT, SCALE, WIDTH, Camera, Canvas, Colour, clip_near
from street_scene.scene import FAR, KERB, Road, Scene
from street_scene.vehicles import footprint


def _line(x: Floats, middle: float, half: float, blur: Floats) -> Floats:
    """Cover of a painted stripe at ``x``, 0-1, softened over ``blur`` metres."""
    cover = (half + blur - np.abs(x - np.float32(middle))) / (2 * blur)
    return np.asarray(np.clip(cover, 0.0, 1.0), np.float32)


@dataclass(frozen=True)
class Surface:
    """Colours of the ground, usable as shaders.

    Attributes:
        road: The road.
        soft: Cloudy tiling noise (512, 512).
        fine: Grainy tiling noise (512, 512).
        wet: Whether it is dark with water.
    """

    road: Road
    soft: Floats
    fine: Floats
    wet: bool

    def asphalt(self, points: Floats) -> Floats:
        """Albedo (K, 3) of road points (K, 3)."""
        x, z = points[:, 0], points[:, 2]
        fade = 1.0 / (1.0 + z / 14.0)
        tone = 1.0 + 0.035 * sample(self.soft, x * 22, z * 7)
        tone += 0.06 * fade * sample(self.fine, x * 38, z * 38)
        for lane in self._wheel_lines():
            tone -= 0.06 * np.exp(-(((x - lane) / 0.28) ** 2))
        tone -= 0.12 * smoothstep(1.1, 1.5, sample(self.soft, x * 13 + 90, z * 4 + 31))
        base = np.array((0.21, 0.21, 0.22) if self.wet else (0.385, 0.38, 0.375), np.float32)
        albedo = base * tone[:, None]
        marks = self._markings(x, z)[:, None]
        worn = np.clip(0.86 + 0.10 * sample(self.soft, x * 60, z * 40), 0.4, 1.0)[:, None]
        white = np.float32(0.55 if self.wet else 0.84)
        return np.asarray(albedo * (1 - marks * worn) + white * marks * worn, np.float32)

    def paving(self, points: Floats) -> Floats:
        """Albedo (K, 3) of pavement points (K, 3): slabs with joints."""
        x, z = points[:, 0], points[:, 2]
        fade = 1.0 / (1.0 + (z / 9.0) ** 2)
        slab = sample(self.fine, np.floor(x / 0.6) * 17, np.floor(z / 0.9) * 29)
        tone = 1.0 + 0.05 * slab * fade + 0.05 * sample(self.soft, x * 16, z * 6)
        joint = np.minimum(np.abs(x / 0.6 % 1.0 - 0.5), np.abs(z / 0.9 % 1.0 - 0.5) * 1.5)
        tone -= 0.22 * fade * (joint < 0.02 + 0.001 * z)
        base = np.array((0.34, 0.34, 0.34) if self.wet else (0.60, 0.58, 0.55), np.float32)
        return np.asarray(base * tone[:, None], np.float32)

    def grass(self, points: Floats) -> Floats:
        """Albedo (K, 3) of lawn points (K, 3)."""
        x, z = points[:, 0], points[:, 2]
        tone = 1.0 + 0.12 * sample(self.soft, x * 20, z * 8) + 0.06 * sample(self.fine, x * 30, z * 30)
        base = np.array((0.22, 0.30, 0.13) if self.wet else (0.36, 0.47, 0.20), np.float32)
        return np.asarray(base * tone[:, None], np.float32)

    def _wheel_lines(self) -> list[float]:
        road = self.road
        middles = [road.centre + sign * road.lane * n for sign in (-1, 1) for n in (0.5, 1.5)]
        used = middles if road.lanes else [middles[0], middles[2]]
        return [middle + shift for middle in used for shift in (-0.75, 0.75)]

    def _markings(self, x: Floats, z: Floats) -> Floats:
        """Cover of white paint (K,), 0-1."""
        road = self.road
        blur = 0.012 + 0.0006 * z
        dash = smoothstep(0.0, 0.06, np.asarray(1.5 - np.abs((z + 2.0) % 7.5 - 3.0), np.float32))
        paint = np.zeros_like(x)
        for middle in (road.centre, *road.lanes):
            paint = np.maximum(paint, _line(x, middle, 0.07, blur) * dash)
        for edge in (road.left + 2.3, road.right - 2.3):
            bays = (z % 6.0 < 0.12) & (np.abs(x - edge) < 0.4)
            paint = np.maximum(paint, np.maximum(_line(x, edge, 0.05, blur) * 0.8, bays * 0.7))
        if road.crossing is None:
            return paint
        edge_of_arm = road.crossing - road.arm
        paint *= (z < edge_of_arm - 1.0) | (z > road.crossing + road.arm + 1.0)
        zebra = (np.abs(z - edge_of_arm + 3.4) < 1.5) & ((x - road.left) % 1.0 > 0.5)
        stop = (np.abs(z - edge_of_arm + 6.0) < 0.2) & (x > road.centre)
        inside = (x > road.left + 0.2) & (x < road.right - 0.2)
        paint = np.where(np.abs(z - edge_of_arm + 3.0) < 3.2, 0.0, paint)
        return np.asarray(np.maximum(paint, (zebra | stop) & inside), np.float32)


def _flat(x0: float, x1: float, z0: float, z1: float, y: float) -> list[Colour]:
    return [(x0, y, z0), (x1, y, z0), (x1, y, z1), (x0, y, z1)]


def _runs(road: Road) -> list[tuple[float, float]]:
    """Give the stretches (z0, z1) of pavement, broken at the side street."""
    if road.crossing is None:
        return [(0.2, FAR + 60)]
    return [(0.2, road.crossing - road.arm), (road.crossing + road.arm, FAR + 60)]


def paint_ground(canvas: Canvas, scene: Scene, surface: Surface) -> None:
    """Paint lawns, road, kerbs and pavements.

    Args:
        canvas: What to paint on; its ``shade`` must hold the shadows.
        scene: The scene.
        surface: Colours of the ground.
    """
    road = scene.road
    everywhere = _flat(-400, 400, 0.2, 900, -0.06)
    canvas.fill(everywhere, (0.4, 0.4, 0.4), Tag(TERRAIN), shader=surface.grass, ground=True)
    lanes = _flat(road.left, road.right, 0.2, FAR + 60, 0.0)
    canvas.fill(lanes, (0, 0, 0), Tag(ROAD), shader=surface.asphalt, ground=True)
    if road.crossing is not None:
        arm = _flat(-90, 90, road.crossing - road.arm, road.crossing + road.arm, 0.0)
        canvas.fill(arm, (0, 0, 0), Tag(ROAD), shader=surface.asphalt, ground=True)
    stone: Colour = (0.40, 0.40, 0.40) if surface.wet else (0.68, 0.67, 0.65)
    for side in (-1, 1):
        x = road.kerb(side)
        outer = x + side * (road.pavement + 1.2)
        for z0, z1 in _runs(road):
            face = [(x, 0.0, z0), (x, KERB, z0), (x, KERB, z1), (x, 0.0, z1)]
            canvas.fill(face, stone, Tag(SIDEWALK), ground=True)
            end = [(x, 0.0, z0), (outer, 0.0, z0), (outer, KERB, z0), (x, KERB, z0)]
            canvas.fill(end, stone, Tag(SIDEWALK), ground=True)
            slab = _flat(x, outer, z0, z1, KERB)
            canvas.fill(slab, (0, 0, 0), Tag(SIDEWALK), shader=surface.paving, ground=True)
            rim = _flat(x, x + side * 0.16, z0, z1, KERB + 0.002)
            canvas.fill(rim, stone, Tag(SIDEWALK), ground=True)


def _cast(points: Floats, towards: Colour) -> Floats:
    """Let points (N, 3) fall onto the road along the sun's rays; their hull (M, 3)."""
    drop = points[:, 1] / np.float32(towards[1])
    x = points[:, 0] - drop * np.float32(towards[0])
    z = points[:, 2] - drop * np.float32(towards[2])
    hull = cv2.convexHull(np.stack([x, z], axis=1).astype(np.float32)).reshape(-1, 2)
    return np.stack([hull[:, 0], np.zeros(len(hull)), hull[:, 1]], axis=1).astype(np.float32)


def _stamp(mask: Floats, camera: Camera, points: Floats, value: float) -> None:
    """Fill a ground polygon (N, 3) in a mask (360, 640)."""
    seen = clip_near(camera.view(points))
    if len(seen) < 3:
        return
    flat = np.clip(camera.project(seen, 1), -3e4, 3e4)
    cv2.fillPoly(mask, [np.round(flat * 16).astype(np.int32)], (value,), lineType=cv2.LINE_8, shift=4)


def _upright(x: float, z: float, width: float, low: float, high: float, depth: float = 0.0) -> Floats:
    """Corners (8, 3) of a box standing at x, z."""
    half, deep = width / 2, depth / 2
    return np.array(
        [(x + a, y, z + b) for a in (-half, half) for y in (low, high) for b in (-deep, deep + 0.02)],
        np.float32,
    )


def _casters(scene: Scene) -> list[Floats]:
    """Point sets (N, 3) of everything that casts a shadow."""
    casters = [footprint(car) for car in scene.cars]
    for house in scene.buildings:
        middle, depth = (house.z0 + house.z1) / 2, house.z1 - house.z0
        casters.append(_upright(house.x + house.side * 5, middle, 10, 0, house.height, depth))
    for tree in scene.trees:
        casters.append(_upright(tree.x, tree.z, 0.25, 0, tree.height * 0.5))
        turn = np.linspace(0, 2 * np.pi, 10, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], 1) * tree.height * 0.27
        blob = np.stack([tree.x + ring[:, 0], np.full(10, tree.height * 0.66), tree.z + ring[:, 1]], 1)
        casters.append(blob.astype(np.float32))
    casters += [_upright(who.x, who.z, 0.42, who.y, who.y + who.height, 0.25) for who in scene.walkers]
    casters += [_upright(lamp.x, lamp.z, 0.12, 0, 6.5) for lamp in scene.lamps]
    casters += [_upright(sign.x, sign.z, 0.1, 0, sign.height) for sign in scene.signs]
    return casters


def cast_shadows(canvas: Canvas, scene: Scene) -> None:
    """Work the light on the ground out and store it as ``canvas.shade``.

    Args:
        canvas: The canvas, nothing painted yet.
        scene: The scene.
    """
    direct = np.zeros((HEIGHT, WIDTH), np.float32)
    contact = np.zeros_like(direct)
    light = canvas.light
    if max(light.hour.sun) > 0:
        for points in _casters(scene):
            _stamp(direct, canvas.camera, _cast(points, light.towards), 1.0)
    for car in scene.cars:
        corners = footprint(car)[[0, 1, 5, 4]] * np.array([1, 0, 1], np.float32)
        _stamp(contact, canvas.camera, corners, 1.0)
    for who in scene.walkers:
        feet = _upright(who.x, who.z, 0.5, 0, 0.01, 0.4)[[0, 1, 5, 4]]
        _stamp(contact, canvas.camera, feet, 0.7)
    direct = np.asarray(cv2.GaussianBlur(direct, (0, 0), 1.1), np.float32)
    contact = np.asarray(cv2.GaussianBlur(contact, (0, 0), 2.2), np.float32)
    strength = 0.5 * max(light.hour.sun) / 0.8
    tint = np.array((1.0, 0.96, 0.86), np.float32) * np.float32(strength)
    small = (1 - direct[..., None] * tint) * (1 - 0.66 * contact[..., None])
    size = (WIDTH * SCALE, HEIGHT * SCALE)
    canvas.shade = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.float32)
