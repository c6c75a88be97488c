"""Boxes of real pictures, judged after changes for which it is known whether their object is still there."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.gate_corruptions import (
    COLOUR_LOST,
    COLOUR_TURNED,
    KEPT,
    LOST,
    PARTLY_LOST,
    PICTURE_LOST,
    IntBox,
    Pixels,
    Scene,
    frame,
    rain,
)
from pipeline.engine.resources import DEFAULT_MAX_PIXELS
from pipeline.gate.box import SMALLEST_SIDE, Pair, box_measure
from pipeline.gate.colour_classes import DEFAULT, means_colour, words_of
from pipeline.gate.planes import whole_pixels
from pipeline.images.codec import read_picture
from pipeline.labels.interface import Box, LabelledObject

IN_RAIN = ", in dark rain"
"""Behind the name of a loss: the picture is also darkened to 0.6 and has heavy streaks."""
STRUCTURE, CONTRAST, COLOUR = range(3)
"""Columns of the scores."""

Scores = NDArray[np.float64]
"""Of one kind of change, or of several in a row."""


@dataclass
class Judged:
    """Scores of boxes under every change, in one order."""

    scores: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    """By the name of the change: structure, contrast and colour; not a number where the colour does not count."""
    sides: list[int] = field(default_factory=list)
    """Shorter side of each box in pixels."""
    coloured: list[bool] = field(default_factory=list)
    """Whether its colour counts, and can be told."""
    not_judged: Counter[str] = field(default_factory=Counter)
    """Boxes left out, by reason."""
    seconds: float = 0.0
    """Spent in judging."""
    preparing: float = 0.0
    """Seconds spent in the preparation of pictures."""
    prepared_pictures: int = 0
    """How many were prepared."""

    def of(self, kinds: Iterable[str], sizes: tuple[int, int] = (0, 10**9), *, colour: bool = False) -> Scores:
        """Return the smallest score under some kinds of change, of boxes of some sizes, in one row.

        Args:
            kinds: The changes.
            sizes: Shorter sides, in pixels; the last one excluded.
            colour: Of the boxes whose colour counts alone, and by all that counts; else of all boxes, without colour.
        """
        sides = np.array(self.sides)
        chosen = (sides >= sizes[0]) & (sides < sizes[1]) & (np.array(self.coloured) | (not colour))
        columns = slice(0, 3 if colour else 2)
        return np.concatenate([np.array(self.scores[kind])[chosen, columns].min(axis=1) for kind in kinds])

    def column(self, kinds: Iterable[str], column: int, *, colour: bool = False) -> Scores:
        """Return one score alone, of the boxes whose colour counts or, but for colour itself, of all."""
        chosen = np.array(self.coloured) | (column != COLOUR and not colour)
        return np.concatenate([np.array(self.scores[kind])[chosen, column] for kind in kinds])

    def add(self, other: "Judged") -> None:
        """Append the boxes of another picture."""
        for kind, scores in other.scores.items():
            self.scores.setdefault(kind, []).extend(scores)
        self.sides += other.sides
        self.coloured += other.coloured
        self.not_judged += other.not_judged
        self.seconds += other.seconds
        self.preparing += other.preparing
        self.prepared_pictures += other.prepared_pictures

    def milliseconds(self) -> float:
        """Return the time for a box."""
        return 1000 * self.seconds / max(1, sum(map(len, self.scores.values())))

    def preparation(self) -> float:
        """Return the time for the preparation of a picture, in milliseconds."""
        return 1000 * self.preparing / max(1, self.prepared_pictures)

    def score(self, kind: str, pair: Pair, one: LabelledObject, box: Box) -> None:
        """Judge a box, and note the scores and the time."""
        start = time.process_time()
        measure = box_measure(pair, box)
        self.seconds += time.process_time() - start
        if measure is None or measure.structure is None or measure.contrast is None:
            raise ValueError("whether a box is judged depends on the original alone")
        counts = means_colour(one.category, words_of(DEFAULT)) and measure.colour is not None
        colour = measure.colour if counts and measure.colour is not None else float("nan")
        self.scores.setdefault(kind, []).append((measure.structure, measure.contrast, colour))

    def prepared(self, before: Pixels, after: Pixels) -> Pair:
        """Prepare two pictures, and note the time."""
        start = time.process_time()
        pair = Pair.of(before, after)
        self.preparing += time.process_time() - start
        self.prepared_pictures += 1
        return pair


def objects_of(labels: Path) -> dict[Path, list[LabelledObject]]:
    """Read a COCO file.

    Returns:
        The objects of each picture, by its path.
    """
    content = json.loads(labels.read_text(encoding="utf-8"))
    paths = {image["id"]: labels.parent / image["file_name"] for image in content["images"]}
    names = {one["id"]: one["name"] for one in content["categories"]}
    objects: dict[Path, list[LabelledObject]] = {path: [] for path in paths.values()}
    for annotation in content["annotations"]:
        x, y, width, height = annotation["bbox"]
        one = LabelledObject(names.get(annotation["category_id"], "unnamed"), (x, y, x + width, y + height))
        objects[paths[annotation["image_id"]]].append(one)
    return objects


def judge_all(pictures: Iterable[tuple[Path, Sequence[LabelledObject]]], seed: int) -> Judged:
    """Judge every box of every picture under every change."""
    everything = Judged()
    for index, (path, objects) in enumerate(pictures):
        pixels = read_picture(path, DEFAULT_MAX_PIXELS, None).pixels
        everything.add(judge(pixels, objects, np.random.default_rng([seed, index])))
    return everything


def judge(pixels: Pixels, objects: Sequence[LabelledObject], random: np.random.Generator) -> Judged:
    """Judge the boxes of a picture under every change.

    Args:
        pixels: (H, W, 3).
        objects: With their boxes in pixels.
        random: Decides on streaks, noise, and what is pasted over what.
    """
    judged = Judged()
    size = (pixels.shape[1], pixels.shape[0])
    areas = [None if one.box is None else whole_pixels(one.box, size) for one in objects]
    scene = Scene(pixels, [area for area in areas if area is not None])
    whole = {**KEPT, **COLOUR_TURNED, **PICTURE_LOST}
    pairs = {kind: judged.prepared(pixels, change(pixels, random)) for kind, change in whole.items()}
    weather = rain(pixels, 3, 0.6, random)
    clear = Pair.of(pixels, pixels.copy())
    rainy = Pair.of(pixels, weather.over(pixels))
    for one, area in zip(objects, areas, strict=True):
        measure = None if one.box is None else box_measure(clear, one.box)
        if one.box is None or area is None or measure is None or measure.structure is None:
            small = area is None or min(area[2] - area[0], area[3] - area[1]) < SMALLEST_SIDE
            judged.not_judged[f"a side under {SMALLEST_SIDE} pixels" if small else "too even"] += 1
            continue
        judged.sides.append(min(area[2] - area[0], area[3] - area[1]))
        judged.coloured.append(means_colour(one.category, words_of(DEFAULT)) and measure.colour is not None)
        for kind, pair in pairs.items():
            judged.score(kind, pair, one, one.box)
        for kind, lose in {**LOST, **PARTLY_LOST, **COLOUR_LOST}.items():
            content = lose(scene, area, random)
            around = frame(area, size)
            for name, pair, shown in (
                (kind, clear, content),
                (kind + IN_RAIN, rainy, weather.over(content, around)),
            ):
                for patched in _with(pair, around, shown):
                    judged.score(name, patched, one, one.box)
    return judged


def auc(lost: Scores, kept: Scores) -> float:
    """Return how probable it is that a lost box scores less than a kept one, ties counted half."""
    ordered = np.sort(lost)
    ranks = np.searchsorted(ordered, kept, "left") + np.searchsorted(ordered, kept, "right")
    return float(ranks.sum() / (2 * len(lost) * len(kept)))


def _with(pair: Pair, around: IntBox, content: Pixels) -> Iterator[Pair]:
    """Yield a pair while other content (h, w, 3) is in a part of what its picture has become."""
    x0, y0, x1, y1 = around
    pixels = pair.pixels[1][y0:y1, x0:x1]
    kept = pixels.copy()
    pixels[:] = content
    yield pair
    pixels[:] = kept
