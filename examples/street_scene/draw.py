"""Draws a scene, dry or wet, with its labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from street_scene.furniture import (
    crown,
    light_crowns,
    paint_lamp,
    paint_park,
    paint_sign,
    paint_signal,
    paint_tree,
)
from street_scene.ground import Surface, cast_shadows, paint_ground
from street_scene.houses import paint_house
from street_scene.labels import CAR, PERSON, SIGN
from street_scene.light import Light, Weather, light_for
from street_scene.noise import Floats
from street_scene.people import paint_walker
from street_scene.raster import SCALE, Bytes, Canvas, Colour
from street_scene.scene import FAR, Scene, Tree
from street_scene.vehicles import paint_car
from street_scene.weather import (
    backdrop,
    bloom,
    finish,
    haze,
    lens_drops,
    lights_of,
    rain,
    shrink,
    sky_picture,
    splashes,
    textures,
    wet_ground,
)

LEAST_AREA = 45
"""Objects that show fewer pixels are not labelled."""
LEAST_SIDE = {CAR: (6, 6), PERSON: (3, 9), SIGN: (6, 6)}
"""Least width and height in pixels of the box of a labelled object, by train id."""
LEAST_SHARE = 0.16
"""Least share of an object's full box that its visible box must fill."""
LEAST_FILL = 0.22
"""Least share of its visible box that the visible pixels of a labelled object must fill."""
LEAVES: tuple[Colour, ...] = ((0.36, 0.50, 0.18), (0.30, 0.44, 0.20), (0.46, 0.50, 0.16), (0.40, 0.47, 0.22))


@dataclass(frozen=True)
class Instance:
    """A labelled object in a picture.

    Attributes:
        label: Its train id.
        box: x, y, width, height in pixels, tight around what is visible.
        area: Number of visible pixels.
        polygons: Outlines of its visible pieces, largest first, each flat x, y, x, y, ...
    """

    label: int
    box: tuple[int, int, int, int]
    area: int
    polygons: tuple[tuple[float, ...], ...]


def _outlines(mask: Bytes, corner: tuple[int, int]) -> tuple[tuple[float, ...], ...]:
    """Trace a visible mask (h, w), 0 or 1, whose corner lies at x, y."""
    fine = 4
    large = np.pad(np.kron(mask, np.ones((fine, fine), np.uint8)), 1)
    found, _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rings = sorted(found, key=lambda ring: -cv2.contourArea(ring))
    outlines: list[tuple[float, ...]] = []
    for ring in rings:
        simple = cv2.approxPolyDP(ring, 1.0 * fine, True).reshape(-1, 2)
        if len(simple) < 3 or (outlines and cv2.contourArea(ring) < 6 * fine * fine):
            continue
        places = np.round((simple - 1 + 0.5) / fine + np.array(corner), 1)
        outlines.append(tuple(float(value) for value in places.ravel()))
    return tuple(outlines)


def _instances(canvas: Canvas, label: Bytes) -> list[Instance]:
    """Measure what is visible of each object at the finished size."""
    numbers = canvas.instance[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE]
    found: list[Instance] = []
    for number in np.unique(numbers[numbers > 0]):
        rows, cols = np.nonzero(numbers == number)
        x, y = int(cols.min()), int(rows.min())
        width, tall = int(cols.max()) - x + 1, int(rows.max()) - y + 1
        kind = int(label[rows[0], cols[0]])
        reach = canvas.reach[int(number)]
        full = max((reach[2] - reach[0]) * (reach[3] - reach[1]), 1.0)
        least = LEAST_SIDE[kind]
        small = len(rows) < LEAST_AREA or width < least[0] or tall < least[1]
        if small or width * tall < LEAST_SHARE * full or len(rows) < LEAST_FILL * width * tall:
            continue
        mask = (numbers[y : y + tall, x : x + width] == number).astype(np.uint8)
        outlines = _outlines(mask, (x, y))
        if outlines:
            found.append(Instance(kind, (x, y, width, tall), len(rows), outlines))
    return found


