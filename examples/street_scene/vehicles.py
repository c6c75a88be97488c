"""Cars as lofted bodies: rings of points at rising heights, joined by small faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from street_scene.labels import CAR, Tag
from street_scene.noise import Floats
from street_scene.raster import Canvas, Colour
from street_scene.scene import Car

GLASS_FRACTIONS = (0.0, 0.10, 0.45, 0.51, 0.90, 0.97, 1.0)
BODY_FRACTIONS = (0.0, 0.18, 0.36, 0.5, 0.64, 0.82, 1.0)
REAR, FRONT = range(5), range(15, 20)
REAR_LAMPS, FRONT_LAMPS = {0, 4, 5, 29}, {14, 15, 19, 20}
FacePaint = Callable[[int, int], tuple[Colour, Colour | None, float]]
"""Row and place in a ring -> upper colour, lower colour, glow."""
PLASTIC: Colour = (0.09, 0.09, 0.10)


@dataclass(frozen=True)
class Body:
    """Shape of a car in metres; z runs from the middle of the car to its nose.

    Attributes:
        half: Half the width.
        tail: z of the tail, negative.
        nose: z of the nose.
        belt: Height of the lower edge of the side windows.
        roof: Height of the roof.
        base: z of the lower edge of rear window and windscreen.
        top: z of their upper edges.
        deck: Height of the boot lid at the tail.
        bonnet: Height of the bonnet at the nose.
    """

    half: float
    tail: float
    nose: float
    belt: float
    roof: float
    base: tuple[float, float]
    top: tuple[float, float]
    deck: float
    bonnet: float

    def lid(self, z: Floats) -> Floats:
        """Greatest height of the lower body at the places ``z``, any shape."""
        stations = [self.tail, self.base[0], self.base[1], self.nose - 0.35, self.nose]
        heights = [self.deck, self.belt, self.belt, self.bonnet + 0.1, self.bonnet]
        return np.interp(z, stations, heights).astype(np.float32)


BODIES: dict[str, Body] = {
    "hatch": Body(0.87, -1.95, 1.95, 0.93, 1.48, (-1.86, 1.08), (-1.45, 0.35), 0.92, 0.76),
    "sedan": Body(0.90, -2.30, 2.30, 0.92, 1.44, (-1.50, 1.15), (-0.95, 0.35), 0.92, 0.74),
    "suv": Body(0.93, -2.20, 2.20, 1.06, 1.70, (-2.10, 1.15), (-1.75, 0.45), 1.05, 0.92),
    "wagon": Body(0.90, -2.30, 2.30, 0.94, 1.50, (-2.20, 1.20), (-1.80, 0.40), 0.93, 0.76),
    "van": Body(0.96, -2.40, 2.35, 1.14, 1.95, (-2.34, 1.70), (-2.22, 0.95), 1.13, 0.98),
}
LEVELS = (
    (0.20, 0.90, 0.14),
    (0.34, 0.97, 0.03),
    (0.52, 1.00, 0.00),
    (0.60, 1.00, 0.02),
    (0.74, 0.99, 0.04),
    (0.86, 0.97, 0.07),
)
"""Height over the road, share of the half width and inset of the ends, from the sill up."""


def outline(tail: float, nose: float, half: float, corner: float, fractions: tuple[float, ...]) -> Floats:
    """Draw a car's outline as seen from above.

    Args:
        tail: Least z in metres.
        nose: Greatest z.
        half: Half the width.
        corner: Size of the cut corners.
        fractions: Seven places along the sides, 0-1.

    Returns:
        Points (30, 2), x and z: 6 along the tail, 1 corner, 7 up the right side, 1 corner,
        6 along the nose, 1 corner, 7 down the left side, 1 corner.
    """
    across = np.array([-1.0, -0.82, -0.3, 0.3, 0.82, 1.0]) * (half - corner)
    along = tail + corner + np.array(fractions) * (nose - tail - 2 * corner)
    cut = 0.3 * corner
    rows = [np.stack([across, np.full(6, tail)], 1)]
    rows.append(np.array([[half - cut, tail + cut]]))
    rows.append(np.stack([np.full(7, half), along], 1))
    rows.append(np.array([[half - cut, nose - cut]]))
    rows.append(np.stack([across[::-1], np.full(6, nose)], 1))
    rows.append(np.array([[cut - half, nose - cut]]))
    rows.append(np.stack([np.full(7, -half), along[::-1]], 1))
    rows.append(np.array([[cut - half, tail + cut]]))
    return np.concatenate(rows).astype(np.float32)


def _ring(flat: Floats, height: Floats | float) -> Floats:
    tall = np.broadcast_to(np.asarray(height, np.float32), (len(flat),))
    return np.stack([flat[:, 0], tall, flat[:, 1]], axis=1)


@dataclass
class Painter:
    """Paints in the frame of one car.

    Attributes:
        canvas: What to paint on.
        car: The car.
        tag: Its label and number.
    """

    canvas: Canvas
    car: Car
    tag: Tag

    def place(self, points: Floats) -> Floats:
        """Move points (N, 3) from the car's frame to the world."""
        cos, sin = np.float32(np.cos(self.car.yaw)), np.float32(np.sin(self.car.yaw))
        x = points[:, 0] * cos + points[:, 2] * sin + np.float32(self.car.x)
        z = points[:, 2] * cos - points[:, 0] * sin + np.float32(self.car.z)
        return np.stack([x, points[:, 1], z], axis=1)

    def face(self, points: Floats, colour: Colour, low: Colour | None = None, glow: float = 0.0) -> None:
        """Paint one face (N, 3) given in the car's frame, hidden when seen from behind."""
        self.canvas.fill(self.place(points), colour, self.tag, low=low, glow=glow, cull=True, lit=glow == 0.0)

    def loft(self, rings: list[Floats], paint: FacePaint) -> None:
        """Join rings of equal length, (30, 3) each, from the lowest up."""
        for row, (low, high) in enumerate(pairwise(rings)):
            for i in range(len(low)):
                j = (i + 1) % len(low)
                colour, under, glow = paint(row, i)
                self.face(np.stack([high[i], high[j], low[j], low[i]]), colour, under, glow)

    def lid(self, ring: Floats, colour: Colour) -> None:
        """Close the upper side of a ring (30, 3)."""
        self.face(ring[[6, 7, 28, 29, 0, 1, 2, 3, 4, 5][::-1]], colour)
        for k in range(6):
            self.face(ring[[28 - k, 27 - k, 8 + k, 7 + k]], colour)
        self.face(ring[[22, 21, 20, 19, 18, 17, 16, 15, 14, 13]], colour)


