"""Pedestrians built from rounded limbs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from street_scene.labels import PERSON, Tag
from street_scene.raster import Canvas, Colour
from street_scene.scene import Walker

Point = tuple[float, float]


def _capsule(a: Point, b: Point, ra: float, rb: float) -> list[Point]:
    """Outline of a limb from ``a`` to ``b`` with these end radii."""
    angle = float(np.arctan2(b[1] - a[1], b[0] - a[0]))
    turns = np.linspace(np.pi / 2, 3 * np.pi / 2, 7)
    start = [(a[0] + ra * float(np.cos(angle + t)), a[1] + ra * float(np.sin(angle + t))) for t in turns]
    end = [(b[0] - rb * float(np.cos(angle + t)), b[1] - rb * float(np.sin(angle + t))) for t in turns]
    return start + end


def _oval(centre: Point, width: float, tall: float) -> list[Point]:
    turns = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    return [(centre[0] + width * float(np.cos(t)), centre[1] + tall * float(np.sin(t))) for t in turns]


@dataclass
class Figure:
    """Paints one pedestrian; places are shares of the body height, from the feet up.

    Attributes:
        canvas: What to paint on.
        who: The pedestrian.
        tag: Label and object number.
        layer: Number of parts painted so far; later parts lie nearer.
    """

    canvas: Canvas
    who: Walker
    tag: Tag
    layer: int = 0

    def part(self, outline: list[Point], colour: Colour) -> None:
        """Paint one part, a little nearer than the last."""
        who = self.who
        self.layer += 1
        z = who.z - 0.004 * self.layer
        way = who.turn or 1
        points = [(who.x + way * x * who.height, who.y + y * who.height, z) for x, y in outline]
        self.canvas.fill(points, colour, self.tag)

    def limb(self, a: Point, b: Point, ra: float, rb: float, colour: Colour) -> None:
        """Paint a rounded limb with a lighter side."""
        dark = (colour[0] * 0.74, colour[1] * 0.74, colour[2] * 0.78)
        self.part(_capsule(a, b, ra, rb), dark)
        shift = -0.22 * ra
        self.part(_capsule((a[0] + shift, a[1]), (b[0] + shift, b[1]), ra * 0.7, rb * 0.7), colour)

    def leg(self, hip: Point, swing: float, shade: float, lift: float = 0.0) -> None:
        """Paint a leg with its shoe; ``swing`` moves the foot forward, ``lift`` raises it."""
        who = self.who
        base = who.skin if who.dress else who.legs
        cloth = (base[0] * shade, base[1] * shade, base[2] * shade)
        knee = (hip[0] + swing * 0.55 + (0.012 if who.turn else 0.0), 0.27)
        lift += max(0.0, -swing) * 0.3 if who.turn else 0.0
        foot = (hip[0] + swing, 0.045 + lift)
        self.limb(hip, knee, 0.055, 0.041, cloth)
        self.limb(knee, foot, 0.041, 0.027, cloth)
        toe = (foot[0] + (0.06 if who.turn else 0.0), foot[1] - 0.022)
        self.part(_capsule((foot[0], foot[1] - 0.02), toe, 0.024, 0.02), (0.10, 0.09, 0.09))

    def arm(self, swing: float, side: float, shade: float) -> None:
        """Paint an arm and a hand."""
        coat = self.who.coat
        cloth = (coat[0] * shade, coat[1] * shade, coat[2] * shade)
        shoulder, elbow = (side, 0.79), (side * 1.14 + swing * 0.5, 0.63)
        hand = (side * 1.16 + swing * 1.1 + (0.03 if self.who.turn else 0.0), 0.485)
        self.limb(shoulder, elbow, 0.036, 0.031, cloth)
        self.limb(elbow, hand, 0.031, 0.024, cloth)
        self.part(_oval((hand[0], hand[1] - 0.015), 0.021, 0.026), self.who.skin)

    def trunk(self) -> None:
        """Paint coat, skirt, neck and head."""
        who = self.who
        wide = 0.085 if who.turn else 0.118
        hem = 0.46
        if who.dress:
            hem = 0.30
            skirt = [(-wide * 0.8, 0.60), (wide * 0.8, 0.60), (wide * 1.35, hem), (-wide * 1.35, hem)]
            self.part(skirt, (who.coat[0] * 0.7, who.coat[1] * 0.7, who.coat[2] * 0.75))
        coat = [(-wide * 0.62, 0.835), (wide * 0.62, 0.835), (wide, 0.80), (wide * 0.94, 0.62)]
        coat += [(wide * 1.02, 0.455), (-wide * 1.02, 0.455), (-wide * 0.94, 0.62), (-wide, 0.80)]
        self.part(coat, (who.coat[0] * 0.78, who.coat[1] * 0.78, who.coat[2] * 0.82))
        self.part([(x * 0.68 - wide * 0.24, y) for x, y in coat], who.coat)
        if not who.turn and not who.back:
            self.part([(-0.03, 0.835), (0.03, 0.835), (0.0, 0.72)], (0.85, 0.84, 0.82))
            self.part([(-0.004, 0.72), (0.004, 0.72), (0.004, 0.46), (-0.004, 0.46)], (0.12, 0.12, 0.13))
        self.limb((0.0, 0.82), (0.005, 0.88), 0.03, 0.03, who.skin)

    def head(self) -> None:
        """Paint face, hair and hat."""
        who = self.who
        ahead = 0.012 if who.turn else 0.0
        hair_low = 0.93 if who.dress else 0.945
        self.part(_oval((-ahead * 0.6, 0.94), 0.056, 0.066), who.hair)
        if who.dress:
            self.part(_capsule((-ahead * 1.6, 0.93), (-ahead * 2.2, 0.84), 0.05, 0.042), who.hair)
        if who.turn or not who.back:
            self.part(_oval((ahead, 0.928), 0.042, 0.056), who.skin)
            fringe = [p for p in _oval((0.0, 0.945), 0.053, 0.058) if p[1] > hair_low + 0.012]
            self.part(fringe, who.hair)
        if who.hat:
            brim = _capsule((-0.05, 0.972), (0.055 + ahead, 0.968), 0.012, 0.010)
            cap = [p for p in _oval((0.0, 0.968), 0.055, 0.048) if p[1] > 0.965]
            self.part(cap, who.legs)
            self.part(brim, who.legs)


def paint_walker(canvas: Canvas, who: Walker, instance: int) -> None:
    """Paint one pedestrian.

    Args:
        canvas: What to paint on.
        who: The pedestrian.
        instance: The object number.
    """
    figure = Figure(canvas, who, Tag(PERSON, instance))
    swing = who.stride * 0.42
    if who.turn:
        figure.arm(swing * 0.7, 0.0, 0.62)
        figure.leg((0.0, 0.47), -swing, 0.72)
        figure.leg((0.0, 0.47), swing, 1.0)
        figure.trunk()
        if who.bag:
            figure.limb((-0.10, 0.77), (-0.105, 0.62), 0.05, 0.055, (0.30, 0.22, 0.17))
        figure.head()
        figure.arm(-swing * 0.7, 0.0, 0.92)
        return
    for side in (-1, 1):
        raised = who.stride * 0.16 if (side > 0) == who.bag else 0.0
        figure.leg((side * 0.05, 0.47), side * 0.012, 0.9 - 0.1 * side, raised)
    figure.arm(-0.02, -0.112, 0.9)
    figure.arm(0.02 * who.stride, 0.112, 0.8)
    figure.trunk()
    if who.bag and who.back:
        figure.limb((0.0, 0.77), (0.0, 0.62), 0.085, 0.095, (0.36, 0.20, 0.16))
    figure.head()
