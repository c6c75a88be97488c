"""How well the validity gate tells boxes whose object is gone from boxes in rain; how its threshold was found.

Every box of every picture is judged after changes that keep its object and after changes that lose it
(``gate_corruptions.py``). The threshold is sought on one half of the pictures, the table is of the other half.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.gate_corruptions import KEPT, LOST, PARTLY_LOST, IntBox, Pixels, Rain, Scene, frame, rain
from pipeline.engine.resources import DEFAULT_MAX_PIXELS
from pipeline.gate.measure import SMALLEST_SIDE, Plane, luminance, structure_kept, whole_pixels
from pipeline.gate.verdict import LOST_BELOW
from pipeline.images.codec import read_picture
from pipeline.labels.interface import Box

IN_RAIN = ", in dark rain"
"""Behind the name of a loss: the picture is also darkened to 0.6 and has heavy streaks."""
SIZES = {"under 16": (0, 16), "16 to 32": (16, 32), "over 32": (32, 10**9)}
"""Boxes by their shorter side in pixels."""
MOST_KEPT_FLAGGED = 0.01
MOST_STREAKS_FLAGGED = 0.02
"""What the threshold may cost: of all kept boxes, and of those under the worst of the streaks alone."""

Scores = NDArray[np.float64]
"""Of one kind of change, or of several in a row."""


@dataclass
class Judged:
    """Scores of boxes under every change, in one order."""

    scores: dict[str, list[float]] = field(default_factory=dict)
    """By the name of the change."""
    sides: list[int] = field(default_factory=list)
    """Shorter side of each box in pixels."""
    not_judged: Counter[str] = field(default_factory=Counter)
    """Boxes left out, by reason."""
    seconds: float = 0.0
    """Spent in judging."""

    def of(self, kinds: Iterable[str], sizes: tuple[int, int] = (0, 10**9)) -> Scores:
        """Return the scores under some kinds of change, of boxes of some sizes, in one row."""
        sides = np.array(self.sides)
        chosen = (sides >= sizes[0]) & (sides < sizes[1])
        return np.concatenate([np.array(self.scores[kind])[chosen] for kind in kinds])

    def add(self, other: "Judged") -> None:
        """Append the boxes of another picture."""
        for kind, scores in other.scores.items():
            self.scores.setdefault(kind, []).extend(scores)
        self.sides += other.sides
        self.not_judged += other.not_judged
        self.seconds += other.seconds


def main() -> None:
    """Find the threshold on one half, print the table of the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, required=True, help="COCO labels; names of pictures are relative to it")
    parser.add_argument("--pictures", type=int, default=100, help="how many, drawn at random, in both halves (100)")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing and of the changes (0)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = sorted(boxes_of(args.labels).items())
    drawn = np.random.default_rng(args.seed).permutation(len(pictures))[: args.pictures].tolist()
    halves = [
        judge_all((pictures[index] for index in part), args.seed)
        for part in (drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :])
    ]
    print(f"threshold sought on {len(drawn) // 2} pictures, {len(halves[0].sides)} boxes: {threshold(halves[0]):.2f}")
    print(f"in use: {LOST_BELOW:.2f}; the rest is of {len(drawn) - len(drawn) // 2} other pictures")
    print_table(halves[1])
    print_curve(halves[1])


def boxes_of(labels: Path) -> dict[Path, list[Box]]:
    """Read a COCO file.

    Returns:
        The boxes of each picture, by its path.
    """
    content = json.loads(labels.read_text(encoding="utf-8"))
    paths = {image["id"]: labels.parent / image["file_name"] for image in content["images"]}
    boxes: dict[Path, list[Box]] = {path: [] for path in paths.values()}
    for annotation in content["annotations"]:
        x, y, width, height = annotation["bbox"]
        boxes[paths[annotation["image_id"]]].append((x, y, x + width, y + height))
    return boxes


def judge_all(pictures: Iterable[tuple[Path, Sequence[Box]]], seed: int) -> Judged:
    """Judge every box of every picture under every change."""
    everything = Judged()
    for index, (path, boxes) in enumerate(pictures):
        pixels = read_picture(path, DEFAULT_MAX_PIXELS, None).pixels
        everything.add(judge(pixels, boxes, np.random.default_rng([seed, index])))
    return everything


def judge(pixels: Pixels, boxes: Sequence[Box], random: np.random.Generator) -> Judged:
    """Judge the boxes of a picture under every change.

    Args:
        pixels: (H, W, 3).
        boxes: In pixels.
        random: Decides on streaks, noise, and what is pasted over what.
    """
    judged = Judged()
    size = (pixels.shape[1], pixels.shape[0])
    areas = [whole_pixels(box, size) for box in boxes]
    scene = Scene(pixels, [area for area in areas if area is not None])
    before = luminance(pixels)
    kept = {kind: luminance(change(pixels, random)) for kind, change in KEPT.items()}
    weather = rain(pixels, 3, 0.6, random)
    rainy = luminance(weather.over(pixels))
    for box, area in zip(boxes, areas, strict=True):
        if area is None or structure_kept(before, before, box) is None:
            small = area is None or min(area[2] - area[0], area[3] - area[1]) < SMALLEST_SIDE
            judged.not_judged[f"a side under {SMALLEST_SIDE} pixels" if small else "too even"] += 1
            continue
        judged.sides.append(min(area[2] - area[0], area[3] - area[1]))
        for kind, after in kept.items():
            _score(judged, kind, before, after, box)
        for kind, after in _losses(scene, area, random, before, weather, rainy):
            _score(judged, kind, before, after, box)
    return judged


