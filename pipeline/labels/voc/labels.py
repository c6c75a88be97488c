"""Pascal VOC: a folder of XML files, one for each picture, copied byte for byte.

Format: Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, development kit. With a suffix
only the text of ``filename`` changes. Masks go along, and the lists in ``ImageSets`` without the pictures left out.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException

from pipeline.errors import CollisionError, LabelError
from pipeline.files.jail import Jail, is_inside
from pipeline.files.names import add_suffix, without_extension
from pipeline.files.walk import list_files
from pipeline.images.size import Size
from pipeline.images.skips import Reason, Skip
from pipeline.labels.companions import Companion, companions_at, is_companion
from pipeline.labels.hints.what_xml import xml_in_another_encoding
from pipeline.labels.interface import LabelledObject, LabelledPicture, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.layers import Layer, Layered
from pipeline.labels.locate import image_prefix, pictures_among
from pipeline.labels.text_files import copy_file, read_bytes, require_readable
from pipeline.labels.voc.edits import differs_as_meant, edited, prove_edit, with_filename_suffix
from pipeline.labels.voc.image_sets import write_list
from pipeline.labels.voc.masks import Masks, find_masks
from pipeline.labels.voc.objects import can_be_marked, objects_in, parse
from pipeline.labels.voc.pictures import PictureOwners, find_images
from pipeline.labels.voc.splits import splits_of
from tpsence.errors import first_line


class VocLabels(Layered):
    """A folder of VOC annotations.

    A picture belongs to the XML file of its stem, as trainers read VOC; where there is none, ``filename`` decides, and
    nothing else asks for it.
    Pictures without an XML file are backgrounds and stay.

    Args:
        folder: The folder of XML files, searched with its sub-folders.
        images: The folder of the pictures, or None to look for it.
        follow_links: Follow links that lead out of the folders.

    Raises:
        LabelError: There are no XML files, or no pictures.
        UnsafeNameError: A link leads out of a folder.
        CollisionError: Two pictures have the stem of one XML file.
    """

    format = "voc"
    takes_marks = True

    def __init__(self, folder: Path, images: Path | None, *, follow_links: bool = False) -> None:
        self.folder = folder
        self.follow_links = follow_links
        beside = list_files(folder, follow_links=follow_links)
        self._files = [name for name in beside if name.lower().endswith(".xml")]
        if not self._files:
            raise LabelError(f"{folder}: no XML files", "Give the folder of the annotations.")
        self._is_given = images is not None
        self.image_root = images or find_images(folder, self._files, follow_links=follow_links)
        self.image_prefix = image_prefix(folder.parent, self.image_root)
        self._label_prefix = folder.name
        self.pictures: list[LabelledPicture] = []
        self.skips: list[Skip] = []
        self._labels: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._lists = self._split_lists()
        self._companions = self._companions_among(beside)
        self._read_all()
        self._masks = self._masks_beside()
        self.inventory = self._counted(beside)

    @cached_property
    def splits(self) -> Mapping[str, Collection[str]]:
        """The pictures that each list of ``ImageSets`` names."""
        return splits_of([source for source, _ in self._lists], self._by_stem())

    def annotations_of(self, name: str) -> int:
        """Return the number of objects in the annotation of a picture."""
        return self._counts.get(name, 0)

    def identity(self) -> dict[str, str]:
        """Return the two folders."""
        return {"labels": str(self.folder), "images": str(self.image_root)}

    def inputs(self) -> Sequence[Path]:
        """Return the folder of the annotations, and those of the split lists and the masks where there are any."""
        lists = [self.folder.parent / "ImageSets"] if self._lists else []
        return [self.folder, *lists, *self._masks.folders]

    def files_of(self, layers: Sequence[Layer]) -> Sequence[tuple[str, str]]:
        """Return the annotation of every kept picture, its masks, and the split lists."""
        labels = [
            (f"{self._label_prefix}/{add_suffix(self._labels[name], suffix)}", str(self.folder / self._labels[name]))
            for layer in layers
            for name, suffix in layer.kept.items()
            if name in self._labels
        ]
        labels += [(target, str(source)) for source, target in self._lists]
        masks = [(output, str(file)) for output, file in self._masks.outputs(layers)]
        return labels + masks + [(one.output, str(one.source)) for one in self._companions]

    def check_suffix(self, suffix: str) -> None:
        """Refuse a suffix that cannot be put into ``filename``; see ``LabelSet.check_suffix``."""
        for file in self._labels.values():
            content = read_bytes(self.folder / file)
            if not differs_as_meant(content, with_filename_suffix(content, suffix), suffix):
                raise LabelError(
                    f"{self.folder / file}: the text of <filename> cannot be replaced",
                    "Run without `suffix` and `copies`, or write it as plain text in UTF-8, once.",
                )

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return the objects in the annotation of a picture; VOC has no outlines; see ``LabelSet.objects``."""
        return objects_in(read_bytes(self.folder / self._labels[name])) if name in self._labels else []

    def check_marks(self) -> None:
        """Refuse annotations whose objects cannot be told apart in their text; see ``LabelSet.check_marks``."""
        for file in self._labels.values():
            if not can_be_marked(read_bytes(self.folder / file)):
                raise LabelError(f"{self.folder / file}: its objects cannot be marked", "Run without `gate`.")

    def write_layers(self, out: Path, layers: Sequence[Layer]) -> Proof:
        """Copy the annotations of the kept pictures for each layer; see ``Layered.write_layers``."""
        files = annotations = 0
        for layer in layers:
            labelled = [name for name in layer.kept if name in self._labels]
            for name in labelled:
                self._write_one(out, name, layer)
            files += len(labelled)
            dropped = sum(len(layer.marks.of(name)) for name in labelled) if layer.marks.drop else 0
            annotations += sum(map(self.annotations_of, labelled)) - dropped
        stems = self._stems()
        for source, relative in self._lists:
            write_list(source, out / relative, stems, layers)
        for one in self._companions:
            copy_file(one.source, out / one.output)
        masks = self._masks.outputs(layers)
        for output, file in masks:
            copy_file(file, out / output)
        has_suffix = any(suffix for layer in layers for suffix in layer.kept.values())
        how = "element by element, <filename> aside" if has_suffix else "byte for byte"
        files += len(self._lists) + len(self._companions) + len(masks)
        pictures = sum(len(layer.kept) for layer in layers)
        return Proof(files=files, pictures=pictures, annotations=annotations, how=how)

    def _write_one(self, out: Path, name: str, layer: Layer) -> None:
        """Copy the annotation of one picture, and compare.

        Raises:
            ProofError: What was written differs from the source by more than is meant.
        """
        suffix, marks = layer.kept[name], layer.marks
        source = self.folder / self._labels[name]
        target = out / self._label_prefix / add_suffix(self._labels[name], suffix)
        if not suffix and not marks.of(name):
            copy_file(source, target)
            return
        copy_file(source, target, partial(edited, suffix=suffix, marks=marks, name=name))
        prove_edit(source, target, suffix, marks, name)

    def _read_all(self) -> None:
        """Find the picture of every XML file."""
        jail = Jail(self.folder, follow_links=self.follow_links)
        owners = PictureOwners(self.image_root, self.folder, follow_links=self.follow_links)
        for file in self._files:
            jail.check(file)
            try:
                raw = read_bytes(self.folder / file)
                root = parse(raw)
            except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
                told = xml_in_another_encoding(self.folder / file, raw, parse) or first_line(error)
                self.skips.append(Skip(file, Reason.BAD_LABEL, f"not readable XML: {told}"))
                continue
            except LabelError as error:
                self.skips.append(Skip(file, Reason.BAD_LABEL, f"not readable: {error.message}"))
                continue
            picture = owners.of(file, (root.findtext("filename") or "").strip())
            if picture in self._labels:
                raise CollisionError(
                    f"{self.folder}: {self._labels[picture]} and {file} are both of the picture {picture}",
                    "Remove one of them.",
                )
            self._labels[picture] = file
            self._counts[picture] = len(root.findall("object"))
            self.pictures.append(LabelledPicture(picture, _size(root)))
        unread = {skip.file for skip in self.skips}
        is_whole = self._is_given or not is_inside(self.folder.parent, self.image_root)
        names = owners.backgrounds(self._labels, unread, everywhere=is_whole)
        self.pictures += [LabelledPicture(name, None) for name in names]

    def _companions_among(self, beside: Sequence[str]) -> list[Companion]:
        """Return what is carried beside the annotations and in the folder that they are in."""
        prefix = self._label_prefix
        jail = Jail(self.folder, follow_links=self.follow_links)
        for name in filter(is_companion, beside):
            jail.check(name)
        found = [Companion(self.folder / name, f"{prefix}/{name}") for name in beside if is_companion(name)]
        if prefix == "Annotations":
            found += [
                Companion(self.folder.parent / name, name)
                for name in companions_at(self.folder.parent, follow_links=self.follow_links)
            ]
        for one in found:
            require_readable(one.source)
        return found

    def _counted(self, beside: Sequence[str]) -> Inventory:
        """Count what the source has.

        Args:
            beside: All files in the folder of the annotations.
        """
        carried = {*self._files, *pictures_among(beside)}
        return Inventory(
            annotations=sum(self._counts.values()),
            files=len(self._files),
            class_lists=(*sorted(one.output for one in self._companions), *self._masks.names()),
            left_behind=(
                *(name for name in beside if name not in carried and not is_companion(name)),
                *(f"../{name}" for name in self._masks.others),
            ),
        )

    def _masks_beside(self) -> Masks:
        """Find the masks of the pictures, in the folders that VOC has for them."""
        if self._label_prefix != "Annotations":
            return Masks(self.folder.parent, {})
        return find_masks(self.folder.parent, self._by_stem(), follow_links=self.follow_links)

    def _by_stem(self) -> dict[str, str]:
        """The name of each picture by what lists and masks call it."""
        return {without_extension(self._labels.get(one.name, one.name)): one.name for one in self.pictures}

    def _split_lists(self) -> list[tuple[Path, str]]:
        """The lists of stems beside the annotations, as (file, path below the output folder)."""
        folder = self.folder.parent / "ImageSets"
        if self._label_prefix != "Annotations" or not folder.is_dir():
            return []
        jail = Jail(folder, follow_links=self.follow_links)
        names = [name for name in list_files(folder, follow_links=self.follow_links) if name.endswith(".txt")]
        for name in names:
            jail.check(name)
            require_readable(folder / name)
        return [(folder / name, f"ImageSets/{name}") for name in names]

    def _stems(self) -> dict[bytes, str | None]:
        """Return the picture of each stem in the split lists, or None for an annotation that cannot be read."""
        stems: dict[bytes, str | None] = {os.fsencode(without_extension(skip.file)): None for skip in self.skips}
        for name in (picture.name for picture in self.pictures):  # backgrounds stand in the lists too
            stems[os.fsencode(without_extension(self._labels.get(name, name)))] = name
        return stems


def _size(root: Element) -> Size | None:
    """(W, H) that an annotation states, or None."""
    try:
        width, height = (round(float(root.findtext(f"size/{side}") or "")) for side in ("width", "height"))
    except (ValueError, OverflowError):
        return None
    return (width, height) if width > 0 and height > 0 else None