@dataclass(frozen=True)
class Stock:
    """Textures and plants shared by the views of one scene.

    Attributes:
        soft: Cloudy tiling noise (512, 512).
        fine: Grainy tiling noise (512, 512).
        clouds: Very soft tiling noise (512, 512).
        crowns: Lit crowns of trees (N, N, 4).
        grove: Trees behind the last houses and in the side street.
    """

    soft: Floats
    fine: Floats
    clouds: Floats
    crowns: list[Floats]
    grove: list[Tree]


def _stock(scene: Scene, light: Light) -> Stock:
    """Make what all views of a scene share."""
    soft, fine, clouds = textures(scene.seed)
    rng = np.random.default_rng([scene.seed, 2])
    tint = LEAVES[int(rng.integers(len(LEAVES)))]
    crowns = light_crowns(light, [crown(rng) for _ in range(3)], tint)
    grove: list[Tree] = []
    for _ in range(60):
        x, z = float(rng.uniform(-110, 110)), FAR + float(rng.uniform(15, 60))
        grove.append(Tree(x, z, float(rng.uniform(8, 17)), int(rng.integers(3))))
    for _ in range(70):
        x = float(rng.choice([-1.0, 1.0]) * rng.uniform(26, 60))
        z = float(rng.uniform(25, 110))
        if not scene.road.in_crossing(z, 1.0):
            grove.append(Tree(x, z, float(rng.uniform(6, 9)), int(rng.integers(3))))
    return Stock(soft, fine, clouds, crowns, grove)


def _paint_things(canvas: Canvas, scene: Scene, stock: Stock) -> None:
    """Paint everything that stands on the ground, near to far."""
    number = 0
    for car in sorted(scene.cars, key=lambda thing: thing.z):
        number += 1
        paint_car(canvas, car, number)
    for who in sorted(scene.walkers, key=lambda thing: thing.z):
        number += 1
        paint_walker(canvas, who, number)
    for sign in scene.signs:
        number += 1
        paint_sign(canvas, sign, number)
    for lamp in scene.lamps:
        paint_lamp(canvas, lamp)
    for signal in scene.signals:
        paint_signal(canvas, signal)
    for tree in sorted((*scene.trees, *stock.grove), key=lambda thing: thing.z):
        paint_tree(canvas, tree, stock.crowns)
    for house in sorted(scene.buildings, key=lambda thing: thing.z0):
        paint_house(canvas, house, stock.fine, stock.soft)
    for park in scene.parks:
        paint_park(canvas, park)


def draw(scene: Scene, weather: Weather) -> tuple[Bytes, Bytes, list[Instance]]:
    """Draw a scene.

    Args:
        scene: What stands where.
        weather: Clear or rain.

    Returns:
        The picture (360, 640, 3) uint8, red first; the label map (360, 640) uint8 of Cityscapes
        train ids; the labelled objects. Labels do not depend on the weather.
    """
    light = light_for(weather, scene.hour, *scene.sun, scene.reach)
    stock = _stock(scene, light)
    canvas = Canvas(scene.camera, light)
    cast_shadows(canvas, scene)
    _paint_things(canvas, scene, stock)
    paint_ground(canvas, scene, Surface(scene.road, stock.soft, stock.fine, light.wet))
    haze(canvas)
    backdrop(canvas, sky_picture(scene, scene.camera, light, stock.clouds))
    label = np.ascontiguousarray(canvas.label[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE])
    picture, lights = shrink(canvas.rgb), lights_of(canvas)
    rng = np.random.default_rng([scene.seed, 3])
    if light.wet:
        mirror = Canvas(replace(scene.camera, mirror=True), light)
        _paint_things(mirror, scene, stock)
        haze(mirror)
        backdrop(mirror, sky_picture(scene, mirror.camera, light, stock.clouds))
        picture = wet_ground(picture, shrink(mirror.rgb), lights_of(mirror), label, scene, stock.soft)
        picture = splashes(picture, label, scene, rng)
    picture = picture + bloom(lights, 0.9 if light.wet else 0.25)
    if light.wet:
        picture = lens_drops(rain(picture, rng), rng)
    return finish(picture, light, rng), label, _instances(canvas, label)
