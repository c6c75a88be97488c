"""The pictures below a folder, looked through for a hint: bounded, and never an error."""

import os
import time
from collections import deque
from pathlib import Path

from pipeline.labels.locate import pictures_among

MOST = 200_000
"""So many files and folders are looked at, the near ones first."""
SECONDS = 5.0
"""For so long, for disks that are slow."""
_STATE = ".tpsence"
"""What an output folder of an earlier run has: its pictures are no source."""


def pictures_near(root: Path, most: int = MOST) -> list[str]:
    """List the pictures below a folder, those at the top first, as far as that goes quickly.

    Hidden names, output folders of earlier runs and links that lead out of the folder are left out.

    Args:
        root: The folder.
        most: So many files and folders are looked at.

    Returns:
        POSIX paths relative to it; none where it cannot be read.
    """
    real_root = os.path.realpath(root)
    end = time.monotonic() + SECONDS
    seen, todo, names = {real_root}, deque([""]), list[str]()
    while todo and len(names) < most and time.monotonic() < end:
        prefix = todo.popleft()
        files, folders = _entries(root / prefix, most - len(names))
        names += [prefix + file for file in files]
        for folder in folders:
            real = os.path.realpath(root / prefix / folder)
            if real not in seen and real.startswith(real_root.rstrip(os.sep) + os.sep):
                seen.add(real)
                todo.append(f"{prefix}{folder}/")
    return pictures_among(names)


def _entries(folder: Path, most: int) -> tuple[list[str], list[str]]:
    """Return the names of the files and of the folders in a folder, sorted; none where it cannot be read."""
    files, folders = list[str](), list[str]()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == _STATE:
                    return [], []
                if not entry.name.startswith(".") and len(files) + len(folders) < most:
                    (folders if entry.is_dir() else files).append(entry.name)
    except OSError:
        return [], []
    return sorted(files), sorted(folders)
