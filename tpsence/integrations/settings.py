"""What the transforms for other libraries share: settings, draws, and one translator in each process."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tpsence
from pipeline.augment.options import STRONGEST
from pipeline.effects.water_options import WaterLevel
from tpsence.errors import InputError

LEVELS = tuple(level.value for level in WaterLevel)
"""How hard it rains, in order."""

Boxes = NDArray[np.floating[Any]]
"""Labelled objects: rows of x0, y0, x1, y1 in pixels."""


@dataclass(frozen=True)
class Drawn:
    """What was drawn for a sample.

    Attributes:
        strength: Scale of the change, 0 to 1.5.
        water: One of ``LEVELS``, or None for what the weights ask for.
        seed: What streaks, drops and puddles are drawn from, 0 to 2**31 - 1.
    """

    strength: float
    water: str | None
    seed: int


@dataclass(frozen=True)
class Loading:
    """What a translator is loaded with; the fields are the arguments of ``tpsence.load``."""

    weights: str | None
    device: str
    precision: str
    width: int | None
    detail: str | None

    def rain(self, pictures: Sequence[Any], drawn: Drawn, boxes: Boxes | None) -> list[Any]:
        """Translate pictures of one sample, all with what was drawn for it.

        The translator is loaded when it is first used in a process, and shared by all that are loaded alike.

        Args:
            pictures: Pictures, arrays or tensors, as a translator takes them.
            drawn: What was drawn.
            boxes: Labelled objects, which stay visible in each of the pictures, (N, 4); None if there are none.

        Returns:
            The pictures in rain, of the same types and sizes.

        Raises:
            InputError: A picture that cannot be translated, or weights or a device that cannot be used.
        """
        if not pictures:
            return []
        translated: list[Any] = _translator(self, os.getpid())(
            list(pictures),
            strength=drawn.strength,
            water=drawn.water,
            seed=[drawn.seed] * len(pictures),
            boxes=None if boxes is None else [boxes] * len(pictures),
        )
        return translated


@cache
def _translator(loading: Loading, process: int) -> Callable[..., Any]:
    # A forked process gets its own: what it inherits may be locked by a thread that is not there any more.
    translator: Callable[..., Any] = tpsence.load(
        loading.weights,
        device=loading.device,
        precision=loading.precision,
        width=loading.width,
        detail=loading.detail,
    )
    return translator


def draw(strength: tuple[float, float], water: str | tuple[str, str] | None, uniform: Callable[[], float]) -> Drawn:
    """Draw what happens to a sample. As many numbers are taken whatever the ranges are.

    Args:
        strength: As ``checked_strength`` returns it.
        water: As ``checked_water`` returns it.
        uniform: Returns the next number of [0, 1).
    """
    low, high = strength
    share, place, seed = uniform(), uniform(), int(uniform() * 2**31)
    if isinstance(water, tuple):
        first, last = map(LEVELS.index, water)
        water = LEVELS[first + int(place * (last - first + 1))]
    return Drawn(low + (high - low) * share, water, seed)


def checked_weights(value: object) -> str | None:
    """Return weights as a text; a path object is a path, also where it has the name of packaged weights.

    Raises:
        InputError: They are neither a text nor a path.
    """
    if value is None or isinstance(value, str):
        return value
    path = os.fspath(value) if isinstance(value, os.PathLike) else None
    if not isinstance(path, str):
        raise InputError(
            f"`weights`: {value!r} is no path", 'Give "rain", the path of a checkpoint, or None for water alone.'
        )
    return path if os.sep in path else f"{os.curdir}{os.sep}{path}"


def checked_strength(value: object) -> tuple[float, float]:
    """Return the range that strengths are drawn from, of a range or a number.

    Raises:
        InputError: It is neither, or reaches beyond 0 to 1.5, or goes down.
    """
    try:
        low, high = map(float, value if isinstance(value, list | tuple) else (value, value))
    except (TypeError, ValueError):
        low, high = -1.0, -1.0
    if not 0 <= low <= high <= STRONGEST:
        raise InputError(
            f"`strength`: {value!r} is no number, nor a range, of 0 to {STRONGEST}",
            "Give a number, as 1.0, or the least and the most, as (0.6, 1.2).",
        )
    return low, high


def checked_water(value: object) -> str | tuple[str, str] | None:
    """Return the level of water or the range of levels that it is drawn from; None is what the weights ask for.

    Raises:
        InputError: It has an unknown level, or goes down.
    """
    if value is None or (isinstance(value, str) and value in LEVELS):
        return value
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    if len(pair) != 2 or not all(level in LEVELS for level in pair) or LEVELS.index(pair[0]) > LEVELS.index(pair[1]):
        raise InputError(
            f"`water`: {value!r} is no level, nor a range of levels: {', '.join(LEVELS)}",
            'Give a level, as "heavy", or the least and the most, as ("light", "heavy").',
        )
    return pair[0], pair[1]
