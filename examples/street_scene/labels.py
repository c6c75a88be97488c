"""Cityscapes train ids, their colours, and the detection categories."""

from __future__ import annotations

from typing import NamedTuple

ROAD, SIDEWALK, BUILDING, WALL, FENCE, POLE = 0, 1, 2, 3, 4, 5
LIGHT, SIGN, VEGETATION, TERRAIN, SKY, PERSON = 6, 7, 8, 9, 10, 11
CAR, IGNORE = 13, 255

COLOURS: tuple[tuple[int, int, int], ...] = (
    (128, 64, 128),
    (244, 35, 232),
    (70, 70, 70),
    (102, 102, 156),
    (190, 153, 153),
    (153, 153, 153),
    (250, 170, 30),
    (220, 220, 0),
    (107, 142, 35),
    (152, 251, 152),
    (70, 130, 180),
    (220, 20, 60),
    (255, 0, 0),
    (0, 0, 142),
    (0, 0, 70),
    (0, 60, 100),
    (0, 80, 100),
    (0, 0, 230),
    (119, 11, 32),
)
"""Red, green, blue (0-255) of the train ids 0 to 18."""

CATEGORIES: dict[int, tuple[int, str, str]] = {
    CAR: (1, "car", "vehicle"),
    PERSON: (2, "person", "person"),
    SIGN: (3, "traffic sign", "object"),
}
"""Train id of a detected class -> its COCO category id, name and supercategory."""


class Tag(NamedTuple):
    """What a painted pixel belongs to.

    Attributes:
        label: Cityscapes train id, 0-18 or 255.
        instance: Number of the object in its scene, 1 and up; 0 for no object.
    """

    label: int
    instance: int = 0


def palette() -> list[int]:
    """Give the 256 x 3 palette of the label maps, flat, 0-255; unused ids are black."""
    flat = [channel for colour in COLOURS for channel in colour]
    return flat + [0] * (768 - len(flat))
