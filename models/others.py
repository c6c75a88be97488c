"""Change the held-out clear frames as others do, to stand beside ``rain`` in ``models/figures.py``.

    python models/others.py --bdd DIR --out DIR

RandomRain of Albumentations draws lines, blurs and darkens. Colour transfer gives every frame the mean and the
deviation in CIELAB of a real rainy frame that ``rain`` was trained on (Reinhard et al., "Color Transfer between
Images", IEEE CG&A 21, 2001).

Albumentations brings another build of OpenCV: install it in an environment of its own, with ``pip install
albumentations``; this script needs nothing else.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_HELD_OUT = {"trainA": 6, "trainB": 4}
"""One of so many frames is not trained on; as in ``models/frames.py``."""


def frames(bdd: Path, folder: str, *, held_out: bool) -> list[Path]:
    """Return the frames of a folder that ``rain`` was not trained on, or the others."""
    files = sorted(file for file in (bdd / folder).iterdir() if file.suffix.lower() in {".jpg", ".png"})
    every = _HELD_OUT.get(folder, 1)
    return [file for index, file in enumerate(files) if (index % every == 0) == held_out]


def random_rain(seed: int) -> Callable[[Pixels], Pixels]:
    """Return Albumentations' RandomRain with its own settings."""
    albumentations: Any = import_module("albumentations")
    transform = albumentations.Compose([albumentations.RandomRain(p=1)], seed=seed)

    def change(pixels: Pixels) -> Pixels:
        changed: Pixels = transform(image=pixels)["image"]
        return changed

    return change


def colour_transfer(rainy: Sequence[Path], seed: int) -> Callable[[Pixels], Pixels]:
    """Return the transfer of the colours of a rainy frame, drawn for each picture."""
    draw = random.Random(seed)  # noqa: S311 (no secret)

    def change(pixels: Pixels) -> Pixels:
        lab, target = _lab(pixels), _lab(read(draw.choice(rainy)))
        means, deviations = ([f(one, axis=(0, 1)) for one in (lab, target)] for f in (np.mean, np.std))
        moved = (lab - means[0]) * (deviations[1] / np.maximum(deviations[0], 1e-3)) + means[1]
        changed = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
        clipped: Pixels = np.clip(np.rint(changed * 255), 0, 255).astype(np.uint8)
        return clipped

    return change


def read(file: Path) -> Pixels:
    """Read a frame, (H, W, 3), RGB."""
    found = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if found is None:
        raise SystemExit(f"{file}: no picture")
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def write_all(files: Sequence[Path], out: Path, change: Callable[[Pixels], Pixels]) -> None:
    """Write changed frames, as ``tpsence augment`` does: under their names, at JPEG quality 95."""
    out.mkdir(parents=True, exist_ok=True)
    for file in files:
        changed = cv2.cvtColor(change(read(file)), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(out / file.name), changed, [cv2.IMWRITE_JPEG_QUALITY, 95])


def main() -> None:
    """Read the command line and write both folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bdd", type=Path, required=True, help="folder with trainA, trainB, testA, testB")
    parser.add_argument("--out", type=Path, required=True, help="folder for random_rain and colour_transfer")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    clear = [*frames(given.bdd, "trainA", held_out=True), *frames(given.bdd, "testA", held_out=True)]
    rainy = frames(given.bdd, "trainB", held_out=False)
    write_all(clear, given.out / "random_rain", random_rain(given.seed))
    write_all(clear, given.out / "colour_transfer", colour_transfer(rainy, given.seed))


def _lab(pixels: Pixels) -> NDArray[np.float32]:
    """Return CIELAB, (H, W, 3), L* in 0..100."""
    return cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float32, copy=False)


if __name__ == "__main__":
    main()
