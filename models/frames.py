"""Collect the frames that ``rain`` is trained on, and those that are held out.

    python models/frames.py --bdd DIR --work WORK [--detection DIR] [--extra DIR]

Writes WORK/data/trainA (clear) and trainB (rainy), and WORK/held_out/clear and rainy; with more sources also
WORK/held_out/detection and night. A frame of the other sources that shows what another frame shows is left out, so that
nothing that is reported on is trained on; where that one is held out, a frame of the detection set is too.
"""

import argparse
import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from measure import pictures

_HELD_OUT = {"trainA": 6, "trainB": 4}
"""Of BDD100K one of so many frames is not trained on; of the test folders all are."""
_HELD_FOLDERS = {"A": "clear", "B": "rainy"}
_DETECTION_HELD = 4
"""Of the detection set one of so many is held out."""
_DAY = 85
"""Least mean luminance of the upper half of a frame by day, 0 to 255; chosen by eye."""
_WIDEST = 1280
"""Pixels; the frames of the other cameras tell no more than BDD100K's, which are as wide."""
_THUMBNAIL = (64, 36)
_ALIKE = 0.9
"""Correlation of two thumbnails without what is coarse in them, from which on they show the same. Frames of one street
have up to 0.6; the same frame, saved again or with a smear in it, above 0.95."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame and where it goes to."""

    file: Path
    folder: str
    """Below WORK: ``data/trainA``, ``held_out/clear``."""
    is_night: bool = False
    """Whether it shows a night. Of clear frames by day some are as dark, by dense trees or a camera's exposure."""

    reported_in: str = ""
    """Where it goes to if it shows what a frame held out shows; empty: nowhere."""

    @property
    def is_held_out(self) -> bool:
        """Whether it is not trained on."""
        return self.folder.startswith("held_out")


