"""Where the text files of YOLO are, seen from the pictures, and the reverse: ``labels`` stands beside ``images``."""

from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.names import without_extension
from pipeline.files.walk import list_files
from pipeline.labels.link_texts import link_as_text
from pipeline.labels.locate import pictures_among
from pipeline.labels.yolo.texts import Texts


def label_path(name: str) -> str:
    """Return the text file of a picture: ``labels`` for the last ``images`` of its path, and the extension ``.txt``."""
    parts = name.split("/")
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return without_extension("/".join(parts)) + ".txt"


def text_of(name: str, texts: Texts, *, is_one: bool) -> str:
    """Return the text file of a picture in a folder of text files.

    Args:
        name: The picture.
        texts: The text files.
        is_one: The folder is that of the pictures too: where no text lies beside the picture, one may lie in the
            folder ``labels`` beside its ``images``.
    """
    beside = without_extension(name) + ".txt"
    return label_path(name) if is_one and not texts.has(beside) else beside


def split_at_labels(folder: Path) -> tuple[Path, str]:
    """Split a path at its last ``labels``: the folder before it, and what comes after with its slash."""
    parts = folder.parts
    for index in range(len(parts) - 1, -1, -1):
        if parts[index] == "labels":
            return Path(*parts[:index]), "".join("/" + part for part in parts[index + 1 :])
    return folder.parent, ""


def images_beside(folder: Path, base: Path, below: str, *, follow_links: bool) -> Path:
    """Find the folder of pictures that belongs to a folder of text files.

    Args:
        folder: The text files.
        base: The folder before the path's last ``labels``; see ``split_at_labels``.
        below: What comes after it, with its slash.
        follow_links: Follow links that lead out of the folder.

    Raises:
        LabelError: There are pictures neither in ``images`` beside it nor in itself.
    """
    beside = base / f"images{below}"
    if beside.is_dir():
        return beside
    if pictures_among(list_files(folder, follow_links=follow_links)):
        return folder
    hint = link_as_text(beside) or "Give the folder of the pictures with `images`."
    raise LabelError(f"{folder}: no folder {beside} beside it", hint)
