"""Train ``rain``: first towards rendered light, then towards real rain.

    python models/rain.py --bdd DIR --detection DIR --extra DIR --work DIR --out FILE

DIR of ``--bdd`` has trainA, trainB (clear and rainy), testA and testB; the other two are optional and have more frames
(``models/frames.py``, which also says what is held out). Nothing held out is trained on, and nothing is chosen by it:
the last average of the weights is taken. Half a day on two CPU cores, and less with fewer ``--epochs``. Run again, it
continues; ``--max-time`` ends it in between.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

import frames
import light
from measure import pictures, tpsence
from pipeline.weights.packaged import generator_path
from tpsence.architectures import Affine
from tpsence.weights import LoadedGenerator, generator_bytes, load_generator

_GENERATOR = "generator.safetensors"
_END = ("model.{}.weight", "model.{}.bias")
"""The last convolution, of six channels here and of three in a ResNet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long each part is."""

    start_epochs: int = 7
    """Towards the rendered targets; the learning rate falls in the last half."""
    epochs: int = 4
    """With real rain, likewise."""
    max_time: str | None = None
    """Of each of the two, as ``tpsence train`` takes it; None for no limit."""


def with_still_end(weights: LoadedGenerator) -> LoadedGenerator:
    """Return a generator that gives a light and changes nothing but the exposure yet, with the features of a ResNet.

    Args:
        weights: A ResNet; one that gives a light already is returned as it is.
    """
    if weights.generator.architecture.gives_light:
        return weights
    body = weights.generator.float().state_dict()
    network = Affine(**weights.generator.architecture.sizes()).build()
    end = {name.format(len(network.model) - 2) for name in _END}
    state = {
        name: torch.zeros_like(value) if name in end else body[name] for name, value in network.state_dict().items()
    }
    network.load_state_dict(state)
    about = weights.metadata.model_copy(update={"architecture": network.architecture})
    return replace(weights, generator=network, metadata=about)


def prepare(work: Path) -> None:
    """Make label maps of the frames, and targets of the clear ones."""
    data = work / "data"
    tpsence("segment", data, "--model", "road-lite", "--overwrite", "--quiet")
    look = light.look_of(pictures(data / "trainB"), pictures(data / "trainT"))
    light.render_all(data / "trainA", data / "trainS", look, data / "trainP")


def trained(preset: str, work: Path, run: str, begins_with: Path, epochs: int, budget: Budget) -> Path:
    """Train, or continue to train, and return the generator.

    Args:
        preset: With its data below ``work``.
        work: Where all is.
        run: Name of the run.
        begins_with: A generator.
        epochs: In all; the learning rate falls in the last half.
        budget: Its time.

    Raises:
        SystemExit: The time is over before the last epoch.
    """
    out = work / run
    settings = [
        f"model.init={begins_with}",
        f"optim.epochs={epochs - epochs // 2}",
        f"optim.decay_epochs={epochs // 2}",
    ]
    words: list[str | Path] = ["train", preset, "--data", work / "data", "--out", out, "--resume"]
    words += [word for setting in settings for word in ("--set", setting)]
    words += ["--max-time", budget.max_time] if budget.max_time else []
    if not json.loads(tpsence(*words, "--json"))["complete"]:
        raise SystemExit(f"{out}: the time is over; run this again to go on")
    return out / _GENERATOR


def train(work: Path, start: Path, budget: Budget) -> Path:
    """Train from a generator, and return the file of the trained one."""
    begins_with = work / "start.safetensors"
    if not begins_with.is_file():
        still = with_still_end(load_generator(start))
        begins_with.write_bytes(generator_bytes(still.generator, still.metadata))
    warm = trained("light_rain_start", work, "start", begins_with, budget.start_epochs, budget)
    return trained("light_rain", work, "rain", warm, budget.epochs, budget)


def main(words: Sequence[str] | None = None) -> None:
    """Read the command line and do it all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bdd", type=Path, required=True, help="folder with trainA, trainB, testA, testB")
    parser.add_argument("--detection", type=Path, help="detection data set with weather.csv")
    parser.add_argument("--extra", type=Path, help="folder with clear and night, of other cameras")
    parser.add_argument("--work", type=Path, required=True, help="folder for all that is made on the way")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write")
    parser.add_argument("--start", default="rain", help="a generator to begin with: a file, or rain")
    default = Budget()
    parser.add_argument("--start-epochs", type=int, default=default.start_epochs, help="towards the rendered targets")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="with real rain")
    parser.add_argument("--max-time", help="of each of the two, for example 30m")
    given = parser.parse_args(words)
    work: Path = given.work
    if not (work / "data" / "trainP").is_dir():
        frames.collect(given.bdd, work, given.detection, given.extra)
        prepare(work)
    budget = Budget(start_epochs=given.start_epochs, epochs=given.epochs, max_time=given.max_time)
    tpsence("export", train(work, generator_path(given.start), budget), "--out", given.out, "--half", "--overwrite")


if __name__ == "__main__":
    main()
