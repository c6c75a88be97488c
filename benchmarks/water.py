"""What it takes to render water on a picture: milliseconds by level and by effect, and peak memory.

Pictures of the example data set, or of a folder with label maps of the same names, are scaled to each size. One thread;
times are those that it spends on a core, so that other work on the machine counts less. The medians are of all turns
over all pictures; the ways take turns. Prints three tables:

- by level: the whole of ``Water.render``, with the labelled objects of the example data set.
- by effect: the level "heavy" with one effect alone at its strength, less what it takes with none.
- memory: the most that arrays take while one picture is rendered, the result among them and the picture not.
"""

import argparse
import json
import time
import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.common import ROOT
from pipeline.classes.label_maps import read_label_map
from pipeline.classes.map_files import class_names
from pipeline.classes.schemes import find_scheme
from pipeline.effects.scene import Scene, SceneObject, region_table
from pipeline.effects.water import Water
from pipeline.effects.water_options import WaterAmounts, WaterLevel
from pipeline.engine.resources import DEFAULT_MAX_PIXELS
from pipeline.images.codec import EXTENSIONS, read_picture
from pipeline.images.geometry import size_text
from pipeline.labels.registry import open_labels

STREET = ROOT / "examples" / "street"
SIZES = ((640, 360), (1280, 720), (1920, 1080))
LARGE = ((1920, 1080), (3840, 2160), (7680, 4320))
EFFECTS = tuple(WaterAmounts.model_fields)
Size = tuple[int, int]
Times = Mapping[str, float]
Spent = NDArray[np.float64]


@dataclass(frozen=True)
class Picture:
    """A picture and what is known of it, at its own size."""

    pixels: NDArray[np.uint8]
    scene: Scene

    def scaled(self, size: Size) -> "Picture":
        """Return it at a (W, H)."""
        height, width = self.pixels.shape[:2]
        across, along = size[0] / width, size[1] / height
        boxes = [one.box for one in self.scene.objects]
        objects = [SceneObject(box=(x0 * across, y0 * along, x1 * across, y1 * along)) for x0, y0, x1, y1 in boxes]
        pixels = np.asarray(cv2.resize(self.pixels, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
        return Picture(pixels, Scene(regions=self.scene.regions, objects=objects, seed=self.scene.seed))


def main() -> None:
    """Measure and print the tables."""
    args = _arguments()
    cv2.setNumThreads(1)
    found = pictures(args.images, args.maps, args.scheme, args.pictures)
    levels = {size: by_level(found, size, args.turns) for size in args.sizes}
    effects = {size: by_effect(found, size, args.turns) for size in args.sizes}
    peaks = {size: memory(found[0], size) for size in args.memory}
    if args.json:
        tables = {"levels": levels, "effects": effects, "memory": peaks}
        print(json.dumps({name: {size_text(size): row for size, row in rows.items()} for name, rows in tables.items()}))
        return
    about = f"one thread, median of {args.turns} turns over {len(found)} pictures"
    _print(f"ms of a core for each picture, by level; {about}", levels)
    _print("ms of a core for each picture: heavy rain without any effect, and what each alone adds", effects)
    _print("memory beside a picture, MB, heavy rain", peaks)


def pictures(folder: Path, maps: Path, scheme: str, most: int) -> list[Picture]:
    """Read the first pictures of a folder.

    Args:
        folder: Of pictures.
        maps: Label maps of the same names, as PNG.
        scheme: Which classes they have, where there is no ``classes.json``.
        most: How many pictures.
    """
    table = region_table(class_names(maps) or find_scheme(scheme).classes)
    labels = open_labels(STREET / "coco.json", STREET, None) if folder.parent == STREET else None
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in EXTENSIONS)[:most]
    read = []
    for seed, file in enumerate(files):
        pixels = read_picture(file, DEFAULT_MAX_PIXELS, None).pixels
        size = pixels.shape[1], pixels.shape[0]
        regions = table[read_label_map(maps / f"{file.stem}.png", DEFAULT_MAX_PIXELS, size).values]
        listed = labels.objects(f"{folder.name}/{file.name}") if labels else ()
        objects = [SceneObject(box=one.box) for one in listed if one.box]
        read.append(Picture(pixels, Scene(regions=regions, objects=objects, seed=seed)))
    if not read:
        raise SystemExit(f"no picture in {folder}")
    return read


def by_level(found: Sequence[Picture], size: Size, turns: int) -> Times:
    """Return the milliseconds of each level."""
    spent = _spent(found, size, turns, {level.value: Water(level=level) for level in WaterLevel})
    return {name: float(np.median(times)) for name, times in spent.items()}


def by_effect(found: Sequence[Picture], size: Size, turns: int) -> Times:
    """Return the milliseconds of heavy rain without any effect, and what each alone adds to them in the same turn."""
    alone = {"nothing": {}, **{name: {name: 1.0} for name in EFFECTS}}
    nothing = dict.fromkeys(EFFECTS, 0.0)
    waters = {
        name: Water(level=WaterLevel.HEAVY, amounts=WaterAmounts(**{**nothing, **amount}))
        for name, amount in alone.items()
    }
    spent = _spent(found, size, turns, waters)
    none = spent.pop("nothing")
    more = {name: float(np.median(times - none)) for name, times in spent.items()}
    return {"nothing": float(np.median(none)), **more}


def memory(picture: Picture, size: Size) -> Times:
    """Return the megabytes of a picture of a (W, H), and what rendering it takes at most beside it.

    Arrays are counted, those of OpenCV too; what it needs inside of its functions is not.
    """
    scaled = picture.scaled(size)
    tracemalloc.start()
    Water(level=WaterLevel.HEAVY).render(scaled.pixels, scaled.scene)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"picture": scaled.pixels.nbytes / 1e6, "peak": peak / 1e6}


