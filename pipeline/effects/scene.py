"""What is known of a picture beside its pixels: where ground and sky are, where the objects are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.labels.interface import Box, Outline


class Region(IntEnum):
    """What a pixel shows, as far as water is concerned."""

    OTHER = 0
    """Something that stands: houses, poles, signs."""
    GROUND = 1
    """Road and pavement, which get wet and mirror."""
    SKY = 2
    TREE = 3
    """Trees and bushes: the sky is seen through them."""
    MOVING = 4
    """Vehicles and people: nothing is seen through them, and a shadow under them is not the sun's alone."""


Regions = NDArray[np.uint8]
"""(h, w), a ``Region`` for each pixel, of any size: it is scaled to the picture's."""

_ROADS = ["road", "roads", "street", "lane", "lanes", "crosswalk", "driveway", "runway", "parking", "asphalt", "ground"]
_PATHS = ["pavement", "sidewalk", "path", "footpath"]
_ON_THEM = ["marking", "markings", "crossing", "zebra", "curb", "kerb", "puddle", "manhole"]
_GROUND = frozenset(_ROADS + _PATHS + _ON_THEM)
"""Surfaces that are hard and flat, and what lies on them. Grass and earth soak, and show no mirror images."""
_ANYWHERE = frozenset({"drivable", "marking", "markings"})
"""Words that say so wherever they stand, as in ``Lane Marking - General``."""
_TREES = frozenset({"tree", "trees", "bush", "bushes", "vegetation", "foliage"})
_VEHICLES = [
    "car",
    "cars",
    "truck",
    "bus",
    "van",
    "trailer",
    "caravan",
    "tram",
    "train",
    "vehicle",
    "motorcycle",
    "bicycle",
]
_PEOPLE = ["person", "people", "pedestrian", "rider", "bicyclist", "cyclist", "motorcyclist"]
_MOVING = frozenset(_VEHICLES + _PEOPLE)
_FLAT = "flat"
"""A part of the names that Mapillary Vistas has for surfaces: ``construction--flat--bike-lane``."""
_PHRASES = (("parking", "lot"), ("curb", "cut"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneObject:
    """A labelled object."""

    box: Box
    """In pixels of the picture."""
    outline: Outline = ()
    """Its outline in pixels of the picture, where the labels have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is known of a picture."""

    regions: Regions | None = None
    """Where ground and sky are, or None where that is not known."""
    objects: Sequence[SceneObject] = field(default=())
    """The labelled objects."""
    seed: int = 0
    """What is drawn by lot in this picture follows from it."""
    is_night: bool | None = None
    """Whether it shows a night, or None to tell it from the picture."""


def region_table(classes: Sequence[str]) -> NDArray[np.uint8]:
    """Return the table (256,) from the class ids of a label map to regions.

    Args:
        classes: Name of each class id.
    """
    table = np.full(256, Region.OTHER, dtype=np.uint8)
    for index, name in enumerate(classes[:256]):
        if lies_on_ground(name):
            table[index] = Region.GROUND
        elif _words(name)[-1:] == ["sky"]:
            table[index] = Region.SKY
        elif _TREES & set(_words(name)):
            table[index] = Region.TREE
        elif _MOVING & set(_words(name)):
            table[index] = Region.MOVING
    return table


def lies_on_ground(name: str) -> bool:
    """Tell whether a class is a part of the ground, such as a lane, and nothing that stands on it.

    Args:
        name: Of a class, of a label map or of labelled objects. What it is stands last: a road sign is a sign; with
            strokes between its words (``lane/single white``), first.
    """
    words = _words(name)
    if not words or words[0] in {"no", "non", "not"}:
        return False
    first = _words(name.strip("/").partition("/")[0]) or words
    heads = {words[-1], first[-1]}
    said = bool(heads & _GROUND or _ANYWHERE & set(words))
    return said or tuple(words[-2:]) in _PHRASES or _FLAT in name.casefold().split("--")


def _words(name: str) -> list[str]:
    """Split the name of a class."""
    return re.findall(r"[a-z]+", name.casefold())
