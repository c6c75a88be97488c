"""What lies beside the text files and the pictures of a YOLO data set: nothing of it is lost without a word."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.images.skips import Reason, Skip
from pipeline.labels.companions import is_companion
from pipeline.labels.yolo.texts import Texts


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


def sort_beside(names: Iterable[str], texts: Texts, where: str) -> Beside:
    """Tell what files are.

    Args:
        names: POSIX paths below the folder of the labels, of neither pictures nor text files of pictures.
        texts: The text files.
        where: Where a picture was looked for, for the skip: ``in /data/images``.

    Raises:
        UnsafeNameError: A link leads out of the folder.
    """
    companions, skips, left_behind, without_picture = [], [], [], []
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
            skips.append(Skip(name, Reason.MISSING, f"no picture of this name {where}"))
    return Beside(
        companions=tuple(companions),
        skips=tuple(skips),
        left_behind=tuple(left_behind),
        without_picture=tuple(without_picture),
    )
