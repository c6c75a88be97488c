"""Under which other name or in which other folder a picture is that is not where the labels say."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.images.skips import Reason, Skip
from pipeline.labels.hints.listing import MOST, pictures_near
from pipeline.labels.hints.spelling import common_end, difference, key_of, parts_of

_COMPARED = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A picture that the labels may mean. It was there when it was looked for."""

    name: str
    """POSIX path below the folder that was searched."""
    why: str
    """How it differs, a sentence without its end; empty where it is the name, and the rest of a longer path."""
    others: int
    """How many more fit as well."""

    def __str__(self) -> str:
        """Return what there is to say: ``'images/a.JPG' is there: upper and lower case differ``."""
        more = f" ({self.others} more fit{'s' if self.others == 1 else ''})" if self.others else ""
        return f"{self.name!r} is there{more}{': ' if self.why else ''}{self.why}"


class LookAlikes:
    """The pictures below a folder, by what is equal for all spellings of a name.

    The folder is looked through when it is asked for, once, and as far as that goes quickly. Several threads may ask.
    It can be pickled; what was found stays behind.

    Args:
        root: The folder.
        most: So many files and folders are looked at.
    """

    def __init__(self, root: Path, most: int = MOST) -> None:
        self.root = root
        self._most = most
        self._looking = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Send the folder alone."""
        return LookAlikes, (self.root, self._most)

    def found(self, name: str) -> Found | None:
        """Find what a name may mean, which may be a URL, or a path of another system.

        Args:
            name: As the labels have it.

        Returns:
            What fits best, or None where nothing does.
        """
        parts = parts_of(name)
        if not parts:
            return None
        fitting = []
        for path in self._candidates(parts):
            ranked = _compared(parts, path.split("/"))
            if ranked is not None and _is_file(self.root / path):
                fitting.append((ranked, path))
        if not fitting:
            return None
        fitting.sort(key=lambda one: (one[0][0], one[1].count("/"), one[1]))
        (rank, words), path = fitting[0]
        others = sum(ranked[0] == rank for ranked, _ in fitting) - 1
        return Found(path, " and ".join(words), others)

    def _candidates(self, parts: list[str]) -> list[str]:
        """Return what may be the picture, first what is in a folder of that name; not more than can be compared."""
        with self._looking:
            index = self._index
        keys = [key_of(part) for part in parts[-2:]]
        return (index.get("/".join(keys)) or index.get(keys[-1]) or [])[:_COMPARED]

    @cached_property
    def _index(self) -> Mapping[str, list[str]]:
        """Paths below the folder by the key of their last part, and by those of their last two."""
        found = defaultdict[str, list[str]](list)
        folders = dict[str, str]()
        for path in pictures_near(self.root, self._most):
            folder, _, base = path.rpartition("/")
            above = folders.setdefault(folder, key_of(folder.rpartition("/")[2]))
            key = key_of(base)
            found[key].append(path)
            if folder:
                found[f"{above}/{key}"].append(path)
        return found


def explained(skip: Skip, look_alikes: LookAlikes, source: str | None = None) -> Skip:
    """Return a skip that also tells where the picture is, if it is one that is missing and something like it is there.

    Args:
        skip: Of any reason.
        look_alikes: Of the folder that the source is relative to.
        source: The file that is missing, where the skip goes by another name.
    """
    found = look_alikes.found(source or skip.file) if skip.reason is Reason.MISSING else None
    return skip if found is None else Skip(skip.file, skip.reason, f"{skip.detail}; {found}")


def _compared(stated: list[str], there: list[str]) -> tuple[tuple[int, int], list[str]] | None:
    """Compare a stated path with one that is there.

    Returns:
        Its rank, the less the better, and what differs; None where the last parts mean something else.
    """
    whole = difference("/".join(stated), "/".join(there))
    if whole is not None:
        return (len(whole), -len(stated)), whole
    last = difference(stated[-1], there[-1])
    if last is None:
        return None
    common = common_end(stated[:-1], there[:-1])
    words = "it is in another folder"
    if common == min(len(stated), len(there)) - 1:
        less, more = sorted((stated, there), key=len)
        head = "/".join(more[: len(more) - len(less)])
        words = f"the labels {'have' if more is stated else 'leave out'} the folder {head!r}"
    return (len(last) + 1, -common), [*last, words]


def _is_file(path: Path) -> bool:
    """Tell whether a file is there still."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
