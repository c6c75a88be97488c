"""What the gate finds in pictures that generators have made."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from pipeline.augment.job import augment
from pipeline.augment.options import AugmentOptions
from pipeline.effects.detail import Detail
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.events import Finished
from pipeline.gate.options import Gate
from tpsence.networks.generator import Generator, init_xavier

RANDOM = "random"
"""In place of weights: a generator that has learned nothing."""


def print_generators(weights: Sequence[str], labels: Path, pictures: int, seed: int, out: Path | None) -> None:
    """Translate some pictures by each generator, and print what the gate says of them.

    Args:
        weights: ``rain``, files, or ``random``.
        labels: COCO labels; names of pictures are relative to it.
        pictures: How many, drawn at random.
        seed: Of the drawing.
        out: Where the pictures go, or None for a folder that is removed.
    """
    print("| generator | detail | boxes | flagged | structure | contrast | colour | pictures | faults |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        drawn = _drawn(labels, pictures, seed, folder)
        for detail in Detail:
            for number, given in enumerate(weights):
                options = AugmentOptions(
                    labels=drawn,
                    images=labels.parent,
                    weights=str(_untrained(folder)) if given == RANDOM else given,
                    out=folder / f"{number}-{detail.value}",
                    detail=detail,
                    gate=Gate.FLAG,
                    water=WaterLevel.NONE,
                )
                _print_row(given, detail, options)


def _print_row(name: str, detail: Detail, options: AugmentOptions) -> None:
    """Translate, and print one row."""
    summary = next(event.summary for event in augment(options) if isinstance(event, Finished))
    gate, faults = summary["gate"], summary["faults"]
    shares = " | ".join(f"{number / gate['judged']:.1%}" for number in (gate["flagged"], *gate["by_loss"].values()))
    found = ", ".join(f"{number} {fault}" for fault, number in faults["by_fault"].items() if number) or "none"
    print(f"| {name} | {detail.value} | {gate['judged']} | {shares} | {faults['measured']} | {found} |", flush=True)


def _drawn(labels: Path, pictures: int, seed: int, folder: Path) -> Path:
    """Write the labels of some pictures, and return their file."""
    content = json.loads(labels.read_text(encoding="utf-8"))
    images = sorted(content["images"], key=lambda image: str(image["file_name"]))
    chosen = [images[index] for index in np.random.default_rng(seed).permutation(len(images))[:pictures]]
    ids = {image["id"] for image in chosen}
    annotations = [one for one in content["annotations"] if one["image_id"] in ids]
    file = folder / "drawn.json"
    file.write_text(json.dumps({**content, "images": chosen, "annotations": annotations}), encoding="utf-8")
    return file


def _untrained(folder: Path) -> Path:
    """Write a generator of the size of the preset ``tiny`` as it is before its first step, and return its file."""
    network = Generator(ngf=16, blocks=4)
    init_xavier(network, gain=0.02, generator=torch.Generator().manual_seed(0))
    file = folder / "latest_net_G.pth"
    torch.save(network.state_dict(), file)
    return file
