"""What the training scripts and the table of figures measure, by the commands that a user has."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.classes.schemes import find_scheme
from tpsence.similarity import IGNORE


def tpsence(*words: str | Path) -> str:
    """Run a command of tpsence and return what it prints on stdout; what it says goes to this process's stderr.

    Raises:
        SystemExit: It failed.
    """
    command = [sys.executable, "-m", "cli", *map(str, words)]
    ran = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        raise SystemExit(f"tpsence {' '.join(map(str, words))}: exit code {ran.returncode}")
    return ran.stdout


def pictures(folder: Path) -> list[Path]:
    """Return the files of a folder of pictures, sorted by name.

    Raises:
        SystemExit: There is no such folder.
    """
    if not folder.is_dir():
        raise SystemExit(f"{folder}: no such folder")
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in {".jpg", ".png"})


def translate(images: Path, out: Path, weights: str | Path) -> list[Path]:
    """Translate a folder with ``tpsence augment``, as it does by default, and return the pictures."""
    tpsence("augment", "--images", images, "--weights", weights, "--out", out, "--quiet", "--overwrite")
    return pictures(out)


def label_maps(images: Path, out: Path) -> list[Path]:
    """Make label maps with ``tpsence segment`` and ``road-lite``, and return them."""
    tpsence("segment", "--images", images, "--model", "road-lite", "--out", out, "--quiet", "--overwrite")
    return pictures(out)


def kept_share(before: Sequence[Path], after: Sequence[Path]) -> float:
    """Return the share of all pixels that have the same class in two sets of label maps of equal names."""
    same = total = 0
    for one, other in zip(before, after, strict=True):
        if one.stem != other.stem:
            raise ValueError(f"{one.name} is no map of {other.name}")
        equal = read_ids(one) == read_ids(other)
        same, total = same + int(equal.sum()), total + equal.size
    return same / total


def confusion_of(truth: Sequence[Path], found: Sequence[Path], classes: int) -> NDArray[np.int64]:
    """Count pixels by true class (row) and found class; what is no class of the truth does not count.

    Args:
        truth: Maps of class ids; ids from ``classes`` on are void.
        found: Maps of the same sizes, in the same order.
        classes: How many there are.

    Returns:
        (classes, classes).
    """
    counts = np.zeros(classes * classes, dtype=np.int64)
    for one, other in zip(truth, found, strict=True):
        right, guess = read_ids(one).astype(np.int64), read_ids(other).astype(np.int64)
        known = (right < classes) & (guess != IGNORE)
        counts += np.bincount(right[known] * classes + guess[known], minlength=classes * classes)
    return counts.reshape(classes, classes)


def intersection_over_union(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return IoU of every class out of their confusion."""
    hits = confusion.diagonal()
    iou: NDArray[np.float64] = hits / (confusion.sum(0) + confusion.sum(1) - hits)
    return iou


def print_camvid_figures(camvid: Path, weights: Path, work: Path) -> None:
    """Print what ``road-lite`` does on CamVid's test frames: IoU of every class, their mean, the time of a frame.

    Args:
        camvid: The folder with ``images`` and ``labels``.
        weights: A file of weights of ``road-lite``.
        work: A new folder for the maps.
    """
    words = ("--model", "road-lite", "--weights", weights, "--json")
    summary = json.loads(tpsence("segment", "--images", camvid / "images" / "test", "--out", work, *words))
    names = find_scheme("camvid").classes
    confusion = confusion_of(pictures(camvid / "labels" / "test"), pictures(work), len(names))
    iou = intersection_over_union(confusion)
    for name, value in zip(names, iou, strict=True):
        print(f"| {name} | {value:.3f} |")
    print(f"mIoU {iou.mean():.4f}, right pixels {confusion.trace() / confusion.sum():.4f}")
    print(f"{1 / summary['images_per_s']:.3f} s a frame, start, decoding and writing included")


def read_ids(file: Path) -> NDArray[np.uint8]:
    """Read a map of class ids, (H, W)."""
    return np.asarray(Image.open(file))
