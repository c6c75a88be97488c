"""Say what TPS and SeNCE each add to ``rain``: trainings with and without them, at a small budget, with several seeds.

    python models/ablation.py --work DIR --begins-with FILE --detector FILE

DIR is that of ``models/rain.py``: its frames are trained on, and those held out are measured on. All trainings begin
with one generator, learn equally long from the same frames and differ in what is named alone. Run again, it continues.
"""

import argparse
import itertools
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy import stats

from figures import Cells, evaluated
from measure import tpsence, translate

VARIANTS: Mapping[str, Sequence[str]] = {
    "TPS and SeNCE": (),
    "without TPS": ("loss.tps=0",),
    "without SeNCE (PatchNCE)": ("loss.weighting=none",),
    "without both": ("loss.tps=0", "loss.weighting=none"),
}
_PRESET = "light_rain"
_MEASURED = (
    "KID, translated over untouched",
    "translated called rainy",
    "pixels that keep their class",
    "change of hue, all pixels",
    "chroma kept, all pixels",
    "recall, after against before",
)
"""The figures of ``tpsence evaluate`` that are compared."""
_SURE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long and how large."""

    epochs: int = 1
    width: int = 128
    seeds: int = 3


def trained(work: Path, begins_with: Path, variant: str, seed: int, budget: Budget) -> Path:
    """Train a variant with a seed, or find it trained already, and return its generator."""
    out = work / "ablation" / f"{variant.replace(' ', '_')}-{seed}"
    settings = [
        f"model.init={begins_with}",
        f"data.width={budget.width}",
        f"optim.epochs={budget.epochs}",
        *("optim.decay_epochs=0", "optim.ema=0.98", "run.grid_every=0"),
        *VARIANTS[variant],
    ]
    words = [word for setting in settings for word in ("--set", setting)]
    tpsence("train", _PRESET, "--data", work / "data", "--out", out, "--seed", str(seed), "--resume", *words)
    return out / "generator.safetensors"


def measured(work: Path, generator: Path, detector: Path | None) -> Cells:
    """Measure a generator, without water, on the frames held out."""
    clear, rainy = work / "held_out" / "clear", work / "held_out" / "rainy"
    made = generator.parent / "translated"
    translate(clear, made, generator)
    return evaluated(made, clear, rainy, detector)


def rows(found: Mapping[str, Sequence[Cells]]) -> Iterable[str]:
    """Yield the rows of a table: for each figure and variant the mean over the seeds with its interval.

    The interval is Student's, of the mean, at 95 %: it says how far other seeds would move it, not other frames.
    """
    yield f"| | {' | '.join(found)} |"
    yield "|---" * (len(found) + 1) + "|"
    first = next(iter(found.values()))[0]
    for name in (name for name in _MEASURED if name in first):
        cells = [shown([value for one in seeds if (value := one[name].value) is not None]) for seeds in found.values()]
        yield f"| {name} | {' | '.join(cells)} |"


def shown(values: Sequence[float]) -> str:
    """Return the mean of some values with its interval."""
    if len(values) < 2:
        return ", ".join(f"{value:.3f}" for value in values)
    mean = statistics.mean(values)
    half = stats.t.ppf((1 + _SURE) / 2, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5
    return f"{mean:.3f} ± {half:.3f}"


def main() -> None:
    """Read the command line, train and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of models/rain.py")
    parser.add_argument("--begins-with", type=Path, required=True, help="the generator that all begin with")
    parser.add_argument("--detector", type=Path, help="an ONNX file")
    default = Budget()
    parser.add_argument("--epochs", type=int, default=default.epochs)
    parser.add_argument("--width", type=int, default=default.width)
    parser.add_argument("--seeds", type=int, default=default.seeds)
    given = parser.parse_args()
    budget = Budget(epochs=given.epochs, width=given.width, seeds=given.seeds)
    found: dict[str, list[Cells]] = {name: [] for name in VARIANTS}
    for seed, name in itertools.product(range(budget.seeds), VARIANTS):
        cells = measured(given.work, trained(given.work, given.begins_with, name, seed, budget), given.detector)
        found[name].append(cells)
        print(json.dumps({"variant": name, "seed": seed, **{key: cells[key].value for key in cells}}), flush=True)
    for line in rows(found):
        print(line)


if __name__ == "__main__":
    main()