def _times(colour: Colour, factor: float) -> Colour:
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)


def _mix(a: Colour, b: Colour, share: float) -> Colour:
    return tuple(x * (1 - share) + y * share for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def _body_paint(painter: Painter) -> FacePaint:
    """Choose the colour of each face of the lower body."""
    car, lamps = painter.car, painter.canvas.light.hour.lamps
    lit = lamps > 0.1 and car.driving
    rows = (4,) if car.kind in ("sedan", "suv") else (3, 4)
    gloss = _mix(car.paint, painter.canvas.light.hour.horizon, 0.12)

    def paint(row: int, i: int) -> tuple[Colour, Colour | None, float]:
        if row == 0:
            return PLASTIC, None, 0.0
        if i in REAR_LAMPS and row in rows:
            glow = (0.9 if car.braking else 0.45 if lit else 0.0) * (1.0 if row == rows[0] else 0.7)
            if glow:
                return (1.0, 0.20, 0.12), (0.90, 0.10, 0.08), glow
            return (0.66, 0.08, 0.07), (0.36, 0.03, 0.03), 0.0
        if i in FRONT_LAMPS and row == 3:
            return ((1.0, 0.97, 0.86), None, 1.4) if lit else ((0.86, 0.88, 0.90), (0.5, 0.52, 0.55), 0.0)
        if i in (2, 17) and row == 2:
            return (0.88, 0.88, 0.82), None, 0.0
        if i in (16, 17, 18) and row in (2, 3):
            return PLASTIC, (0.16, 0.16, 0.17), 0.0
        if row == 2 and i in REAR:
            return _times(car.paint, 0.9), _times(car.paint, 0.78), 0.0
        if row == 1 and (i in REAR or i in FRONT):
            return _times(car.paint, 0.8), PLASTIC, 0.0
        return (gloss, car.paint, 0.0) if row >= 3 else (car.paint, _times(car.paint, 0.82), 0.0)

    return paint


def _glass_paint(painter: Painter) -> FacePaint:
    """Choose the colour of each face of the cabin."""
    sky = painter.canvas.light.hour.horizon
    paint_colour = painter.car.paint

    def paint(row: int, i: int) -> tuple[Colour, Colour | None, float]:
        pillar = i in (5, 6, 7, 9, 12, 13, 14, 20, 21, 22, 25, 27, 28, 29)
        if row > 0:
            return _mix(paint_colour, sky, 0.1 * row), None, 0.0
        if pillar:
            return _times(paint_colour, 0.85), None, 0.0
        share = 0.55 if i in FRONT else 0.42 if i in REAR else 0.26
        return _mix((0.06, 0.07, 0.09), sky, share), _mix((0.05, 0.06, 0.07), sky, share * 0.3), 0.0

    return paint


def _disc(x: float, y: float, z: float, radius: float, side: int) -> Floats:
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False) * -side
    ring = np.stack([np.full(20, x), y + radius * np.sin(turn), z + radius * np.cos(turn)], axis=1)
    return ring.astype(np.float32)


