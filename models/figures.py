"""Print the figures of the weights that come with tpsence, as its model cards have them.

    python models/figures.py --camvid DIR --bdd DIR

``road-lite`` is tested on CamVid's test frames, ``rain`` on the frames of BDD100K that ``models/rain.py`` holds out.
All pictures and maps are made by ``tpsence augment`` and ``tpsence segment`` with the files of the package.
"""

import argparse
import tempfile
from pathlib import Path

from measure import pictures, print_camvid_figures
from pipeline.metrics.kernel_distance import kernel_distance
from pipeline.weights.packaged import RAIN, ROAD_LITE, PackagedWeights
from rain import Frames, split


def print_file(weights: PackagedWeights) -> None:
    """Print what a file is."""
    file = weights.checked()
    print(f"\n{weights.name}: {file.stat().st_size:,} bytes, SHA-256 {weights.sha256}\n{weights.terms}")


def print_rain(bdd: Path, work: Path) -> None:
    """Print the ratio of kernel distances with its interval, and the share of pixels that keep their class."""
    split(bdd, work)
    clear, rainy = work / "held_out" / "clear", work / "held_out" / "rainy"
    frames = Frames(clear, rainy, work)
    figures = frames.measure(RAIN.path)
    print(f"{len(pictures(clear))} clear and {len(pictures(rainy))} rainy frames, none of them trained on")
    print(f"kernel distance to rain, translated over untranslated: {figures.ratio} (95 %)")
    print(f"to rain by day: {figures.by_day}")
    print(f"share of pixels that keep their class: {figures.kept.value:.3f}")
    real = frames.rainy
    print(f"kernel distance of untranslated frames: {kernel_distance(frames.clear, real):.4f}")
    print(f"of one half of the rainy frames to the other: {kernel_distance(real[::2], real[1::2]):.4f}")


def main() -> None:
    """Read the command line and print all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--camvid", type=Path, required=True, help="folder with images and labels")
    parser.add_argument("--bdd", type=Path, required=True, help="folder with trainA, trainB, testA, testB")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print_file(ROAD_LITE)
        print_camvid_figures(given.camvid, ROAD_LITE.path, Path(folder) / "camvid")
        print_file(RAIN)
        print_rain(given.bdd, Path(folder) / "rain")


if __name__ == "__main__":
    main()
