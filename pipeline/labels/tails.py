"""Paths of another computer, whose end is a path here."""

import os
import re
from pathlib import Path


def existing_tail(text: str, root: Path) -> str | None:
    r"""Return the longest end of a path that is there below a folder.

    Args:
        text: A path with slashes of either kind: ``/content/drive/set/images/a.jpg``, ``D:\set\images``.
        root: The folder.

    Returns:
        A POSIX path relative to the folder, or None where no end is there or the text is no path.
    """
    parts = [part for part in re.split(r"[/\\]", re.sub(r"^[A-Za-z]:", "", text)) if part not in {"", "."}]
    if "\0" in text or len(text) > os.pathconf("/", "PC_PATH_MAX"):
        return None
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        if ".." not in parts[start:] and os.path.exists(root / tail):  # noqa: PTH110 (a name may be too long)
            return tail
    return None