def _wheels(painter: Painter, body: Body) -> None:
    """Paint arches, tyres and rims."""
    wheel = 0.33 if body.roof > 1.6 else 0.31
    for z in (body.tail + 0.78, body.nose - 0.82):
        for side in (-1, 1):
            x = side * body.half
            inner, outer = _disc(x - side * 0.2, wheel, z, wheel, side), _disc(x, wheel, z, wheel, side)
            for i in range(20):
                j = (i + 1) % 20
                tread = np.stack([outer[i], outer[j], inner[j], inner[i]])
                painter.canvas.fill(painter.place(tread), (0.06, 0.06, 0.06), painter.tag)
            arch = _disc(x + side * 0.012, wheel + 0.02, z, wheel + 0.07, side)
            painter.face(arch, (0.04, 0.04, 0.045))
            painter.face(_disc(x + side * 0.02, wheel, z, wheel, side), (0.085, 0.085, 0.09))
            painter.face(_disc(x + side * 0.025, wheel, z, wheel * 0.66, side), (0.60, 0.61, 0.63))
            painter.face(_disc(x + side * 0.03, wheel, z, wheel * 0.5, side), (0.30, 0.30, 0.31))
            painter.face(_disc(x + side * 0.035, wheel, z, wheel * 0.2, side), (0.66, 0.67, 0.68))


def _seams(painter: Painter, body: Body) -> None:
    """Paint the gaps and handles of the doors and a moulding along the sides."""
    dark = _times(painter.car.paint, 0.32)
    middle = (body.base[0] + body.base[1]) / 2
    low, high = 0.33, min(0.80, body.belt - 0.1)
    for side in (-1, 1):
        x = side * body.half * 1.004
        for z in (middle - 0.95, middle, middle + 1.05):
            line = ((low, z), (low, z + 0.018 * side), (high, z + 0.018 * side), (high, z))
            painter.face(np.array([(x, y, place) for y, place in line], np.float32), dark)
        for z in (middle - 0.9, middle + 0.1):
            bar = ((high, z), (high, z + 0.16 * side), (high + 0.03, z + 0.16 * side), (high + 0.03, z))
            painter.face(np.array([(x, y, place) for y, place in bar], np.float32), dark)


def _mirrors(painter: Painter, body: Body) -> None:
    """Paint the two door mirrors as small boxes."""
    z, y = body.base[1] - 0.28, body.belt + 0.08
    for side in (-1, 1):
        near, far = side * (body.half * 0.94), side * (body.half + 0.13)
        for depth in (z - 0.05, z + 0.07):
            sides = ((near, y - 0.07), (far, y - 0.05), (far, y + 0.08), (near, y + 0.06))
            shown = painter.place(np.array([(a, b, depth) for a, b in sides], np.float32))
            painter.canvas.fill(shown, _times(painter.car.paint, 0.75), painter.tag)


def paint_car(canvas: Canvas, car: Car, instance: int) -> None:
    """Paint one car with its wheels and lamps.

    Args:
        canvas: What to paint on.
        car: The car.
        instance: Its object number.
    """
    body = BODIES[car.kind]
    painter = Painter(canvas, car, Tag(CAR, instance))
    rings = []
    for height, share, inset in (*LEVELS, (body.belt, 0.92, 0.12)):
        flat = outline(body.tail + inset, body.nose - inset, body.half * share, 0.26, BODY_FRACTIONS)
        lift = height if body.belt < 1 or height < 0.5 else height * body.belt / 0.95
        tall = np.minimum(np.float32(min(lift, body.belt)), body.lid(flat[:, 1]))
        rings.append(_ring(flat, tall))
    painter.loft(rings, _body_paint(painter))
    _seams(painter, body)
    painter.lid(rings[-1], _mix(car.paint, canvas.light.hour.horizon, 0.2))
    cabin = []
    steps = ((body.belt, 0.91, 0.0), (body.roof - 0.13, 0.77, 0.9), (body.roof - 0.04, 0.72, 1.0))
    for height, share, t in steps:
        ends = [a + (b - a) * t for a, b in zip(body.base, body.top, strict=True)]
        cabin.append(_ring(outline(ends[0], ends[1], body.half * share, 0.14, GLASS_FRACTIONS), height))
    top = outline(body.top[0] + 0.12, body.top[1] - 0.15, body.half * 0.6, 0.14, GLASS_FRACTIONS)
    cabin.append(_ring(top, body.roof))
    painter.loft(cabin, _glass_paint(painter))
    painter.lid(cabin[-1], _mix(car.paint, canvas.light.hour.horizon, 0.25))
    _wheels(painter, body)
    _mirrors(painter, body)


def footprint(car: Car) -> Floats:
    """Corners (8, 3) in metres of a box around a car, for its shadow."""
    body = BODIES[car.kind]
    corners = [
        (x, y, z)
        for x in (-body.half, body.half)
        for y, z in ((0.0, body.tail), (0.0, body.nose), (body.roof, body.top[0]), (body.roof, body.top[1]))
    ]
    cos, sin = np.cos(car.yaw), np.sin(car.yaw)
    moved = [(x * cos + z * sin + car.x, y, z * cos - x * sin + car.z) for x, y, z in corners]
    return np.array(moved, np.float32)
