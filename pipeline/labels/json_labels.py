"""What the label formats that are one JSON file share."""

import threading
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.images.size import Size
from pipeline.images.skips import Skip
from pipeline.labels.interface import LabelledObject, LabelledPicture, Outline, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.json_file import Json, identical, read_json, write_json
from pipeline.labels.json_marks import prove
from pipeline.labels.json_names import Output, unique_pictures
from pipeline.labels.layers import Layer, Layered
from pipeline.labels.locate import image_prefix
from pipeline.labels.splits import split_names

AS_JSON = "as parsed JSON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What a JSON file was found to hold when it was opened."""

    root: Path
    """The folder of the pictures."""
    names: Sequence[str]
    """The picture of each record, a safe POSIX path below the folder."""
    sizes: Sequence[Size | None]
    """The (W, H) that each record states, or None."""
    annotations: Mapping[str, int]
    """How many annotations each picture has."""
    inventory: Inventory
    """What the file has."""


class JsonLabels(Layered):
    """What the label formats that are one JSON file share; see ``LabelSet``.

    Such a file holds a list of records, each of a picture; a picture may have more than one.
    """

    format: str
    records_key: str
    """What the list of records is called, for messages."""
    takes_marks = True

    def __init__(self, path: Path, sha256: str, records: Records, *, follow_links: bool = False) -> None:
        self.path = path
        self.image_root = records.root
        self.image_prefix = image_prefix(path.parent, records.root)
        self.follow_links = follow_links
        pictures, skips = unique_pictures(records.names, records.sizes, self.records_key)
        self.pictures: Sequence[LabelledPicture] = pictures
        self.skips: Sequence[Skip] = skips
        self.inventory: Inventory = records.inventory
        self._annotations = records.annotations
        self._names = records.names
        self._sha256 = sha256
        self._records: Mapping[str, Sequence[Json]] | None = None
        self._reading = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Leave the annotations out: a process that they are sent to reads the file once, if it asks for objects."""
        return {**self.__dict__, "_records": None, "_reading": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive without the annotations."""
        self.__dict__.update(state)
        self._reading = threading.Lock()

    @property
    def splits(self) -> Mapping[str, Collection[str]]:
        """Return all pictures as those of the split that the file's name tells."""
        return dict.fromkeys(split_names(self.path), frozenset(one.name for one in self.pictures))

    def identity(self) -> dict[str, str]:
        """Return the paths and the label file's hash."""
        return {
            "labels": str(self.path),
            "labels_sha256": self._sha256,
            "images": str(self.image_root),
        }

    def inputs(self) -> Sequence[Path]:
        """Return the label file."""
        return [self.path]

    def files_of(self, layers: Sequence[Layer]) -> Sequence[tuple[str, str]]:
        """Return the label file under its own name."""
        del layers  # all are in it
        return [(self.path.name, str(self.path))]

    def check_suffix(self, suffix: str) -> None:
        """Accept any suffix."""
        del suffix  # any text can stand in JSON

    def check_marks(self) -> None:
        """Accept any labels."""
        return  # JSON takes a mark anywhere

    def annotations_of(self, name: str) -> int:
        """Return how many annotations a picture has."""
        return self._annotations.get(name, 0)

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return the annotations of a picture; see ``LabelSet.objects``."""
        records = self._all_records().get(name, ())
        if outlines:
            return [replace(self._object(record), outline=self._outline(record)) for record in records]
        return [self._object(record) for record in records]

    def _all_records(self) -> Mapping[str, Sequence[Json]]:
        """Return the annotations by picture; the file is read once, however many threads ask at the same time."""
        with self._reading:
            if self._records is None:
                self._records = self._by_picture(read_json(self.path, known=True, sha256=self._sha256).tree)
            return self._records

    def write_layers(self, out: Path, layers: Sequence[Layer]) -> Proof:
        """Write the labels of the kept pictures, read them back and compare; see ``Layered.write_layers``."""
        source = read_json(self.path, known=True, sha256=self._sha256)
        target = out / self.path.name
        output = Output(out.resolve() / self.image_prefix)
        write_json(target, self._filtered(source.tree, layers, output), ascii_only=source.ascii_only)
        return self._prove(source.tree, read_json(target, known=True).tree, layers, target)

    def _name_key(self, record: Json) -> str:
        """Return the key of the file name in a record."""
        del record
        return "name"

    def _kept_records(self, records: Sequence[Json], kept: Mapping[str, str], output: Output) -> list[Json]:
        """Return the records of the kept pictures, renamed."""
        return [
            output.renamed(record, self._name_key(record), name, kept[name])
            for record, name in zip(records, self._names, strict=True)
            if name in kept
        ]

    def _prove_records(
        self, records: Sequence[Json], written: Sequence[Json], kept: Mapping[str, str], target: Path
    ) -> None:
        """Check that the records of a layer's pictures were written and no other, and that only names may differ.

        Raises:
            ProofError: They differ.
        """
        output = Output(target.parent.resolve() / self.image_prefix)
        copies = iter(written)
        for record, name in zip(records, self._names, strict=True):
            if name in kept:
                copy = next(copies, None)
                key = self._name_key(record)
                prove(isinstance(copy, dict), target, "names")
                output.prove(record[key], name, kept[name], (copy or {}).get(key), target)
                prove(identical(record, {**(copy or {}), key: record[key]}), target, "picture records")
        prove(next(copies, None) is None, target, "picture records")

    def _in_layers(
        self, written: Sequence[Json], layers: Sequence[Layer], target: Path
    ) -> Iterator[tuple[Layer, Sequence[Json]]]:
        """Yield each layer with its part of the records that were written.

        Raises:
            ProofError: There are more or fewer.
        """
        counts = [sum(name in layer.kept for name in self._names) for layer in layers]
        prove(sum(counts) == len(written), target, "picture records")
        left = iter(written)
        for layer, number in zip(layers, counts, strict=True):
            yield layer, [*islice(left, number)]

    @abstractmethod
    def _by_picture(self, tree: Json) -> Mapping[str, Sequence[Json]]:
        """Return the annotations by the name of their picture, in their order."""

    @abstractmethod
    def _object(self, record: Json) -> LabelledObject:
        """Read one annotation, without its outline."""

    def _outline(self, record: Json) -> Outline:
        """Read the outline of one annotation; a format that has outlines overrides this."""
        del record
        return ()

    @abstractmethod
    def _filtered(self, tree: Json, layers: Sequence[Layer], output: Output) -> Json:
        """Return the tree with the kept pictures of each layer, renamed, and nothing of the others."""

    @abstractmethod
    def _prove(self, source: Json, written: Json, layers: Sequence[Layer], target: Path) -> Proof:
        """Compare what was written with the source, in another way than it was made."""
