"""COCO JSON: the parsed file goes out with nothing changed but file names.

Format: https://cocodataset.org/#format-data. Everything that is not an image or an annotation of a picture that was
left out stays: ids, extra keys, crowds, RLE, polygons, ``info``, licences, categories, images without annotations.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.geometry import Size
from pipeline.labels.interface import LabelledPicture, Proof
from pipeline.labels.json_file import AS_JSON, Json, JsonFile, JsonLabels, identical, prove
from pipeline.labels.locate import find_image_root
from pipeline.names import safe_relative
from tpsence.errors import CollisionError, LabelError


class CocoLabels(JsonLabels):
    """A COCO label file.

    Args:
        path: The file.
        source: Its content.
        images: The folder that ``file_name`` is relative to, or None to look for it.

    Raises:
        LabelError: The file is not COCO JSON, or its pictures are not found.
        UnsafeNameError: A file name leaves its folder.
        CollisionError: Two images have the same id.
    """

    format = "coco"
    name_key = "file_name"

    def __init__(self, path: Path, source: JsonFile, images: Path | None) -> None:
        records = _records(source.tree, path)
        self._ids = [record.get("id") for record in records]
        _refuse_duplicate_ids(self._ids, path)
        pictures = [
            LabelledPicture(safe_relative(record["file_name"], f"{path}: images[{index}]"), stated_size(record))
            for index, record in enumerate(records)
        ]
        root = images or find_image_root(path, [picture.name for picture in pictures])
        super().__init__(path, source.sha256, root, pictures)

    def _filtered(self, tree: Json, kept: Mapping[str, str]) -> Json:
        """Return the tree with the kept images, renamed, and without the annotations of the others."""
        result = {**tree, "images": self._kept_records(tree["images"], kept)}
        if isinstance(tree.get("annotations"), list):
            dropped = self._dropped_ids(kept)
            result["annotations"] = [one for one in tree["annotations"] if not _belongs_to(one, dropped)]
        return result

    def _dropped_ids(self, kept: Mapping[str, str]) -> set[Json]:
        """Ids of the images that are not in the output."""
        pairs = zip(self._ids, self.pictures, strict=True)
        return {image_id for image_id, picture in pairs if picture.name not in kept}

    def _prove(self, source: Json, written: Json, kept: Mapping[str, str], target: Path) -> Proof:
        """Compare what was written with the source, key by key, in another way than it was made."""
        prove(list(source) == list(written), target, "top-level keys")
        for key in source:
            if key not in {"images", "annotations"}:
                prove(identical(source[key], written[key]), target, f"{key!r}")
        self._prove_records(source["images"], written["images"], kept, target)
        count = _prove_annotations(source, written, target)
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
        raise LabelError(f"{path}: no list 'images': not COCO JSON", "Name the format with --format.")
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


def _prove_annotations(source: Json, written: Json, target: Path) -> int:
    """Check that exactly the annotations of images that are not in the output are gone, and count the rest."""
    if not isinstance(source.get("annotations"), list):
        prove(identical(source.get("annotations"), written.get("annotations")), target, "annotations")
        return 0
    present = {record["id"] for record in written["images"]}
    absent = {record["id"] for record in source["images"]} - present
    # The rule once more, apart from the one that wrote: what no image of the source owns, stays.
    expected = []
    for one in source["annotations"]:
        owner = one.get("image_id") if isinstance(one, dict) else None
        if not isinstance(owner, int | float | str) or owner not in absent:
            expected.append(one)
    prove(identical(expected, written["annotations"]), target, "annotations")
    return len(expected)
