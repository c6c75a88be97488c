"""What stands in the records of a COCO file: names, sizes, ids, categories."""

import math
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import CollisionError, LabelError
from pipeline.images.size import Size
from pipeline.labels.hints.what_is import not_labels
from pipeline.labels.image_root import Stated
from pipeline.labels.json_file import Json

ADDRESS = "coco_url"
"""What LVIS has in the place of ``file_name``."""


def stated_size(record: Json) -> Size | None:
    """Return (W, H) that a record states, or None where it does not or states nonsense."""
    width, height = record.get("width"), record.get("height")
    if all(isinstance(side, int | float) and 1 <= side < math.inf and side == int(side) for side in (width, height)):
        return int(width), int(height)
    return None


def records_of(tree: Json, path: Path) -> list[Json]:
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


def stated_name(record: Json, where: str) -> Stated:
    """Return the name in a record: of LVIS, which has none, the end of the address, the folder being the split."""
    if "file_name" in record:
        return Stated(record["file_name"], where)
    folder, name = _address(record)
    return Stated(name, where, folder)


def _address(record: Json) -> list[str]:
    """Return the last two parts of the address of a picture, or nothing where it has none."""
    address = record.get(ADDRESS)
    parts = address.split("/")[-2:] if isinstance(address, str) else []
    return parts if len(parts) == 2 and all(parts) else []


def refuse_duplicate_ids(ids: Sequence[Json], path: Path) -> None:
    """Refuse two images with one id: their annotations could not be told apart."""
    seen: set[Json] = set()
    for index, image_id in enumerate(ids):
        if image_id is None or isinstance(image_id, list | dict):
            raise LabelError(f"{path}: images[{index}] has no usable 'id'", "Give it a number of its own.")
        if image_id in seen:
            raise CollisionError(f"{path}: two images have the id {image_id!r}", "Give each its own id.")
        seen.add(image_id)


def category_names(tree: Json) -> dict[Json, str]:
    """Names of the categories by id, as far as they can be read."""
    categories = tree.get("categories")
    records = [one for one in categories if isinstance(one, dict)] if isinstance(categories, list) else []
    return {
        one["id"]: str(one["name"])
        for one in records
        if isinstance(one.get("id"), int | float | str) and one.get("name") is not None
    }
