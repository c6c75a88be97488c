"""Things on the pavement: lamps, signs, traffic lights, trees, parks."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from street_scene.labels import FENCE, LIGHT, POLE, SIGN, VEGETATION, WALL, Tag
from street_scene.light import Light
from street_scene.noise import Floats
from street_scene.raster import Bytes, Canvas, Colour
from street_scene.scene import KERB, Lamp, Park, Sign, Signal, Tree

STEEL: Colour = (0.42, 0.44, 0.45)
ART = 192
"""Side of the drawn signs in pixels."""


def _post(canvas: Canvas, x: float, z: float, low: float, high: float, width: float, colour: Colour) -> None:
    """Paint an upright round post as two half strips, one in the light."""
    for a, b, tone in ((-0.5, 0.0, 1.12), (0.0, 0.5, 0.78)):
        x0, x1 = x + a * width, x + b * width
        tint = (colour[0] * tone, colour[1] * tone, colour[2] * tone)
        canvas.fill([(x0, low, z), (x1, low, z), (x1, high, z), (x0, high, z)], tint, Tag(POLE))


def paint_lamp(canvas: Canvas, lamp: Lamp) -> None:
    """Paint a street lamp."""
    tip, top = lamp.x - lamp.side * 1.7, 6.6
    dark: Colour = (0.24, 0.26, 0.27)
    _post(canvas, lamp.x, lamp.z, KERB, 1.1, 0.2, dark)
    _post(canvas, lamp.x, lamp.z, 1.1, top, 0.12, dark)
    arm = [(lamp.x, top - 0.1), (lamp.x, top), (tip, top + 0.32), (tip, top + 0.24)]
    canvas.fill([(x, y, lamp.z) for x, y in arm], dark, Tag(POLE))
    ends = (tip + lamp.side * 0.25, tip - lamp.side * 0.45)
    head = [(ends[0], top + 0.2), (ends[0], top + 0.36), (ends[1], top + 0.34), (ends[1], top + 0.24)]
    canvas.fill([(x, y, lamp.z) for x, y in head], dark, Tag(POLE))
    on = canvas.light.hour.lamps > 0.3
    bulb = [(ends[0], top + 0.2), (ends[1], top + 0.24), (ends[1], top + 0.14), (ends[0], top + 0.1)]
    glow = 1.6 if on else 0.0
    canvas.fill([(x, y, lamp.z) for x, y in bulb], (1.0, 0.90, 0.68), Tag(POLE), glow=glow, lit=not on)


def _regular(count: int, radius: float, turn: float) -> NDArray[np.int32]:
    """Corners (count, 2) of a regular polygon in the middle of a sign."""
    angles = np.arange(count) * 2 * np.pi / count + turn
    points = ART / 2 + radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    return np.asarray(np.round(points), np.int32)


def _figure(art: Bytes, colour: tuple[int, int, int], size: float) -> None:
    """Draw a small walking figure in the middle of a sign."""
    middle = ART // 2

    def at(x: float, y: float) -> tuple[int, int]:
        return (round(middle + x * size), round(middle + y * size))

    cv2.circle(art, at(0, -0.32), round(0.09 * size), colour, -1, cv2.LINE_AA)
    legs = ((0, -0.2, 0, 0.08), (0, 0.08, -0.16, 0.36), (0, 0.08, 0.15, 0.36))
    limbs = (*legs, (0, -0.15, -0.18, 0.04), (0, -0.15, 0.18, 0.02))
    for x0, y0, x1, y1 in limbs:
        cv2.line(art, at(x0, y0), at(x1, y1), colour, round(0.09 * size), cv2.LINE_AA)


def _text(art: Bytes, text: str, colour: tuple[int, int, int], size: float) -> None:
    font = cv2.FONT_HERSHEY_DUPLEX
    (width, tall), _ = cv2.getTextSize(text, font, size, 9)
    corner = ((ART - width) // 2, (ART + tall) // 2)
    cv2.putText(art, text, corner, font, size, colour, 9, cv2.LINE_AA)


def _round_sign(art: Bytes, kind: str) -> Bytes:
    middle = (ART // 2, ART // 2)
    cover = np.zeros((ART, ART), np.uint8)
    cv2.circle(cover, middle, 94, (255,), -1, cv2.LINE_AA)
    art[:] = (30, 80, 160) if kind == "ahead" else (190, 28, 34)
    if kind == "noentry":
        cv2.rectangle(art, (28, 78), (164, 114), (245, 245, 245), -1)
    elif kind == "ahead":
        cv2.arrowedLine(art, (96, 160), (96, 34), (245, 245, 245), 22, cv2.LINE_AA, 0, 0.42)
    else:
        cv2.circle(art, middle, 68, (244, 244, 242), -1, cv2.LINE_AA)
        _text(art, kind[-2:], (20, 20, 22), 2.2)
    return cover


def _square_sign(art: Bytes, kind: str) -> Bytes:
    cover = np.full((ART, ART), 255, np.uint8)
    art[:] = (240, 240, 240)
    cv2.rectangle(art, (8, 8), (ART - 9, ART - 9), (24, 78, 165), -1)
    if kind == "parking":
        _text(art, "P", (245, 245, 245), 4.6)
    else:
        triangle = np.array([(96, 26), (170, 160), (22, 160)], np.int32)
        cv2.fillPoly(art, [triangle], (245, 245, 245), cv2.LINE_AA)
        _figure(art, (18, 18, 20), 110)
    return cover


def _triangle_sign(art: Bytes, kind: str) -> Bytes:
    cover = np.zeros((ART, ART), np.uint8)
    flip = 1 if kind == "yield" else -1
    shift = np.array([0, -22 * flip], np.int32)
    for radius, colour in ((112.0, (190, 28, 34)), (72.0, (245, 244, 240))):
        points = _regular(3, radius, flip * np.pi / 2) + shift
        cv2.fillPoly(art, [points.astype(np.int32)], colour, cv2.LINE_AA)
        if radius > 100:
            cv2.fillPoly(cover, [points.astype(np.int32)], (255,), cv2.LINE_AA)
    if kind == "warning":
        cv2.line(art, (96, 84), (96, 128), (15, 15, 15), 13, cv2.LINE_AA)
        cv2.circle(art, (96, 152), 8, (15, 15, 15), -1, cv2.LINE_AA)
    return cover


@cache
def sign_art(kind: str) -> Floats:
    """Draw the plate of a sign: colour and opacity (192, 192, 4), 0-1."""
    art = np.full((ART, ART, 3), 128, np.uint8)
    if kind in ("parking", "crosswalk"):
        cover = _square_sign(art, kind)
    elif kind in ("warning", "yield"):
        cover = _triangle_sign(art, kind)
    else:
        cover = _round_sign(art, kind)
    return (np.dstack([art, cover]) / 255.0).astype(np.float32)


def paint_sign(canvas: Canvas, sign: Sign, instance: int) -> None:
    """Paint a sign and its pole; only the plate belongs to the object.

    Args:
        canvas: What to paint on.
        sign: The sign.
        instance: Its object number.
    """
    size = 0.74
    _post(canvas, sign.x, sign.z, KERB, sign.height + 0.05, 0.075, STEEL)
    light = canvas.light.on(np.array([0, 0, -1], np.float32))
    art = sign_art(sign.kind).copy()
    art[..., :3] *= np.minimum(light * np.float32(1.06), 1.05)
    corner = (sign.x - size / 2, sign.height - size, sign.z - 0.06)
    canvas.sprite(art, corner, (size, size), Tag(SIGN, instance))


def paint_signal(canvas: Canvas, signal: Signal) -> None:
    """Paint a traffic light with its pole."""
    _post(canvas, signal.x, signal.z, KERB, 3.5, 0.12, STEEL)
    z = signal.z - 0.1
    x0, x1 = signal.x - 0.17, signal.x + 0.17
    canvas.fill([(x0, 2.5, z), (x1, 2.5, z), (x1, 3.55, z), (x0, 3.55, z)], (0.07, 0.08, 0.08), Tag(LIGHT))
    colours: tuple[Colour, ...] = ((1.0, 0.15, 0.10), (1.0, 0.70, 0.15), (0.20, 0.95, 0.55))
    turn = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    for n, colour in enumerate(colours):
        y = 3.36 - 0.33 * n
        disc = [(signal.x + 0.12 * float(np.cos(a)), y + 0.12 * float(np.sin(a)), z - 0.02) for a in turn]
        on = n == signal.state
        dim = (colour[0] * 0.2, colour[1] * 0.2, colour[2] * 0.2)
        canvas.fill(disc, colour if on else dim, Tag(LIGHT), glow=0.9 if on else 0.0, lit=not on)


def crown(rng: np.random.Generator, size: int = 420) -> Floats:
    """Draw the crown of a tree leaf by leaf.

    Args:
        rng: Source of the leaves.
        size: Side of the picture in pixels.

    Returns:
        Tone of the leaves 0.3-1.3, yellowness 0-1 and opacity 0-1, (size, size, 3).
    """
    art = np.zeros((size, size, 3), np.float32)
    blobs = [(0.5, 0.5, 0.22)]
    for count, near, far, least, most in ((9, 0.14, 0.26, 0.10, 0.15), (20, 0.24, 0.35, 0.05, 0.085)):
        for _ in range(count):
            angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(near, far)
            x, y = 0.5 + reach * np.cos(angle), 0.5 + 0.92 * reach * np.sin(angle)
            blobs.append((x, y, rng.uniform(least, most)))
    leaves = []
    for bx, by, radius in blobs:
        for _ in range(int(26000 * radius * radius)):
            angle, out = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random())
            x, y = bx + radius * out * np.cos(angle), by + radius * out * np.sin(angle)
            inside = -(x - bx) / radius * 0.10 - (y - by) / radius * 0.26
            tone = 0.72 + inside - 0.42 * (y - 0.5) + rng.normal(0, 0.09)
            leaves.append((tone + rng.normal(0, 0.08), x, y, tone))
    for _, x, y, tone in sorted(leaves):
        centre = (round(x * size), round(y * size))
        axes = (int(rng.integers(3, 8)), int(rng.integers(2, 5)))
        paint = (tone, float(rng.random()), 1.0)
        cv2.ellipse(art, centre, axes, float(rng.uniform(0, 180)), 0, 360, paint, -1)
    return art


def light_crowns(light: Light, crowns: list[Floats], tint: Colour) -> list[Floats]:
    """Colour crowns for the light of a scene.

    Args:
        light: The light.
        crowns: Drawn crowns (N, N, 3), see `crown`.
        tint: Colour of the leaves, 0-1.

    Returns:
        Colour and opacity (N, N, 4) of each, 0-1.
    """
    base = light.on(np.array([0, 0.5, -0.7], np.float32)) * np.array(tint, np.float32)
    base = base * np.float32(0.8 if light.wet else 1.0)
    warm = np.array([0.28, 0.10, -0.1], np.float32)
    pictures = [np.dstack([base * art[..., :1] * (1 + warm * art[..., 1:2]), art[..., 2]]) for art in crowns]
    return [picture.astype(np.float32) for picture in pictures]


def paint_tree(canvas: Canvas, tree: Tree, crowns: list[Floats]) -> None:
    """Paint a trunk and a crown.

    Args:
        canvas: What to paint on.
        tree: The tree.
        crowns: Lit crowns to choose from, see `light_crowns`.
    """
    trunk = 0.05 * tree.height
    bark: Colour = (0.30, 0.24, 0.19)
    for a, b, tone in ((-0.5, 0.05, 1.1), (0.05, 0.5, 0.7)):
        feet, top = trunk * 0.8, tree.height * 0.6
        xs = (tree.x + a * feet, tree.x + b * feet, tree.x + b * feet * 0.6, tree.x + a * feet * 0.6)
        strip = [(x, y, tree.z) for x, y in zip(xs, (0.0, 0.0, top, top), strict=True)]
        canvas.fill(strip, (bark[0] * tone, bark[1] * tone, bark[2] * tone), Tag(VEGETATION))
    width = tree.height * 0.86
    corner = (tree.x - width / 2, tree.height - width, tree.z - 0.15)
    canvas.sprite(crowns[tree.variant], corner, (width, width), Tag(VEGETATION))


def paint_park(canvas: Canvas, park: Park) -> None:
    """Paint the edge of a park: a railing or a low wall with a hedge."""
    x, out = park.x + park.side * 0.15, -park.side * 0.3
    if park.railing:
        bars: Colour = (0.12, 0.16, 0.14)
        for y in (0.25, 1.1):
            rail = [(x, y, park.z0), (x, y + 0.06, park.z0), (x, y + 0.06, park.z1), (x, y, park.z1)]
            canvas.fill(rail, bars, Tag(FENCE))
        for z in np.arange(park.z0, park.z1, 0.24):
            bar = [(x, 0.1, z), (x, 1.25, z), (x, 1.25, z + 0.05), (x, 0.1, z + 0.05)]
            canvas.fill(np.array(bar, np.float32), bars, Tag(FENCE))
        return
    stone: Colour = (0.56, 0.53, 0.48)
    corners = ((0.0, park.z0), (0.8, park.z0), (0.8, park.z1), (0.0, park.z1))
    canvas.fill([(x + out, y, z) for y, z in corners], stone, Tag(WALL), low=(0.42, 0.40, 0.37))
    top = [(x + out, 0.8, park.z0), (x, 0.8, park.z0), (x, 0.8, park.z1), (x + out, 0.8, park.z1)]
    canvas.fill(top, (0.66, 0.64, 0.60), Tag(WALL))
    end = [(x + out, 0.0, park.z0), (x, 0.0, park.z0), (x, 0.8, park.z0), (x + out, 0.8, park.z0)]
    canvas.fill(end, stone, Tag(WALL))