def threshold(judged: Judged) -> float:
    """Return the largest multiple of 0.05 that costs no more than is allowed."""
    pooled = judged.of(KEPT)
    streaks = [judged.of([kind]) for kind in ("light streaks", "heavy streaks")]
    allowed = [
        step / 20
        for step in range(20)
        if (pooled < step / 20).mean() <= MOST_KEPT_FLAGGED
        and max((scores < step / 20).mean() for scores in streaks) <= MOST_STREAKS_FLAGGED
    ]
    return allowed[-1]


def lost_kinds() -> list[str]:
    """Return the names of the changes that lose the object altogether, in clear weather and in rain."""
    return [kind + weather for weather in ("", IN_RAIN) for kind in LOST]


def print_table(judged: Judged) -> None:
    """Print a row for each kind of change."""
    pooled = judged.of(KEPT)
    print("\n| change | 5 % | median | 95 % | flagged | AUC |\n|---|---|---|---|---|---|")
    _print_row("**all that keep the object**", pooled, None)
    for kind in KEPT:
        _print_row(kind, judged.of([kind]), None)
    _print_row("**all that lose it**", judged.of(lost_kinds()), pooled)
    for kind in lost_kinds():
        _print_row(kind, judged.of([kind]), pooled)
    for kind in PARTLY_LOST:
        for weather in ("", IN_RAIN):
            _print_row(f"*in part:* {kind}{weather}", judged.of([kind + weather]), pooled)


def print_curve(judged: Judged) -> None:
    """Print the figures by size, what other thresholds would do, what was not judged, and the time."""
    print("\n| shorter side, pixels | boxes | kept flagged | lost flagged | AUC |\n|---|---|---|---|---|")
    for name, sizes in SIZES.items():
        kept, lost = judged.of(KEPT, sizes), judged.of(lost_kinds(), sizes)
        shares = " | ".join(f"{(scores < LOST_BELOW).mean():.1%}" for scores in (kept, lost))
        print(f"| {name} | {len(kept) // len(KEPT)} | {shares} | {auc(lost, kept):.4f} |")
    print("\n| threshold | kept flagged | lost flagged |\n|---|---|---|")
    for bar in (0.4, 0.45, 0.5, 0.55, 0.6, 0.65):
        shares = " | ".join(f"{(judged.of(kinds) < bar).mean():.1%}" for kinds in (KEPT, lost_kinds()))
        print(f"| {bar:.2f} | {shares} |")
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(judged.not_judged.items())) or "none"
    times = sum(map(len, judged.scores.values()))
    print(f"\n{len(judged.sides)} boxes judged; not judged: {reasons}")
    print(f"{judged.seconds / times * 1000:.2f} ms a box")


def _losses(
    scene: Scene, area: IntBox, random: np.random.Generator, before: Plane, weather: Rain, rainy: Plane
) -> Iterator[tuple[str, Plane]]:
    """Yield the name and the luminance (H, W) of the picture after each loss of one box, in clear weather and rain."""
    x0, y0, x1, y1 = around = frame(area, (before.shape[1], before.shape[0]))
    for kind, lose in {**LOST, **PARTLY_LOST}.items():
        content = lose(scene, area, random)
        for suffix, base, shown in (("", before, content), (IN_RAIN, rainy, weather.over(content, around))):
            after = base.copy()
            after[y0:y1, x0:x1] = luminance(shown)
            yield kind + suffix, after


def _score(judged: Judged, kind: str, before: Plane, after: Plane, box: Box) -> None:
    """Judge a box, and note the score and the time."""
    start = time.perf_counter()
    kept = structure_kept(before, after, box)
    judged.seconds += time.perf_counter() - start
    if kept is None:
        raise ValueError("whether a box is judged depends on the original alone")
    judged.scores.setdefault(kind, []).append(kept)


def _print_row(name: str, scores: Scores, kept: Scores | None) -> None:
    """Print one row; with the area under the curve against kept boxes where they are given."""
    low, median, high = np.percentile(scores, [5, 50, 95])
    area = "" if kept is None else f"{auc(scores, kept):.4f}"
    print(f"| {name} | {low:.2f} | {median:.2f} | {high:.2f} | {(scores < LOST_BELOW).mean():.1%} | {area} |")


if __name__ == "__main__":
    main()
