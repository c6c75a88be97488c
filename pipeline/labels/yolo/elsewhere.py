"""Text files that are there and belong to no picture, because they are not where trainers look for them."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import LabelError
from pipeline.files.names import without_extension
from pipeline.files.walk import list_files
from pipeline.labels.hints.spelling import common_end
from pipeline.labels.yolo.places import label_path
from pipeline.labels.yolo.texts import begins_as_yolo
from tpsence.errors import InputError

Try = Callable[[Path, Path], bool]
"""From a folder of text files and one of pictures to whether the pictures then have labels."""
_PROBED = 100
"""Text files that are opened, at most: any that has an object says enough."""


class _Pair(NamedTuple):
    """A picture and the text file of its stem."""

    picture: str
    text: str


def refuse_texts_elsewhere(root: Path, pictures: Collection[str], works: Try, *, follow_links: bool) -> None:
    """Refuse pictures of which none has a text file, where some text below their folder has the stem of one and boxes.

    Args:
        root: What the pictures' names are relative to.
        pictures: POSIX paths.
        works: Tries two folders.
        follow_links: Follow links that lead out of the root.

    Raises:
        LabelError: There is such a text.
    """
    pair = _pair(root, pictures, follow_links=follow_links)
    if pair is None:
        return
    expected = label_path(pair.picture)
    problem = (
        f"{root}: none of the pictures has a label file: {expected!r} is looked for, as by trainers, and {pair.text!r} "
        "is there"
    )
    if expected.lower() == pair.text.lower():
        raise LabelError(problem, "Upper and lower case count: rename it, and the others.")
    texts, images = (root / place for place in _folders(pair))
    hint = "Trainers look in 'labels' for what is in 'images': name the two folders so."
    if works(texts, images):
        hint = f"{hint} Or give {texts} with `labels` and {images} with `images`."
    raise LabelError(problem, hint)


def _pair(root: Path, pictures: Collection[str], *, follow_links: bool) -> _Pair | None:
    """Find a text with boxes that has the stem of a picture, the longest common end of their paths first."""
    stems = {without_extension(name).rpartition("/")[2]: name for name in pictures}
    try:
        files = list_files(root, follow_links=follow_links)
    except InputError:  # what is beside the pictures is not the user's concern where it is not looked at otherwise
        return None
    texts = [name for name in files if name.lower().endswith(".txt")]
    pairs = [
        _Pair(picture, text)
        for text in texts
        if (picture := stems.get(without_extension(text).rpartition("/")[2])) is not None
    ]
    pairs.sort(key=lambda pair: -_alike(pair))
    return next((pair for pair in pairs[:_PROBED] if begins_as_yolo(root / pair.text, with_objects=True)), None)


def _alike(pair: _Pair) -> int:
    """Count the parts at the end of both paths that are the same, extensions aside."""
    return common_end(*(without_extension(name).split("/") for name in pair))


def _folders(pair: _Pair) -> tuple[str, str]:
    """Return the folders of the text and of the picture, without what both have in common at their end."""
    texts, images = (name.split("/") for name in (pair.text, pair.picture))
    common = _alike(pair)
    return "/".join(texts[: len(texts) - common]), "/".join(images[: len(images) - common])
