"""The check of the annotations in a COCO file that was written, by other code than wrote them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from pipeline.labels.json_file import Json, identical
from pipeline.labels.json_ids import prove_distinct, with_id_of
from pipeline.labels.json_marks import prove, prove_marked
from pipeline.labels.layers import Layer

_Expected = Sequence[tuple[Json, float | None]]
"""Annotations of the source that are to be in a layer, each with the share that it is marked with."""


def prove_annotations(
    source: Json,
    written: Json,
    owners: Mapping[Json, str],
    layers: Sequence[Layer],
    images: Sequence[Mapping[Json, Json]],
    target: Path,
) -> int:
    """Check that exactly the annotations of images that are not in the output are gone, and those to be dropped.

    Args:
        source: The tree that was read.
        written: The tree that was written.
        owners: The name of each image of the source by its id.
        layers: What is in the output.
        images: For each layer, the ids of the images that were written by those in the source.
        target: The file, for messages.

    Returns:
        The number of annotations written.
    """
    copies = written.get("annotations")
    if not isinstance(source.get("annotations"), list):
        prove(identical(source.get("annotations"), copies), target, "annotations")
        return 0
    expected: list[_Expected] = [
        [*_survivors(source["annotations"], owners, layer, is_first=not place)] for place, layer in enumerate(layers)
    ]
    prove(isinstance(copies, list) and len(copies) == sum(map(len, expected)), target, "annotations")
    left = iter(copies)
    for place, (own, ids) in enumerate(zip(expected, images, strict=True)):
        part = [*islice(left, len(own))]
        if place:
            part = [_restored(record, one, ids, target) for (record, _), one in zip(own, part, strict=True)]
        _prove_layer(own, part, target)
    if len(layers) > 1:
        sources = [[_id_of(record) for record, _ in own] for own in expected]
        prove_distinct(sources, [*map(_id_of, copies)], target, "annotations")
        new = {image_id for ids in images[1:] for image_id in ids.values()}
        prove(new.isdisjoint(_owners_of(source["annotations"])), target, "annotations of no image")
    return len(copies)


def _prove_layer(expected: _Expected, copies: Sequence[Json], target: Path) -> None:
    """Check that annotations are those of the source, and their marks."""
    for (record, share), copy in zip(expected, copies, strict=True):
        if share is not None:
            prove_marked(record, copy, share, target)
    unmarked = [(record, copy) for (record, share), copy in zip(expected, copies, strict=True) if share is None]
    prove(identical([record for record, _ in unmarked], [copy for _, copy in unmarked]), target, "annotations")


def _restored(record: Json, copy: Json, images: Mapping[Json, Json], target: Path) -> Json:
    """Check that an annotation of a later copy is of that copy's image, and return it with the ids of its source."""
    alike = with_id_of(record, copy, target, "annotations")
    prove(copy.get("image_id") == images[record["image_id"]], target, "'image_id' of annotations")
    return {**alike, "image_id": record["image_id"]}


def _owners_of(annotations: Sequence[Json]) -> set[Json]:
    """Return the ids of the images that annotations name, whether or not these are there."""
    owners = [one.get("image_id") for one in annotations if isinstance(one, dict)]
    return {owner for owner in owners if isinstance(owner, int | float | str)}


def _id_of(record: Json) -> Json:
    """Return the id of an annotation, or None."""
    return record.get("id") if isinstance(record, dict) else None


def _survivors(
    annotations: Sequence[Json], owners: Mapping[Json, str], layer: Layer, *, is_first: bool
) -> Iterator[tuple[Json, float | None]]:
    """Yield the annotations that are to be in a layer, with the share that they are marked with.

    This is the rule once more, apart from the code that wrote: what no image of the source owns, stays, once.
    """
    places: Counter[str] = Counter()
    for one in annotations:
        owner = one.get("image_id") if isinstance(one, dict) else None
        name = owners.get(owner) if isinstance(owner, int | float | str) else None
        if name is None:
            if is_first:
                yield one, None
        elif name in layer.kept:
            share = layer.marks.of(name).get(places[name])
            places[name] += 1
            if share is None or not layer.marks.drop:
                yield one, share
