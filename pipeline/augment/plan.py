"""Who becomes what: the complete list of outputs, made and checked before the first write."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.augment.choice import choose
from pipeline.augment.choice_numbers import Choice
from pipeline.augment.drawing import Drawing, drawing_of
from pipeline.augment.options import AugmentOptions
from pipeline.augment.pairs import INPUT, TARGET, pair_names
from pipeline.engine.tasks import (
    Action,
    Task,
    _refuse_long_name,
    refuse_collisions,
    refuse_overlap,
    stable_number,
    translated,
)
from pipeline.errors import OutputError
from pipeline.files.jail import Jail
from pipeline.files.names import add_suffix, check_suffix
from pipeline.gate.options import Gate
from pipeline.labels.copies import Copies, copy_suffix
from pipeline.labels.interface import LabelSet
from pipeline.labels.locate import pictures_among
from pipeline.labels.memory import InMemory
from pipeline.labels.one_picture import OnePicture
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All pictures of the output, of all shards."""

    labels: LabelSet
    """The labels of the data set."""
    tasks: Sequence[Task]
    """All pictures of the output, in the order of the labels."""
    suffixes: Mapping[str, str]
    """Suffix of each picture of the output by its name."""
    label_files: Sequence[str]
    """Label files of the output, when no picture is skipped, as POSIX paths relative to the output folder."""
    pairs: Mapping[str, str]
    """Name in the pairs of each translated picture by its name; empty where there are to be no pairs."""
    choice: Choice
    """Which pictures of the data set are translated, for what is said of it."""
    drawing: Drawing
    """What is drawn for each picture that is translated."""
    has_clean_targets: bool = False
    """Whether the targets of the pairs are made with the pictures, and are not the originals."""

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

    def clean_targets(self) -> dict[str, str]:
        """Return where the clean target of a picture goes, a POSIX path below the output folder, by its name."""
        return {name: f"{TARGET}/{pair}" for name, pair in self.pairs.items()} if self.has_clean_targets else {}

    def lacks_target(self, task: Task, folder: OutputFolder) -> bool:
        """Tell whether a picture has to be made once more for its clean target, which is not in the folder."""
        return (
            self.has_clean_targets and task.name in self.pairs and not folder.has(f"{TARGET}/{self.pairs[task.name]}")
        )

    def source(self, task: Task) -> Path:
        """Return the file that a task reads."""
        return self.labels.image_root / task.source


def make_plan(labels: LabelSet, options: AugmentOptions, out: Path) -> Plan:
    """Decide what happens to every picture.

    Args:
        labels: The data set.
        options: The choices of the run.
        out: The output folder; it need not exist.

    Raises:
        InputError: The suffix cannot stand in a name, the labels take no marks, or have no such split or class.
        OutputError: The output folder is inside an input, or the reverse.
        UnsafeNameError: A link leads out of the image folder.
        CollisionError: Two inputs would become one output.
    """
    if options.suffix:
        check_suffix(options.suffix)
        labels.check_suffix(options.suffix)
    if options.gate is not Gate.OFF:
        labels.check_marks()
    if isinstance(labels, OnePicture):
        _refuse_picture_as_folder(labels, out)
    refuse_overlap([*labels.inputs(), *_folders_of(labels)], out)
    chosen = choose(labels, options)
    _check_names(labels, None if options.keep_originals else chosen)
    choice = Choice(labels, chosen, options)
    if options.copies > 1:
        labels = Copies(labels, chosen, options.copies)
    planned = list(_planned(labels, chosen, options))
    tasks = [task for task, _ in planned]
    suffixes = {task.name: suffix for task, suffix in planned}
    label_files = labels.output_files(suffixes)
    outputs = [(task.output, str(labels.image_root / task.source)) for task in tasks]
    pairs = _pairs(tasks) if options.pairs else {}
    plan = Plan(
        labels=labels,
        tasks=tasks,
        suffixes=suffixes,
        label_files=[name for name, _ in label_files],
        pairs=pairs,
        choice=choice,
        has_clean_targets=options.has_clean_targets,
        drawing=drawing_of(options),
    )
    refuse_collisions(
        [*outputs, *label_files, *((file, "the pairs") for file in plan.pair_files())],
        out,
        "Names must differ by more than case there; rename one, choose another `suffix`, or give another `out`.",
    )
    return plan


def _folders_of(labels: LabelSet) -> list[Path]:
    """Return the folders that are the data set's; none of a picture that was given alone."""
    if isinstance(labels, OnePicture):
        return []
    roots = [] if isinstance(labels, InMemory) else [labels.image_root]  # in memory: whatever the folders share
    # Those of the pictures by themselves as well: one may be mounted elsewhere.
    folders = sorted({picture.name.rpartition("/")[0] for picture in labels.pictures})
    return [*roots, *(labels.image_root / folder for folder in folders)]


def _check_names(labels: LabelSet, wanted: Collection[str] | None) -> None:
    """Refuse names of pictures that cannot be read safely, or be written.

    Args:
        labels: The data set.
        wanted: The pictures that are looked at, or None for all.

    Raises:
        InputError: A name is too long.
        UnsafeNameError: A link leads out of the image folder.
    """
    jail = Jail(labels.image_root, follow_links=labels.follow_links)
    for picture in labels.pictures:
        if wanted is None or picture.name in wanted:
            _refuse_long_name(picture.name)
            jail.check(picture.name)


def _refuse_picture_as_folder(labels: OnePicture, out: Path) -> None:
    """Refuse an output that is named like a picture: one alone is written into a folder too.

    Raises:
        OutputError: It is named so.
    """
    if pictures_among([out.name]) and not out.exists():
        raise OutputError(
            f"{out}: the name of a picture, and the output is a folder",
            f"Give a folder with `out`, such as {out.with_suffix('')}; the picture there is called {labels.file.name}.",
        )


def _planned(labels: LabelSet, chosen: Collection[str], options: AugmentOptions) -> Iterator[tuple[Task, str]]:
    """Yield the pictures of the output, each with the suffix that the name of its source gets.

    Args:
        labels: The data set, with its copies where there are any.
        chosen: The pictures to translate, by the names of the data set.
        options: The choices of the run.
    """
    copies = labels if isinstance(labels, Copies) else None
    for picture in labels.pictures:
        name = picture.name
        source, copy = (copies.source_of(name), copies.copy_of(name)) if copies else (name, 1)
        is_translated = source in chosen
        if not is_translated and not options.keep_originals:
            continue
        suffix = options.suffix + (copy_suffix(copy) if copies else "") if is_translated else ""
        output = add_suffix(source, suffix)
        if labels.image_prefix:
            output = f"{labels.image_prefix}/{output}"
        action = Action.TRANSLATE if is_translated else Action.KEEP
        yield Task(name, output, action, picture.size, source, copy), suffix


def _pairs(tasks: Sequence[Task]) -> dict[str, str]:
    """Name the pairs of the pictures that are translated."""
    chosen = translated(tasks)
    names = pair_names([task.output for task in chosen])
    return {task.name: name for task, name in zip(chosen, names, strict=True)}
