"""The pictures of a data set that another library holds in memory. Its labels stay there; their boxes are asked for."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.labels.interface import LabelledObject
from pipeline.labels.none import NoLabels

IN_MEMORY = "memory"
"""What ``run.json`` has for the format of such labels."""


class InMemory(NoLabels):
    """Pictures by their names, with what is labelled in them; nothing is written of that.

    The image root is no more than what the folders of the pictures have in common: what else lies below it is not the
    data set's. Links are followed, as every picture was named by the caller.

    Args:
        image_root: The folder that the names are relative to.
        objects: The labelled objects of every picture, by its POSIX path below the folder.
    """

    format = IN_MEMORY

    def __init__(self, image_root: Path, objects: Mapping[str, Sequence[LabelledObject]]) -> None:
        super().__init__(image_root, list(objects), follow_links=True)
        self._objects = objects

    def identity(self) -> dict[str, str]:
        """Return the folder's path, and a hash of the names and what is labelled; their order does not count."""
        digest = hashlib.sha256()
        for name, objects in sorted(self._objects.items()):
            told = [(one.category, one.relative, one.box) for one in objects]
            digest.update(f"{name!r} {told!r}\n".encode())
        return {"images": str(self.image_root), "dataset": digest.hexdigest()}

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return the labelled objects of a picture."""
        del outlines  # there are none
        return self._objects.get(name, ())
