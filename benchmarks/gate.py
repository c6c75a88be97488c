"""How well the validity gate tells boxes whose object is gone from boxes in rain; how its threshold was found.

Every box of every picture is judged after changes that keep its object and after changes that lose it
(``gate_corruptions.py``). The threshold is sought on one half of the pictures, the tables are of the other half.

With ``--weights`` it shows instead what the gate finds in pictures that generators have made: ``rain``, a checkpoint,
or ``random`` for a generator that has learned nothing.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.gate_corruptions import (
    COLOUR_LOST,
    COLOUR_TURNED,
    KEPT,
    LIGHT,
    LOST,
    MIST,
    PARTLY_LOST,
    PICTURE_LOST,
    STREAKS,
)
from benchmarks.gate_judging import COLOUR, CONTRAST, IN_RAIN, STRUCTURE, Judged, Scores, auc, judge_all, objects_of
from pipeline.gate.verdict import LOST_BELOW

SIZES = {"under 16": (0, 16), "16 to 32": (16, 32), "over 32": (32, 10**9)}
"""Boxes by their shorter side in pixels."""
MOST_FLAGGED = 0.01
"""What the threshold may cost: of the boxes under mere changes of light, of mist, and of streaks."""
MERE = (LIGHT, MIST, STREAKS)
"""Groups of changes that may each cost so much."""


def main() -> None:
    """Find the threshold on one half, print the tables of the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, required=True, help="COCO labels; names of pictures are relative to it")
    parser.add_argument("--pictures", type=int, default=100, help="how many, drawn at random, in both halves (100)")
    parser.add_argument("--boxes", type=int, default=10**9, help="of each picture, drawn at random, at most (all)")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing and of the changes (0)")
    parser.add_argument("--weights", nargs="+", help="generators to look at instead: rain, files, random")
    parser.add_argument("--out", type=Path, help="for --weights: where the pictures go, to look at and to continue")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.weights:
        from benchmarks.gate_generators import print_generators  # imports torch

        print_generators(args.weights, args.labels, args.pictures, args.seed, args.out)
        return
    pictures = sorted(objects_of(args.labels).items())
    random = np.random.default_rng(args.seed)
    drawn = random.permutation(len(pictures))[: args.pictures].tolist()
    some = [(path, [objects[n] for n in random.permutation(len(objects))[: args.boxes]]) for path, objects in pictures]
    half = len(drawn) // 2
    first, second = (judge_all((some[index] for index in part), args.seed) for part in (drawn[:half], drawn[half:]))
    print(f"threshold sought on {half} pictures, {len(first.sides)} boxes: {threshold(first):.2f}")
    print(f"in use: {LOST_BELOW:.2f}; the rest is of {len(drawn) - half} other pictures")
    print_table(second, colour=False)
    print_table(second, colour=True)
    print_curve(second)


def threshold(judged: Judged) -> float:
    """Return the largest multiple of 0.05 at which no group of mere changes costs more than is allowed."""
    scores = [judged.of(kinds) for kinds in MERE]
    scores += [judged.column(kinds, COLOUR) for kinds in MERE if any(judged.coloured)]
    allowed = [step / 20 for step in range(20) if all((one < step / 20).mean() <= MOST_FLAGGED for one in scores)]
    return allowed[-1]


def lost_kinds() -> list[str]:
    """Return the names of the changes that lose the object altogether, in clear weather and in rain."""
    return [kind + weather for weather in ("", IN_RAIN) for kind in LOST]


def print_table(judged: Judged, *, colour: bool) -> None:
    """Print a row for each kind of change.

    Args:
        judged: The boxes.
        colour: Of the boxes whose colour counts, with the losses of colour; else of all, without colour.
    """
    if colour and not any(judged.coloured):
        return
    pooled = judged.of(KEPT, colour=colour)
    number = sum(judged.coloured) if colour else len(judged.sides)
    what = "whose colour is their meaning" if colour else "by structure and contrast"
    print(f"\n{number} boxes {what}; the columns are the share of boxes under {LOST_BELOW}\n")
    print("| change | structure | contrast | colour | any: flagged | AUC |\n|---|---|---|---|---|---|")
    _print_row("**all that keep the object**", judged, list(KEPT), None, colour=colour)
    for kind in KEPT:
        _print_row(kind, judged, [kind], None, colour=colour)
    lost = lost_kinds()
    _print_row("**all that lose it**", judged, lost, pooled, colour=colour)
    rained = [kind + weather for kind in (PARTLY_LOST | (COLOUR_LOST if colour else {})) for weather in ("", IN_RAIN)]
    for kind in [*lost, *rained, *PICTURE_LOST, *(COLOUR_TURNED if colour else {})]:
        _print_row(kind, judged, [kind], pooled, colour=colour)


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
    print(f"\n{len(judged.sides)} boxes judged; not judged: {reasons}")
    print(f"{judged.milliseconds():.2f} ms a box, and {judged.preparation():.2f} ms for each picture")


def _print_row(name: str, judged: Judged, kinds: Sequence[str], kept: Scores | None, *, colour: bool) -> None:
    """Print one row; with the area under the curve against kept boxes where they are given."""
    columns: Iterable[str] = (
        "" if column == COLOUR and not colour else _percent(judged.column(kinds, column, colour=colour))
        for column in (STRUCTURE, CONTRAST, COLOUR)
    )
    scores = judged.of(kinds, colour=colour)
    area = "" if kept is None else f"{auc(scores, kept):.4f}"
    print(f"| {name} | {' | '.join(columns)} | {_percent(scores)} | {area} |")


def _percent(scores: Scores) -> str:
    """Write the share of scores under the threshold."""
    return f"{(scores < LOST_BELOW).mean():.1%}"


if __name__ == "__main__":
    main()
