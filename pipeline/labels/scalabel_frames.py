"""The frames of Scalabel and their labels: marked, copied, and the check of both by other code than wrote them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.labels.json_file import Json
from pipeline.labels.json_ids import Ids, with_id_of
from pipeline.labels.json_marks import marked, prove, prove_marked


def labels_of(frame: Json) -> list[Json]:
    """Return the labels of a frame, which may have none."""
    labels = frame.get("labels") if isinstance(frame, dict) else None
    return labels if isinstance(labels, list) else []


def ids_of(frame: Json, shares: Mapping[int, float], *, drop: bool) -> Iterator[Json]:
    """Yield the ids of the labels of a frame.

    Args:
        frame: The frame.
        shares: By the place of those that are marked: the share that is left.
        drop: These are left out.
    """
    for place, label in enumerate(labels_of(frame)):
        if isinstance(label, dict) and not (drop and place in shares):
            yield label.get("id")


def with_marks(frame: Json, shares: Mapping[int, float], *, drop: bool) -> Json:
    """Return a frame with some of its labels marked or left out; the frame itself where there are none."""
    if not shares:
        return frame
    labels = [
        marked(label, shares[place]) if place in shares else label
        for place, label in enumerate(labels_of(frame))
        if not (drop and place in shares)
    ]
    return {**frame, "labels": labels}


def with_own_ids(frame: Json, copy: int, ids: Ids) -> Json:
    """Return a frame whose labels have the ids of a copy; the frame itself where it has no labels."""
    labels = [
        {**label, "id": ids.of(label["id"], copy)} if isinstance(label, dict) and "id" in label else label
        for label in labels_of(frame)
    ]
    return {**frame, "labels": labels} if labels else frame


def restored(
    source: Json, copy: Json, shares: Mapping[int, float], *, drop: bool, has_own_ids: bool, target: Path
) -> Json:
    """Check the marks of a written frame, and return it with the labels of its source in the place of what may differ.

    Args:
        source: The frame in the source.
        copy: As it was written.
        shares: By the place of those that are marked: the share that is left.
        drop: These are left out.
        has_own_ids: It is a later copy, whose labels have ids of their own.
        target: The file, for messages.

    Raises:
        ProofError: A label was marked or dropped that should not be, or the reverse.
    """
    before, after = labels_of(source), labels_of(copy)
    if not before or not (shares or has_own_ids):
        return copy
    prove(len(after) == len(before) - (len(shares) if drop else 0), target, "labels")
    left = iter(after)
    labels = []
    for place, label in enumerate(before):
        if drop and place in shares:
            labels.append(label)
            continue
        one = next(left)
        if has_own_ids and isinstance(label, dict):
            one = with_id_of(label, one, target, "labels")
        if place in shares:
            prove_marked(label, one, shares[place], target)
            one = label
        labels.append(one)
    return {**copy, "labels": labels}
