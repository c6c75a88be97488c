"""Pictures of a data set that another library holds: their files are translated by the job, their labels stay there."""

import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.augment.options import AugmentOptions
from pipeline.augment.weights_choice import ChosenWeights, chosen_weights
from pipeline.engine.events import Done, Event
from pipeline.files.jail import absolute
from pipeline.files.text import count, some
from pipeline.images.skips import Skip
from pipeline.labels.interface import LabelledObject
from pipeline.labels.memory import InMemory
from tpsence.errors import InputError

FURTHER = (
    "width",
    "detail",
    "water_amounts",
    "horizon",
    "drops",
    "maps",
    "quality",
    "pairs",
    "pairs_target",
    "batch_size",
    "workers",
    "max_pixels",
    "overwrite",
    "strict",
)
"""Settings of ``AugmentOptions`` that an adapter passes on, beside those that it names itself."""


def translate_files(
    objects: Mapping[str, Sequence[LabelledObject]],
    out: str | os.PathLike[str],
    *,
    images: str | os.PathLike[str] | None,
    weights: str | os.PathLike[str] | None,
    on_event: Callable[[Event], object] | None,
    named: Mapping[str, Any],
    further: Mapping[str, Any],
) -> dict[str, str]:
    """Write pictures in rain as ``tpsence augment`` does, and continue what an earlier same call has begun.

    A picture that cannot be done is left out; a warning tells of them, and ``skipped.jsonl`` in the output lists them.

    Args:
        objects: What is labelled in each picture, by the picture's path.
        out: The output folder, new or of an earlier same call.
        images: Folder that names in the output, and the lot of each picture, are relative to; None takes what the
            folders of all pictures have in common.
        weights: As for ``tpsence.load``.
        on_event: Told what happens, or None.
        named: Settings of ``AugmentOptions``.
        further: Others, of which only those in ``FURTHER`` are taken.

    Returns:
        The path of each translated picture by the path of its source, in the order they were given.

    Raises:
        TpsenceError: A setting or the data set cannot be used, or something cannot be written.
    """
    unfit = [name for name in further if name not in FURTHER]
    if unfit:
        raise InputError(f"`{unfit[0]}`: no such setting here", f"There are {', '.join([*named, *FURTHER])}.")
    options = AugmentOptions(out=Path(out), water_only=weights is None, **named, **further)
    if not objects:
        return {}
    _refuse_all_missing(list(objects))
    root = _root(objects, images)
    names = {path: _name(path, root) for path in objects}
    by_name: dict[str, list[LabelledObject]] = {}
    for path, name in names.items():  # two paths may lead to one file
        by_name.setdefault(name, []).extend(objects[path])
    chosen = [] if weights is None else chosen_weights(weights)
    done, skips = _run(InMemory(root, by_name), chosen, options, on_event)
    _tell([(str(root / skip.file), skip) for skip in skips], len(by_name))
    return {path: str(Path(out) / name) for path, name in names.items() if name in done}


def _run(
    labels: InMemory,
    weights: Sequence[ChosenWeights],
    options: AugmentOptions,
    on_event: Callable[[Event], object] | None,
) -> tuple[set[str], Sequence[Skip]]:
    """Run the job; return the names of the pictures that are there, and what was left out."""
    from pipeline.augment.job import prepare  # needs torch

    done, skips = set(), list[Skip]()
    job = prepare(labels, weights, options.output_folder(), options, options.resources())
    for event in job.events(overwrite=options.overwrite, strict=options.strict):
        if on_event is not None:
            on_event(event)
        if isinstance(event, Done):
            done.add(event.name)
        elif isinstance(event, Skip):
            skips.append(event)
    return done, skips


def _refuse_all_missing(paths: Sequence[str]) -> None:
    """Refuse a data set none of whose pictures is there.

    Raises:
        InputError: It is such a one.
    """
    if not any(map(os.path.exists, paths)):
        message = f"{paths[0]}: not there, nor is any of the {count(len(paths), 'picture')} of the data set"
        raise InputError(message, "Load the data set from where its pictures are.")


def boxes_of(objects: Sequence[tuple[str, Sequence[float]]], *, relative: bool = False) -> list[LabelledObject]:
    """Return labelled objects of their boxes.

    Args:
        objects: Class and box of each; a box is (x0, y0, x1, y1), and stays out where it is not finite.
        relative: The boxes are in shares of the picture's width and height instead of pixels.
    """
    found = []
    for category, box in objects:
        x0, y0, x1, y1 = map(float, box)
        if all(map(math.isfinite, (x0, y0, x1, y1))):
            found.append(LabelledObject(category, (x0, y0, x1, y1), relative=relative))
    return found


def _root(paths: Mapping[str, object], images: str | os.PathLike[str] | None) -> Path:
    """Return the folder that names are relative to."""
    if images is not None:
        return absolute(Path(images))
    folders = {str(absolute(Path(path)).parent) for path in paths}
    return Path(os.path.commonpath(folders))


def _name(path: str, root: Path) -> str:
    """Return the name of a picture below a folder.

    Raises:
        InputError: It is elsewhere.
    """
    place = absolute(Path(path))
    if not place.is_relative_to(root):
        raise InputError(f"{path}: not below `images` {root}", "Give one that holds all pictures, or leave it out.")
    return place.relative_to(root).as_posix()


def _tell(skips: Sequence[tuple[str, Skip]], total: int) -> None:
    """Warn of pictures that are left out, each with its path, in the name of the adapter's caller."""
    if skips:
        each = some([f"{path} ({skip.reason.value}: {skip.detail})" for path, skip in skips])
        warnings.warn(f"{len(skips)} of {count(total, 'picture')} left out: {each}", stacklevel=4)
