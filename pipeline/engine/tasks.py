"""What is to be done for each picture, and which outputs cannot stand side by side."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pipeline.errors import CollisionError, OutputError
from pipeline.files.jail import is_inside
from pipeline.files.names import MAX_NAME_BYTES, same_file_key, same_name_key
from pipeline.files.spelling import tells_spellings_apart
from pipeline.images.geometry import Size
from pipeline.output.layout import RESERVED
from tpsence.errors import InputError


class Action(str, Enum):
    """What happens to a picture."""

    TRANSLATE = "translate"
    KEEP = "keep"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class Task:
    """One picture of the output."""

    name: str
    """What everything that is noted of it goes by: the POSIX path below the image folder, of a copy with its number."""
    output: str
    """POSIX path relative to the output folder."""
    action: Action
    """Translate it, keep the original, or make its label map."""
    size: Size | None
    """(W, H) that the labels state, or None."""
    source: str = ""
    """The file that is read, a POSIX path relative to the image folder; the name itself where nothing else is said."""
    copy: int = 1
    """Which of several copies of its source it is, from 1."""

    def __post_init__(self) -> None:
        """Take the name for the source where that is not said."""
        if not self.source:
            object.__setattr__(self, "source", self.name)


def translated(tasks: Sequence[Task], left_out: Collection[str] = ()) -> list[Task]:
    """Return the tasks that are translated, but for some names."""
    return [task for task in tasks if task.action is Action.TRANSLATE and task.name not in left_out]


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
            hint = remedy or "Give an empty folder of its own with `out`."
            raise OutputError(f"{out}: contains the input {place}", hint)
        if place.is_dir() and is_inside(out, place):
            hint = remedy or "Give a folder outside the data set with `out`."
            raise OutputError(f"{out}: is inside the input {place}", hint)


def refuse_collisions(outputs: Sequence[tuple[str, str]], out: Path, remedy: str) -> None:
    """Refuse outputs that are one file in the output folder, or a file where another needs a folder.

    Args:
        outputs: Pairs of a path below the output folder and what it comes from.
        out: The output folder; it need not exist. Its file system is asked where names differ by case or accents only.
        remedy: What the user can do about it.

    Raises:
        CollisionError: Two would be one.
        InputError: A name is too long.
    """
    for output, _ in outputs:
        _refuse_long_name(output)
    found = _collision(outputs, same_file_key)
    if found and tells_spellings_apart(out):
        found = _collision(outputs, same_name_key)
    if found:
        raise CollisionError(found, remedy)


def _collision(outputs: Iterable[tuple[str, str]], key_of: Callable[[str], str]) -> str | None:
    """Tell which outputs would be one, by a key that is equal for names of one file; None where there are none."""
    reserved = {same_file_key(name) for name in RESERVED}
    owners: dict[str, str] = {}
    count = 0
    first: tuple[str, str, str] | None = None
    for output, origin in outputs:
        key = key_of(output)
        owner = "a file of tpsence itself" if same_file_key(output) in reserved else owners.get(key)
        if owner is not None:
            count += 1
            first = first or (output, owner, origin)
        owners.setdefault(key, origin)
    for folder in _folders_of(owners):
        owner = "a file of tpsence itself" if same_file_key(folder) in reserved else owners.get(folder)
        if owner is not None:
            count += 1
            first = first or (folder, owner, "a folder of other outputs")
    if first is None:
        return None
    more = f" ({count} such cases)" if count > 1 else ""
    return f"{first[1]} and {first[2]} would both become {first[0]}{more}"


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
        message = f"{base[:60]}...: the name would be longer than {MAX_NAME_BYTES} bytes"
        raise InputError(message, "Shorten `suffix`, or rename it.")
