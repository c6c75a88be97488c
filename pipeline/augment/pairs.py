"""Pairs for derainers: ``pairs/input`` holds the rainy pictures, ``pairs/target`` the clear ones under the same names.

This is the layout of Rain13K, which Restormer, MPRNet and their like train on. They list one folder, so there are no
sub-folders.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import RunError
from pipeline.images.codec import encode, output_format, read_header, read_picture
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError
from pipeline.output.folder import OutputFolder

INPUT, TARGET = "pairs/input", "pairs/target"


def pair_names(outputs: Sequence[str]) -> list[str]:
    """Return a name without a folder for every picture: its own, or with the folder in it where two are alike.

    Args:
        outputs: POSIX paths of the pictures.
    """
    plain = [output.rpartition("/")[2] for output in outputs]
    if len({name.casefold() for name in plain}) == len(plain):
        return plain
    return [output.replace("/", "_") for output in outputs]


def write_target(folder: OutputFolder, name: str, source: Path, size: Size | None, max_pixels: int) -> None:
    """Put an original into the pairs: a link to it, or its pixels anew where they are not upright RGB as its pair's.

    Args:
        folder: The output folder.
        name: Of the pair.
        source: The original.
        size: (W, H) that the labels state, or None.
        max_pixels: Largest W * H.

    Raises:
        RunError: The original has changed since it was translated.
        OSError: It cannot be written.
    """
    place = f"{TARGET}/{name}"
    try:
        if read_header(source, max_pixels, size).is_plain:
            folder.link(place, source)
            return
        picture = read_picture(source, max_pixels, size)
        # Quality 100, because the target is what a derainer learns to reach.
        folder.write(place, encode(picture.pixels, output_format(name, picture.format), 100, picture.icc_profile))
    except PictureError as error:
        raise RunError(f"{source}: {error.detail}, though it was translated", "Run the same command again.") from error
