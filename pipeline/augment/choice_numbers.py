"""What a choice of pictures has come to: how many, of how many, and what that makes of the classes."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.augment.choice import of_split
from pipeline.augment.options import AugmentOptions
from pipeline.files.text import count, one_line, some
from pipeline.labels.interface import LabelSet


@dataclass(frozen=True)
class Choice:
    """The pictures of a data set that are translated, of all shards."""

    labels: LabelSet
    """The data set."""
    names: Collection[str]
    """Names of the pictures that are translated."""
    options: AugmentOptions
    """What they were chosen by."""

    @property
    def is_told(self) -> bool:
        """Whether a part was asked for at all."""
        told = self.options
        return told.fraction < 1 or any(one is not None for one in (told.limit, told.only_classes, told.split))

    @cached_property
    def numbers(self) -> Mapping[str, Any] | None:
        """``pictures`` of the data set, ``candidates`` among them (the split), how many are ``chosen``.

        ``classes`` has for each class how many annotations the candidates and the chosen pictures have, where the
        choice looked at classes; ``splits_left_out`` names those without a picture in the output. None where all
        pictures are translated.
        """
        if not self.is_told:
            return None
        return {
            "pictures": len({picture.name for picture in self.labels.pictures}),
            "candidates": len(self._candidates),
            "chosen": len(self.names),
            "classes": self._classes(),
            "splits_left_out": self._splits_left_out(),
        }

    def texts(self) -> list[str]:
        """Say how many were chosen, in a line; nothing where all are."""
        if not self.is_told:
            return []
        told = self.options
        how = [
            *([f"split {told.split}"] if told.split is not None else []),
            *([f"classes {', '.join(told.only_classes)}"] if told.only_classes is not None else []),
            *([f"fraction {told.fraction:g}"] if told.fraction < 1 else []),
            *([f"limit {told.limit:,}"] if told.limit is not None else []),
            *(["rare classes preferred"] if told.balance is not None else []),
        ]
        total = count(len(self.labels.pictures), "picture")
        return [f"chosen: {len(self.names):,} of {total} ({one_line('; '.join(how))})"]

    def notes(self) -> list[str]:
        """Say what a person should mind, a sentence each without its end."""
        notes = []
        if left_out := self._splits_left_out():
            whose = f"split {left_out[0]} has" if len(left_out) == 1 else f"splits {some(left_out, 20)} have"
            stop = "what trains on these labels may look for them and stop"
            notes.append(f"{whose} no picture in the output: {stop}; `keep_originals` carries them as they were")
        if self.options.keep_originals and self.options.split and len(self._candidates) == len(self.labels.pictures):
            notes.append(f"these labels have split {self.options.split} alone: `keep_originals` adds no other")
        return notes

    @cached_property
    def _candidates(self) -> list[str]:
        """Names of the pictures of the split."""
        return of_split(self.labels, self.options.split)

    def _classes(self) -> dict[str, dict[str, int]] | None:
        """Count annotations by class, the most frequent first; None where the choice did not look at classes."""
        if self.options.only_classes is None and self.options.balance is None:
            return None
        before, after = Counter[str](), Counter[str]()
        for name in self._candidates:
            found = Counter(one.category for one in self.labels.objects(name))
            before.update(found)
            if name in self.names:
                after.update(found)
        order = sorted(before, key=lambda one: (-before[one], one))
        return {one: {"before": before[one], "after": after[one]} for one in order}

    def _splits_left_out(self) -> list[str]:
        """Name the splits that have pictures, but none in the output."""
        if self.options.keep_originals or not self.is_told:
            return []
        there = {picture.name for picture in self.labels.pictures}
        return [
            split
            for split, names in self.labels.splits.items()
            if not there.isdisjoint(names) and frozenset(self.names).isdisjoint(names)
        ]