def _spent(found: Sequence[Picture], size: Size, turns: int, waters: Mapping[str, Water]) -> dict[str, Spent]:
    """Return the milliseconds of each way in each turn of each picture, (n,); a first turn is not counted."""
    scaled = [picture.scaled(size) for picture in found]
    spent: dict[str, list[float]] = {name: [] for name in waters}
    for turn in range(turns + 1):
        for picture in scaled if turn else scaled[:1]:
            for name, water in waters.items():
                began = time.thread_time()
                water.render(picture.pixels, picture.scene)
                if turn:
                    spent[name].append(1000 * (time.thread_time() - began))
    return {name: np.array(one) for name, one in spent.items()}


def _print(title: str, rows: Mapping[Size, Times]) -> None:
    """Print a table, a row for each size."""
    table = Table(title=title, title_justify="left")
    for column in ("size", *next(iter(rows.values()))):
        table.add_column(column, justify="right")
    for size, row in rows.items():
        table.add_row(size_text(size), *(f"{value:.1f}" for value in row.values()))
    Console(width=120).print(table)


def _size(text: str) -> Size:
    """Read ``640x360``."""
    width, height = text.split("x")
    return int(width), int(height)


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=Path, default=STREET / "trainA", help="folder of pictures (the examples)")
    parser.add_argument("--maps", type=Path, default=STREET / "trainS", help="label maps of the same names, PNG")
    parser.add_argument("--scheme", default="cityscapes", help="their classes if no classes.json tells (cityscapes)")
    parser.add_argument("--pictures", type=int, default=4, help="how many (4)")
    parser.add_argument("--turns", type=int, default=5, help="over all of them (5)")
    parser.add_argument("--sizes", type=_size, nargs="+", default=SIZES, help="for the times")
    parser.add_argument("--memory", type=_size, nargs="+", default=LARGE, help="sizes for the memory")
    parser.add_argument("--json", action="store_true", help="print the tables as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
