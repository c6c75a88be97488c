"""Pascal VOC: a folder of XML files, one for each picture, copied byte for byte.

Format: Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, development kit. With a suffix
only the text of ``filename`` changes. The split lists in ``ImageSets`` go along, without the pictures left out.
"""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException

from pipeline.errors import CollisionError, LabelError
from pipeline.files.jail import Jail, is_inside
from pipeline.files.names import add_suffix, safe_relative, without_extension
from pipeline.files.walk import list_files
from pipeline.images.size import Size
from pipeline.images.skips import Reason, Skip
from pipeline.labels.interface import NO_MARKS, LabelledObject, LabelledPicture, Marks, Proof
from pipeline.labels.locate import image_prefix, pictures_among
from pipeline.labels.text_files import copy_file, filter_lines, read_bytes
from pipeline.labels.voc.edits import differs_as_meant, edited, prove_edit, with_filename_suffix
from pipeline.labels.voc.objects import can_be_marked, objects_in, parse
from tpsence.errors import first_line

_IMAGE_FOLDERS = ("JPEGImages", "images", "Images", "img")


class VocLabels:
    """A folder of VOC annotations.

    A picture belongs to the XML file of its stem, as trainers read VOC; where there is none, ``filename`` decides.
    Pictures without an XML file are backgrounds and stay.

    Args:
        folder: The folder of XML files, searched with its sub-folders.
        images: The folder of the pictures, or None to look for it.

    Raises:
        LabelError: There are no XML files, or no pictures.
        UnsafeNameError: A ``filename`` leaves its folder.
        CollisionError: Two pictures have the stem of one XML file.
    """

    format = "voc"
    takes_marks = True

    def __init__(self, folder: Path, images: Path | None) -> None:
        self.folder = folder
        self._files = [name for name in list_files(folder) if name.lower().endswith(".xml")]
        if not self._files:
            raise LabelError(f"{folder}: no XML files", "Give the folder of the annotations.")
        self.image_root = images or _find_images(folder, {without_extension(name) for name in self._files})
        self.image_prefix = image_prefix(folder.parent, self.image_root)
        self._label_prefix = folder.name
        self.pictures: list[LabelledPicture] = []
        self.skips: list[Skip] = []
        self._labels: dict[str, str] = {}
        self._lists = self._split_lists()
        self._read_all()

    def identity(self) -> dict[str, str]:
        """Return the two folders."""
        return {"labels": str(self.folder), "images": str(self.image_root)}

    def inputs(self) -> Sequence[Path]:
        """Return the folder of the annotations, and that of the split lists where there is one."""
        return [self.folder, self.folder.parent / "ImageSets"] if self._lists else [self.folder]

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Return the annotation of every kept picture, and the split lists."""
        labels = [
            (f"{self._label_prefix}/{add_suffix(self._labels[name], suffix)}", str(self.folder / self._labels[name]))
            for name, suffix in kept.items()
            if name in self._labels
        ]
        return labels + [(target, str(source)) for source, target in self._lists]

    def check_suffix(self, suffix: str) -> None:
        """Refuse a suffix that cannot be put into ``filename``; see ``LabelSet.check_suffix``."""
        for file in self._labels.values():
            content = read_bytes(self.folder / file)
            if not differs_as_meant(content, with_filename_suffix(content, suffix), suffix):
                raise LabelError(
                    f"{self.folder / file}: the text of <filename> cannot be replaced", "Run without `suffix`."
                )

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return the objects in the annotation of a picture; VOC has no outlines; see ``LabelSet.objects``."""
        return objects_in(read_bytes(self.folder / self._labels[name])) if name in self._labels else []

    def check_marks(self) -> None:
        """Refuse annotations whose objects cannot be told apart in their text; see ``LabelSet.check_marks``."""
        for file in self._labels.values():
            if not can_be_marked(read_bytes(self.folder / file)):
                raise LabelError(f"{self.folder / file}: its objects cannot be marked", "Run without `gate`.")

    def write(self, out: Path, kept: Mapping[str, str], marks: Marks = NO_MARKS) -> Proof:
        """Copy the annotations of the kept pictures; see ``LabelSet.write``."""
        labelled = {name: suffix for name, suffix in kept.items() if name in self._labels}
        for name, suffix in labelled.items():
            source = self.folder / self._labels[name]
            target = out / self._label_prefix / add_suffix(self._labels[name], suffix)
            if not suffix and not marks.of(name):
                copy_file(source, target)
                continue
            copy_file(source, target, partial(edited, suffix=suffix, marks=marks, name=name))
            prove_edit(source, target, suffix, marks, name)
        changes = self._stem_changes(kept)
        for source, relative in self._lists:
            copy_file(source, out / relative, lambda content: filter_lines(content, changes, _first_word))
        how = "element by element, <filename> aside" if any(kept.values()) else "byte for byte"
        return Proof(files=len(labelled) + len(self._lists), pictures=len(kept), annotations=None, how=how)

    def _read_all(self) -> None:
        """Find the picture of every XML file."""
        jail = Jail(self.folder)
        by_stem: dict[str, list[str]] = {}
        for name in pictures_among(list_files(self.image_root)):
            by_stem.setdefault(without_extension(name), []).append(name)
        for file in self._files:
            jail.check(file)
            try:
                root = parse(read_bytes(self.folder / file))
            except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
                self.skips.append(Skip(file, Reason.BAD_LABEL, f"not readable XML: {first_line(error)}"))
                continue
            picture = self._picture_of(file, root, by_stem.get(without_extension(file), []))
            if picture in self._labels:
                raise CollisionError(
                    f"{self.folder}: {self._labels[picture]} and {file} are both of the picture {picture}",
                    "Remove one of them.",
                )
            self._labels[picture] = file
            self.pictures.append(LabelledPicture(picture, _size(root)))
        self._add_backgrounds(by_stem)

    def _add_backgrounds(self, by_stem: Mapping[str, Sequence[str]]) -> None:
        """Add the pictures without annotation, where the folder is one of this data set's pictures alone."""
        if is_inside(self.folder, self.image_root):
            return
        annotated = {without_extension(file) for file in self._files}
        for stem in sorted(by_stem.keys() - annotated):
            self.pictures += [LabelledPicture(name, None) for name in by_stem[stem] if name not in self._labels]

    def _picture_of(self, file: str, root: Element, candidates: Sequence[str]) -> str:
        """Return the name of the picture that an XML file belongs to; it may be missing."""
        text = (root.findtext("filename") or "").strip()
        stated = safe_relative(text, f"{self.folder / file}: <filename>") if text else None
        if len(candidates) == 1:
            return candidates[0]
        folder = file.rpartition("/")[0]
        beside = f"{folder}/{stated}" if folder and stated else stated
        if len(candidates) > 1:
            if beside in candidates:
                return str(beside)
            raise CollisionError(
                f"{self.folder / file}: two pictures have its stem, {candidates[0]} and {candidates[1]}",
                "Remove one of them, or name the right one in <filename>.",
            )
        if beside and stated and not (self.image_root / beside).exists() and (self.image_root / stated).exists():
            return stated
        return beside or without_extension(file)

    def _split_lists(self) -> list[tuple[Path, str]]:
        """The lists of stems beside the annotations, as (file, path below the output folder)."""
        folder = self.folder.parent / "ImageSets"
        if self._label_prefix != "Annotations" or not folder.is_dir():
            return []
        jail = Jail(folder)
        names = [name for name in list_files(folder) if name.endswith(".txt")]
        for name in names:
            jail.check(name)
        return [(folder / name, f"ImageSets/{name}") for name in names]

    def _stem_changes(self, kept: Mapping[str, str]) -> dict[bytes, bytes | None]:
        """What becomes of the stems in the split lists."""
        changes: dict[bytes, bytes | None] = {os.fsencode(without_extension(skip.file)): None for skip in self.skips}
        for name, file in self._labels.items():
            stem = without_extension(file)
            changes[os.fsencode(stem)] = os.fsencode(stem + kept[name]) if name in kept else None
        return changes


def _size(root: Element) -> Size | None:
    """(W, H) that an annotation states, or None."""
    try:
        width, height = (round(float(root.findtext(f"size/{side}") or "")) for side in ("width", "height"))
    except (ValueError, OverflowError):
        return None
    return (width, height) if width > 0 and height > 0 else None


def _find_images(folder: Path, stems: set[str]) -> Path:
    """Find the folder of the pictures beside or above the annotations."""
    for candidate in [*(folder.parent / name for name in _IMAGE_FOLDERS), folder, folder.parent]:
        if candidate.is_dir():
            names = pictures_among(list_files(candidate))
            if any(without_extension(name) in stems for name in names):
                return candidate
    raise LabelError(f"{folder}: the pictures were not found", "Give their folder with `images`.")


def _first_word(line: bytes) -> bytes:
    """The stem in a line of a split list."""
    words = line.split(maxsplit=1)
    return words[0] if words else b""
