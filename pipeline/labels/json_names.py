"""The names in the records of a JSON label file: which pictures they are, and what they become in the output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.files.names import add_suffix
from pipeline.images.size import Size
from pipeline.images.skips import Reason, Skip
from pipeline.labels.hints.spelling import is_absolute
from pipeline.labels.interface import LabelledPicture
from pipeline.labels.json_file import Json
from pipeline.labels.json_marks import prove


@dataclass(frozen=True, slots=True)
class Output:
    """What a name in a record becomes in the output, and the check of it."""

    folder: Path
    """The folder of the pictures in the output, absolute."""

    def name(self, stated: str, name: str, suffix: str) -> str:
        """Return the name of a picture in the output as its record is to have it.

        A relative name stays, but for the suffix. An absolute one led to the source, and so no trainer may read it: it
        becomes the absolute name of the output's picture.

        Args:
            stated: The name in the record of the source.
            name: The POSIX path of the picture below the folder of the pictures.
            suffix: What its name gets.
        """
        if is_absolute(stated):
            return str(self.folder / add_suffix(name, suffix))
        return add_suffix(stated, suffix)

    def renamed(self, record: Json, key: str, name: str, suffix: str) -> Json:
        """Return a record with its new name, all keys in their order; the record itself where the name stays."""
        new = self.name(record[key], name, suffix)
        return record if new == record[key] else {**record, key: new}

    def prove(self, stated: str, name: str, suffix: str, written: object, target: Path) -> None:
        """Check a name that was written, in another way than it was made.

        Raises:
            ProofError: It is another.
        """
        if stated.startswith("/"):
            stem, dot, extension = name.rpartition("/")[2].rpartition(".")
            base = f"{stem}{suffix}{dot}{extension}" if stem else f"{dot}{extension}{suffix}"
            place = Path(written) if isinstance(written, str) else Path()
            right = place.is_absolute() and place == self.folder / Path(name).with_name(base)
        else:
            right = written == add_suffix(stated, suffix)
        prove(right, target, "names")


def unique_pictures(
    names: Sequence[str], sizes: Sequence[Size | None], what: str
) -> tuple[list[LabelledPicture], list[Skip]]:
    """Make one picture of all records of one: merged data sets name a picture more than once.

    Args:
        names: The picture of each record.
        sizes: The (W, H) that each record states, or None.
        what: What the records are called: ``images``.

    Returns:
        The pictures in the order in which they are first named, and those of which two records state sizes that no
        picture can have at once. Width and height may be exchanged: the picture's EXIF may turn it.
    """
    first: dict[str, tuple[int, Size | None]] = {}
    skips: dict[str, Skip] = {}
    for index, (name, size) in enumerate(zip(names, sizes, strict=True)):
        if name not in first:
            first[name] = index, size
            continue
        before, known = first[name]
        if known is None:
            first[name] = index, size
        elif size is not None and sorted(size) != sorted(known) and name not in skips:
            detail = f"{what}[{before}] says {known[0]}x{known[1]}, {what}[{index}] says {size[0]}x{size[1]}"
            skips[name] = Skip(name, Reason.WRONG_SIZE, detail)
    pictures = [LabelledPicture(name, size) for name, (_, size) in first.items() if name not in skips]
    return pictures, list(skips.values())


def offsets(names: Sequence[str], counts: Sequence[int]) -> list[int]:
    """Return for each record the place of its first annotation among all of its picture.

    Args:
        names: The picture of each record.
        counts: How many annotations each record has.
    """
    found: dict[str, int] = {}
    result = []
    for name, number in zip(names, counts, strict=True):
        result.append(found.get(name, 0))
        found[name] = found.get(name, 0) + number
    return result


def shifted(shares: Mapping[int, float], offset: int, number: int) -> Mapping[int, float]:
    """Return what is marked among the annotations of one record, of what is marked in its picture.

    Args:
        shares: By the place among all annotations of the picture: the share that is left.
        offset: The place of the record's first.
        number: How many the record has.
    """
    return {place - offset: share for place, share in shares.items() if offset <= place < offset + number}
