"""List the pictures below a folder of the user's own, where links may lead elsewhere."""

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

from pipeline.errors import LabelError
from pipeline.files.jail import Jail
from pipeline.files.text import one_line
from tpsence.errors import InputError, first_line


def pictures_below(folder: Path, extensions: Collection[str], without: Iterable[Path] = ()) -> list[str]:
    """List the files below a folder by extension; none if there is no such folder. Hidden names are left out.

    Args:
        folder: The folder; sub-folders may be links, and are not followed in circles.
        extensions: Lower case, with their dot.
        without: Folders that are left out, however they are reached.

    Returns:
        POSIX paths relative to the folder, sorted.

    Raises:
        InputError: A folder cannot be read.
    """
    left_out = frozenset(map(os.path.realpath, without))
    try:
        return sorted(_walk(folder, "", left_out, extensions)) if folder.is_dir() else []
    except OSError as error:
        raise InputError(one_line(f"{error.filename}: {first_line(error)}"), "Check its permissions.") from error


def _walk(folder: Path, prefix: str, left_out: frozenset[str], extensions: Collection[str]) -> Iterator[str]:
    """Yield the files below a folder, through links but not in circles: what is above a folder is left out."""
    real = os.path.realpath(folder)
    if real in left_out:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _walk(folder / entry.name, f"{prefix}{entry.name}/", left_out | {real}, extensions)
            elif PurePosixPath(entry.name).suffix.lower() in extensions:
                yield prefix + entry.name


def list_files(root: Path, *, follow_links: bool = False) -> list[str]:
    """List the regular names below a folder, hidden ones left out; linked folders have the names of their links.

    Args:
        root: The folder.
        follow_links: Follow linked folders that lead out of it.

    Returns:
        POSIX paths relative to it, sorted.

    Raises:
        LabelError: The folder cannot be read.
        UnsafeNameError: A linked folder leads out of it.
    """
    jail = Jail(root, follow_links=follow_links)
    above = {str(root): frozenset((os.path.realpath(root),))}
    found: list[str] = []

    def refuse(error: OSError) -> None:
        raise LabelError(f"{error.filename}: {error.strerror}", "Check the path.") from error

    for folder, folders, files in os.walk(root, onerror=refuse, followlinks=True):
        relative = Path(folder).relative_to(root).as_posix()
        prefix = "" if relative == "." else relative + "/"
        passed = above.pop(folder)
        entered = {}
        for name in sorted(name for name in folders if not name.startswith(".")):
            path = os.path.join(folder, name)  # noqa: PTH118 (as os.walk writes it)
            if not Path(path).is_symlink():
                entered[name] = passed
                continue
            jail.check(prefix + name)
            real = os.path.realpath(path)
            if real not in passed:  # else it goes in circles
                entered[name] = passed | {real}
        above.update({os.path.join(folder, name): chain for name, chain in entered.items()})  # noqa: PTH118
        folders[:] = entered
        found.extend(prefix + name for name in files if not name.startswith("."))
    return sorted(found)
