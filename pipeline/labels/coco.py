"""COCO JSON: the parsed file goes out with nothing changed but file names.

Format: https://cocodataset.org/#format-data. Everything that is not an image or an annotation of a picture that was
left out stays: ids, extra keys, crowds, RLE, polygons, ``info``, licences, categories, images without annotations.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.errors import CollisionError, LabelError
from pipeline.images.size import Size
from pipeline.labels.coco_counts import counted
from pipeline.labels.coco_proof import prove_annotations
from pipeline.labels.format import LabelFormat, Place
from pipeline.labels.hints.what_is import not_labels
from pipeline.labels.image_root import Stated, find_pictures
from pipeline.labels.interface import NO_MARKS, LabelledObject, LabelSet, Marks, Outline, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.json_file import Json, JsonFile, identical
from pipeline.labels.json_labels import AS_JSON, JsonLabels, Records
from pipeline.labels.json_marks import marked, prove
from pipeline.labels.json_names import Output
from pipeline.labels.outlines import outline_of_coco
from pipeline.labels.panoptic import Panoptic, find_panoptic
from pipeline.labels.values import corners, id_of

_ADDRESS = "coco_url"
"""What LVIS has in the place of ``file_name``."""


class CocoLabels(JsonLabels):
    """A COCO label file.

    Args:
        path: The file.
        source: Its content.
        images: The folder that ``file_name`` is relative to, or None to look for it.
        follow_links: Pictures are read through links that lead out of it.

    Raises:
        LabelError: The file is not COCO JSON, or its pictures are not found.
        UnsafeNameError: A file name leaves its folder.
        CollisionError: Two images have the same id.
    """

    format = "coco"
    records_key = "images"

    def __init__(self, path: Path, source: JsonFile, images: Path | None, *, follow_links: bool = False) -> None:
        records = _records(source.tree, path)
        ids = [record.get("id") for record in records]
        _refuse_duplicate_ids(ids, path)
        stated = [_stated(record, f"{path}: images[{index}]") for index, record in enumerate(records)]
        root, names = find_pictures(path, stated, images)
        self._owners: Mapping[Json, str] = dict(zip(ids, names, strict=True))
        annotations, inventory = counted(source.tree, self._owners)
        self._panoptic = find_panoptic(path, source.tree, self._owners, follow_links=follow_links)
        found = Records(
            root=root,
            names=names,
            sizes=[stated_size(record) for record in records],
            annotations=annotations,
            inventory=inventory if self._panoptic is None else _with_panoptic(inventory, self._panoptic),
        )
        super().__init__(path, source.sha256, found, follow_links=follow_links)

    def inputs(self) -> Sequence[Path]:
        """Return the label file, and the folder of the panoptic PNGs where they have one of their own."""
        own = self._panoptic is not None and self._panoptic.prefix
        return [self.path, self._panoptic.folder] if self._panoptic is not None and own else [self.path]

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Return the label file under its own name, and the panoptic PNGs."""
        masks = self._panoptic.outputs(kept) if self._panoptic else ()
        return [*super().output_files(kept), *((place, str(file)) for place, file in masks)]

    def write(self, out: Path, kept: Mapping[str, str], marks: Marks = NO_MARKS) -> Proof:
        """Write the labels and the panoptic PNGs of the kept pictures; see ``LabelSet.write``."""
        proof = super().write(out, kept, marks)
        return replace(proof, files=proof.files + self._panoptic.write(out, kept)) if self._panoptic else proof

    def _name_key(self, record: Json) -> str:
        """Return the key of the file name in a record; LVIS has an address alone."""
        return "file_name" if "file_name" in record else _ADDRESS

    def _by_picture(self, tree: Json) -> Mapping[str, Sequence[Json]]:
        """Return the annotations by the name of their image."""
        self._categories = _category_names(tree)
        found: dict[str, list[Json]] = {}
        for one, name, _ in self._owned(tree):
            if name is not None:
                found.setdefault(name, []).append(one)
        return found

    def _object(self, record: Json) -> LabelledObject:
        """Read one annotation."""
        category, box = record.get("category_id"), record.get("bbox")
        known = self._categories.get(category) if isinstance(category, int | float | str) else None
        ends = corners(*box, sizes=True) if isinstance(box, list) else None
        return LabelledObject(f"category {category}" if known is None else known, ends, id=id_of(record.get("id")))

    def _outline(self, record: Json) -> Outline:
        """Read the polygons of one annotation; RLE, as crowds have it, is left out and the box stands."""
        return outline_of_coco(record.get("segmentation"))

    def _owned(self, tree: Json) -> Iterator[tuple[Json, str | None, int]]:
        """Yield every annotation with the name of its image, and its place among that image's; no name without one."""
        places: Counter[str] = Counter()
        annotations = tree.get("annotations")
        for one in annotations if isinstance(annotations, list) else []:
            owner = one.get("image_id") if isinstance(one, dict) else None
            name = self._owners.get(owner) if isinstance(owner, int | float | str) else None
            yield one, name, -1 if name is None else places[name]
            if name is not None:
                places[name] += 1

    def _filtered(self, tree: Json, kept: Mapping[str, str], marks: Marks, output: Output) -> Json:
        """Return the tree with the kept images, renamed, and without the annotations of the others."""
        result = {**tree, "images": self._kept_records(tree["images"], kept, output)}
        if isinstance(tree.get("annotations"), list):
            dropped = {image_id for image_id, name in self._owners.items() if name not in kept}
            result["annotations"] = [one for one in self._with_marks(tree, marks) if not _belongs_to(one, dropped)]
        return result

    def _with_marks(self, tree: Json, marks: Marks) -> list[Json]:
        """Return the annotations, those of ``marks`` marked or left out."""
        if not marks.kept:
            return list(tree["annotations"])
        result = []
        for one, name, place in self._owned(tree):
            share = None if name is None else marks.of(name).get(place)
            if share is None:
                result.append(one)
            elif not marks.drop:
                result.append(marked(one, share))
        return result

    def _prove(self, source: Json, written: Json, kept: Mapping[str, str], marks: Marks, target: Path) -> Proof:
        """Compare what was written with the source, key by key, in another way than it was made."""
        prove(list(source) == list(written), target, "top-level keys")
        for key in source:
            if key not in {"images", "annotations"}:
                prove(identical(source[key], written[key]), target, f"{key!r}")
        self._prove_records(source["images"], written["images"], kept, target)
        owners = {record["id"]: name for record, name in zip(source["images"], self._names, strict=True)}
        count = prove_annotations(source, written, owners, kept, marks, target)
        return Proof(files=1, pictures=len(written["images"]), annotations=count, how=AS_JSON)


