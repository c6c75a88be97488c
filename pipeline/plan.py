"""Who becomes what: the complete list of outputs, made and checked before the first write."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pipeline.geometry import Size
from pipeline.labels.interface import LabelSet
from pipeline.names import MAX_NAME_BYTES, Jail, add_suffix, check_suffix, is_inside, same_file_key
from pipeline.options import AugmentOptions, Gate, Shard
from pipeline.output import RESERVED
from pipeline.pairs import INPUT, TARGET, pair_names
from tpsence.errors import CollisionError, InputError, OutputError


class Action(str, Enum):
    """What happens to a picture."""

    TRANSLATE = "translate"
    KEEP = "keep"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class Task:
    """One picture of the output."""

    name: str
    """POSIX path relative to the image folder."""
    output: str
    """POSIX path relative to the output folder."""
    action: Action
    """Translate it, keep the original, or make its label map."""
    size: Size | None
    """(W, H) that the labels state, or None."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All pictures of the output, of all shards."""

    labels: LabelSet
    """The labels of the data set."""
    tasks: Sequence[Task]
    """In the order of the labels."""
    suffixes: Mapping[str, str]
    """Suffix of each picture of the output by its name."""
    label_files: Sequence[str]
    """Label files of the output, when no picture is skipped, as POSIX paths relative to the output folder."""
    pairs: Mapping[str, str]
    """Name in the pairs of each translated picture by its name; empty where there are to be no pairs."""

    def of_shard(self, shard: Shard) -> list[Task]:
        """Return the tasks of one shard."""
        if shard.count == 1:
            return list(self.tasks)
        return [task for task in self.tasks if stable_number(f"shard {task.name}") % shard.count == shard.index - 1]

    def translated(self, left_out: Collection[str] = ()) -> list[Task]:
        """Return the tasks that are translated, but for some names."""
        return translated(self.tasks, left_out)

    def pair_files(self, left_out: Collection[str] = ()) -> list[str]:
        """Return the files of the pairs as POSIX paths below the output folder, but for some pictures."""
        names = [pair for name, pair in self.pairs.items() if name not in left_out]
        return [f"{place}/{name}" for place in (INPUT, TARGET) for name in names]

    def source(self, task: Task) -> Path:
        """Return the file that a task reads."""
        return self.labels.image_root / task.name


def translated(tasks: Sequence[Task], left_out: Collection[str] = ()) -> list[Task]:
    """Return the tasks that are translated, but for some names."""
    return [task for task in tasks if task.action is Action.TRANSLATE and task.name not in left_out]


def make_plan(labels: LabelSet, options: AugmentOptions, out: Path) -> Plan:
    """Decide what happens to every picture.

    Args:
        labels: The data set.
        options: The choices of the run.
        out: The output folder; it need not exist.

    Raises:
        InputError: The suffix cannot stand in a name, or the labels take no marks.
        OutputError: The output folder is inside an input, or the reverse.
        UnsafeNameError: A link leads out of the image folder.
        CollisionError: Two inputs would become one output.
    """
    if options.suffix:
        check_suffix(options.suffix)
        labels.check_suffix(options.suffix)
    if options.gate is not Gate.OFF:
        labels.check_marks()
    refuse_overlap([labels.image_root, *labels.inputs()], out)
    jail = Jail(labels.image_root)
    tasks = []
    suffixes = {}
    for picture in labels.pictures:
        chosen = is_chosen(picture.name, options.fraction, options.seed)
        if not chosen and not options.keep_originals:
            continue
        _refuse_long_name(picture.name)
        jail.check(picture.name)
        suffix = options.suffix if chosen else ""
        output = add_suffix(picture.name, suffix)
        if labels.image_prefix:
            output = f"{labels.image_prefix}/{output}"
        action = Action.TRANSLATE if chosen else Action.KEEP
        tasks.append(Task(picture.name, output, action, picture.size))
        suffixes[picture.name] = suffix
    label_files = labels.output_files(suffixes)
    outputs = [(task.output, str(labels.image_root / task.name)) for task in tasks]
    pairs = _pairs(tasks) if options.pairs else {}
    plan = Plan(
        labels=labels, tasks=tasks, suffixes=suffixes, label_files=[name for name, _ in label_files], pairs=pairs
    )
    refuse_collisions(
        [*outputs, *label_files, *((file, "the pairs") for file in plan.pair_files())],
        "Names must differ by more than case; rename one, or choose another --suffix.",
    )
    return plan


def _pairs(tasks: Sequence[Task]) -> dict[str, str]:
    """Name the pairs of the pictures that are translated."""
    chosen = translated(tasks)
    names = pair_names([task.output for task in chosen])
    return {task.name: name for task, name in zip(chosen, names, strict=True)}


def is_chosen(name: str, fraction: float, seed: int) -> bool:
    """Tell whether a picture is among the share to translate.

    The choice depends on the name, the share and the seed alone: other pictures, their order and the machine do not
    matter, and a larger share contains a smaller one.
    """
    return fraction >= 1 or stable_number(f"choice {seed} {name}") < fraction * 2**64


def stable_number(text: str) -> int:
    """A hash of a text, 0 to 2^64 - 1, the same everywhere."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def refuse_overlap(places: Iterable[Path], out: Path, remedy: str | None = None) -> None:
    """Refuse an output that contains an input or is inside one.

    Args:
        places: Files and folders that are read.
        out: The output folder; it need not exist.
        remedy: What the user can do about it, where that is not another ``--out``.

    Raises:
        OutputError: The output contains one of them or is inside one.
    """
    for place in places:
        if is_inside(place, out):
            hint = remedy or "Give an empty folder of its own with --out."
            raise OutputError(f"{out}: contains the input {place}", hint)
        if place.is_dir() and is_inside(out, place):
            hint = remedy or "Give a folder outside the data set with --out."
            raise OutputError(f"{out}: is inside the input {place}", hint)


def refuse_collisions(outputs: Iterable[tuple[str, str]], remedy: str) -> None:
    """Refuse outputs that are one file on some file system, or a file where another needs a folder.

    Args:
        outputs: Pairs of a path below the output folder and what it comes from.
        remedy: What the user can do about it.

    Raises:
        CollisionError: Two would be one.
        InputError: A name is too long.
    """
    owners = {same_file_key(name): "a file of tpsence itself" for name in RESERVED}
    collisions = Counter[str]()
    first: tuple[str, str, str] | None = None
    for output, origin in outputs:
        _refuse_long_name(output)
        key = same_file_key(output)
        if key in owners:
            collisions[key] += 1
            first = first or (output, owners[key], origin)
        owners.setdefault(key, origin)
    for folder in _folders_of(owners):
        if folder in owners:
            collisions[folder] += 1
            first = first or (folder, owners[folder], "a folder of other outputs")
    if first:
        more = f" ({sum(collisions.values())} such cases)" if sum(collisions.values()) > 1 else ""
        raise CollisionError(
            f"{first[1]} and {first[2]} would both become {first[0]}{more}",
            remedy,
        )


def _folders_of(paths: Iterable[str]) -> set[str]:
    """Return all folders that some POSIX paths are in, at every depth."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders


def _refuse_long_name(output: str) -> None:
    """Refuse a name that no file system takes."""
    base = output.rpartition("/")[2]
    if len(base.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES:
        raise InputError(f"{base[:60]}...: the name would be longer than {MAX_NAME_BYTES} bytes", "Shorten --suffix.")
