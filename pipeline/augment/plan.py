"""Who becomes what: the complete list of outputs, made and checked before the first write."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.augment.choice import choose
from pipeline.augment.choice_numbers import Choice
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
from pipeline.files.jail import Jail
from pipeline.files.names import add_suffix, check_suffix
from pipeline.gate.options import Gate
from pipeline.labels.interface import LabelSet
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
        return self.labels.image_root / task.name


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
    # Their folders by themselves as well: one may be mounted elsewhere.
    folders = sorted({picture.name.rpartition("/")[0] for picture in labels.pictures})
    roots = [] if isinstance(labels, InMemory) else [labels.image_root]  # in memory: whatever the folders share
    places = [] if isinstance(labels, OnePicture) else [*roots, *(labels.image_root / folder for folder in folders)]
    refuse_overlap([*labels.inputs(), *places], out)
    chosen_names = choose(labels, options)
    jail = Jail(labels.image_root, follow_links=labels.follow_links)
    tasks = []
    suffixes = {}
    for picture in labels.pictures:
        chosen = picture.name in chosen_names
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
        labels=labels,
        tasks=tasks,
        suffixes=suffixes,
        label_files=[name for name, _ in label_files],
        pairs=pairs,
        choice=Choice(labels, chosen_names, options),
        has_clean_targets=options.has_clean_targets,
    )
    refuse_collisions(
        [*outputs, *label_files, *((file, "the pairs") for file in plan.pair_files())],
        out,
        "Names must differ by more than case there; rename one, choose another `suffix`, or give another `out`.",
    )
    return plan


def _pairs(tasks: Sequence[Task]) -> dict[str, str]:
    """Name the pairs of the pictures that are translated."""
    chosen = translated(tasks)
    names = pair_names([task.output for task in chosen])
    return {task.name: name for task, name in zip(chosen, names, strict=True)}
