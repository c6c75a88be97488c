"""JSON label files that are passed through: read, write, compare."""

import hashlib
import json
import marshal
import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.errors import LabelError, ProofError
from pipeline.files.names import add_suffix
from pipeline.files.whole import write_whole
from pipeline.images.skips import Skip
from pipeline.labels.interface import KEPT, NO_MARKS, VANISHED, LabelledObject, LabelledPicture, Marks, Outline, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.locate import image_prefix
from pipeline.labels.text_files import read_bytes
from tpsence.errors import first_line

Json = Any
"""A parsed JSON value."""
AS_JSON = "as parsed JSON"


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A parsed label file."""

    tree: Json
    """The parsed content."""
    sha256: str
    """SHA-256 of the file, in hexadecimal."""
    ascii_only: bool
    """Whether the file holds ASCII alone, so that the copy does too."""


def read_json(path: Path, *, known: bool = False, sha256: str | None = None) -> JsonFile:
    """Parse a JSON file.

    Args:
        path: The file.
        known: It was read before, or was written by this program; spares the checks of keys and numbers.
        sha256: Hash of the file when it was read before.

    Raises:
        LabelError: The file cannot be read, is another than before, or is not JSON.
    """
    raw = read_bytes(path)
    found = hashlib.sha256(raw).hexdigest()
    if sha256 not in {None, found}:  # before parsing: what an editor has half written is no JSON
        raise LabelError(f"{path}: changed during the run; no labels were written", "Use `overwrite`.")
    try:
        text = raw.decode(json.detect_encoding(raw))  # strict, unlike json.loads, which lets lone surrogates in
        tree = json.loads(text) if known else json.loads(text, object_pairs_hook=_unique, parse_float=_finite)
        return JsonFile(tree, found, raw.isascii())
    except RecursionError as error:
        raise LabelError(f"{path}: nested too deeply", "This is no label file.") from error
    except ValueError as error:
        raise LabelError(f"{path}: not valid JSON ({first_line(error)})", "Is the file complete?") from error


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Make an object; a key that stands twice would lose a value without a word."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has the same key twice")
    return result


def _finite(text: str) -> float:
    """Read a number; one beyond the range of floats would be written as Infinity, which is not JSON."""
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text} is out of range")
    return value


def write_json(path: Path, tree: Json, *, ascii_only: bool) -> None:
    """Write a parsed JSON value, whole or not at all.

    Args:
        path: The file; its folder is made.
        tree: The value; key order is kept.
        ascii_only: Escape other characters.
    """
    text = json.dumps(tree, ensure_ascii=ascii_only)
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate can only be written as an escape
        data = json.dumps(tree).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data + b"\n")


def identical(one: Json, other: Json) -> bool:
    """Tell whether two parsed values are equal in types, key order and every digit.

    ``==`` takes 1, 1.0 and True for equal, forgets the order of keys and finds NaN unequal to itself; the serialised
    bytes do none of that.
    """
    try:
        return marshal.dumps(one, 2) == marshal.dumps(other, 2)
    except ValueError:  # nested deeper than marshal goes
        return json.dumps(one) == json.dumps(other)


def renamed(record: Json, key: str, suffix: str) -> Json:
    """Return a record whose file name has a suffix, all keys in their order; the record itself without a suffix."""
    return {**record, key: add_suffix(record[key], suffix)} if suffix else record


def marked(record: Json, kept: float) -> Json:
    """Return an annotation with the mark that its object may have vanished.

    The mark stands in ``attributes``, which COCO tools and Scalabel have for what the format does not foresee; beside
    it where ``attributes`` is something else than an object.

    Args:
        record: The annotation.
        kept: Share of its structure that is left, 0 to 1.
    """
    mark = {VANISHED: True, KEPT: kept}
    attributes = record.get("attributes")
    if attributes is None or isinstance(attributes, dict):
        return {**record, "attributes": {**(attributes or {}), **mark}}
    return {**record, **mark}


def prove_marked(record: Json, copy: Json, kept: float, path: Path) -> None:
    """Check that a written annotation is its source and the mark.

    Raises:
        ProofError: It differs by more or less.
    """
    prove(isinstance(copy, dict), path, "annotations")
    inside = record.get("attributes")
    inside = {} if inside is None else inside
    holder = copy.get("attributes") if isinstance(inside, dict) else copy
    prove(isinstance(holder, dict) and holder.get(VANISHED) is True and holder.get(KEPT) == kept, path, "marks")
    ours = {VANISHED, KEPT}
    if isinstance(inside, dict):
        before, after = ({key: value for key, value in one.items() if key not in ours} for one in (inside, holder))
        prove(identical(before, after), path, "attributes")
        ours = {"attributes"}
    before, after = ({key: value for key, value in one.items() if key not in ours} for one in (record, copy))
    prove(identical(before, after), path, "annotations")


def prove(condition: bool, path: Path, what: str) -> None:
    """Raise if a comparison of the written labels with their source failed.

    Raises:
        ProofError: The condition is false.
    """
    if not condition:
        raise ProofError(
            f"{path}: {what} differ from the source when read back",
            "Run the same command again; if it stays, please report it.",
        )


class JsonLabels(ABC):
    """What the label formats that are one JSON file share; see ``LabelSet``.

    Such a file holds a list of records, one for each picture.
    """

    format: str
    name_key: str
    """The key of the file name in a record."""
    skips: Sequence[Skip] = ()
    takes_marks = True

    def __init__(
        self,
        path: Path,
        sha256: str,
        image_root: Path,
        pictures: Sequence[LabelledPicture],
        *,
        follow_links: bool = False,
    ) -> None:
        self.path = path
        self.image_root = image_root
        self.image_prefix = image_prefix(path.parent, image_root)
        self.pictures = pictures
        self.follow_links = follow_links
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

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Return the label file under its own name."""
        return [(self.path.name, str(self.path))]

    def check_suffix(self, suffix: str) -> None:
        """Accept any suffix."""
        del suffix  # any text can stand in JSON

    def check_marks(self) -> None:
        """Accept any labels."""
        return  # JSON takes a mark anywhere

    @cached_property
    def inventory(self) -> Inventory:
        """What the file has; see ``LabelSet.inventory``."""
        return Inventory(annotations=sum(map(len, self._all_records().values())), files=1)

    def annotations_of(self, name: str) -> int:
        """Return how many annotations a picture has."""
        return len(self._all_records().get(name, ()))

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

    def write(self, out: Path, kept: Mapping[str, str], marks: Marks = NO_MARKS) -> Proof:
        """Write the labels of the kept pictures, read them back and compare; see ``LabelSet.write``."""
        source = read_json(self.path, known=True, sha256=self._sha256)
        target = out / self.path.name
        write_json(target, self._filtered(source.tree, kept, marks), ascii_only=source.ascii_only)
        return self._prove(source.tree, read_json(target, known=True).tree, kept, marks, target)

    def _kept_records(self, records: Sequence[Json], kept: Mapping[str, str]) -> list[Json]:
        """Return the records of the kept pictures, renamed."""
        return [
            renamed(record, self.name_key, kept[picture.name])
            for record, picture in zip(records, self.pictures, strict=True)
            if picture.name in kept
        ]

    def _prove_records(
        self, records: Sequence[Json], written: Sequence[Json], kept: Mapping[str, str], target: Path
    ) -> None:
        """Check that the records of the kept pictures were written and no other, and that only names may differ.

        Raises:
            ProofError: They differ.
        """
        key = self.name_key
        copies = iter(written)
        for record, picture in zip(records, self.pictures, strict=True):
            if picture.name in kept:
                copy = next(copies, None)
                new_name = add_suffix(record[key], kept[picture.name])
                prove(isinstance(copy, dict) and copy.get(key) == new_name, target, "names")
                prove(identical(record, {**(copy or {}), key: record[key]}), target, "picture records")
        prove(next(copies, None) is None, target, "picture records")

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
    def _filtered(self, tree: Json, kept: Mapping[str, str], marks: Marks) -> Json:
        """Return the tree with the kept pictures, renamed, and nothing of the others."""

    @abstractmethod
    def _prove(self, source: Json, written: Json, kept: Mapping[str, str], marks: Marks, target: Path) -> Proof:
        """Compare what was written with the source, in another way than it was made."""
