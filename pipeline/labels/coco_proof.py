"""The check of the annotations in a COCO file that was written, by other code than wrote them."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.labels.interface import Marks
from pipeline.labels.json_file import Json, identical
from pipeline.labels.json_marks import prove, prove_marked


def prove_annotations(
    source: Json, written: Json, owners: Mapping[Json, str], kept: Collection[str], marks: Marks, target: Path
) -> int:
    """Check that exactly the annotations of images that are not in the output are gone, and those to be dropped.

    Args:
        source: The tree that was read.
        written: The tree that was written.
        owners: The name of each image of the source by its id.
        kept: The names of those in the output.
        marks: What is marked or dropped.
        target: The file, for messages.

    Returns:
        The number of annotations written.
    """
    copies = written.get("annotations")
    if not isinstance(source.get("annotations"), list):
        prove(identical(source.get("annotations"), copies), target, "annotations")
        return 0
    expected = list(_survivors(source["annotations"], owners, kept, marks))
    prove(isinstance(copies, list) and len(copies) == len(expected), target, "annotations")
    for (record, share), copy in zip(expected, copies, strict=True):
        if share is not None:
            prove_marked(record, copy, share, target)
    unmarked = [(record, copy) for (record, share), copy in zip(expected, copies, strict=True) if share is None]
    prove(identical([record for record, _ in unmarked], [copy for _, copy in unmarked]), target, "annotations")
    return len(expected)


def _survivors(
    annotations: Sequence[Json], owners: Mapping[Json, str], kept: Collection[str], marks: Marks
) -> Iterator[tuple[Json, float | None]]:
    """Yield the annotations that are to be in the output, with the share that they are marked with.

    This is the rule once more, apart from the code that wrote: what no image of the source owns, stays.
    """
    places: Counter[str] = Counter()
    for one in annotations:
        owner = one.get("image_id") if isinstance(one, dict) else None
        name = owners.get(owner) if isinstance(owner, int | float | str) else None
        if name is None:
            yield one, None
        elif name in kept:
            share = marks.of(name).get(places[name])
            places[name] += 1
            if share is None or not marks.drop:
                yield one, share
