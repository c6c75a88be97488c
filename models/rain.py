"""Train ``rain`` on clear and rainy frames and print its figures.

    python models/rain.py --bdd DIR --work DIR --out FILE

DIR has trainA, trainB (clear and rainy), testA and testB. Every sixth frame of trainA and every fourth of trainB are
put to those of testA and testB, and not trained on: they are reported on. All else, also which variant and which
checkpoint is best, is decided by the frames that are trained on. A third of the rainy frames is by night; they are not
trained on either, because the clear ones are by day, and all that is learnt first is to make them dark.

First the variants of the method, small, at the same budget; then the best one goes on at the width that it will run at,
where the discriminator sees finer rain. Run again, it continues.
"""

import argparse
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from features import features
from frames import bdd_frames, copy, is_by_day
from measure import kept_class, label_maps, pictures, tpsence, translate
from pipeline.metrics.distance import Features, kernel_distances
from pipeline.metrics.ratio import Ratio

_CHOOSING = 4
"""One of so many clear frames that are trained on serves to choose by."""
VARIANTS: dict[str, Sequence[str]] = {
    "semantic": (),
    "semantic, TPS off": ("loss.tps=0",),
    "hard": ("loss.weighting=hard",),
    "none": ("loss.weighting=none",),
}
"""What is compared at the same budget."""
_RECONSTRUCTION_ALONE = (
    *("loss.reconstruction=1", "loss.adversarial=0", "loss.tps=0", "loss.contrastive=0", "loss.weighting=none"),
    "optim.lr=5e-4",
)
_WATER = "domains.water=moderate"
"""What the file asks ``tpsence augment`` to render, as the generator makes no roads wet; comparisons are without."""
_FULL_WIDTH = ("data.width=384", "data.crop=192")
"""A crop is nearly the whole height, as in the preset."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Epochs of 148 steps."""

    start_epochs: int = 5
    """Of the reconstruction alone."""
    compare_epochs: int = 7
    """Of each variant."""
    epochs: int = 11
    """More of the best variant, in each round, at the full width."""
    rounds: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a generator does to frames."""

    ratio: Ratio | None
    """Kernel distance to the rainy frames over that of the untranslated frames; None where that may be chance."""
    by_day: Ratio | None
    """The same, to those by day."""
    kept: Ratio
    """Share of the pixels that keep their class."""


class Frames:
    """Clear and rainy frames with their features, and generators measured on them.

    Args:
        clear: A folder.
        rainy: Another.
        work: Where to put what is made.
    """

    def __init__(self, clear: Path, rainy: Path, work: Path) -> None:
        self._folder, self._work = clear, work
        self.clear = features(pictures(clear))
        files = pictures(rainy)
        self.rainy = features(files)
        self._by_day = np.array([is_by_day(file) for file in files])

    @cached_property
    def _maps(self) -> list[Path]:
        """The label maps of the clear frames."""
        return label_maps(self._folder, self._work / "maps")

    def translated(self, weights: Path) -> Features:
        """Translate the clear frames, and return their features."""
        return features(translate(self._folder, self._work / "rain", weights))

    def measure(self, weights: Path) -> Figures:
        """Translate the clear frames and compare all that there is to compare."""
        changed = self.translated(weights)
        after = label_maps(self._work / "rain", self._work / "rain_maps")
        return Figures(
            ratio=kernel_distances(changed, self.clear, self.rainy).ratio,
            by_day=kernel_distances(changed, self.clear, self.rainy[self._by_day]).ratio,
            kept=kept_class(self._maps, after),
        )


def split(source: Path, work: Path) -> None:
    """Copy the frames to ``data`` (trained on, by day) and ``held_out`` (reported on, by day and night)."""
    copy([frame for frame in bdd_frames(source) if frame.is_held_out or not frame.is_night], work)


def choosing_frames(work: Path) -> Frames:
    """Return frames that are trained on, to choose by."""
    folder = work / "choosing"
    folder.mkdir(exist_ok=True)
    for file in pictures(work / "data" / "trainA")[::_CHOOSING]:
        shutil.copy(file, folder / file.name)
    return Frames(folder, work / "data" / "trainB", work / "chosen_by")


def candidate(
    work: Path, run: str, settings: Sequence[str], epochs: int, decay_epochs: int = 0, *, name: str = ""
) -> Path:
    """Train, or continue to train, with the preset ``small_rain`` and changes, and keep a copy of the generator.

    Args:
        work: Where all is.
        run: Name of the run.
        settings: Changes of the preset.
        epochs: In all, at a constant rate.
        decay_epochs: After them.
        name: Of the copy, if it is not the run's.

    Returns:
        The copy. If it is there already, nothing is done.
    """
    kept = work / "candidates" / f"{_file_name(name or run)}.safetensors"
    if not kept.is_file():
        out = work / "runs" / _file_name(run)
        changes = [*settings, _WATER, f"optim.epochs={epochs}", f"optim.decay_epochs={decay_epochs}"]
        words = [word for change in changes for word in ("--set", change)]
        tpsence("train", "small_rain", "--data", work / "data", "--out", out, "--resume", *words)
        kept.parent.mkdir(exist_ok=True)
        shutil.copy(out / "generator.safetensors", kept)
    return kept


def search(work: Path, budget: Budget, judge: Callable[[str, Path], float], further: Path | None = None) -> Path:
    """Train the variants at the same budget, go on with the best at the full width, and return the best of all.

    Args:
        work: Where all is.
        budget: How long.
        judge: Given a name and a generator, tells how far from rain it is.
        further: A generator that was trained further than the variants; what goes on is this one, as the best variant
            does.
    """
    # First, so that a file that is none is refused before anything is trained.
    given = {"trained further": (judge("trained further", further), further)} if further else {}
    start = candidate(work, "start", _RECONSTRUCTION_ALONE, budget.start_epochs)
    scores: dict[str, tuple[float, Path]] = {}
    for name, changes in VARIANTS.items():
        file = candidate(work, name, [f"model.init={start}", *changes], budget.compare_epochs)
        scores[name] = judge(name, file), file
    variant = min(scores, key=lambda name: scores[name])
    scores |= given
    settings = [f"model.init={further or scores[variant][1]}", *_FULL_WIDTH, *VARIANTS[variant]]
    for number in range(1, budget.rounds + 1):
        before = (number - 1) * budget.epochs
        epochs = (before, budget.epochs) if number == budget.rounds else (before + budget.epochs, 0)
        name = f"{variant}, round {number}"
        file = candidate(work, f"{variant}, full width", settings, *epochs, name=name)
        scores[name] = judge(name, file), file
    return min(scores.values())[1]


def main() -> None:
    """Read the command line and do it all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bdd", type=Path, required=True, help="folder with trainA, trainB, testA, testB")
    parser.add_argument("--work", type=Path, required=True, help="folder for all that is made on the way")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write")
    default = Budget()
    parser.add_argument("--start-epochs", type=int, default=default.start_epochs, help="of the reconstruction alone")
    parser.add_argument("--compare-epochs", type=int, default=default.compare_epochs, help="of each variant")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="more of the best, in each round")
    parser.add_argument("--rounds", type=int, default=default.rounds, help="the last one lets the rate fall to 0")
    parser.add_argument(
        "--further", type=Path, help="a generator that goes on in place of the best variant's: a file, or rain"
    )
    given = parser.parse_args()
    work: Path = given.work
    split(given.bdd, work)
    tpsence("segment", work / "data", "--model", "road-lite")
    choosing = choosing_frames(work)
    reported = Frames(work / "held_out" / "clear", work / "held_out" / "rainy", work / "reported")

    def judge(name: str, file: Path) -> float:
        score = kernel_distances(choosing.translated(file), choosing.clear, choosing.rainy).changed.value
        figures = reported.measure(file)
        row = name, f"{score:.4f}", figures.ratio, figures.by_day, f"{figures.kept.value:.3f}"
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
        return score

    print("| generator | distance to choose by | held out | by day | class kept |\n|---|---|---|---|---|", flush=True)
    budget = Budget(given.start_epochs, given.compare_epochs, given.epochs, given.rounds)
    best = search(work, budget, judge, given.further)
    tpsence("export", best, "--out", given.out, "--half")
    print(f"{given.out} is {best.stem}")


def _file_name(name: str) -> str:
    """Return a name without commas and blanks."""
    return name.replace(", ", "_").replace(" ", "_")


if __name__ == "__main__":
    main()
