"""Drop what stages have made of pictures that are others now."""

from collections.abc import Collection
from pathlib import Path

from pipeline.augment.plan import Plan
from pipeline.classes.map_files import CLASSES_FILE
from pipeline.files.names import without_extension
from pipeline.gate.journal import forget
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard
from pipeline.segment.parts import Part


def drop_maps(part: Part, pictures: Collection[str] | None) -> None:
    """Drop label maps.

    Args:
        part: The pictures and the folder of their maps.
        pictures: Names below the folder of pictures, or None for all.

    Raises:
        OutputError: The folder is in use.
        RunError: They cannot be removed.
    """
    if pictures is None:
        part.folder.clear([*(task.output for task in part.tasks), CLASSES_FILE])
    else:
        part.folder.forget(f"{without_extension(name)}.png" for name in pictures)


def drop_pictures(plan: Plan, out: Path, pictures: Collection[str] | None) -> None:
    """Drop translated pictures, and what was measured of them.

    Args:
        plan: Of the translation.
        out: Its folder.
        pictures: Names of their sources, or None for all.

    Raises:
        OutputError: The folder is in use.
        RunError: They cannot be removed.
    """
    folder = OutputFolder(out, Shard())
    if pictures is None:
        folder.clear([*(task.output for task in plan.tasks), *plan.label_files, *plan.pair_files()])
        return
    tasks = [task for task in plan.tasks if task.source in pictures]
    forget(folder, {task.name for task in tasks})  # first: a measure must not outlive its picture
    folder.forget(task.output for task in tasks)
