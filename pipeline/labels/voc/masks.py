"""The segmentation masks of Pascal VOC: they show the pictures' own geometry, so they are carried byte for byte.

Format: ``SegmentationClass`` and ``SegmentationObject`` beside ``Annotations``, a PNG of the picture's stem in each;
development kit of Everingham et al., IJCV 2010. ``SegmentationClassAug`` is of Hariharan et al., ICCV 2011.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.files.jail import Jail
from pipeline.files.names import add_suffix, without_extension
from pipeline.files.walk import list_files
from pipeline.labels.layers import Layer
from pipeline.labels.text_files import require_readable

_FOLDERS = ("SegmentationClass", "SegmentationClassAug", "SegmentationObject")


@dataclass(frozen=True, slots=True)
class Masks:
    """The masks of the pictures, as POSIX paths below the folder that they and the annotations are in."""

    folder: Path
    of_picture: Mapping[str, tuple[str, ...]]
    """By the name of the picture."""
    others: tuple[str, ...] = ()
    """Of no picture."""

    @property
    def folders(self) -> list[Path]:
        """The folders that the masks are in."""
        names = {file.partition("/")[0] for files in self.of_picture.values() for file in files}
        return [self.folder / name for name in sorted(names)]

    def names(self) -> tuple[str, ...]:
        """Return the masks of all pictures."""
        return tuple(sorted(file for files in self.of_picture.values() for file in files))

    def outputs(self, layers: Sequence[Layer]) -> list[tuple[str, Path]]:
        """Return the masks of the pictures in some layers as (path below the output folder, file)."""
        kept = [one for layer in layers for one in layer.kept.items()]
        files = [(file, suffix) for name, suffix in kept for file in self.of_picture.get(name, ())]
        return [(add_suffix(file, suffix), self.folder / file) for file, suffix in files]


def find_masks(folder: Path, pictures: Mapping[str, str], *, follow_links: bool) -> Masks:
    """Find the masks of pictures.

    Args:
        folder: The folder that holds ``Annotations``.
        pictures: The name of each picture by the stem of its masks.
        follow_links: Follow links that lead out of the folder.

    Raises:
        LabelError: A mask cannot be read.
        UnsafeNameError: A link leads out of the folder.
    """
    jail = Jail(folder, follow_links=follow_links)
    found: dict[str, tuple[str, ...]] = {}
    others = list[str]()
    for name in _FOLDERS:
        if not (folder / name).is_dir():
            continue
        jail.check(name)
        for file in list_files(folder / name, follow_links=follow_links):
            picture, place = pictures.get(without_extension(file)), f"{name}/{file}"
            if picture is None or not file.lower().endswith(".png"):
                others.append(place)
                continue
            jail.check(place)
            require_readable(folder / place)
            found[picture] = (*found.get(picture, ()), place)
    return Masks(folder, found, tuple(others))
