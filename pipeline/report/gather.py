"""Gather what a report shows from the folder of a finished ``tpsence augment``."""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import Plan
from pipeline.augment.reopen import plan_again
from pipeline.engine.events import Done, Found
from pipeline.engine.tasks import Task
from pipeline.errors import OutputError
from pipeline.files.text import one_line
from pipeline.gate.colour_classes import words_of
from pipeline.gate.compare import compare, read_pair
from pipeline.gate.journal import JOURNAL, known_measures
from pipeline.gate.measures import Measures
from pipeline.gate.options import Gate
from pipeline.gate.verdict import LOST_BELOW, kept_of
from pipeline.images.skips import Skip, count_reasons
from pipeline.output.folder import OutputFolder
from pipeline.output.run_file import RUN_FILE, damage_explained
from pipeline.output.shards import Shard
from pipeline.report.choose import for_gallery, sample
from pipeline.report.content import Category, Changes, Content, ShownCrop, ShownPicture, ShownSkip, ShownStage
from pipeline.report.pictures import Shares, has_vanished, shown_crop, shown_picture
from pipeline.weights.packaged import terms_of

BINS = 20
"""Bins of the histogram."""
MOST_WORST = 24
"""Boxes that are shown alone at most."""
MOST_SKIPS = 200
"""Skips that are listed at most."""
MOST_CATEGORIES = 500
"""Classes that are listed at most; the rarer ones are one line together."""
_LONGEST_TEXT = 300
_OTHER = "other classes"


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
    """A run of ``tpsence augment`` that is over."""

    folder: OutputFolder
    plan: Plan
    options: AugmentOptions
    record: Mapping[str, Any]
    """The content of its ``run.json``."""
    skips: Sequence[Skip]

    @cached_property
    def translated(self) -> list[Task]:
        """The pictures that were translated."""
        return self.plan.translated({skip.file for skip in self.skips})

    @cached_property
    def written(self) -> list[Task]:
        """The pictures of the output."""
        left_out = {skip.file for skip in self.skips}
        return [task for task in self.plan.tasks if task.name not in left_out]


def finished_run(out: Path) -> FinishedRun:
    """Open the folder of a run that is over.

    Args:
        out: The folder.

    Raises:
        OutputError: It holds no such run, or the run has not finished.
        InputError: Its source is not there any more, or has changed.
    """
    wanted = "Give the `out` of tpsence augment or tpsence run"
    if not (out / RUN_FILE).exists():
        what = "not written by tpsence: there is no run.json in it" if out.is_dir() else "no run of tpsence here"
        raise OutputError(f"{out}: {what}", f"{wanted}.")
    folder = OutputFolder(out, Shard(), "augment", wanted)
    record = folder.read_run() or {}
    if "summary" not in record:
        hint = "Run the same command again to continue it; of a run in shards, tpsence augment --collect."
        raise OutputError(f"{out}: this run has not finished", hint)
    plan, options = plan_again(record["settings"], out)
    return FinishedRun(folder=folder, plan=plan, options=options, record=record, skips=folder.read_skips())


def gather(
    run: FinishedRun,
    measured: Mapping[str, Shares],
    stages: Sequence[ShownStage] = (),
    title: str | None = None,
) -> Content:
    """Gather what the report shows.

    Args:
        run: The run.
        measured: From ``measure``.
        stages: Of the chain that the run is a part of.
        title: Of the page; the name of the folder if not given.

    Raises:
        LabelError: The labels have changed since the run.
    """
    with damage_explained(run.folder.path):
        facts, notes = _facts(run), _notes(run)
        settings = [(_short(key), _short(str(value))) for key, value in run.record["settings"].items()]
    tasks = run.translated
    categories, index = _categories(run, measured)
    shown = sample([task for task in tasks if task.name in measured])
    gallery = for_gallery(shown, {task.name: _indices(run, task.name, index) for task in shown})
    return Content(
        title=_short(title or run.folder.path.absolute().name),
        facts=facts,
        notes=[*notes, *_sample_note(len(measured), len(tasks))],
        settings=settings,
        stages=stages,
        skip_reasons=list(count_reasons(run.skips).items()),
        skips=[
            ShownSkip(name=_short(one.file), reason=one.reason.value, detail=_short(one.detail))
            for one in run.skips[:MOST_SKIPS]
        ],
        categories=categories,
        changes=_changes(measured, len(tasks)),
        worst=_worst(run, measured, index),
        gallery=_gallery(run, gallery, measured, index),
        gallery_of=len(tasks),
    )


