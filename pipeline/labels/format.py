"""What a label format brings: its texts, how it is recognised, how it is opened. Importing this module is quick.

To add a format is to add a module with a class that satisfies ``LabelSet`` and a ``LabelFormat`` that opens it, and one
line to ``pipeline.labels.registry.FORMATS``. The help of the command line reads the table, so that the module may not
import torch, numpy, Pillow, OpenCV or yaml at its top; one that must is a folder whose ``format.py`` imports the rest
when labels are opened, as ``yolo`` does.
"""

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.walk import list_files
from pipeline.labels.interface import LabelSet
from pipeline.labels.json_file import Json, JsonFile, read_json


class Place:
    """A label file or folder that is there. It is looked into when that is asked for, and once.

    Args:
        path: The file or folder, absolute.
        follow_links: Links that lead out of it, or out of the folder of the pictures, are followed.
    """

    def __init__(self, path: Path, *, follow_links: bool = False) -> None:
        self.path = path
        self.follow_links = follow_links

    @cached_property
    def names(self) -> Sequence[str]:
        """POSIX paths of the files in a folder and its sub-folders, sorted; none for a file.

        Raises:
            LabelError: The folder cannot be read.
            UnsafeNameError: A linked folder leads out of it.
        """
        return list_files(self.path, follow_links=self.follow_links) if self.path.is_dir() else ()

    @cached_property
    def extensions(self) -> frozenset[str]:
        """Extensions of these files, lower case with their dot. Raises what ``names`` raises."""
        return frozenset(posixpath.splitext(name)[1].lower() for name in self.names)

    def below(self, name: str) -> "Place":
        """Return a folder or file below this one."""
        return Place(self.path / name, follow_links=self.follow_links)

    @cached_property
    def tree(self) -> Json:
        """The parsed content of a JSON file; None for a folder, and for a file that is no JSON."""
        return None if self.path.is_dir() or isinstance(self._read, LabelError) else self._read.tree

    def json_file(self) -> JsonFile:
        """Return the file's content.

        Raises:
            LabelError: It cannot be read, or is no JSON.
        """
        if isinstance(self._read, LabelError):
            raise self._read
        return self._read

    def folder(self, name: str) -> Path:
        """Return the folder that the labels are.

        Args:
            name: Of the format, for the message.

        Raises:
            LabelError: It is a file.
        """
        if not self.path.is_dir():
            raise LabelError(f"{self.path}: {name} labels are a folder", "Give the folder to `labels`.")
        return self.path

    @cached_property
    def _read(self) -> JsonFile | LabelError:
        """The file's content, or why there is none. Label files are large, so that it is parsed once."""
        try:
            return read_json(self.path)
        except LabelError as error:
            return error


def nowhere(place: Place) -> Path | None:
    """Find nothing: the format has no usual names."""
    del place
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFormat:
    """An entry of the registry."""

    name: str
    """What the setting ``format``, ``run.json`` and ``LabelSet.format`` say: ``coco``."""
    title: str
    """Its name as people write it: ``COCO``."""
    given_as: tuple[str, ...] = ()
    """What ``labels`` can point at, for the help: ``a folder of VOC XML``. Of a JSON file, ``json_top`` says it."""
    json_top: str | None = None
    """For a format that is one JSON file, what stands at its top: ``'images'``; for help and messages."""
    extensions: tuple[str, ...]
    """Extensions of all files that its labels are in, lower case with their dot; a chain compares these files."""
    find: Callable[[Place], Path | None] = nowhere
    """Find the labels by names alone: a file by its own extension, or what a data set's folder holds under usual names.

    Returns the labels' file or folder, or None.
    """
    recognise: Callable[[Place], bool]
    """Tell by its content whether a file or folder is such labels; asked where no format has found any by names."""
    open_set: Callable[[Place, Path | None], LabelSet]
    """Open the labels, with the folder of the pictures or None to look for it. Raises what ``open_labels`` raises."""
