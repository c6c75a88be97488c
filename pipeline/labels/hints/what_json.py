"""Whose JSON a file is that is neither COCO nor Scalabel, told from its keys."""

from collections.abc import Iterable
from typing import Any

from pipeline.files.text import some
from pipeline.labels.hints.told import Told

_COCO = "Export the labels as COCO or YOLO, and give that."
_LISTS = (
    (
        {"image_id", "category_id", "score"},
        "a list of detections, which names no pictures",
        "Give the file with 'images' and 'annotations' that they belong to.",
    ),
    (
        {"image_id", "bbox"},
        "a list of annotations alone, which names no pictures",
        "Give the file with 'images' and 'annotations' that they belong to.",
    ),
    ({"data", "annotations"}, "the tasks of Label Studio, not read here", _COCO),
    ({"data", "predictions"}, "the tasks of Label Studio, not read here", _COCO),
    ({"data", "id"}, "the tasks of Label Studio, not read here", _COCO),
    (
        {"image", "id"},
        "the tasks of Label Studio (JSON-MIN), not read here",
        _COCO,
    ),
    ({"image", "annotations"}, "the JSON of Create ML, not read here", _COCO),
    ({"External ID"}, "the JSON of Labelbox, not read here", _COCO),
    ({"filename", "regions"}, "the JSON of VGG Image Annotator, not read here", _COCO),
    ({"filename", "ann"}, "the annotations of MMDetection 2.x, not read here", _COCO),
)
"""Keys of the first record of a list, whose they are, and what to do."""
_OBJECTS = (
    (
        {"shapes", "imagePath"},
        "the labels of one picture from LabelMe, not read here",
        _COCO,
    ),
    (
        {"shapes", "imageHeight"},
        "the labels of one picture from LabelMe, not read here",
        _COCO,
    ),
    ({"_via_img_metadata"}, "a project of VGG Image Annotator, not read here", _COCO),
    ({"imgHeight", "imgWidth", "objects"}, "the polygons of one picture of Cityscapes, not read here", _COCO),
    ({"objects", "size"}, "the labels of one picture from Supervisely, not read here", _COCO),
    ({"asset", "regions"}, "the labels of one picture from VoTT, not read here", _COCO),
    ({"metainfo", "data_list"}, "the annotations of MMEngine and MMDetection 3.x, not read here", _COCO),
    ({"openlabel"}, "OpenLABEL, not read here", _COCO),
    ({"features", "type"}, "GeoJSON, not read here", _COCO),
    (
        {"annotations", "categories"},
        "COCO without 'images', which names no pictures",
        "Give the file that has 'images' as well.",
    ),
    ({"data", "annotations"}, "one task of Label Studio, not read here", _COCO),
)
"""Keys at the top of an object, whose they are, and what to do."""


def told_by_json(tree: Any) -> Told | None:  # noqa: ANN401 (a parsed JSON value)
    """Tell whose labels a parsed file has.

    Args:
        tree: The parsed value, which is neither COCO nor Scalabel.

    Returns:
        What it is, or None where nothing is known of it, or it could be COCO or Scalabel with a fault in it.
    """
    if isinstance(tree, list):
        return _told_of_list(tree)
    if not isinstance(tree, dict):
        return None
    for key in ("images", "frames"):
        if key in tree:
            value = tree[key]
            right = isinstance(value, list)
            return _told_of_frames(tree) if right else Told(f"{key!r} is {_kind(value)}, expected a list", _COCO)
    for keys, what, hint in _OBJECTS:
        if keys <= tree.keys():
            return Told(what, hint)
    if tree and all(isinstance(one, dict) and {"filename", "regions"} <= one.keys() for one in _first(tree.values())):
        return Told("the JSON of VGG Image Annotator, not read here", _COCO)
    return None


def _told_of_list(tree: list[Any]) -> Told | None:
    """Tell whose list it is."""
    if not tree:
        return None
    if not isinstance(tree[0], dict):
        return Told(f"a list of which the first is {_kind(tree[0])}, no labels")
    if "name" in tree[0]:
        return None
    for keys, what, hint in _LISTS:
        if keys <= tree[0].keys():
            return Told(what, hint)
    if not any(isinstance(one, dict) and "name" in one for one in tree):
        return Told(f"a list of objects with the keys {some(list(tree[0]))}, of no known format")
    return None


def _told_of_frames(tree: dict[str, Any]) -> Told | None:
    """Tell the older files of BDD100K, one for each picture."""
    frames = tree.get("frames")
    if "name" in tree and frames and isinstance(frames[0], dict) and "objects" in frames[0]:
        what = "the labels of one picture in the older format of BDD100K, not read here"
        return Told(what, "Give the file of the whole set in the format of Scalabel.")
    return None


def _first(values: Iterable[Any], most: int = 3) -> list[Any]:
    """Return the first few of some values."""
    return [one for one, _ in zip(values, range(most), strict=False)]


def _kind(value: object) -> str:
    """Name the kind of a parsed value."""
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}
    return "null" if value is None else kinds.get(type(value), "a number")
