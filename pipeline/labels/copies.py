"""Several copies of pictures, with the labels of their source."""

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from pipeline.errors import LabelError
from pipeline.files.names import add_suffix, without_extension
from pipeline.files.text import count
from pipeline.images.skips import Skip
from pipeline.labels.interface import NO_MARKS, LabelledObject, LabelledPicture, LabelSet, Marks, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.layers import Layer, Layered, can_write_layers

_NUMBERED = re.compile(r"(.*?)(_+)([1-9][0-9]{0,3})", re.DOTALL)
"""A name that a copy could have."""


def copy_suffix(copy: int) -> str:
    """Return what tells a copy from the others in its name, from ``_1`` on."""
    return f"_{copy}"


def copy_name(name: str, copy: int, mark: str = "") -> str:
    """Return the name of a copy: of ``a/b.jpg``, ``a/b_2.jpg`` is the second.

    Args:
        name: Of the picture.
        copy: Which copy, from 1.
        mark: What is put before the number besides, where such names are those of other pictures.
    """
    return add_suffix(name, mark + copy_suffix(copy))


class Copies:
    """A data set some of whose pictures are there several times; see ``LabelSet``.

    The names of the copies stand for pictures that are not there: ``source_of`` says what is read for each. What they
    are called in the output is for the suffixes in ``kept`` to say.

    Args:
        labels: The data set.
        chosen: Names of its pictures that are copied; the others stay as they are.
        number: Copies of each, 2 or more.

    Raises:
        LabelError: The format writes labels once, or names in the labels cannot be changed.
    """

    def __init__(self, labels: LabelSet, chosen: Collection[str], number: int) -> None:
        if not can_write_layers(labels):
            raise LabelError(
                f"`copies`: labels of the format {labels.format} can be written once for each picture",
                "Run without `copies`.",
            )
        labels.check_suffix(copy_suffix(1))
        self._labels = labels
        self._number = number
        self._sources: dict[str, tuple[str, int]] = {}
        self.pictures: Sequence[LabelledPicture] = list(self._named(frozenset(chosen)))
        self.format = labels.format
        self.image_root = labels.image_root
        self.image_prefix = labels.image_prefix
        self.takes_marks = labels.takes_marks
        self.follow_links = labels.follow_links
        self.inventory = self._counted()

    def source_of(self, name: str) -> str:
        """Return the picture of the data set that a copy is of; itself for one that was not copied."""
        return self._sources[name][0] if name in self._sources else name

    def copy_of(self, name: str) -> int:
        """Return which copy it is, from 1; 1 for one that was not copied."""
        return self._sources[name][1] if name in self._sources else 1

    @property
    def skips(self) -> Sequence[Skip]:
        """Return what is wrong with the labels of the source."""
        return self._labels.skips

    @property
    def splits(self) -> Mapping[str, Collection[str]]:
        """Return the names of each split's pictures, those of all copies."""
        sources = {split: frozenset(names) for split, names in self._labels.splits.items()}
        return {
            split: [one.name for one in self.pictures if self.source_of(one.name) in names]
            for split, names in sources.items()
        }

    def annotations_of(self, name: str) -> int:
        """Return the number of annotations of the source."""
        return self._labels.annotations_of(self.source_of(name))

    def identity(self) -> dict[str, str]:
        """Return that of the data set."""
        return self._labels.identity()

    def inputs(self) -> Sequence[Path]:
        """Return those of the data set."""
        return self._labels.inputs()

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Return the label files of all copies."""
        return self._layered.files_of(self._layers(kept, NO_MARKS))

    def check_suffix(self, suffix: str) -> None:
        """Refuse a suffix that cannot be put before those of the copies; see ``LabelSet.check_suffix``."""
        self._labels.check_suffix(suffix + copy_suffix(1))

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return the annotations of the source; see ``LabelSet.objects``."""
        return self._labels.objects(self.source_of(name), outlines=outlines)

    def check_marks(self) -> None:
        """Refuse labels that cannot be marked; see ``LabelSet.check_marks``."""
        self._labels.check_marks()

    def write(self, out: Path, kept: Mapping[str, str], marks: Marks = NO_MARKS) -> Proof:
        """Write the labels of all copies; see ``LabelSet.write``."""
        return self._layered.write_layers(out, self._layers(kept, marks))

    @property
    def _layered(self) -> Layered:
        """The data set as what writes layers, which it was checked to be."""
        return cast(Layered, self._labels)

    def _named(self, chosen: frozenset[str]) -> Sequence[LabelledPicture]:
        """Name the copies of each picture one after the other, and the other pictures once."""
        pictures = []
        others = {one.name for one in self._labels.pictures if one.name not in chosen}
        mark = self._mark(chosen, others)
        for one in self._labels.pictures:
            if one.name in others:
                pictures.append(one)
                continue
            for copy in range(1, self._number + 1):
                name = copy_name(one.name, copy, mark)
                self._sources[name] = one.name, copy
                pictures.append(replace(one, name=name))
        return pictures

    def _mark(self, chosen: frozenset[str], others: Collection[str]) -> str:
        """Return what names of copies have besides, so that none is that of a picture which is not copied.

        It is the same for all: so two copies never share a name.
        """
        taken = {mark for name in others for mark in self._marks_in(name, chosen)}
        return next(mark for length in itertools.count() if (mark := "_" * length) not in taken)

    def _marks_in(self, name: str, chosen: frozenset[str]) -> Iterator[str]:
        """Yield the marks with which a copy of a picture would have a name."""
        stem = without_extension(name)
        found = _NUMBERED.fullmatch(stem)
        if found and int(found[3]) <= self._number:
            for length in range(len(found[2])):
                if found[1] + found[2][length + 1 :] + name[len(stem) :] in chosen:
                    yield "_" * length

    def _counted(self) -> Inventory:
        """Count the annotations of the source as often as they are to be written."""
        source = self._labels.inventory
        firsts = [name for name, copy in self._sources.values() if copy == 1]
        more = (self._number - 1) * sum(map(self._labels.annotations_of, firsts))
        total = source.annotations + more
        note = f"with {count(len(firsts), 'picture')} in {self._number} copies there are {count(total, 'annotation')}"
        notes = (*source.notes, note) if source.files else source.notes
        return replace(source, annotations=total, repeated=more, notes=notes)

    def _layers(self, kept: Mapping[str, str], marks: Marks) -> list[Layer]:
        """Split what is in the output by copies; a layer of which nothing is left stays, as the place says which."""
        names: list[dict[str, str]] = [{} for _ in range(self._number)]
        shares: list[dict[str, Mapping[int, float]]] = [{} for _ in range(self._number)]
        for name, suffix in kept.items():
            source, place = self.source_of(name), self.copy_of(name) - 1
            names[place][source] = suffix
            if marked := marks.of(name):
                shares[place][source] = marked
        return [Layer(own, Marks(drop=marks.drop, kept=marked)) for own, marked in zip(names, shares, strict=True)]
