"""COCO JSON: the parsed file goes out with nothing changed but file names.

Format: https://cocodataset.org/#format-data. Everything that is not an image or an annotation of a picture that was
left out stays: ids, extra keys, crowds, RLE, polygons, ``info``, licences, categories, images without annotations.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.errors import CollisionError, LabelError
from pipeline.files.names import safe_relative
from pipeline.images.size import Size
from pipeline.labels.format import LabelFormat, Place
from pipeline.labels.interface import LabelledObject, LabelledPicture, LabelSet, Marks, Outline, Proof
from pipeline.labels.json_file import AS_JSON, Json, JsonFile, JsonLabels, identical, marked, prove, prove_marked
from pipeline.labels.locate import find_image_root
from pipeline.labels.outlines import outline_of_coco
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
    name_key = "file_name"

    def __init__(self, path: Path, source: JsonFile, images: Path | None, *, follow_links: bool = False) -> None:
        records = _records(source.tree, path)
        self._ids = [record.get("id") for record in records]
        _refuse_duplicate_ids(self._ids, path)
        pictures = [
            LabelledPicture(safe_relative(record["file_name"], f"{path}: images[{index}]"), stated_size(record))
            for index, record in enumerate(records)
        ]
        root = images or find_image_root(path, [picture.name for picture in pictures])
        super().__init__(path, source.sha256, root, pictures, follow_links=follow_links)

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
        names = {image_id: picture.name for image_id, picture in zip(self._ids, self.pictures, strict=True)}
        places: Counter[str] = Counter()
        annotations = tree.get("annotations")
        for one in annotations if isinstance(annotations, list) else []:
            owner = one.get("image_id") if isinstance(one, dict) else None
            name = names.get(owner) if isinstance(owner, int | float | str) else None
            yield one, name, -1 if name is None else places[name]
            if name is not None:
                places[name] += 1

    def _filtered(self, tree: Json, kept: Mapping[str, str], marks: Marks) -> Json:
        """Return the tree with the kept images, renamed, and without the annotations of the others."""
        result = {**tree, "images": self._kept_records(tree["images"], kept)}
        if isinstance(tree.get("annotations"), list):
            dropped = self._dropped_ids(kept)
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

    def _dropped_ids(self, kept: Mapping[str, str]) -> set[Json]:
        """Ids of the images that are not in the output."""
        pairs = zip(self._ids, self.pictures, strict=True)
        return {image_id for image_id, picture in pairs if picture.name not in kept}

    def _prove(self, source: Json, written: Json, kept: Mapping[str, str], marks: Marks, target: Path) -> Proof:
        """Compare what was written with the source, key by key, in another way than it was made."""
        prove(list(source) == list(written), target, "top-level keys")
        for key in source:
            if key not in {"images", "annotations"}:
                prove(identical(source[key], written[key]), target, f"{key!r}")
        self._prove_records(source["images"], written["images"], kept, target)
        by_id = {
            record["id"]: marks.of(picture.name)
            for record, picture in zip(source["images"], self.pictures, strict=True)
        }
        count = _prove_annotations(source, written, by_id, drop=marks.drop, target=target)
        return Proof(files=1, pictures=len(written["images"]), annotations=count, how=AS_JSON)


def stated_size(record: Json) -> Size | None:
    """Return (W, H) that a record states, or None where it does not or states nonsense."""
    width, height = record.get("width"), record.get("height")
    if all(isinstance(side, int | float) and 1 <= side < math.inf and side == int(side) for side in (width, height)):
        return int(width), int(height)
    return None


def _records(tree: Json, path: Path) -> list[Json]:
    """The image records of a COCO tree."""
    if not isinstance(tree, dict) or not isinstance(tree.get("images"), list):
        raise LabelError(f"{path}: no list 'images': not COCO JSON", "Name the format with `format`.")
    if not tree["images"]:
        raise LabelError(f"{path}: 'images' is empty", "There is nothing to translate.")
    for index, record in enumerate(tree["images"]):
        if not isinstance(record, dict) or "file_name" not in record:
            raise LabelError(f"{path}: images[{index}] has no 'file_name'", "Correct the entry, or remove it.")
    records: list[Json] = tree["images"]
    return records


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


def _prove_annotations(
    source: Json, written: Json, marks: Mapping[Json, Mapping[int, float]], *, drop: bool, target: Path
) -> int:
    """Check that exactly the annotations of images that are not in the output are gone, and those to be dropped.

    Args:
        source: The tree that was read.
        written: The tree that was written.
        marks: By the id of the image and the place among its annotations, what is marked or dropped.
        drop: They are dropped.
        target: The file, for messages.

    Returns:
        The number of annotations written.
    """
    copies = written.get("annotations")
    if not isinstance(source.get("annotations"), list):
        prove(identical(source.get("annotations"), copies), target, "annotations")
        return 0
    present = {record["id"] for record in written["images"]}
    absent = {record["id"] for record in source["images"]} - present
    expected = list(_survivors(source["annotations"], present, absent, marks, drop=drop))
    prove(isinstance(copies, list) and len(copies) == len(expected), target, "annotations")
    for (record, share), copy in zip(expected, copies, strict=True):
        if share is not None:
            prove_marked(record, copy, share, target)
    unmarked = [(record, copy) for (record, share), copy in zip(expected, copies, strict=True) if share is None]
    prove(identical([record for record, _ in unmarked], [copy for _, copy in unmarked]), target, "annotations")
    return len(expected)


def _survivors(
    annotations: Sequence[Json],
    present: set[Json],
    absent: set[Json],
    marks: Mapping[Json, Mapping[int, float]],
    *,
    drop: bool,
) -> Iterator[tuple[Json, float | None]]:
    """Yield the annotations that are to be in the output, with the share that they are marked with.

    This is the rule once more, apart from the code that wrote: what no image of the source owns, stays.
    """
    places: Counter[Json] = Counter()
    for one in annotations:
        owner = one.get("image_id") if isinstance(one, dict) else None
        owner = owner if isinstance(owner, int | float | str) else None
        if owner in absent:
            continue
        share = None
        if owner in present:
            share = marks.get(owner, {}).get(places[owner])
            places[owner] += 1
        if share is None or not drop:
            yield one, share


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
