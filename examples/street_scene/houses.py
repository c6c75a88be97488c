"""Houses with windows, shops, balconies and roofs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from street_scene.labels import BUILDING, Tag
from street_scene.noise import Floats, sample
from street_scene.raster import Canvas, Colour
from street_scene.scene import Building

TAG = Tag(BUILDING)
BRICK: Colour = (0.45, 0.28, 0.23)
DETAIL = 75.0
"""Windows farther away than this many metres are plain."""
AWNINGS: tuple[Colour, ...] = ((0.62, 0.14, 0.13), (0.14, 0.34, 0.24), (0.16, 0.25, 0.45), (0.80, 0.62, 0.30))


@dataclass(frozen=True)
class Wall:
    """An upright wall, with places given along it, up it, and out of it, in metres.

    Attributes:
        origin: x and z of its start.
        along: Unit x and z of its direction.
        out: Unit x and z pointing away from the house.
        length: Length.
        height: Height.
    """

    origin: tuple[float, float]
    along: tuple[float, float]
    out: tuple[float, float]
    length: float
    height: float

    def point(self, s: float, y: float, out: float = 0.0) -> Colour:
        """World point of a place on the wall."""
        x = self.origin[0] + self.along[0] * s + self.out[0] * out
        return (x, y, self.origin[1] + self.along[1] * s + self.out[1] * out)

    def quad(self, s0: float, s1: float, y0: float, y1: float, out: float = 0.0) -> list[Colour]:
        """Upright rectangle parallel to the wall."""
        corners = ((s0, y0), (s1, y0), (s1, y1), (s0, y1))
        return [self.point(s, y, out) for s, y in corners]

    def ledge(self, s0: float, s1: float, y: float, out0: float, out1: float) -> list[Colour]:
        """Level rectangle that sticks out of the wall."""
        corners = ((s0, out0), (s1, out0), (s1, out1), (s0, out1))
        return [self.point(s, y, out) for s, out in corners]


@dataclass
class Mason:
    """Paints one house.

    Attributes:
        canvas: What to paint on.
        house: The house.
        fine: Grainy tiling noise (512, 512).
        soft: Cloudy tiling noise (512, 512).
        rng: Source of the choices for single windows.
    """

    canvas: Canvas
    house: Building
    fine: Floats
    soft: Floats
    rng: np.random.Generator

    def box(self, wall: Wall, span: tuple[float, float, float, float], out: float, colour: Colour) -> None:
        """Paint a flat box on the wall: front, lower and upper side, ends."""
        s0, s1, y0, y1 = span
        self.canvas.fill(wall.quad(s0, s1, y0, y1, out), colour, TAG)
        for y in (y0, y1):
            self.canvas.fill(wall.ledge(s0, s1, y, 0, out), colour, TAG)
        for s in (s0, s1):
            end = [wall.point(s, y0), wall.point(s, y0, out), wall.point(s, y1, out), wall.point(s, y1)]
            self.canvas.fill(end, colour, TAG)

    def plaster(self, wall: Wall) -> Callable[[Floats], Floats]:
        """Shader of the bare wall: stained plaster or courses of brick."""
        brick = self.house.wall[0] > 1.35 * self.house.wall[2]
        base = np.array(self.house.wall, np.float32)
        wet = np.float32(0.8 if self.canvas.light.wet else 1.0)

        def shade(points: Floats) -> Floats:
            along = points[:, 0] * wall.along[0] + points[:, 2] * wall.along[1]
            y, near = points[:, 1], 1.0 / (1.0 + (points[:, 2] / 16.0) ** 2)
            tone = 1.0 + 0.035 * sample(self.soft, along * 14, y * 9)
            tone += 0.03 * near * sample(self.fine, along * 30, y * 30)
            if brick:
                course = np.floor(y / 0.16)
                tone += 0.07 * near * sample(self.fine, np.floor(along / 0.4 + course * 0.5) * 13, course * 7)
                tone -= 0.10 * near * (y / 0.16 % 1.0 < 0.18)
            tone *= 1.0 - 0.22 * np.exp(-np.maximum(y, 0) / 0.9)
            return np.asarray(base * wet * tone[:, None], np.float32)

        return shade

    def glass(self, lit_share: float) -> tuple[Colour, Colour, float]:
        """Choose the upper and lower colour and the glow of one pane."""
        hour = self.canvas.light.hour
        draw, warm = float(self.rng.random()), float(self.rng.uniform(0.8, 1.05))
        share = float(self.rng.uniform(0.22, 0.6))
        if draw < lit_share * hour.lamps:
            return (0.98 * warm, 0.82 * warm, 0.52 * warm), (0.80 * warm, 0.60 * warm, 0.34 * warm), 0.28
        sky = tuple(0.10 + (c - 0.10) * share for c in hour.horizon)
        dark = tuple(0.08 + (c - 0.08) * share * 0.45 for c in hour.zenith)
        return (sky[0], sky[1], sky[2]), (dark[0], dark[1], dark[2]), 0.0

    def pane(self, wall: Wall, span: tuple[float, float, float, float], lit_share: float = 0.34) -> None:
        """Paint glass, at times with curtains."""
        top, low, glow = self.glass(lit_share)
        self.canvas.fill(wall.quad(*span, 0.012), top, TAG, low=low, glow=glow, lit=glow == 0)
        s0, s1, y0, y1 = span
        if self.rng.random() < 0.4 and wall.point(s0, 0)[2] < DETAIL:
            edge = (s1 - s0) * float(self.rng.uniform(0.18, 0.34))
            cloth: Colour = (0.80, 0.78, 0.74) if glow == 0 else (0.95, 0.86, 0.66)
            for a, b in ((s0, s0 + edge), (s1 - edge, s1)):
                self.canvas.fill(wall.quad(a, b, y0, y1, 0.014), cloth, TAG, glow=glow * 0.5)

    def window(self, wall: Wall, s: float, y: float, width: float, tall: float) -> None:
        """Paint one window around the place ``s``, its sill at height ``y``."""
        trim, half = self.house.trim, width / 2
        far = wall.point(s, 0)[2] > DETAIL
        if not far:
            frame = wall.quad(s - half - 0.12, s + half + 0.12, y - 0.02, y + tall + 0.14, 0.008)
            self.canvas.fill(frame, trim, TAG)
        self.pane(wall, (s - half, s + half, y, y + tall))
        if far:
            return
        shadow = tuple(0.35 * c for c in self.house.wall)
        lintel = wall.quad(s - half, s + half, y + tall * 0.92, y + tall, 0.016)
        self.canvas.fill(lintel, (shadow[0], shadow[1], shadow[2]), TAG)
        self.canvas.fill(wall.quad(s - 0.035, s + 0.035, y, y + tall, 0.02), trim, TAG)
        self.canvas.fill(wall.quad(s - half, s + half, y + tall * 0.66, y + tall * 0.71, 0.02), trim, TAG)
        self.box(wall, (s - half - 0.14, s + half + 0.14, y - 0.1, y), 0.13, trim)
        if self.house.shutters:
            dark = tuple(0.55 * c + 0.04 for c in self.house.roof)
            for a in (s - half - 0.5, s + half + 0.08):
                self.canvas.fill(wall.quad(a, a + 0.42, y, y + tall, 0.04), (dark[0], dark[1], dark[2]), TAG)

    def balcony(self, wall: Wall, s: float, y: float) -> None:
        """Paint a slab with a railing below a window."""
        self.box(wall, (s - 0.9, s + 0.9, y - 0.16, y), 0.75, (0.66, 0.65, 0.63))
        bars: Colour = (0.16, 0.17, 0.18)
        self.canvas.fill(wall.quad(s - 0.9, s + 0.9, y + 0.85, y + 0.92, 0.74), bars, TAG)
        for a in np.linspace(s - 0.9, s + 0.86, 11):
            self.canvas.fill(wall.quad(float(a), float(a) + 0.035, y, y + 0.88, 0.74), bars, TAG)

    def storeys(self, wall: Wall, first: int) -> None:
        """Paint the rows of windows from floor ``first`` up."""
        bays = max(1, int((wall.length - 0.8) / self.house.bay))
        step = wall.length / bays
        width, tall = min(1.25, step * 0.52), self.house.storey * 0.54
        for floor in range(first, self.house.floors):
            y = floor * self.house.storey + 0.95 + 0.3
            for bay in range(bays):
                s = (bay + 0.5) * step
                self.window(wall, s, y, width, tall)
                near = wall.point(s, 0)[2] < DETAIL
                if self.house.balconies and floor and bay % 2 == 0 and near:
                    self.balcony(wall, s, y - 0.25)

    def shopfront(self, wall: Wall) -> None:
        """Paint display windows, a door, a fascia and awnings on the ground floor."""
        top = self.house.storey * 0.98
        pick = AWNINGS[int(self.rng.integers(len(AWNINGS)))]
        count = max(1, int(wall.length / 4.2))
        step = wall.length / count
        dark = tuple(0.42 * c for c in pick)
        self.canvas.fill(wall.quad(0, wall.length, 0.1, top + 0.2, 0.02), (dark[0], dark[1], dark[2]), TAG)
        self.box(wall, (0, wall.length, top - 0.28, top + 0.32), 0.16, pick)
        for n in range(count):
            s = n * step
            self.pane(wall, (s + 0.3, s + step - 1.35, 0.62, top - 0.42), 1.3)
            self.pane(wall, (s + step - 1.15, s + step - 0.3, 0.2, top - 0.42), 1.1)
            bright = wall.quad(s + step * 0.25, s + step * 0.75, top - 0.12, top + 0.16, 0.18)
            self.canvas.fill(bright, (0.92, 0.90, 0.84), TAG, glow=0.25 * self.canvas.light.hour.lamps)
            if self.rng.random() < 0.5:
                self.awning(wall, s + 0.2, s + step - 0.2, top - 0.3, pick)

    def awning(self, wall: Wall, s0: float, s1: float, y: float, colour: Colour) -> None:
        """Paint a striped awning that slopes over the pavement."""
        stripes = max(2, int((s1 - s0) / 0.45))
        edges = np.linspace(s0, s1, stripes + 1)
        for n in range(stripes):
            a, b = float(edges[n]), float(edges[n + 1])
            tint = colour if n % 2 == 0 else (0.88, 0.86, 0.80)
            slope = [wall.point(a, y, 0.05), wall.point(b, y, 0.05)]
            slope += [wall.point(b, y - 0.5, 1.15), wall.point(a, y - 0.5, 1.15)]
            self.canvas.fill(slope, tint, TAG)
            self.canvas.fill(wall.quad(a, b, y - 0.7, y - 0.5, 1.15), tint, TAG)

    def doorway(self, wall: Wall) -> None:
        """Paint the ground floor of a dwelling: a plinth, a door, windows."""
        stone = tuple(0.72 * c for c in self.house.wall)
        self.canvas.fill(wall.quad(0, wall.length, 0.0, 0.75, 0.015), (stone[0], stone[1], stone[2]), TAG)
        bays = max(1, int((wall.length - 0.8) / self.house.bay))
        step, door = wall.length / bays, int(self.rng.integers(bays))
        for bay in range(bays):
            s = (bay + 0.5) * step
            if bay != door:
                self.window(wall, s, 1.15, min(1.25, step * 0.52), self.house.storey * 0.5)
                continue
            self.canvas.fill(wall.quad(s - 0.75, s + 0.75, 0.1, 2.6, 0.02), self.house.trim, TAG)
            wood = AWNINGS[int(self.rng.integers(3))]
            self.canvas.fill(wall.quad(s - 0.55, s + 0.55, 0.12, 2.15, 0.03), wood, TAG)
            self.pane(wall, (s - 0.55, s + 0.55, 2.2, 2.5), 0.8)

    def top(self, front: Wall) -> None:
        """Paint the cornice, the sloping roof and chimneys."""
        height, length = self.house.height, front.length
        self.box(front, (-0.05, length + 0.05, height - 0.35, height), 0.35, self.house.trim)
        roof = self.house.roof
        ridge = height + 2.4
        slope = [front.point(0, height, 0.3), front.point(length, height, 0.3)]
        slope += [front.point(length, ridge, -3.6), front.point(0, ridge, -3.6)]
        self.canvas.fill(slope, roof, TAG)
        for s in (0.02, length - 0.02):
            gable = [front.point(s, height), front.point(s, ridge, -3.6), front.point(s, height, -9)]
            self.canvas.fill(gable, self.house.wall, TAG)
        for s in (length * 0.2, length * 0.75):
            a, b = front.point(s, ridge - 0.8, -3), front.point(s, ridge + 0.9, -3.8)
            stack = [(a[0], a[1], a[2]), (b[0], a[1], a[2]), (b[0], b[1], a[2]), (a[0], b[1], a[2])]
            flank = ((a[1], 0.0), (a[1], 0.8), (b[1], 0.8), (b[1], 0.0))
            self.canvas.fill(stack, BRICK, TAG)
            self.canvas.fill([(a[0], p, a[2] + q) for p, q in flank], BRICK, TAG)

    def walls(self) -> None:
        """Paint the whole house."""
        house = self.house
        inward = float(-house.side)
        front = Wall((house.x, house.z0), (0.0, 1.0), (inward, 0.0), house.z1 - house.z0, house.height)
        sides = [Wall((house.x, house.z0), (float(house.side), 0.0), (0.0, -1.0), 9.0, house.height)]
        for wall in (front, *sides):
            full = wall.quad(0, wall.length, 0, wall.height)
            self.canvas.fill(full, house.wall, TAG, shader=self.plaster(wall))
        if house.z0 > 3:
            self.storeys(sides[0], 1)
        if house.shop:
            self.shopfront(front)
        else:
            self.doorway(front)
        self.storeys(front, 1)
        self.box(front, (0, front.length, house.storey + 0.3, house.storey + 0.45), 0.08, house.trim)
        self.top(front)


def paint_house(canvas: Canvas, house: Building, fine: Floats, soft: Floats) -> None:
    """Paint one house.

    Args:
        canvas: What to paint on.
        house: The house.
        fine: Grainy tiling noise (512, 512).
        soft: Cloudy tiling noise (512, 512).
    """
    Mason(canvas, house, fine, soft, np.random.default_rng(house.seed)).walls()
