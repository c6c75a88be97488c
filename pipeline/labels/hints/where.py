"""Where the pictures of labels are when none of them is where the labels say: what to do about it."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.files.text import count, one_line
from pipeline.labels.hints.look_alikes import Found, LookAlikes
from pipeline.labels.hints.spelling import common_end, parts_of

_ASKED = 1000
_HEAD = 1 << 20


@dataclass(frozen=True, slots=True)
class _Match:
    """A name of the labels with what it may mean."""

    stated: str
    found: Found

    @property
    def tail(self) -> str:
        """The longest end of both paths that is the same, a POSIX path; empty where the last parts differ."""
        stated, there = parts_of(self.stated), self.found.name.split("/")
        return "/".join(there[len(there) - common_end(stated, there) :])

    @property
    def surplus(self) -> str | None:
        """What stands before the tail in the name, as the labels have it; None where it does not end with the tail."""
        if not self.tail or not self.stated.replace("\\", "/").endswith(self.tail):
            return None
        return self.stated[: len(self.stated) - len(self.tail)]

    def folder(self, base: Path) -> Path:
        """Return the folder that the tail is relative to."""
        above = self.found.name[: len(self.found.name) - len(self.tail)].rstrip("/")
        return base / above if above else base


def missing_hint(labels: Path, names: Sequence[str], images: Path | None = None) -> str | None:
    """Say what to do where none of the pictures is where the labels say; it is checked with the first of them.

    Args:
        labels: The label file or folder; it is searched, or the folder that the file is in, and then the one above.
        names: The names as they stand in the labels; they may be URLs, or paths of another system.
        images: The folder that the names were looked for in, where the user has given it; it is searched first.

    Returns:
        One or two sentences, or None where nothing like these pictures is there.
    """
    asked = names[:_ASKED]
    if (here := _absolute_here(asked, images)) is not None:
        return one_line(here)
    for base in _places(labels, images):
        look_alikes = LookAlikes(base)
        matches = [_Match(name, found) for name in asked if (found := look_alikes.found(name)) is not None]
        if matches:
            return one_line(_remedy(labels, base, matches, len(asked), images))
    return None


def _absolute_here(names: Sequence[str], images: Path | None) -> str | None:
    """Say what to do where names are absolute and the pictures are there."""
    there = [name for name in names if name.startswith("/") and _is_there(Path("/"), name)]
    folder = Path(os.path.commonpath([os.path.dirname(name) for name in there])) if there else None  # noqa: PTH120
    if folder is None or folder in {images, Path("/")}:
        return None
    return f"{_how_many(len(there), len(names))} in {folder}: give {folder} with `images`."


def _how_many(number: int, asked: int) -> str:
    """Begin a sentence about pictures that were found."""
    verb = "is" if number == 1 else "are"
    return "They are" if number == asked else f"Of {count(asked, 'picture')}, {number:,} {verb}"


def _places(labels: Path, images: Path | None) -> Iterator[Path]:
    """Yield the folders to search, the likely ones first."""
    folder = labels if labels.is_dir() else labels.parent
    places = [folder] if images is None else [images, folder]
    if len(folder.parents) > 1:  # never the whole disk
        places.append(folder.parent)
    yield from dict.fromkeys(places)


def _remedy(labels: Path, base: Path, matches: Sequence[_Match], asked: int, images: Path | None) -> str:
    """Say what to do, from what was found below one folder."""
    places = Counter((one.folder(base), one.surplus) for one in matches if one.surplus is not None)
    if not places:
        return _one_by_one(base, matches[0], images)
    (folder, surplus), number = places.most_common(1)[0]
    if number < len(matches):  # they are spread over folders
        return _one_by_one(base, matches[0], images)
    if any(one.found.others for one in matches):
        found = f"Pictures of these names are in {folder}, and in other folders too. If these are they"
    else:
        found = f"{_how_many(number, asked)} in {folder}"
    if (above := _where_they_hold(folder, surplus, matches)) is not None:
        return f"{found}: give {above} with `images`."
    steps = [f"take {_as_written(surplus, labels)} away from the names in the labels"] if surplus else []
    steps += [f"give {folder} with `images`"] if folder != images else []
    return f"{found}: {' and '.join(steps)}." if steps else f"{found}."


def _where_they_hold(folder: Path, surplus: str, matches: Sequence[_Match]) -> Path | None:
    """Return the folder further up in which all names hold as they stand, or None where there is none.

    Args:
        folder: Where the pictures are by the ends of their names.
        surplus: What stands before these ends.
        matches: The names.
    """
    parts = parts_of(surplus)
    if not parts or folder.parts[-len(parts) :] != tuple(parts):
        return None
    above = folder.parents[len(parts) - 1]
    return above if all(_is_there(above, one.stated) for one in matches) else None


def _as_written(text: str, labels: Path) -> str:
    """Quote a part of a name as it stands in the label file, for an editor to find: JSON escapes some letters."""
    escaped = [json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]]
    forms = [text, *escaped, *(one.replace("/", "\\/") for one in escaped)]
    try:
        with labels.open("rb") as file:
            head = file.read(_HEAD).decode(errors="replace")
    except OSError:  # a folder
        head = ""
    return f"'{next((form for form in forms if form in head), text)}'"


def _one_by_one(base: Path, match: _Match, images: Path | None) -> str:
    """Say what is the matter with the first name; each is to be mended by itself."""
    give = "" if base == images else f", and give {base} with `images`"
    what = f"For {match.stated!r}, below {base}, {match.found}."
    return f"{what} Write the names in the labels as the files have them{give}."


def _is_there(folder: Path, name: str) -> bool:
    """Tell whether a picture is there."""
    try:
        return bool(name) and (folder / name).is_file()
    except (OSError, ValueError):
        return False