def is_by_day(file: Path) -> bool:
    """Tell whether a frame is by day: whether its upper half is not dark."""
    luminance = np.asarray(Image.open(file).convert("L"), dtype=np.float64)
    return bool(luminance[: len(luminance) // 2].mean() >= _DAY)


def bdd_frames(source: Path) -> list[Frame]:
    """Say where each frame of ``trainA``, ``trainB``, ``testA`` and ``testB`` goes to, also those by night.

    Args:
        source: The folder with these four.
    """
    frames = []
    for phase, domain in (("train", "A"), ("train", "B"), ("test", "A"), ("test", "B")):
        every = _HELD_OUT.get(phase + domain, 1)
        held, used = f"held_out/{_HELD_FOLDERS[domain]}", f"data/{phase}{domain}"
        files = pictures(source / (phase + domain))
        for at, file in enumerate(files):
            is_night = domain == "B" and not is_by_day(file)
            frames.append(Frame(file=file, folder=used if at % every else held, is_night=is_night))
    return frames


def detection_frames(source: Path) -> list[Frame]:
    """Say where the clear frames by day and the rainy ones of a detection data set go to.

    Args:
        source: Has ``weather.csv`` with the columns ``name``, ``weather`` and ``timeofday``, and pictures of these
            names anywhere below it.
    """
    files = {file.stem: file for file in source.rglob("*") if file.suffix.lower() in {".jpg", ".png"}}
    with (source / "weather.csv").open(newline="") as rows:
        known = [row for row in csv.DictReader(rows) if row["name"] in files]
    clear = sorted(row["name"] for row in known if (row["weather"], row["timeofday"]) == ("clear", "daytime"))
    rainy = sorted(row["name"] for row in known if row["weather"] == "rainy")
    held = "held_out/detection"
    frames = [
        replace(frame, reported_in=held) for frame in _every(_DETECTION_HELD, [files[name] for name in clear], held)
    ]
    dark = [not is_by_day(files[name]) for name in rainy]
    return frames + [
        Frame(file=files[name], folder="data/trainB", is_night=night) for name, night in zip(rainy, dark, strict=True)
    ]


def extra_frames(source: Path) -> list[Frame]:
    """Say where the frames of other cameras go to.

    Args:
        source: Has ``clear`` and ``night``. No night is trained on. All of ``clear`` is taken: seen side by side all
            are roads by day, and the few without a sky say what a rainy day does to a street that fills the picture.
    """
    clear = [Frame(file=file, folder="data/trainA") for file in pictures(source / "clear")]
    nights = [Frame(file=file, folder="held_out/night", is_night=True) for file in pictures(source / "night")]
    return clear + nights


def without_duplicates(frames: Sequence[Frame], known: Sequence[Frame]) -> list[Frame]:
    """Leave out the frames that show what a known one shows, or another of them.

    Nothing that shows a frame held out is trained on; in a larger size, or with boxes, it may be held out as well.

    Args:
        frames: Of sources that may overlap.
        known: Frames that stay in any case.
    """
    kept: list[Frame] = []
    seen = [(_thumbnail(frame.file), frame.is_held_out) for frame in known]
    # Those that are held out come first, so that of two alike the one to train on is left out.
    for frame in sorted(frames, key=lambda frame: not frame.is_held_out):
        small = _thumbnail(frame.file)
        shown = [is_held_out for other, is_held_out in seen if float(other @ small) >= _ALIKE]
        if shown and not (all(shown) and frame.reported_in):
            continue
        kept.append(replace(frame, folder=frame.reported_in) if shown else frame)
        seen.append((small, kept[-1].is_held_out))
    return kept


def by_day(frames: Sequence[Frame]) -> list[Frame]:
    """Leave out what would be trained on and is by night: ``rain`` is for days, and a night keeps its light.

    Args:
        frames: All that there are.
    """
    return [frame for frame in frames if frame.is_held_out or not frame.is_night]


def copy(frames: Sequence[Frame], work: Path) -> None:
    """Copy frames to their folders under names that are unique by stem; what is too wide is scaled down.

    Args:
        frames: Their folders are emptied first.
        work: The folder of these folders.
    """
    for folder in {frame.folder for frame in frames}:
        shutil.rmtree(work / folder, ignore_errors=True)
        (work / folder).mkdir(parents=True)
    taken: set[str] = set()
    for frame in frames:
        stem = next(name for name in _names(frame.file.stem) if name not in taken)
        taken.add(stem)
        _copy_narrow(frame.file, work / frame.folder / f"{stem}{frame.file.suffix}")


def collect(bdd: Path, work: Path, detection: Path | None = None, extra: Path | None = None) -> list[Frame]:
    """Choose the frames of all sources, copy them, and return them.

    Args:
        bdd: The folder with ``trainA``, ``trainB``, ``testA``, ``testB``.
        work: Where to copy to.
        detection: A detection data set with ``weather.csv``.
        extra: Other cameras: ``clear`` and ``night``.
    """
    known = bdd_frames(bdd)
    more = (detection_frames(detection) if detection else []) + (extra_frames(extra) if extra else [])
    frames = by_day([*known, *without_duplicates(more, known)])
    copy(frames, work)
    return frames


def main() -> None:
    """Read the command line, collect, and print how many there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bdd", type=Path, required=True, help="folder with trainA, trainB, testA, testB")
    parser.add_argument("--work", type=Path, required=True, help="folder to copy to")
    parser.add_argument("--detection", type=Path, help="detection data set with weather.csv")
    parser.add_argument("--extra", type=Path, help="folder with clear and night, of other cameras")
    given = parser.parse_args()
    frames = collect(given.bdd, given.work, given.detection, given.extra)
    for folder in sorted({frame.folder for frame in frames}):
        nights = [frame.is_night for frame in frames if frame.folder == folder]
        print(f"{folder}: {len(nights)}, {sum(nights)} of them by night")


def _every(count: int, files: Sequence[Path], held: str) -> list[Frame]:
    """Hold one of ``count`` clear frames out, into the folder ``held``."""
    folders = ["data/trainA" if at % count else held for at in range(len(files))]
    return [Frame(file=file, folder=folder) for file, folder in zip(files, folders, strict=True)]


def _thumbnail(file: Path) -> NDArray[np.float32]:
    """Return what a frame looks like, (2304,), as a vector of length 1: the dot product of two is their correlation.

    What is coarse, a bright sky over a dark road, all frames have, so each pixel is taken less its surroundings.
    """
    image = Image.open(file).convert("L").resize(_THUMBNAIL, Image.Resampling.BOX)
    width, height = _THUMBNAIL
    coarse = image.resize((width // 8, height // 6), Image.Resampling.BOX).resize(_THUMBNAIL)
    fine = np.asarray(image, dtype=np.float32) - np.asarray(coarse, dtype=np.float32)
    fine = (fine - fine.mean()).ravel()
    return np.asarray(fine / max(1e-6, float(np.linalg.norm(fine))), dtype=np.float32)


def _names(stem: str) -> Iterator[str]:
    """Yield the name, and others for it where it is taken."""
    yield stem
    number = 2
    while True:
        yield f"{stem}_{number}"
        number += 1


def _copy_narrow(file: Path, target: Path) -> None:
    """Copy a picture, or write a smaller one where it is wider than ``_WIDEST``."""
    with Image.open(file) as image:
        width, height = image.size
        if width > _WIDEST:
            size = _WIDEST, max(1, round(height * _WIDEST / width))
            image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(target, quality=95)
            return
    shutil.copy(file, target)


if __name__ == "__main__":
    main()
