"""Which pictures get a label map, and where it goes: one part for each folder of pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.classes.map_files import CLASSES_FILE
from pipeline.engine.tasks import Action, Task, refuse_collisions, refuse_overlap
from pipeline.files.jail import absolute
from pipeline.files.names import without_extension
from pipeline.files.text import one_line
from pipeline.files.walk import pictures_below
from pipeline.images.extensions import EXTENSIONS, OTHER_PICTURES
from pipeline.labels.locate import pictures_among
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard
from pipeline.segment.options import Phase
from tpsence.errors import InputError

_HINT_LAYOUT = (
    "DATAROOT has pictures in trainA and trainB, for `phases` test also in testA and testB. For other folders give "
    "`images` and `out`."
)
_HINT_LINKS = "It is reached through a link: every folder of pictures and of maps must be one of its own."
_HINT_COLLISION = "A label map has the stem of its picture: rename one of them, or remove it."


@dataclass(frozen=True, kw_only=True)
class Part:
    """One folder of pictures and the folder of its label maps."""

    root: Path
    """The folder that the names of the tasks are relative to."""
    images: Path
    """The folder of pictures: the root, or below it."""
    identity: str
    """What must be the same for a run to be continued: in a data set, which may be moved, the folder's name alone."""
    tasks: Sequence[Task]
    """The pictures, sorted by name."""
    folder: OutputFolder
    """The folder that the maps go to."""

    def is_there(self, task: Task) -> bool:
        """Tell whether the map of a picture is there, made of the picture as it is now."""
        return self.folder.is_current(task.output, self.root / task.name)


def dataset_parts(root: Path, phases: Sequence[Phase]) -> list[Part]:
    """List the parts of an unpaired data set: ``trainA`` becomes ``trainS``, ``trainB`` becomes ``trainT``.

    Args:
        root: The folder of ``trainA`` and the others.
        phases: Train, test, or both.

    Raises:
        InputError: A folder is missing, empty, or holds two pictures of one stem.
        OutputError: A folder of maps is one of pictures, or of other maps, through links.
    """
    names = [(phase.value + a, phase.value + s) for phase in phases for a, s in (("A", "S"), ("B", "T"))]
    images, outs = [root / name for name, _ in names], [root / label for _, label in names]
    for out in outs:
        refuse_overlap([*images, *(other for other in outs if other != out)], out, _HINT_LINKS)
    parts = []
    for (name, _), out in zip(names, outs, strict=True):
        tasks = _tasks(root, name, out, outs, _HINT_LAYOUT)
        folder = OutputFolder(out, Shard(), "segment", "Move that folder away")
        parts.append(Part(root=root, images=root / name, identity=name, tasks=tasks, folder=folder))
    return parts


def folder_part(images: Path, out: Path) -> Part:
    """List any folder of pictures, or one picture.

    Args:
        images: The folder, with or without sub-folders, or the picture.
        out: The folder of the maps; it need not exist.

    Raises:
        InputError: There are no pictures, or two of one stem.
        OutputError: One of the folders contains the other.
    """
    refuse_overlap([images], out)
    if images.is_file() and pictures_among([images.name]):
        root = images.parent
        tasks = _tasks_of([images.name], root, out)
    else:
        root = images
        tasks = _tasks(images, "", out, [out], "Give a folder of pictures, or one picture, with `images`.")
        refuse_overlap(sorted({(images / task.name).parent for task in tasks}), out)  # one may be mounted elsewhere
    folder = OutputFolder(out, Shard(), "segment")
    return Part(root=root, images=root, identity=str(absolute(images)), tasks=tasks, folder=folder)


def _tasks(root: Path, folder: str, out: Path, outs: Sequence[Path], hint: str) -> list[Task]:
    """List the pictures of one folder.

    Args:
        root: The folder that names are relative to.
        folder: The folder of pictures below it, empty for itself.
        out: The folder of their maps.
        outs: Folders of maps, which are no pictures.
        hint: The remedy where there are no pictures.
    """
    images = root / folder
    names = pictures_below(images, EXTENSIONS.keys() | OTHER_PICTURES, outs)
    if not names:
        problem = "no pictures in it" if images.is_dir() else "not a folder" if images.exists() else "no such folder"
        raise InputError(one_line(f"{images}: {problem}"), hint)
    return _tasks_of(names, root, out, f"{folder}/" if folder else "")


def _tasks_of(names: Sequence[str], root: Path, out: Path, prefix: str = "") -> list[Task]:
    """List pictures by their names.

    Args:
        names: POSIX paths.
        root: The folder that the names of the tasks are relative to.
        out: The folder of their maps.
        prefix: What stands before the names below the root.
    """
    tasks = [Task(prefix + name, without_extension(name) + ".png", Action.SEGMENT, None) for name in names]
    origins = [(task.output, str(root / task.name)) for task in tasks]
    refuse_collisions([*origins, (CLASSES_FILE, "the list of classes")], out, _HINT_COLLISION)
    return tasks
