"""Marks in JSON labels, and the checks that prove them."""

from pathlib import Path

from pipeline.errors import ProofError
from pipeline.labels.interface import KEPT, VANISHED
from pipeline.labels.json_file import Json, identical


def marked(record: Json, kept: float) -> Json:
    """Return an annotation with the mark that its object may have vanished.

    The mark stands in ``attributes``, which COCO tools and Scalabel have for what the format does not foresee; beside
    it where ``attributes`` is something else than an object.

    Args:
        record: The annotation.
        kept: Share of its structure that is left, 0 to 1.
    """
    mark = {VANISHED: True, KEPT: kept}
    attributes = record.get("attributes")
    if attributes is None or isinstance(attributes, dict):
        return {**record, "attributes": {**(attributes or {}), **mark}}
    return {**record, **mark}


def prove_marked(record: Json, copy: Json, kept: float, path: Path) -> None:
    """Check that a written annotation is its source and the mark.

    Raises:
        ProofError: It differs by more or less.
    """
    prove(isinstance(copy, dict), path, "annotations")
    inside = record.get("attributes")
    inside = {} if inside is None else inside
    holder = copy.get("attributes") if isinstance(inside, dict) else copy
    prove(isinstance(holder, dict) and holder.get(VANISHED) is True and holder.get(KEPT) == kept, path, "marks")
    ours = {VANISHED, KEPT}
    if isinstance(inside, dict):
        before, after = ({key: value for key, value in one.items() if key not in ours} for one in (inside, holder))
        prove(identical(before, after), path, "attributes")
        ours = {"attributes"}
    before, after = ({key: value for key, value in one.items() if key not in ours} for one in (record, copy))
    prove(identical(before, after), path, "annotations")


def prove(condition: bool, path: Path, what: str) -> None:
    """Raise if a comparison of the written labels with their source failed.

    Raises:
        ProofError: The condition is false.
    """
    if not condition:
        raise ProofError(
            f"{path}: {what} differ from the source when read back",
            "Run the same command again; if it stays, please report it.",
        )