def stated_size(record: Json) -> Size | None:
    """Return (W, H) that a record states, or None where it does not or states nonsense."""
    width, height = record.get("width"), record.get("height")
    if all(isinstance(side, int | float) and 1 <= side < math.inf and side == int(side) for side in (width, height)):
        return int(width), int(height)
    return None


def _with_panoptic(inventory: Inventory, masks: Panoptic) -> Inventory:
    """Return an inventory with the panoptic PNGs."""
    return replace(
        inventory,
        files=inventory.files + masks.number,
        class_lists=(masks.prefix,) if masks.prefix else (),
        notes=(*inventory.notes, *masks.notes),
    )


def _records(tree: Json, path: Path) -> list[Json]:
    """The image records of a COCO tree."""
    if not isinstance(tree, dict) or not isinstance(tree.get("images"), list):
        error = not_labels(path, tree)
        raise error or LabelError(f"{path}: no list 'images': not COCO JSON", "Name the format with `format`.")
    if not tree["images"]:
        raise LabelError(f"{path}: 'images' is empty", "There is nothing to translate.")
    records: list[Json] = tree["images"]
    for index, record in enumerate(records):
        if not isinstance(record, dict) or not ("file_name" in record or _address(record)):
            raise LabelError(f"{path}: images[{index}] has no 'file_name'", "Correct the entry, or remove it.")
    return records


def _stated(record: Json, where: str) -> Stated:
    """Return the name in a record: of LVIS, which has none, the end of the address, the folder being the split."""
    if "file_name" in record:
        return Stated(record["file_name"], where)
    folder, name = _address(record)
    return Stated(name, where, folder)


def _address(record: Json) -> list[str]:
    """Return the last two parts of the address of a picture, or nothing where it has none."""
    address = record.get(_ADDRESS)
    parts = address.split("/")[-2:] if isinstance(address, str) else []
    return parts if len(parts) == 2 and all(parts) else []


def _refuse_duplicate_ids(ids: Sequence[Json], path: Path) -> None:
    """Refuse two images with one id: their annotations could not be told apart."""
    seen: set[Json] = set()
    for index, image_id in enumerate(ids):
        if image_id is None or isinstance(image_id, list | dict):
            raise LabelError(f"{path}: images[{index}] has no usable 'id'", "Give it a number of its own.")
        if image_id in seen:
            raise CollisionError(f"{path}: two images have the id {image_id!r}", "Give each its own id.")
        seen.add(image_id)


def _belongs_to(annotation: Json, image_ids: set[Json]) -> bool:
    """Tell whether an annotation is one of some images'."""
    image_id = annotation.get("image_id") if isinstance(annotation, dict) else None
    return isinstance(image_id, int | float | str) and image_id in image_ids


def _category_names(tree: Json) -> dict[Json, str]:
    """Names of the categories by id, as far as they can be read."""
    categories = tree.get("categories")
    records = [one for one in categories if isinstance(one, dict)] if isinstance(categories, list) else []
    return {
        one["id"]: str(one["name"])
        for one in records
        if isinstance(one.get("id"), int | float | str) and one.get("name") is not None
    }


def _recognise(place: Place) -> bool:
    """Tell whether a JSON file has images at its top."""
    return isinstance(place.tree, dict) and "images" in place.tree


def _open(place: Place, images: Path | None) -> LabelSet:
    """Open a COCO file."""
    return CocoLabels(place.path, place.json_file(), images, follow_links=place.follow_links)


COCO = LabelFormat(
    name=CocoLabels.format,
    title="COCO",
    json_top="'images'",
    extensions=(".json",),
    recognise=_recognise,
    open_set=_open,
)
