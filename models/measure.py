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
from pipeline.metrics.agreement import confusion_of, intersection_over_union, kept_share
from pipeline.metrics.ratio import Ratio


def tpsence(*words: str | Path) -> str:
    """Run a command of tpsence and return what it prints on stdout; what it says goes to this process's stderr.

    Raises:
        SystemExit: It failed.
    """
    command = [sys.executable, "-m", "tpsence", *map(str, words)]
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


def translate(images: Path, out: Path, weights: str | Path | None, water: str = "none") -> list[Path]:
    """Translate a folder with ``tpsence augment`` and return the pictures.

    Args:
        images: The folder.
        out: A new folder, or one of an earlier translation.
        weights: A generator, or None for water alone.
        water: How much of it.
    """
    method = ("--water-only",) if weights is None else ("--weights", weights)
    tpsence("augment", "--images", images, *method, "--water", water, "--out", out, "--quiet", "--overwrite")
    return pictures(out)


def label_maps(images: Path, out: Path) -> list[Path]:
    """Make label maps with ``tpsence segment`` and ``road-lite``, and return them."""
    tpsence("segment", "--images", images, "--model", "road-lite", "--out", out, "--quiet", "--overwrite")
    return pictures(out)


def kept_class(before: Sequence[Path], after: Sequence[Path]) -> Ratio:
    """Return the share of all pixels that have the same class in two sets of label maps of equal names."""
    for one, other in zip(before, after, strict=True):
        if one.stem != other.stem:
            raise ValueError(f"{one.name} is no map of {other.name}")
    return kept_share(map(read_ids, before), map(read_ids, after))


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
    truth, found = pictures(camvid / "labels" / "test"), pictures(work)
    confusion = confusion_of(map(read_ids, truth), map(read_ids, found), len(names))
    iou = intersection_over_union(confusion)
    for name, value in zip(names, iou, strict=True):
        print(f"| {name} | {value:.3f} |")
    print(f"mIoU {iou.mean():.4f}, right pixels {confusion.trace() / confusion.sum():.4f}")
    print(f"{1 / summary['images_per_s']:.3f} s a frame, start, decoding and writing included")


def read_ids(file: Path) -> NDArray[np.uint8]:
    """Read a map of class ids, (H, W)."""
    return np.asarray(Image.open(file))
