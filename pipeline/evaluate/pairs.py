"""Which pictures are compared with which: those of a finished run with their sources, or two folders by names."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from pathlib import Path

from pipeline.augment.finished import finished_run
from pipeline.engine.tasks import Action, Task, stable_number
from pipeline.errors import OutputError
from pipeline.evaluate.options import EvaluateOptions
from pipeline.files.jail import absolute
from pipeline.files.names import without_extension
from pipeline.files.text import count
from pipeline.files.walk import pictures_below
from pipeline.images.extensions import EXTENSIONS
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import chosen_format, open_labels
from pipeline.output.chain_folder import ChainFolder, is_chain
from pipeline.output.run_file import RUN_FILE
from tpsence.errors import InputError

LEAST = 10
"""With fewer pictures a figure tells nothing of others."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Pictures before and after."""

    out: Path
    """The folder of the pictures after; a task's ``output`` is relative to it."""
    labels: LabelSet
    """Their labels, perhaps none; its ``image_root`` is the folder of the pictures before."""
    tasks: Sequence[Task]
    """The pictures to compare."""
    of: int
    """How many there are."""
    is_run: bool
    """A run of tpsence has made them, and its report can show what is found."""
    notes: Sequence[str] = ()
    """What was left out."""


def open_pairs(options: EvaluateOptions) -> Pairs:
    """Find the pictures to compare.

    Raises:
        InputError: A folder is missing, there is no finished run, or names do not match.
        OutputError: The figures cannot be written.
    """
    pairs = _of_run(options.out) if options.before is None else _of_folders(options, absolute(options.before))
    chosen = first_by_hash([task.name for task in pairs.tasks], options.sample or pairs.of)
    tasks = [task for task in pairs.tasks if task.name in chosen]
    refuse_few(len(tasks), options.out)
    if not os.access(pairs.out, os.W_OK):
        raise OutputError(f"{pairs.out}: cannot be written to", "The figures go there: change its permissions.")
    return replace(pairs, tasks=tasks)


def pictures_in(folder: Path, setting: str) -> list[str]:
    """List a folder of real pictures.

    Returns:
        POSIX paths relative to it.

    Raises:
        InputError: There is no such folder, or it has too few pictures.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder", f"Check the path after `{setting}`.")
    names = pictures_below(folder, EXTENSIONS.keys())
    refuse_few(len(names), folder)
    return names


def refuse_few(number: int, folder: Path) -> None:
    """Refuse a set that is too small to measure.

    Raises:
        InputError: It is.
    """
    if number < LEAST:
        raise InputError(f"{folder}: {count(number, 'picture')} to measure", f"At least {LEAST} are needed.")


def first_by_hash(names: Sequence[str], most: int) -> set[str]:
    """Return so many names by their hash, all where there are fewer: of more names, those before stay."""
    return set(names if len(names) <= most else nsmallest(most, names, key=_rank))


def _of_run(out: Path) -> Pairs:
    """Return the pictures that a finished run has translated."""
    folder = ChainFolder(out).augmented if is_chain(out) else out
    if folder.is_dir() and not (folder / RUN_FILE).exists():
        what = f"{folder}: not written by tpsence: there is no run.json in it"
        raise OutputError(what, "Give the folder of the originals with `before`.")
    run = finished_run(folder)
    tasks = run.translated
    notes = _copies(len({task.source for task in tasks}), len(tasks))
    return Pairs(out=folder, labels=run.plan.labels, tasks=tasks, of=len(tasks), is_run=True, notes=notes)


def _of_folders(options: EvaluateOptions, before: Path) -> Pairs:
    """Match the pictures of two folders by their names, the extension aside where need be."""
    if not options.out.is_dir():
        raise InputError(f"{options.out}: no such folder", "Give a folder of pictures as OUT.")
    label_format = chosen_format(options.format)
    labels = open_labels(options.labels, before, label_format, follow_links=options.follow_links)
    there = pictures_below(options.out, EXTENSIONS.keys())
    by_stem = {without_extension(name): name for name in there}
    exact = set(there)
    tasks = []
    for picture in labels.pictures:
        output = picture.name if picture.name in exact else by_stem.get(without_extension(picture.name))
        if output is not None:
            tasks.append(Task(picture.name, output, Action.TRANSLATE, picture.size))
    if not tasks:
        what = f"{options.out}: none of its {count(len(there), 'picture')} has the name of one in {before}"
        raise InputError(what, "Names must be the same, with the folders in them, but for the extension.")
    notes = _unmatched(len(there) - len({task.output for task in tasks}), "OUT", "without an original")
    notes += _unmatched(len(labels.pictures) - len(tasks), "the folder of originals", "not in OUT")
    return Pairs(out=options.out, labels=labels, tasks=tasks, of=len(tasks), is_run=False, notes=notes)


def _copies(sources: int, pictures: int) -> list[str]:
    """Say that pictures are copies of fewer, where they are: of these the intervals know nothing."""
    if sources == pictures:
        return []
    made = f"{count(pictures, 'picture')} were made of {sources:,}"
    return [f"{made}; copies of one picture count as pictures of their own, so that intervals are too narrow."]


def _unmatched(number: int, where: str, what: str) -> list[str]:
    """Say that pictures were left out, where some were."""
    return [f"{count(number, 'picture')} of {where} {'is' if number == 1 else 'are'} {what}."] if number else []


def _rank(name: str) -> int:
    """The hash that a sample is drawn by."""
    return stable_number(f"evaluate {name}")
