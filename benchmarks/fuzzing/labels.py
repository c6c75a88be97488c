"""Label files by lot: opened, planned, written, and read back by others' means."""

import os
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.fuzzing.case import FaultKind, Outcome, refusals
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
from pipeline.augment.plan import Plan, make_plan
from pipeline.gate.options import Gate
from pipeline.labels.interface import LabelSet, Marks, Proof
from pipeline.labels.registry import open_labels

DIFFERENCES: Mapping[str, Callable[[Asked], Iterator[str]]] = {
    "coco": coco_differences,
    "scalabel": scalabel_differences,
    "yolo": yolo_differences,
    "voc": voc_differences,
}


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
        outcome.accepted = True
    if outcome.accepted:
        _write(draw, outcome, one, plan, options, source, out)
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


def _write(
    draw: random.Random, outcome: Outcome, one: DataSet, plan: Plan, options: AugmentOptions, source: Path, out: Path
) -> None:
    """Write the labels of an accepted data set, as a run does at its end, and compare."""
    labels = plan.labels
    dropped = frozenset(task.name for task in plan.tasks if not plan.source(task).is_file() or draw.random() < 0.1)
    kept = {name: suffix for name, suffix in plan.suffixes.items() if name not in dropped}
    marked: dict[str, frozenset[int]] = {}
    with refusals(outcome, late=True):
        for task in plan.tasks:
            objects = labels.objects(task.name, outlines=draw.random() < 0.5)
            if objects and options.gate is not Gate.OFF and task.name in kept and draw.random() < 0.5:
                place = draw.randrange(len(objects))
                marked[task.name] = frozenset({place} if objects[place].box else ())  # as the gate judges boxes alone
        shares = {name: dict.fromkeys(places, 0.25) for name, places in marked.items()}
        place_pictures(plan, kept, out)
        proof = labels.write(out, kept, Marks(drop=options.gate is Gate.DROP, kept=shares))
    if not outcome.accepted or says_something(labels, proof):
        return
    asked = Asked(
        source=source,
        out=out,
        labels=one.labels,
        dropped=dropped,
        suffix=options.suffix,
        marked=marked,
        leaves_out=options.gate is Gate.DROP,
    )
    for text in differences(asked, labels.format):
        outcome.blame(FaultKind.CHANGED, text)


def differences(asked: Asked, label_format: str) -> list[str]:
    """Say how an output differs from what its source lets expect; nothing where others cannot read the source."""
    itself = replace(asked, out=asked.source, dropped=frozenset(), suffix="", marked={})
    try:
        list(DIFFERENCES[label_format](itself))
    except Exception:  # plain readers raise nearly any type on damaged data
        return []
    try:
        return list(DIFFERENCES[label_format](asked))
    except Exception as error:
        return [f"{label_format}: the output cannot be read: {type(error).__name__}"]


def says_something(labels: LabelSet, proof: Proof) -> bool:
    """Tell whether a person would hear that not everything went along."""
    return bool(labels.skips) or "NO picture" in proof.how


def place_pictures(plan: Plan, kept: Mapping[str, str], out: Path) -> None:
    """Put a picture where each translated one would be."""
    for task in plan.tasks:
        if task.name in kept:
            path = out / task.output
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
