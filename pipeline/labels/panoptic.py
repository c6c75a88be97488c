"""The PNGs of COCO's panoptic annotations: they are carried byte for byte beside the JSON file.

Format: https://cocodataset.org/#format-data, under 4. Each annotation names a PNG that holds its segments.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.files.jail import Jail
from pipeline.files.names import safe_relative
from pipeline.files.text import count
from pipeline.labels.coco_counts import owner_of
from pipeline.labels.json_file import Json
from pipeline.labels.text_files import copy_file

_PROBED = 1000


@dataclass(frozen=True, slots=True)
class Panoptic:
    """The PNGs that the annotations of a file name."""

    folder: Path
    """Where they are."""
    prefix: str
    """Where they go below the output folder: a POSIX path, empty for the output folder itself."""
    files: Mapping[str, tuple[str, ...]]
    """POSIX paths below the folder by the name of the picture, of those that are there."""
    notes: tuple[str, ...]
    """What is missing, a sentence each without its end."""

    @property
    def number(self) -> int:
        """How many PNGs there are."""
        return sum(map(len, self.files.values()))

    def outputs(self, kept: Iterable[str]) -> Iterator[tuple[str, Path]]:
        """Yield the PNGs of some pictures as (path below the output folder, file)."""
        for name in kept:
            for file in self.files.get(name, ()):
                yield f"{self.prefix}/{file}" if self.prefix else file, self.folder / file

    def write(self, out: Path, kept: Iterable[str]) -> int:
        """Copy the PNGs of some pictures, read them back and compare.

        Returns:
            How many.

        Raises:
            LabelError: One cannot be read.
            ProofError: What was written differs from the source.
        """
        outputs = list(self.outputs(kept))
        for place, source in outputs:
            copy_file(source, out / place)
        return len(outputs)


def find_panoptic(
    label_file: Path, tree: Json, owners: Mapping[Json, str], *, follow_links: bool = False
) -> Panoptic | None:
    """Find the PNGs of panoptic annotations: beside the file, or in a folder with its name there or one above.

    Args:
        label_file: The file.
        tree: Its content.
        owners: The name of each image by its id.
        follow_links: Links that lead out of the folder are followed.

    Returns:
        Them, or None where the annotations name none.

    Raises:
        UnsafeNameError: A name, or a link, leads out of the folder.
    """
    stated = list(_stated(label_file, tree, owners))
    if not stated:
        return None
    here, stem = label_file.parent, label_file.stem
    for folder, prefix in ((here / stem, stem), (here, ""), (here.parent / stem, stem)):
        if any(os.path.exists(folder / file) for _, file in islice(stated, _PROBED)):  # noqa: PTH110 (never raises)
            return _there(folder, prefix, stated, follow_links=follow_links)
    note = f"the PNGs of the panoptic annotations are not in {stem} beside the file, and are not carried"
    return Panoptic(here, "", {}, (note,))


def _stated(label_file: Path, tree: Json, owners: Mapping[Json, str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each picture with its PNG's.

    Raises:
        UnsafeNameError: A name leads out of its folder.
    """
    annotations = tree.get("annotations")
    for index, one in enumerate(annotations if isinstance(annotations, list) else ()):
        if isinstance(one, dict) and "segments_info" in one and "file_name" in one:
            file = safe_relative(one["file_name"], f"{label_file}: annotations[{index}]")
            if (name := owners.get(owner_of(one))) is not None:
                yield name, file


def _there(folder: Path, prefix: str, stated: Iterable[tuple[str, str]], *, follow_links: bool) -> Panoptic:
    """Keep the PNGs that are there."""
    jail = Jail(folder, follow_links=follow_links)
    files: dict[str, tuple[str, ...]] = {}
    missing = list[str]()
    for name, file in stated:
        jail.check(file)
        if not (folder / file).is_file():
            missing.append(file)
        elif file not in files.get(name, ()):
            files[name] = (*files.get(name, ()), file)
    lacks = f"{count(len(missing), 'PNG')} of panoptic annotations missing, for example" if missing else ""
    return Panoptic(folder, prefix, files, (f"{lacks} {missing[0]!r}",) if missing else ())