def measure(run: FinishedRun, workers: int) -> Generator[Found | Done, None, dict[str, Shares]]:
    """Return what the gate has measured where it has measured all, else the measures of a sample.

    Args:
        run: The run.
        workers: Processes that decode and measure; 0 for none.

    Yields:
        How far the comparison is, where there is one.

    Returns:
        What is left of each object's structure, by the picture's name.

    Raises:
        LabelError: The labels have changed since the run.
    """
    tasks = run.translated
    known = known_measures(run.folder.journals(JOURNAL), run.plan.labels, [task.name for task in tasks])
    if len(known) == len(tasks):
        return {name: _shares(run, name, measures.boxes) for name, measures in known.items()}
    todo = sample(tasks)
    yield Found(total=len(todo), what="pictures compared", can_stop=False)
    found: dict[str, Shares] = {}
    for measured in compare(run.plan.labels, todo, run.folder.path, run.options.max_pixels, workers):
        found[measured.task.name] = _shares(run, measured.task.name, measured.measures.boxes)
        yield Done(name=measured.task.name)
    return found


def _shares(run: FinishedRun, name: str, measures: Measures) -> Shares:
    """Return the smallest share that is left of each object of a picture."""
    words = words_of(run.options.colour_classes)
    objects = run.plan.labels.objects(name)
    return [kept_of(measure, one.category, words) for one, measure in zip(objects, measures, strict=True)]


def _categories(run: FinishedRun, measured: Mapping[str, Shares]) -> tuple[list[Category], dict[str, int]]:
    """Count the annotations by class.

    Returns:
        The classes, the most frequent first, and the index of each by its name.
    """
    annotations: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    drops = run.options.gate is Gate.DROP
    for task in run.written:
        objects = run.plan.labels.objects(task.name)
        annotations.update(one.category for one in objects)
        for one, share in zip(objects, measured.get(task.name, ()), strict=False):
            judged[one.category] += share is not None
            flagged[one.category] += has_vanished(share)
            annotations[one.category] -= drops and has_vanished(share)
    names = [name for name, _ in sorted(annotations.items(), key=lambda pair: (-pair[1], pair[0]))]
    listed, others = names[:MOST_CATEGORIES], names[MOST_CATEGORIES:]
    groups = [(name, [name]) for name in listed] + ([(f"{len(others):,} {_OTHER}", others)] if others else [])
    categories = [
        Category(
            name=_short(name),
            annotations=sum(annotations[one] for one in group),
            measured=sum(judged[one] for one in group),
            flagged=sum(flagged[one] for one in group),
        )
        for name, group in groups
    ]
    return categories, {one: number for number, (_, group) in enumerate(groups) for one in group}


def _indices(run: FinishedRun, name: str, index: Mapping[str, int]) -> list[int]:
    """Return the class index of each annotation of a picture."""
    return [index[one.category] for one in run.plan.labels.objects(name)]


def _changes(measured: Mapping[str, Shares], pictures: int) -> Changes | None:
    """Count the boxes by their change."""
    all_shares = [share for shares in measured.values() for share in shares]
    judged = [share for share in all_shares if share is not None]
    if not all_shares:
        return None
    counts, _ = np.histogram([1 - share for share in judged], bins=BINS, range=(0, 1))
    return Changes(
        counts=[int(number) for number in counts],
        threshold=1 - LOST_BELOW,
        judged=len(judged),
        flagged=sum(map(has_vanished, judged)),
        not_judged=len(all_shares) - len(judged),
        pictures=len(measured),
        of_pictures=pictures,
    )


