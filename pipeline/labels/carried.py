"""Judges labels by what their source had: before the first write, and when they have been written."""

import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import LabelError, ProofError
from pipeline.files.names import without_extension
from pipeline.files.text import count
from pipeline.images.skips import Reason
from pipeline.labels.hints.where import missing_hint
from pipeline.labels.interface import LabelSet, Marks, Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What has become of everything that the source had."""

    annotations: int
    """Annotations of the source and of further copies: carried, left out, dropped, or of no picture."""
    repeated: int
    """How many of these are of further copies."""
    left_out: int
    """Annotations of pictures that are not in the output."""
    dropped: int
    """Annotations that were to be dropped, as their object may have vanished."""
    ownerless: int
    """Annotations that belong to no picture."""
    files: int
    """Label files of the source."""
    class_lists: tuple[str, ...]
    """What else was carried."""
    left_behind: tuple[str, ...]
    """What was not."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)


def refuse_nothing_to_carry(labels: LabelSet) -> None:
    """Refuse labels none of whose annotations would be in the output, since none of their pictures is there.

    Raises:
        LabelError: They are such labels.
    """
    source = labels.inventory
    if not labels.pictures:
        if labels.skips and source.files:
            skip = labels.skips[0]
            said = f"none of its {count(source.files, 'label file')} can be read, for example {skip.file}"
            raise LabelError(f"{_place(labels)}: {said}: {skip.detail}", "Mend them, or leave `labels` out.")
        return
    there = [one.name for one in labels.pictures if os.path.lexists(f"{labels.image_root}/{one.name}")]
    if not there:
        first = labels.pictures[0].name
        number = count(len(labels.pictures), "picture")
        hint = missing_hint(Path(_place(labels)), [one.name for one in labels.pictures], labels.image_root)
        raise LabelError(
            f"{labels.image_root}: none of the {number} of the labels is there, for example {first!r}",
            hint or "Give the folder that the names are relative to with `images`.",
        )
    owned = source.annotations - source.ownerless
    lost = owned if owned else 0 if source.ownerless_stay else source.ownerless
    if lost and not any(map(labels.annotations_of, there)):
        said = f"{count(lost, 'annotation')} in {count(source.files, 'label file')}"
        missing = [f"{without_extension(skip.file)}.jpg" for skip in labels.skips if skip.reason is Reason.MISSING]
        hint = missing_hint(Path(_place(labels)), missing, labels.image_root) if missing else None
        raise LabelError(
            f"{_place(labels)}: has {said}, and none belongs to a picture in {labels.image_root}",
            hint or "Check that the folders belong together; without `labels` the pictures alone are translated.",
        )


def balance(labels: LabelSet, kept: Collection[str], marks: Marks, proof: Proof) -> Balance:
    """Account for every annotation of the source.

    Args:
        labels: The labels.
        kept: Names of the pictures in the output.
        marks: What was marked or dropped.
        proof: What was found in the labels that were written.

    Raises:
        ProofError: An annotation is neither carried nor accounted for.
    """
    source = labels.inventory
    left_out = sum(labels.annotations_of(one.name) for one in labels.pictures if one.name not in kept)
    dropped = sum(len(marks.of(name)) for name in kept) if marks.drop else 0
    gone = left_out + dropped + (0 if source.ownerless_stay else source.ownerless)
    if proof.annotations != source.annotations - gone:
        raise ProofError(
            f"{_place(labels)}: has {source.annotations:,} annotations, of which {gone:,} were to be "
            f"left out, and {proof.annotations:,} were written",
            "Run the same command again; if it stays, please report it.",
        )
    return Balance(
        annotations=source.annotations,
        repeated=source.repeated,
        left_out=left_out,
        dropped=dropped,
        ownerless=source.ownerless,
        files=source.files,
        class_lists=source.class_lists,
        left_behind=source.left_behind,
    )


def _place(labels: LabelSet) -> str:
    """Where the labels are, for a message."""
    return labels.identity().get("labels", str(labels.image_root))


def described(labels: LabelSet) -> list[str]:
    """Say what the source has, a line each; nothing for pictures alone."""
    source = labels.inventory
    if not source.files:
        return []
    lists = f", {count(len(source.class_lists), 'file')} beside them" if source.class_lists else ""
    lines = [f"source: {count(source.own, 'annotation')} in {count(source.files, 'label file')}{lists}"]
    return [*lines, *source.notes]
