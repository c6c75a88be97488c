"""Random layout of a street: what stands where. Nothing is painted here.

Lengths are metres: x to the right of the camera, z ahead of it. Angles are radians.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from street_scene.raster import Camera, Colour

FAR = 170.0
"""The street is built up to this distance."""
KERB = 0.12
"""Height of the pavement over the road."""


@dataclass(frozen=True)
class Road:
    """The street itself, straight ahead.

    Attributes:
        left: x of the left kerb.
        right: x of the right kerb.
        lanes: x of the dashed lines between lanes of one direction.
        centre: x of the line between the two directions.
        lane: Width of a lane.
        pavement: Width of each pavement.
        crossing: z of the middle of a side street, or None.
        arm: Half the width of that side street.
    """

    left: float
    right: float
    lanes: tuple[float, ...]
    centre: float
    lane: float
    pavement: float
    crossing: float | None
    arm: float = 4.5

    def in_crossing(self, z: float, margin: float = 0.0) -> bool:
        """Whether ``z`` lies in the side street, widened by ``margin`` on both sides."""
        return self.crossing is not None and abs(z - self.crossing) < self.arm + margin

    def kerb(self, side: int) -> float:
        """Give x of the kerb of a side, -1 left or 1 right."""
        return self.left if side < 0 else self.right


@dataclass(frozen=True)
class Building:
    """A house at the street; ``side`` is -1 left, 1 right; ``x`` its front."""

    side: int
    x: float
    z0: float
    z1: float
    floors: int
    storey: float
    wall: Colour
    trim: Colour
    roof: Colour
    bay: float
    shop: bool
    balconies: bool
    shutters: bool
    seed: int

    @property
    def height(self) -> float:
        """Height of the eaves."""
        return self.floors * self.storey + 0.9


@dataclass(frozen=True)
class Park:
    """A green plot in place of houses."""

    side: int
    x: float
    z0: float
    z1: float
    railing: bool


@dataclass(frozen=True)
class Tree:
    """A street tree; ``variant`` picks one of the drawn crowns."""

    x: float
    z: float
    height: float
    variant: int


@dataclass(frozen=True)
class Lamp:
    """A street lamp whose arm reaches over the road."""

    side: int
    x: float
    z: float


@dataclass(frozen=True)
class Signal:
    """A traffic light; ``state`` 0 red, 1 amber, 2 green."""

    x: float
    z: float
    state: int


@dataclass(frozen=True)
class Sign:
    """A traffic sign on a pole; ``kind`` is a key of the sign painter."""

    x: float
    z: float
    height: float
    kind: str


@dataclass(frozen=True)
class Car:
    """A car; ``yaw`` 0 shows its tail, pi its nose; ``kind`` names the body."""

    x: float
    z: float
    yaw: float
    kind: str
    paint: Colour
    driving: bool
    braking: bool


@dataclass(frozen=True)
class Walker:
    """A pedestrian; ``turn`` is -1 or 1 walking left or right, 0 seen from front or back."""

    x: float
    y: float
    z: float
    height: float
    turn: int
    back: bool
    stride: float
    skin: Colour
    hair: Colour
    coat: Colour
    legs: Colour
    dress: bool
    bag: bool
    hat: bool


@dataclass(frozen=True)
class Scene:
    """A whole street, free of weather.

    Attributes:
        seed: Seed of every texture of the picture.
        camera: Where it is seen from.
        hour: Key of the tables of hours.
        sun: Azimuth and elevation of the sun, radians.
        clouds: Share of the sky under clouds, 0-1.
        reach: Factor on the reach of sight.
    """

    seed: int
    camera: Camera
    hour: str
    sun: tuple[float, float]
    clouds: float
    reach: float
    road: Road
    buildings: tuple[Building, ...]
    parks: tuple[Park, ...]
    trees: tuple[Tree, ...]
    lamps: tuple[Lamp, ...]
    signals: tuple[Signal, ...]
    signs: tuple[Sign, ...]
    cars: tuple[Car, ...]
    walkers: tuple[Walker, ...]


WALLS: tuple[Colour, ...] = (
    (0.72, 0.44, 0.35),
    (0.86, 0.78, 0.64),
    (0.80, 0.80, 0.78),
    (0.83, 0.67, 0.45),
    (0.64, 0.70, 0.74),
    (0.88, 0.85, 0.79),
    (0.62, 0.38, 0.32),
    (0.78, 0.62, 0.56),
    (0.68, 0.70, 0.60),
    (0.60, 0.57, 0.54),
)
ROOFS: tuple[Colour, ...] = ((0.45, 0.26, 0.20), (0.33, 0.34, 0.38), (0.40, 0.31, 0.27))
PAINTS: tuple[Colour, ...] = (
    (0.78, 0.79, 0.80),
    (0.09, 0.09, 0.10),
    (0.50, 0.52, 0.55),
    (0.60, 0.08, 0.08),
    (0.10, 0.22, 0.45),
    (0.88, 0.88, 0.86),
    (0.24, 0.27, 0.30),
    (0.12, 0.30, 0.24),
    (0.72, 0.55, 0.14),
    (0.36, 0.52, 0.66),
    (0.42, 0.32, 0.25),
)
COATS: tuple[Colour, ...] = (
    (0.16, 0.18, 0.24),
    (0.62, 0.16, 0.14),
    (0.78, 0.66, 0.22),
    (0.22, 0.38, 0.52),
    (0.84, 0.82, 0.78),
    (0.24, 0.40, 0.28),
    (0.46, 0.36, 0.30),
    (0.70, 0.45, 0.55),
    (0.36, 0.36, 0.38),
    (0.82, 0.44, 0.18),
)
TROUSERS: tuple[Colour, ...] = (
    (0.14, 0.16, 0.24),
    (0.10, 0.10, 0.11),
    (0.30, 0.36, 0.48),
    (0.52, 0.46, 0.38),
)
SKINS: tuple[Colour, ...] = ((0.90, 0.72, 0.60), (0.78, 0.57, 0.43), (0.55, 0.37, 0.27), (0.38, 0.25, 0.18))
HAIRS: tuple[Colour, ...] = ((0.10, 0.08, 0.07), (0.32, 0.21, 0.13), (0.62, 0.47, 0.26), (0.55, 0.54, 0.53))
KINDS = ("hatch", "hatch", "sedan", "sedan", "suv", "wagon", "van")
SIGNS = ("limit30", "limit50", "noentry", "warning", "parking", "crosswalk", "yield", "ahead")


def _pick(rng: np.random.Generator, options: tuple[Colour, ...]) -> Colour:
    """Draw a colour and move it a little."""
    base = np.array(options[int(rng.integers(len(options)))])
    moved = np.clip(base * rng.uniform(0.9, 1.08) + rng.normal(0, 0.012, 3), 0.03, 0.95)
    return (float(moved[0]), float(moved[1]), float(moved[2]))


def _chance(rng: np.random.Generator, share: float) -> bool:
    return bool(rng.random() < share)


def _camera(rng: np.random.Generator) -> Camera:
    vanish = (320.0 + float(rng.normal(0, 38)), float(rng.uniform(158, 186)))
    return Camera(vanish, float(rng.uniform(1.32, 1.62)))


def _road(rng: np.random.Generator) -> Road:
    wide = _chance(rng, 0.35)
    lane = float(rng.uniform(3.2, 3.6))
    park = 2.3
    own = float(rng.uniform(-0.25, 0.25))
    centre = own - lane / 2
    width = lane * (2 if wide else 1) + park
    lanes = (centre + lane, centre - lane) if wide else ()
    crossing = float(rng.uniform(18, 46)) if _chance(rng, 0.65) else None
    return Road(centre - width, centre + width, lanes, centre, lane, float(rng.uniform(2.6, 4.4)), crossing)


def _building(rng: np.random.Generator, side: int, x: float, z0: float, z1: float) -> Building:
    tall = int(rng.choice([2, 3, 3, 4, 4, 5, 6]))
    return Building(
        side,
        x + side * float(rng.choice([0.0, 0.0, 0.25, 0.5])),
        z0,
        z1,
        tall,
        float(rng.uniform(2.9, 3.5)),
        _pick(rng, WALLS),
        (0.90, 0.89, 0.86) if _chance(rng, 0.7) else (0.38, 0.36, 0.35),
        _pick(rng, ROOFS),
        float(rng.uniform(1.9, 2.9)),
        _chance(rng, 0.55),
        _chance(rng, 0.25),
        _chance(rng, 0.25),
        int(rng.integers(1 << 30)),
    )


def _plots(rng: np.random.Generator, road: Road, side: int) -> tuple[list[Building], list[Park]]:
    """Line one side of the street with houses and, here and there, a park."""
    buildings: list[Building] = []
    parks: list[Park] = []
    x = road.kerb(side) + side * road.pavement
    z = float(rng.uniform(-6, 2))
    while z < FAR:
        end = z + float(rng.uniform(9, 21))
        if road.crossing is not None and z < road.crossing + road.arm < end + 6:
            end = road.crossing - road.arm - 1.5
        if end - z > 5:
            if _chance(rng, 0.14) and z > 8:
                parks.append(Park(side, x, z, end, _chance(rng, 0.6)))
            else:
                buildings.append(_building(rng, side, x, z, end))
            z = end + (float(rng.uniform(1.5, 4.0)) if _chance(rng, 0.15) else 0.0)
        if road.crossing is not None and z < road.crossing + road.arm and end > road.crossing - road.arm - 2:
            z = road.crossing + road.arm + 1.5
        elif end - z <= 5 and end > z:
            z = end + 0.01
    return buildings, parks


def _trees(rng: np.random.Generator, road: Road, parks: list[Park]) -> list[Tree]:
    found: list[Tree] = []
    for side in (-1, 1):
        if _chance(rng, 0.62):
            step = float(rng.uniform(9, 15))
            line = road.kerb(side) + side * 0.8
            for z in np.arange(rng.uniform(11, 18), 110, step):
                if not road.in_crossing(float(z), 2.5) and _chance(rng, 0.85):
                    size = float(rng.uniform(5.2, 7.6))
                    found.append(Tree(line, float(z + rng.normal(0, 0.5)), size, int(rng.integers(3))))
    for park in parks:
        for _ in range(int((park.z1 - park.z0) / 2.2)):
            x = park.x + park.side * float(rng.uniform(2.0, 12))
            z = float(rng.uniform(park.z0 + 0.5, park.z1))
            found.append(Tree(x, max(z, 9.0), float(rng.uniform(5, 9)), int(rng.integers(3))))
    return found


def _furniture(rng: np.random.Generator, road: Road) -> tuple[list[Lamp], list[Signal], list[Sign]]:
    lamps: list[Lamp] = []
    for side in (-1, 1):
        for z in np.arange(rng.uniform(8, 22), 120, rng.uniform(22, 28)):
            if not road.in_crossing(float(z), 1.5):
                lamps.append(Lamp(side, road.kerb(side) + side * 0.45, float(z)))
    signals: list[Signal] = []
    if road.crossing is not None and _chance(rng, 0.7):
        state = int(rng.integers(3))
        for side in (-1, 1):
            signals.append(Signal(road.kerb(side) + side * 0.5, road.crossing - road.arm - 1.2, state))
    signs: list[Sign] = []
    for z in np.sort(rng.uniform(9, 48, int(rng.integers(2, 6)))):
        side = 1 if _chance(rng, 0.65) else -1
        clear = all(abs(z - other.z) > 3.0 for other in signs)
        if clear and not road.in_crossing(float(z), 2.0):
            x = road.kerb(side) + side * float(rng.uniform(0.35, 0.7))
            kind = SIGNS[int(rng.integers(len(SIGNS)))]
            signs.append(Sign(x, float(z), float(rng.uniform(2.3, 2.9)), kind))
    return lamps, signals, signs


def _car(rng: np.random.Generator, x: float, z: float, yaw: float, driving: bool) -> Car:
    kind = KINDS[int(rng.integers(len(KINDS)))]
    turn = yaw + float(rng.normal(0, 0.015 if driving else 0.03))
    braking = driving and _chance(rng, 0.35)
    return Car(x + float(rng.normal(0, 0.1)), z, turn, kind, _pick(rng, PAINTS), driving, braking)


def _parked(rng: np.random.Generator, road: Road) -> list[Car]:
    cars: list[Car] = []
    for side in (-1, 1):
        density = float(rng.choice([0.1, 0.4, 0.7]))
        x = road.kerb(side) - side * 1.15
        z = float(rng.uniform(7.5, 13))
        while z < 100:
            if _chance(rng, density) and not road.in_crossing(z, 6.0):
                flipped = (side < 0) != _chance(rng, 0.08)
                cars.append(_car(rng, x, z, float(np.pi) if flipped else 0.0, False))
            z += float(rng.uniform(5.6, 6.8))
    return cars


def _driving(rng: np.random.Generator, road: Road) -> list[Car]:
    cars: list[Car] = []
    lane = road.lane
    count = 2 if road.lanes else 1
    for direction in (-1, 1):
        for number in range(count):
            x = road.centre + direction * lane * (number + 0.5)
            first = 10.0 if direction > 0 and number == 0 else 7.5
            z = float(rng.uniform(first, first + 22))
            while z < 130:
                if not road.in_crossing(z, 1.0) or _chance(rng, 0.3):
                    cars.append(_car(rng, x, z, 0.0 if direction > 0 else float(np.pi), True))
                z += float(rng.uniform(8, 40))
    if road.crossing is not None and _chance(rng, 0.5):
        way = float(rng.choice([-1.0, 1.0]))
        middle = road.crossing - way * 1.9
        clear = [car for car in cars if abs(car.z - middle) > 5.5]
        clear.append(_car(rng, float(rng.uniform(road.left, road.right)), middle, way * np.pi / 2, True))
        return clear
    return cars


def _walker(rng: np.random.Generator, x: float, y: float, z: float, turn: int) -> Walker:
    child = _chance(rng, 0.1)
    return Walker(
        x,
        y,
        z,
        float(rng.uniform(1.15, 1.4) if child else np.clip(rng.normal(1.72, 0.08), 1.52, 1.93)),
        turn,
        _chance(rng, 0.5),
        float(rng.uniform(0.12, 0.5)),
        _pick(rng, SKINS),
        _pick(rng, HAIRS),
        _pick(rng, COATS),
        _pick(rng, TROUSERS),
        _chance(rng, 0.25),
        _chance(rng, 0.4),
        _chance(rng, 0.15),
    )


def _walkers(rng: np.random.Generator, road: Road) -> list[Walker]:
    people: list[Walker] = []
    for side in (-1, 1):
        for _ in range(int(rng.integers(2, 8))):
            x = road.kerb(side) + side * float(rng.uniform(0.7, road.pavement - 0.4))
            z = float(abs(x) / 0.55 + 36 * rng.random() ** 1.5)
            turn = int(rng.choice([-1, 0, 0, 1]))
            y = 0.0 if road.in_crossing(z) else KERB
            people.append(_walker(rng, x, y, z, turn))
            if _chance(rng, 0.3):
                people.append(_walker(rng, x + 0.6, y, z + float(rng.uniform(-0.3, 0.3)), turn))
    if road.crossing is not None:
        for _ in range(int(rng.integers(1, 6))):
            x = float(rng.uniform(road.left, road.right))
            z = road.crossing - road.arm - 3.4 + float(rng.normal(0, 0.5))
            people.append(_walker(rng, x, 0.0, z, int(rng.choice([-1, 1]))))
    return people


def _clear_of_cars(walker: Walker, cars: list[Car]) -> bool:
    return all(abs(walker.x - car.x) > 1.3 or abs(walker.z - car.z) > 2.9 for car in cars if abs(np.sin(car.yaw)) < 0.5)


def _spread(walkers: list[Walker], cars: list[Car]) -> list[Walker]:
    """Leave out who stands in a car or in someone else."""
    kept: list[Walker] = []
    for walker in walkers:
        alone = all(abs(walker.x - who.x) > 0.5 or abs(walker.z - who.z) > 1.2 for who in kept)
        if alone and _clear_of_cars(walker, cars):
            kept.append(walker)
    return kept


def random_scene(rng: np.random.Generator) -> Scene:
    """Lay a street out.

    Args:
        rng: Source of all choices.

    Returns:
        The scene.
    """
    camera = _camera(rng)
    road = _road(rng)
    left, left_parks = _plots(rng, road, -1)
    right, right_parks = _plots(rng, road, 1)
    parks = left_parks + right_parks
    lamps, signals, signs = _furniture(rng, road)
    cars = _driving(rng, road) + _parked(rng, road)
    walkers = _spread(_walkers(rng, road), cars)
    ahead = _chance(rng, 0.35)
    azimuth = float(rng.choice([-1.0, 1.0]) * (rng.uniform(0.3, 0.9) if ahead else rng.uniform(2.1, 2.9)))
    return Scene(
        seed=int(rng.integers(1 << 30)),
        camera=camera,
        hour=("morning", "noon", "evening", "hazy", "noon")[int(rng.integers(5))],
        sun=(azimuth, float(rng.uniform(0.72, 1.12))),
        clouds=float(rng.uniform(0.25, 0.7)),
        reach=float(rng.uniform(0.75, 1.25)),
        road=road,
        buildings=tuple(left + right),
        parks=tuple(parks),
        trees=tuple(_trees(rng, road, parks)),
        lamps=tuple(lamps),
        signals=tuple(signals),
        signs=tuple(signs),
        cars=tuple(cars),
        walkers=tuple(walkers),
    )
