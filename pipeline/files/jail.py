"""Places that nothing may leave: folders, and links that would lead out of them."""

import os
from pathlib import Path

from pipeline.errors import UnsafeNameError


class Jail:
    """A folder that no path below it may leave through a symbolic link.

    Args:
        root: The folder; it may itself be reached through links.
        follow_links: The user trusts the links, and every path may.
    """

    def __init__(self, root: Path, *, follow_links: bool = False) -> None:
        self.root = root
        self._is_open = follow_links
        self._real = os.path.realpath(root)
        self._folders: dict[str, bool] = {}

    def check(self, relative: str) -> None:
        """Refuse a path that a link leads out of the folder.

        Args:
            relative: POSIX path below the root, free of ``..``; it need not exist.

        Raises:
            UnsafeNameError: A link on the way, or the file itself, points outside.
        """
        if self._is_open:
            return
        folder = relative.rpartition("/")[0]
        if folder not in self._folders:
            self._folders[folder] = self._inside(folder)
        if not self._folders[folder] or (Path(f"{self.root}/{relative}").is_symlink() and not self._inside(relative)):
            raise UnsafeNameError(
                f"{self.root / relative}: a symbolic link leads out of {self.root}",
                "If you trust where it leads, say so with `follow_links`; else copy the file into the folder.",
            )

    def _inside(self, relative: str) -> bool:
        """Tell whether the real place of a path is below the real root."""
        real = os.path.realpath(f"{self.root}/{relative}")
        return real == self._real or real.startswith(self._real.rstrip(os.sep) + os.sep)


def place_inside(path: Path, folder: Path) -> str | None:
    """Return where a path is below a folder, links resolved.

    Args:
        path: The path; it need not exist.
        folder: The folder.

    Returns:
        A POSIX path relative to the folder, empty for the folder itself, or None if the path is elsewhere.
    """
    place, root = path.resolve(), folder.resolve()
    if not place.is_relative_to(root):
        return None
    relative = place.relative_to(root).as_posix()
    return "" if relative == "." else relative


def name_below(path: Path, folder: Path) -> str | None:
    """Return what a path is called below a folder: by its own name, and only where that lies elsewhere, links resolved.

    Args:
        path: The path; it need not exist.
        folder: The folder.

    Returns:
        A POSIX path relative to the folder, empty for the folder itself, or None if the path is elsewhere.
    """
    place, root = absolute(path), absolute(folder)
    if not place.is_relative_to(root):
        return place_inside(path, folder)
    relative = place.relative_to(root).as_posix()
    return "" if relative == "." else relative


def absolute(path: Path) -> Path:
    """Make a path absolute without following links, so that its own name stays."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (Path.resolve follows links)


def is_inside(path: Path, folder: Path) -> bool:
    """Tell whether a path is a folder or below it, links resolved, by whatever names it is reached (bind mounts).

    Args:
        path: The path; it need not exist.
        folder: The folder; nothing that exists is below one that does not.
    """
    if place_inside(path, folder) is not None:
        return True
    place, wanted = path.resolve(), _state(folder)
    if wanted is None:
        return False
    states = (_state(one) for one in (place, *place.parents))
    return any(state is not None and os.path.samestat(state, wanted) for state in states)


def _state(path: Path) -> os.stat_result | None:
    """Return what is at a path, or None where nothing can be seen."""
    try:
        return path.stat()
    except OSError:
        return None
