"""What others read of a data set in several copies: each is as its source, and no two share an id.

As in ``readers``, by plain means alone. Each function takes what was asked for of every copy, in their order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.fuzzing.readers import (
    Asked,
    bare,
    form,
    json_of,
    list_lines,
    voc_annotation_differences,
    voc_stems,
    yolo_differences,
)

Json = Any


def coco_copies(asked: Sequence[Asked]) -> Iterator[str]:
    """Compare COCO files: image by image with its annotations, ids aside."""
    before, after = (json_of(folder / asked[0].labels) for folder in (asked[0].source, asked[0].out))
    expected: list[Json] = []
    for one in asked:
        for record, annotations in _images(before):
            name = record["file_name"]
            if name not in one.dropped:
                places = one.marked.get(name, ()) if one.leaves_out else ()
                kept = [other for place, other in enumerate(annotations) if place not in places]
                expected.append([{**record, "file_name": one.renamed(name)}, kept])
    if form(bare(expected)) != form(bare([[record, annotations] for record, annotations in _images(after)])):
        yield "COCO: a copy differs"
    if form(_loose(before)) != form(_loose(after)):
        yield "COCO: annotations of no image differ"
    for key in ("images", "annotations"):
        ids = [[one.get("id") for one in _objects(tree, key)] for tree in (before, after)]
        yield from _ids_shared(ids[0], ids[1], "COCO")


def scalabel_copies(asked: Sequence[Asked]) -> Iterator[str]:
    """Compare Scalabel files: frame by frame, ids of labels aside."""
    trees = [json_of(folder / asked[0].labels) for folder in (asked[0].source, asked[0].out)]
    before, after = (tree["frames"] if isinstance(tree, dict) else tree for tree in trees)
    expected = []
    for one in asked:
        for frame in before:
            name = frame["name"]
            full = f"{frame['videoName']}/{name}" if frame.get("videoName") else name
            if {name, full} & one.dropped:
                continue
            places = one.marked.get(name, one.marked.get(full, frozenset())) if one.leaves_out else frozenset()
            kept = dict(frame, name=one.renamed(name))
            if places:
                kept["labels"] = [label for place, label in enumerate(frame["labels"]) if place not in places]
            expected.append(kept)
    if form([_without_ids(one) for one in bare(expected)]) != form([_without_ids(one) for one in bare(after)]):
        yield "Scalabel: a copy differs"
    yield from _ids_shared(_label_ids(before), _label_ids(after), "Scalabel")


def yolo_copies(asked: Sequence[Asked]) -> Iterator[str]:
    """Compare YOLO data sets."""
    for one in asked:
        yield from yolo_differences(one)


def voc_copies(asked: Sequence[Asked]) -> Iterator[str]:
    """Compare VOC annotations, and the lists of splits: a line for each copy where there was one."""
    for one in asked:
        yield from voc_annotation_differences(one)
    stems = voc_stems(asked[0])
    for file in sorted((asked[0].source / "ImageSets").rglob("*.txt")):
        expected = []
        for words in list_lines(file):
            if words[0] not in stems:
                expected.append(words)
                continue
            suffixes = [one.suffix for one in asked if stems[words[0]] not in one.dropped]
            expected += [[words[0] + suffix, *words[1:]] for suffix in suffixes]
        if list_lines(asked[0].out / file.relative_to(asked[0].source)) != expected:
            yield "VOC: a list of a split differs"


COPIES: Mapping[str, Callable[[Sequence[Asked]], Iterator[str]]] = {
    "coco": coco_copies,
    "scalabel": scalabel_copies,
    "yolo": yolo_copies,
    "voc": voc_copies,
}


def _objects(tree: Json, key: str) -> list[dict[str, Json]]:
    """The objects in a list."""
    found = tree.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _images(tree: Json) -> Iterator[tuple[dict[str, Json], list[Json]]]:
    """Yield each image with its annotations, in their order, without ids."""
    owned: dict[Json, list[Json]] = {}
    for one in _objects(tree, "annotations"):
        if isinstance(one.get("image_id"), int | float | str):
            owned.setdefault(one["image_id"], []).append(_bare_of(one, "id", "image_id"))
    for record in tree["images"]:
        yield _bare_of(record, "id"), owned.get(record["id"], [])


def _loose(tree: Json) -> list[Json]:
    """Annotations that belong to no image."""
    ids = [one["id"] for one in tree["images"]]
    found = tree.get("annotations")
    return [
        one
        for one in (found if isinstance(found, list) else [])
        if not (isinstance(one, dict) and isinstance(one.get("image_id"), int | float | str) and one["image_id"] in ids)
    ]


def _without_ids(frame: Json) -> Json:
    """Return a frame without the ids of its labels."""
    labels = frame.get("labels")
    if not isinstance(labels, list):
        return frame
    return {**frame, "labels": [_bare_of(one, "id") if isinstance(one, dict) else one for one in labels]}


def _label_ids(frames: Sequence[Json]) -> list[Json]:
    """The ids of all labels."""
    labels = [frame.get("labels") for frame in frames]
    return [one.get("id") for part in labels if isinstance(part, list) for one in part if isinstance(one, dict)]


def _bare_of(record: Mapping[str, Json], *keys: str) -> dict[str, Json]:
    """Return a record without some keys."""
    return {key: value for key, value in record.items() if key not in keys}


def _ids_shared(before: Sequence[Json], after: Sequence[Json], what: str) -> Iterator[str]:
    """Say so where ids that were each one's own are shared."""
    usable, written = ([one for one in ids if isinstance(one, int | str)] for ids in (before, after))
    if len(set(usable)) == len(usable) and len(set(written)) != len(written):
        yield f"{what}: copies share an id"
