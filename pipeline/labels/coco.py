"""COCO JSON: the parsed file goes out with nothing changed but file names.

Format: https://cocodataset.org/#format-data. Everything that is not an image or an annotation of a picture that was
left out stays: ids, extra keys, crowds, RLE, polygons, ``info``, licences, categories, images without annotations.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.labels.coco_copies import CocoIds
from pipeline.labels.coco_counts import counted
from pipeline.labels.coco_proof import prove_annotations
from pipeline.labels.coco_records import (
    ADDRESS,
    category_names,
    records_of,
    refuse_duplicate_ids,
    stated_name,
    stated_size,
)
from pipeline.labels.format import LabelFormat, Place
from pipeline.labels.image_root import find_pictures
from pipeline.labels.interface import NO_CLASS, LabelledObject, LabelSet, Marks, Outline, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.json_file import Json, JsonFile, identical
from pipeline.labels.json_ids import prove_distinct, with_id_of
from pipeline.labels.json_labels import AS_JSON, JsonLabels, Records
from pipeline.labels.json_marks import marked, prove
from pipeline.labels.json_names import Output
from pipeline.labels.layers import Layer, names_in
from pipeline.labels.outlines import outline_of_coco
from pipeline.labels.panoptic import Panoptic, find_panoptic
from pipeline.labels.values import corners, id_of


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
        records = records_of(source.tree, path)
        ids = [record.get("id") for record in records]
        refuse_duplicate_ids(ids, path)
        stated = [stated_name(record, f"{path}: images[{index}]") for index, record in enumerate(records)]
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

    def files_of(self, layers: Sequence[Layer]) -> Sequence[tuple[str, str]]:
        """Return the label file under its own name, and the panoptic PNGs, which all copies share."""
        masks = self._panoptic.outputs(names_in(layers)) if self._panoptic else ()
        return [*super().files_of(layers), *((place, str(file)) for place, file in masks)]

    def write_layers(self, out: Path, layers: Sequence[Layer]) -> Proof:
        """Write the labels and the panoptic PNGs of the kept pictures; see ``Layered.write_layers``."""
        proof = super().write_layers(out, layers)
        if self._panoptic is None:
            return proof
        return replace(proof, files=proof.files + self._panoptic.write(out, names_in(layers)))

    def _name_key(self, record: Json) -> str:
        """Return the key of the file name in a record; LVIS has an address alone."""
        return "file_name" if "file_name" in record else ADDRESS

    def _by_picture(self, tree: Json) -> Mapping[str, Sequence[Json]]:
        """Return the annotations by the name of their image."""
        self._categories = category_names(tree)
        found: dict[str, list[Json]] = {}
        for one, name, _ in self._owned(tree):
            if name is not None:
                found.setdefault(name, []).append(one)
        return found

    def _object(self, record: Json) -> LabelledObject:
        """Read one annotation."""
        category, box = record.get("category_id"), record.get("bbox")
        known = self._categories.get(category) if isinstance(category, int | float | str) else NO_CLASS
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

    def _filtered(self, tree: Json, layers: Sequence[Layer], output: Output) -> Json:
        """Return the tree with the kept images, renamed, and without the annotations of the others.

        After all of the first layer comes all of the second, and so on.
        """
        result = {**tree, "images": self._kept_records(tree["images"], layers[0].kept, output)}
        if isinstance(tree.get("annotations"), list):
            dropped = {image_id for image_id, name in self._owners.items() if name not in layers[0].kept}
            annotations = self._with_marks(tree, layers[0].marks)
            result["annotations"] = [one for one in annotations if not _belongs_to(one, dropped)]
        if len(layers) > 1:
            self._add_copies(result, tree, layers, output)
        return result

    def _add_copies(self, result: Json, tree: Json, layers: Sequence[Layer], output: Output) -> None:
        """Add the images and annotations of all layers but the first."""
        ids = CocoIds(tree["images"], tree.get("annotations"))
        for copy, layer in enumerate(layers[1:], start=2):
            result["images"] += ids.images(self._kept_records(tree["images"], layer.kept, output), copy)
            if isinstance(tree.get("annotations"), list):
                owned = {image_id for image_id, name in self._owners.items() if name in layer.kept}
                annotations = self._with_marks(tree, layer.marks)
                result["annotations"] += ids.annotations((one for one in annotations if _belongs_to(one, owned)), copy)

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

    def _prove(self, source: Json, written: Json, layers: Sequence[Layer], target: Path) -> Proof:
        """Compare what was written with the source, key by key, in another way than it was made."""
        prove(list(source) == list(written), target, "top-level keys")
        for key in source:
            if key not in {"images", "annotations"}:
                prove(identical(source[key], written[key]), target, f"{key!r}")
        owners = {record["id"]: name for record, name in zip(source["images"], self._names, strict=True)}
        ids = [dict[Json, Json]() for _ in layers]
        for place, (layer, copies) in enumerate(self._in_layers(written["images"], layers, target)):
            sources = [one for one, name in zip(source["images"], self._names, strict=True) if name in layer.kept]
            pairs = [*zip(sources, copies, strict=True)]
            alike = [with_id_of(one, copy, target, "picture records") for one, copy in pairs] if place else copies
            self._prove_records(source["images"], alike, layer.kept, target)
            ids[place] = {one["id"]: copy["id"] for one, copy in pairs}
        if len(layers) > 1:
            prove_distinct([[*one] for one in ids], [one["id"] for one in written["images"]], target, "images")
        count = prove_annotations(source, written, owners, layers, ids, target)
        return Proof(files=1, pictures=len(written["images"]), annotations=count, how=AS_JSON)


def _with_panoptic(inventory: Inventory, masks: Panoptic) -> Inventory:
    """Return an inventory with the panoptic PNGs."""
    return replace(
        inventory,
        files=inventory.files + masks.number,
        class_lists=(masks.prefix,) if masks.prefix else (),
        notes=(*inventory.notes, *masks.notes),
    )


def _belongs_to(annotation: Json, image_ids: set[Json]) -> bool:
    """Tell whether an annotation is one of some images'."""
    image_id = annotation.get("image_id") if isinstance(annotation, dict) else None
    return isinstance(image_id, int | float | str) and image_id in image_ids


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