def _worst(run: FinishedRun, measured: Mapping[str, Shares], index: Mapping[str, int]) -> list[ShownCrop]:
    """Show the boxes with the least structure left."""
    tasks = {task.name: task for task in run.translated}
    boxes = [
        (share, name, place)
        for name, shares in measured.items()
        for place, share in enumerate(shares)
        if share is not None
    ]
    crops = []
    for share, name, place in sorted(boxes)[:MOST_WORST]:
        pair = read_pair(run.plan.labels.image_root, run.folder.path, tasks[name], run.options.max_pixels)
        one = run.plan.labels.objects(name)[place]
        if pair is not None and (box := one.in_pixels((pair[0].shape[1], pair[0].shape[0]))) is not None:
            crops.append(shown_crop(_short(name), *pair, box, index[one.category], share))
    return [crop for crop in crops if crop is not None]


def _gallery(
    run: FinishedRun, tasks: Sequence[Task], measured: Mapping[str, Shares], index: Mapping[str, int]
) -> list[ShownPicture]:
    """Show pictures before and after; one that cannot be read any more is left out."""
    pictures = []
    for task in tasks:
        pair = read_pair(run.plan.labels.image_root, run.folder.path, task, run.options.max_pixels)
        if pair is not None:
            objects = run.plan.labels.objects(task.name)
            indices = _indices(run, task.name, index)
            pictures.append(shown_picture(_short(task.name), *pair, objects, measured.get(task.name, ()), indices))
    return pictures


def _facts(run: FinishedRun) -> list[tuple[str, str]]:
    """Say what was done, and how much."""
    summary = run.record["summary"]
    weights = run.record.get("weights", {})
    facts = [
        ("Pictures translated", f"{len(run.translated):,}"),
        ("Originals kept", f"{len(run.written) - len(run.translated):,}"),
        ("Left out", f"{len(run.skips):,}"),
        ("Labels", _labels_fact(summary)),
        ("Gate", _gate_fact(summary)),
        ("Generator", _generator_fact(weights)),
        ("Weights SHA-256", str(run.record["settings"].get("weights_sha256", ""))[:16]),
        ("Width", str(summary.get("width") or "each picture's own")),
        ("Computed on", " ".join(filter(None, (summary.get("device"), summary.get("precision"))))),
        ("Last run", f"{summary.get('seconds', 0):,.1f} s, {summary.get('images_per_s', 0):,.2f} images/s"),
        ("Finished", str(run.record.get("finished", "")).replace("T", " ").replace("+00:00", " UTC")),
    ]
    return [(key, value) for key, value in facts if value]


def _generator_fact(weights: Mapping[str, Any]) -> str:
    """Name the generator: its file and, as many are called alike, its folder; and what it makes."""
    place = Path(str(weights.get("path", "")))
    domain = f", to {weights['target_domain']}" if weights.get("target_domain") else ""
    name = f"{place.parent.name}/{place.name}" if place.parent.name else place.name
    return _short(f"{name}{domain}") if place.name else ""


def _labels_fact(summary: Mapping[str, Any]) -> str:
    """Say what was proved of the labels."""
    labels = summary.get("labels")
    if not labels:
        return "none"
    annotations = labels.get("annotations")
    number = f"{labels.get('files', 0):,} files" if annotations is None else f"{annotations:,} annotations"
    but = " but for the gate" if (summary.get("gate") or {}).get("flagged") else ""
    return f"{summary.get('format')}: {number}, equal to the source{but}"


def _gate_fact(summary: Mapping[str, Any]) -> str:
    """Say what the gate did."""
    gate = summary.get("gate")
    if not gate:
        return "off: no annotation was touched"
    return f"{gate['flagged']:,} of {gate['judged']:,} boxes may have lost their object: {gate['action']}"


def _notes(run: FinishedRun) -> list[str]:
    """Say what the reader must know."""
    terms = terms_of(str(run.record["settings"].get("weights_sha256")))
    return [f"Generator {terms}."] if terms else []


def _sample_note(measured: int, pictures: int) -> list[str]:
    """Say that a sample was measured, where it was."""
    if measured >= pictures:
        return []
    return [
        f"Boxes were compared in a sample of {measured:,} of {pictures:,} pictures; "
        "tpsence augment --gate flag compares all."
    ]


def _short(text: str) -> str:
    """Shorten a text that may be of any length, so that the page stays small."""
    safe = one_line(text[: 2 * _LONGEST_TEXT])
    return safe if len(safe) <= _LONGEST_TEXT else f"{safe[: _LONGEST_TEXT // 2]}…{safe[-_LONGEST_TEXT // 2 :]}"
