"""Print the figures of the weights that come with tpsence, as its model cards have them.

    python models/figures.py --camvid DIR --bdd DIR

``road-lite`` is tested on CamVid's test frames, ``rain`` on the frames of BDD100K that ``models/rain.py`` holds out.
All pictures and maps are made by ``tpsence augment`` and ``tpsence segment`` with the files of the package.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from kernel_distance import features, kernel_distance
from measure import confusion_of, intersection_over_union, pictures
from pipeline.packaged import RAIN, ROAD_LITE, PackagedWeights
from pipeline.schemes import find_scheme
from rain import Frames, split


def print_file(weights: PackagedWeights) -> None:
    """Print what a file is."""
    file = weights.checked()
    print(f"\n{weights.name}: {file.stat().st_size:,} bytes, SHA-256 {weights.sha256}\n{weights.terms}")


def print_road_lite(camvid: Path, work: Path) -> None:
    """Print IoU of every class, their mean, the share of right pixels, and the time of a frame."""
    words = ["segment", "--images", camvid / "images" / "test", "--out", work / "camvid", "--model", ROAD_LITE.name]
    ran = subprocess.run(
        [sys.executable, "-m", "cli", *map(str, words), "--json"], check=True, stdout=subprocess.PIPE, text=True
    )
    summary = json.loads(ran.stdout)
    names = find_scheme("camvid").classes
    confusion = confusion_of(pictures(camvid / "labels" / "test"), pictures(work / "camvid"), len(names))
    iou = intersection_over_union(confusion)
    for name, value in zip(names, iou, strict=True):
        print(f"| {name} | {value:.3f} |")
    print(f"mIoU {iou.mean():.4f}, right pixels {confusion.trace() / confusion.sum():.4f}")
    print(f"{1 / summary['images_per_s']:.3f} s a frame, start, decoding and writing included")


def print_rain(bdd: Path, work: Path) -> None:
    """Print the ratio of kernel distances with its interval, and the share of pixels that keep their class."""
    split(bdd, work)
    clear, rainy = work / "held_out" / "clear", work / "held_out" / "rainy"
    figures = Frames(clear, rainy, work).measure(RAIN.path)
    print(f"{len(pictures(clear))} clear and {len(pictures(rainy))} rainy frames, none of them trained on")
    print(f"kernel distance to rain, translated over untranslated: {figures.ratio} (95 %)")
    print(f"to rain by day: {figures.by_day}")
    print(f"share of pixels that keep their class: {figures.kept:.3f}")
    real = features(pictures(rainy))
    print(f"kernel distance of untranslated frames: {kernel_distance(features(pictures(clear)), real):.4f}")
    print(f"of one half of the rainy frames to the other: {kernel_distance(real[::2], real[1::2]):.4f}")


def main() -> None:
    """Read the command line and print all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--camvid", type=Path, required=True, help="folder with images and labels")
    parser.add_argument("--bdd", type=Path, required=True, help="folder with trainA, trainB, testA, testB")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print_file(ROAD_LITE)
        print_road_lite(given.camvid, Path(folder) / "road_lite")
        print_file(RAIN)
        print_rain(given.bdd, Path(folder) / "rain")


if __name__ == "__main__":
    main()
