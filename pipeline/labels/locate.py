"""Where pictures go, and which files are pictures."""

import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.files.jail import name_below
from pipeline.images.extensions import EXTENSIONS, OTHER_PICTURES


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
