"""Label files by lot: opened, planned, written, and read back by others' means."""

import os
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.fuzzing.case import FaultKind, Outcome, refusals
from benchmarks.fuzzing.copies import COPIES
from benchmarks.fuzzing.damage import damaged
from benchmarks.fuzzing.label_sets import DataSet, data_sets, picture
from benchmarks.fuzzing.odd import ODD_NAMES
from benchmarks.fuzzing.readers import (
    Asked,
    coco_differences,
    scalabel_differences,
    voc_differences,
    yolo_differences,
)
from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import make_plan
from pipeline.files.names import add_suffix
from pipeline.gate.options import Gate
from pipeline.labels.carried import balance
from pipeline.labels.copies import Copies
from pipeline.labels.interface import LabelSet, Marks, Proof
from pipeline.labels.registry import open_labels

DIFFERENCES: Mapping[str, Callable[[Asked], Iterator[str]]] = {
    "coco": coco_differences,
    "scalabel": scalabel_differences,
    "yolo": yolo_differences,
    "voc": voc_differences,
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """An accepted data set, and what is to become of it."""

    one: DataSet
    labels: LabelSet
    copies: Copies | None
    """The same labels in copies, or None."""
    options: AugmentOptions
    source: Path
    out: Path

    @property
    def number(self) -> int:
        """Copies of each picture."""
        return 1 if self.copies is None else max(map(self.copy_of, [one.name for one in self.copies.pictures]))

    def source_of(self, name: str) -> str:
        """Return the picture that a name stands for."""
        return name if self.copies is None else self.copies.source_of(name)

    def copy_of(self, name: str) -> int:
        """Return which copy a name stands for, from 1."""
        return 1 if self.copies is None else self.copies.copy_of(name)

    def file(self, name: str) -> Path:
        """Return the picture's file."""
        return self.labels.image_root / self.source_of(name)

    def suffix(self, copy: int) -> str:
        """Return what the names of a copy get."""
        return self.options.suffix + ("" if self.copies is None else f"_{copy}")

    def asked(self, dropped: Collection[str], marked: Mapping[str, frozenset[int]]) -> list[Asked]:
        """Return what was asked for of each copy.

        Args:
            dropped: Names that are left out.
            marked: Places that are marked or left out, by name.
        """
        return [
            Asked(
                source=self.source,
                out=self.out,
                labels=self.one.labels,
                dropped=frozenset(self.source_of(name) for name in dropped if self.copy_of(name) == copy),
                suffix=self.suffix(copy),
                marked={self.source_of(name): places for name, places in marked.items() if self.copy_of(name) == copy},
                leaves_out=self.options.gate is Gate.DROP,
            )
            for copy in range(1, self.number + 1)
        ]


def try_labels(draw: random.Random, folder: Path) -> Outcome:
    """Change a data set by lot, let its labels go through, and compare."""
    outcome = Outcome()
    one = draw.choice(data_sets())
    source, out = folder / "data", folder / "out"
    write_changed(draw, one, source)
    options = AugmentOptions(
        gate=draw.choice((Gate.OFF, Gate.OFF, Gate.FLAG, Gate.DROP)), suffix=draw.choice(("", "", "_rain"))
    )
    with refusals(outcome):
        named = draw.choice((None, one.name.partition(" ")[0]))
        labels = open_labels(source / one.labels, None, named)
        plan = make_plan(labels, options, out)
        number = draw.choice((1, 1, 2, 3))
        copies = Copies(labels, list(plan.suffixes), number) if number > 1 else None
        outcome.accepted = True
    if outcome.accepted:
        case = Case(one=one, labels=plan.labels, copies=copies, options=options, source=source, out=out)
        _write(draw, outcome, case)
    return outcome


def write_changed(draw: random.Random, one: DataSet, folder: Path) -> None:
    """Write a data set with one of its files changed, or its folders."""
    one.write(folder)
    if draw.random() < 0.12:
        _change_files(draw, folder, one)
        return
    name = draw.choice(sorted(one.mutable))
    content = one.files[name]
    for _ in range(draw.choice((1, 1, 2, 3))):
        change = one.mutable[name] if draw.random() < 0.75 else damaged
        content = change(draw, content)
    (folder / name).write_bytes(content)


def _write(draw: random.Random, outcome: Outcome, case: Case) -> None:
    """Write the labels of an accepted data set, as a run does at its end, and compare."""
    labels, gate = case.copies or case.labels, case.options.gate
    names = [picture.name for picture in labels.pictures]
    dropped = frozenset(name for name in names if not case.file(name).is_file() or draw.random() < 0.1)
    kept = {name: case.suffix(case.copy_of(name)) for name in names if name not in dropped}
    marked: dict[str, frozenset[int]] = {}
    with refusals(outcome, late=True):
        for name in names:
            objects = labels.objects(name, outlines=draw.random() < 0.5)
            if objects and gate is not Gate.OFF and name in kept and draw.random() < 0.5:
                place = draw.randrange(len(objects))
                marked[name] = frozenset({place} if objects[place].box else ())  # as the gate judges boxes alone
        shares = {name: dict.fromkeys(places, 0.25) for name, places in marked.items()}
        place_pictures(case, kept)
        marks = Marks(drop=gate is Gate.DROP, kept=shares)
        proof = labels.write(case.out, kept, marks)
        balance(labels, kept, marks, proof)
    if not outcome.accepted or says_something(labels, proof):
        return
    for text in differences(case.asked(dropped, marked), labels.format):
        outcome.blame(FaultKind.CHANGED, text)


def differences(asked: Sequence[Asked], label_format: str) -> list[str]:
    """Say how an output differs from what its source lets expect; nothing where others cannot read the source.

    Args:
        asked: What was asked for of each copy.
        label_format: The name of the format.
    """
    itself = replace(asked[0], out=asked[0].source, dropped=frozenset(), suffix="", marked={})
    try:
        list(DIFFERENCES[label_format](itself))
    except Exception:  # plain readers raise nearly any type on damaged data
        return []
    try:
        return list(DIFFERENCES[label_format](*asked) if len(asked) == 1 else COPIES[label_format](asked))
    except Exception as error:
        return [f"{label_format}: the output cannot be read: {type(error).__name__}"]


def says_something(labels: LabelSet, proof: Proof) -> bool:
    """Tell whether a person would hear that not everything went along."""
    return bool(labels.skips) or "NO picture" in proof.how


def place_pictures(case: Case, kept: Mapping[str, str]) -> None:
    """Put a picture where each translated one would be."""
    for name, suffix in kept.items():
        path = case.out / case.labels.image_prefix / add_suffix(case.source_of(name), suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture())


def _change_files(draw: random.Random, folder: Path, one: DataSet) -> None:
    """Change what files there are."""
    name = draw.choice(sorted(one.files))
    path = folder / name
    odd = "x" + draw.choice(ODD_NAMES).replace("\0", "").replace("/", "_")[:200]
    way = draw.randrange(7)
    if way == 0:
        path.unlink()
    elif way == 1:
        path.rename(path.parent / odd)
    elif way == 2:
        (path.parent / draw.choice(("README.txt", "classes.txt", "notes.json", "x.xml", odd))).write_bytes(b"0 1\n")
    elif way == 3:
        path.unlink()
        os.mkfifo(path)
    elif way == 4:
        path.unlink()
        path.mkdir()
    elif way == 5:
        path.unlink()
        path.symlink_to(draw.choice(("/etc/hostname", "a.png", "..", str(folder), "/dev/zero", "nowhere")))
    else:
        path.with_suffix(path.suffix.upper()).write_bytes(path.read_bytes())
