"""What lies beside the text files and the pictures of a YOLO data set: nothing of it is lost without a word."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.files.names import without_extension
from pipeline.images.skips import Reason, Skip
from pipeline.labels.companions import is_companion
from pipeline.labels.hints.look_alikes import LookAlikes
from pipeline.labels.yolo.texts import Texts

_EXPLAINED = 20
"""Texts without a picture that are looked for under other names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Files that are neither pictures nor the text files of pictures; POSIX paths below the folder of the labels."""

    companions: tuple[str, ...]
    """To be carried."""
    skips: tuple[Skip, ...]
    """Text files that belong to no picture, or have the wrong extension."""
    left_behind: tuple[str, ...]
    """All others."""
    without_picture: tuple[str, ...]
    """Text files of objects that belong to no picture."""


def sort_beside(names: Iterable[str], texts: Texts, images: Path, where: str) -> Beside:
    """Tell what files are.

    Args:
        names: POSIX paths below the folder of the labels, of neither pictures nor text files of pictures.
        texts: The text files.
        images: The folder of the pictures.
        where: Where a picture was looked for, for the skip: ``in /data/images``.

    Raises:
        UnsafeNameError: A link leads out of the folder.
    """
    companions, skips, left_behind, without_picture = [], [], [], []
    look_alikes = LookAlikes(images)
    for name in sorted(set(names)):
        if name in texts.unreadable:
            continue  # which is a skip already
        if is_companion(name):
            companions.append(name)
        elif not name.lower().endswith(".txt") or not texts.is_yolo(name):
            left_behind.append(name)
        elif not name.endswith(".txt"):
            skips.append(Skip(name, Reason.BAD_LABEL, "not read: the extension must be .txt in lower case"))
        else:
            texts.read(name)
            without_picture.append(name)
            like = look_alikes.found(without_extension(name) + ".jpg") if len(without_picture) <= _EXPLAINED else None
            detail = f"no picture of this name {where}" + (f"; {like}" if like else "")
            skips.append(Skip(name, Reason.MISSING, detail))
    return Beside(
        companions=tuple(companions),
        skips=tuple(skips),
        left_behind=tuple(left_behind),
        without_picture=tuple(without_picture),
    )
