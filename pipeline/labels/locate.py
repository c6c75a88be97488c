"""Where the pictures of a label file are, when the user does not say."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.jail import name_below
from pipeline.images.extensions import EXTENSIONS, OTHER_PICTURES

_SPLIT = re.compile(r"(?:train|val|test)\w*")
_PROBED = 1000


def find_image_root(label_file: Path, names: Sequence[str]) -> Path:
    """Find the folder that the names of a label file are relative to.

    The label file's folder and the two above are tried, each with ``images`` and with the split that the label
    file's name tells (``instances_train2017.json``), as the common data sets are laid out.

    Args:
        label_file: The label file.
        names: Names relative to the folder sought.

    Raises:
        LabelError: None of the first pictures is in any of the places.
    """
    for folder in _candidates(label_file):
        if any((folder / name).exists() for name in islice(names, _PROBED)):
            return folder
    raise LabelError(
        f"{label_file}: its pictures were not found, for example {names[0]!r}",
        "Give the folder that the file names are relative to with `images`.",
    )


def image_prefix(label_folder: Path, image_root: Path) -> str:
    """Return where the pictures go below the output folder, which mirrors the folder of the labels.

    Args:
        label_folder: The folder that the output mirrors.
        image_root: The folder of the pictures.

    Returns:
        The POSIX path from the one to the other, as the user calls it, empty if they are the same, ``images`` if it is
        elsewhere.
    """
    place = name_below(image_root, label_folder)
    return "images" if place is None else place


def pictures_among(names: Iterable[str]) -> list[str]:
    """Return the names that are pictures by their extension, also in formats that are not read."""
    known = EXTENSIONS.keys() | OTHER_PICTURES
    return [name for name in names if os.path.splitext(name)[1].lower() in known]  # noqa: PTH122 (quick, many names)


def _candidates(label_file: Path) -> Iterator[Path]:
    """The folders to try, most likely first."""
    splits = _SPLIT.findall(label_file.stem)
    for base in list(label_file.parents)[:3]:
        for folder in (base, base / "images", base / "images" / "100k"):
            yield folder
            yield from (folder / split for split in splits)
