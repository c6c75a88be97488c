"""What is left out, and why: a skip is a value, not an exception and not a log line."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import Enum

from pipeline.errors import OutputError


class Reason(str, Enum):
    """Why a picture was left out of the output."""

    MISSING = "missing"
    """There is no such file."""
    UNREADABLE = "unreadable"
    """The file cannot be opened or decoded."""
    TRUNCATED = "truncated"
    """The file ends too early."""
    UNSUPPORTED = "unsupported format"
    """The file is none of JPEG, PNG, WebP, TIFF and BMP."""
    TOO_LARGE = "too many pixels"
    """The header announces more pixels than ``--max-pixels``."""
    WRONG_SIZE = "wrong size"
    """Neither the stored nor the upright size is the one in the label file."""
    BAD_LABEL = "bad label"
    """The label file of this picture cannot be read."""
    OUT_OF_MEMORY = "out of memory"
    """The device cannot hold this picture at the chosen width."""
    NOT_FINITE = "not finite"
    """The generator's arithmetic has overflowed."""
    UNWRITABLE = "cannot be encoded"
    """The format of the output cannot hold this picture."""
    KILLS_WORKER = "kills its worker"
    """Workers of a cluster have died, one after the other, while they had this picture."""


@dataclass(frozen=True, slots=True)
class Skip:
    """One picture that was left out."""

    file: str
    """The name in the data set: relative to the image folder."""
    reason: Reason
    """The kind of trouble."""
    detail: str
    """What exactly, in a few words."""

    def as_dict(self) -> dict[str, str]:
        """Return the line of ``skipped.jsonl``."""
        return {**asdict(self), "reason": self.reason.value}

    @classmethod
    def from_dict(cls, line: Mapping[str, str]) -> "Skip":
        """Read a line of ``skipped.jsonl``.

        Raises:
            OutputError: It is no such line.
        """
        try:
            file, reason, detail = line["file"], Reason(line["reason"]), line["detail"]
            if not isinstance(file, str) or not isinstance(detail, str):
                raise TypeError("no text")
            return cls(file, reason, detail)
        except (KeyError, TypeError, ValueError) as error:
            raise OutputError(
                f"a line of skipped.jsonl is damaged: {line!r}", "Start anew in another folder."
            ) from error


class PictureError(Exception):
    """Raised while one picture is read or written; becomes a ``Skip``."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def as_skip(self, file: str) -> Skip:
        """Return the skip of a picture of this name."""
        return Skip(file, self.reason, self.detail)


def in_order(skips: Iterable[Skip], names: Iterable[str]) -> list[Skip]:
    """Return skips in the order of a plan, whatever order they came in.

    Args:
        skips: In any order.
        names: Of the pictures, in the order of the plan. What is none of them, as what is wrong with the labels, comes
            first and stays in its order.
    """
    skips = list(skips)
    left_out = {skip.file for skip in skips}
    places = {name: place for place, name in enumerate(names) if name in left_out}
    return sorted(skips, key=lambda skip: places.get(skip.file, -1))


def count_reasons(skips: Iterable[Skip]) -> dict[str, int]:
    """Count skips by reason, the most frequent first."""
    return dict(Counter(skip.reason.value for skip in skips).most_common())
