"""Print the figures of the weights that come with tpsence, as its model cards have them.

    python models/figures.py --camvid DIR --bdd DIR

``road-lite`` is tested on CamVid's test frames, ``rain`` on the frames of BDD100K that ``models/frames.py`` holds out.
All is made and measured by ``tpsence augment``, ``segment`` and ``evaluate`` with the files of the package: the light
of ``rain``, moderate water on the untouched frames, and both. Beside them stand the same frames untouched and, with
``--other NAME=DIR``, what others make of them (``models/others.py``).
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from frames import collect
from measure import pictures, print_camvid_figures, tpsence, translate
from pipeline.evaluate.figures import Figure, Group, Unit
from pipeline.weights.packaged import RAIN, ROAD_LITE, PackagedWeights

Cells = Mapping[str, Figure]
"""Figures by their name."""


def print_file(weights: PackagedWeights) -> None:
    """Print what a file is."""
    file = weights.checked()
    print(f"\n{weights.name}: {file.stat().st_size:,} bytes, SHA-256 {weights.sha256}\n{weights.terms}")


def print_rain(bdd: Path, work: Path, others: Mapping[str, Path], detector: Path | None) -> None:
    """Print all that ``tpsence evaluate`` measures, a column for each way to change the held-out clear frames.

    Args:
        bdd: The data.
        work: Where to put what is made.
        others: Folders of what others make of the frames, by the name of the way.
        detector: An ONNX file, or None.
    """
    collect(bdd, work)
    clear, rainy = work / "held_out" / "clear", work / "held_out" / "rainy"
    translate(clear, work / "light", RAIN.path)
    translate(clear, work / "water", None, "moderate")
    translate(clear, work / "both", RAIN.path, "moderate")
    shutil.copytree(clear, work / "untouched")
    own = {"untouched": "untouched", "rain, light alone": "light", "water alone": "water", "rain with water": "both"}
    folders = {**{name: work / folder for name, folder in own.items()}, **others}
    columns = {name: evaluated(folder, clear, rainy, detector) for name, folder in folders.items()}
    print(f"{len(pictures(clear))} clear and {len(pictures(rainy))} rainy frames, none of them trained on")
    for line in as_table(columns):
        print(line)


def evaluated(folder: Path, clear: Path, rainy: Path, detector: Path | None) -> Cells:
    """Evaluate a folder of changed frames."""
    words: list[str | Path] = ["evaluate", folder, "--before", clear, "--real", rainy, "--model", "road-lite"]
    words += ["--detector", detector] if detector else []
    found = json.loads(tpsence(*words, "--json", "--quiet"))
    figures = [_figure(one) for one in found["figures"]]
    return {figure.name: figure for figure in figures if not figure.category}


def as_table(columns: Mapping[str, Cells]) -> list[str]:
    """Return the rows of a Markdown table: a row for each figure, a column for each way."""
    names = list(dict.fromkeys(name for cells in columns.values() for name in cells))
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name in names:
        cells = [cells[name].shown() if name in cells else "" for cells in columns.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _figure(content: Mapping[str, Any]) -> Figure:
    """Read a figure of the summary that ``evaluate`` prints."""
    return Figure(**{**content, "group": Group(content["group"]), "unit": Unit(content["unit"])})


def folders_by_name(words: Sequence[str]) -> dict[str, Path]:
    """Read ``NAME=DIR``.

    Raises:
        SystemExit: One has no name or is no folder.
    """
    found = {}
    for word in words:
        name, equals, folder = word.partition("=")
        if not (name and equals and Path(folder).is_dir()):
            raise SystemExit(f"--other {word}: give NAME=DIR, with a folder that is there")
        found[name] = Path(folder)
    return found


def main() -> None:
    """Read the command line and print all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--camvid", type=Path, help="folder with images and labels; road-lite is left out without it")
    parser.add_argument("--bdd", type=Path, required=True, help="folder with trainA, trainB, testA, testB")
    parser.add_argument("--other", action="append", default=[], metavar="NAME=DIR", help="frames by another way")
    parser.add_argument("--detector", type=Path, help="an ONNX file")
    given = parser.parse_args()
    others = folders_by_name(given.other)
    with tempfile.TemporaryDirectory() as folder:
        if given.camvid:
            print_file(ROAD_LITE)
            print_camvid_figures(given.camvid, ROAD_LITE.path, Path(folder) / "camvid")
        print_file(RAIN)
        print_rain(given.bdd, Path(folder) / "rain", others, given.detector)


if __name__ == "__main__":
    main()
