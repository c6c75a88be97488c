"""Which picture an annotation of VOC belongs to, and where the pictures are."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from pipeline.errors import CollisionError, LabelError, UnsafeNameError
from pipeline.files.names import safe_relative, without_extension
from pipeline.files.walk import list_files
from pipeline.labels.hints.where import missing_hint
from pipeline.labels.locate import pictures_among

_FOLDERS = ("JPEGImages", "images", "Images", "img")


class PictureOwners:
    """The pictures below a folder, by what an annotation can call them.

    Args:
        root: The folder of the pictures.
        folder: That of the annotations.
        follow_links: Follow links that lead out of it.
    """

    def __init__(self, root: Path, folder: Path, *, follow_links: bool) -> None:
        self.root = root
        self.folder = folder
        self._by_stem: dict[str, list[str]] = {}
        self._by_base: dict[str, list[str]] = {}
        for name in pictures_among(list_files(root, follow_links=follow_links)):
            stem = without_extension(name)
            self._by_stem.setdefault(stem, []).append(name)
            self._by_base.setdefault(stem.rpartition("/")[2], []).append(name)

    def of(self, file: str, filename: str) -> str:
        """Return the name of the picture that an annotation belongs to; it may be missing.

        Args:
            file: The annotation, a POSIX path below its folder.
            filename: What it calls its picture, perhaps nothing; asked where the stem does not tell.

        Raises:
            CollisionError: Two pictures have its stem.
        """
        same = self._by_stem.get(without_extension(file), [])
        if len(same) == 1:
            return same[0]
        stated = _safe(filename)
        folder = file.rpartition("/")[0]
        beside = f"{folder}/{stated}" if folder and stated else stated
        if len(same) > 1:
            return self._one_of(same, beside, file)
        if beside and (self.root / beside).exists():
            return beside
        if stated and (self.root / stated).exists():
            return stated
        nested = self._by_base.get(without_extension(file), [])  # flat annotations of pictures in folders
        if len(nested) > 1:
            return self._one_of(nested, beside, file)
        return nested[0] if nested else beside or without_extension(file)

    def backgrounds(self, labelled: Collection[str], unread: Iterable[str], *, everywhere: bool) -> list[str]:
        """Return the pictures that no annotation is of.

        Args:
            labelled: Names of the others.
            unread: Annotations that could not be read; their pictures are none.
            everywhere: In all folders; else only in those that hold a picture that is labelled.
        """
        without = {without_extension(file) for file in unread}
        folders = {name.rpartition("/")[0] for name in labelled}
        stems = sorted(self._by_stem.keys() - without - {without_extension(name) for name in labelled})
        names = [name for stem in stems for name in self._by_stem[stem]]
        return [name for name in names if everywhere or name.rpartition("/")[0] in folders]

    def _one_of(self, names: Sequence[str], stated: str | None, file: str) -> str:
        """Return the picture that is stated among those of one stem."""
        if stated in names:
            return str(stated)
        raise CollisionError(
            f"{self.folder / file}: two pictures have its stem, {names[0]} and {names[1]}",
            "Remove one of them, name the right one in <filename>, or give the folder of the right ones with `images`.",
        )


def find_images(folder: Path, annotations: Sequence[str], *, follow_links: bool) -> Path:
    """Find the folder of the pictures beside or above the annotations.

    Args:
        folder: That of the annotations.
        annotations: POSIX paths below it.
        follow_links: Follow links that lead out of a folder.

    Raises:
        LabelError: No picture has the stem of an annotation.
        UnsafeNameError: A link leads out of a folder.
    """
    stems = {without_extension(name).rpartition("/")[2] for name in annotations}
    for candidate in [*(folder.parent / name for name in _FOLDERS), folder, folder.parent]:
        if candidate.is_dir():
            names = pictures_among(list_files(candidate, follow_links=follow_links))
            if any(without_extension(name).rpartition("/")[2] in stems for name in names):
                return candidate
    hint = missing_hint(folder, [f"{without_extension(name)}.jpg" for name in annotations])
    raise LabelError(f"{folder}: the pictures were not found", hint or "Give their folder with `images`.")


def _safe(filename: str) -> str | None:
    """Return a stated name as a relative path, or None where it is none: it leads elsewhere, or to another computer."""
    try:
        return safe_relative(filename, "<filename>") if filename else None
    except UnsafeNameError:
        return None
