"""How data sets name the label maps of their pictures, and what the values in them mean."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.classes.label_maps import LOSSLESS
from pipeline.errors import UnsafeNameError
from pipeline.files.jail import Jail
from pipeline.files.names import without_extension
from pipeline.files.text import one_line, some
from pipeline.files.walk import list_files
from pipeline.images.codec import EXTENSIONS
from pipeline.segment.ground_truth.enums import TruthFormat
from tpsence.conventions import IGNORE
from tpsence.errors import InputError

_EXTENSIONS = frozenset(extension for extension, file_format in EXTENSIONS.items() if file_format in LOSSLESS)
_TRAINED_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
"""The id in ``labelIds`` of each of Cityscapes' 19 classes of training, of 34 ids altogether."""
NAMED = 3
"""How many names a message gives."""
_HINT_NAMES = "Check `ground_truth`, `images` and `ground_truth_format`: the maps are named after the pictures."

Ids = Mapping[int, int]
"""Class id, or ``IGNORE``, by the value in a file; other values are not in the format."""
LABEL_IDS: Ids = dict.fromkeys([*range(34), IGNORE], IGNORE) | {
    value: number for number, value in enumerate(_TRAINED_IDS)
}
TRAIN_IDS: Ids = {number: number for number in [*range(19), IGNORE]}
SEGNET_IDS: Ids = {number: number for number in [*range(11), IGNORE]} | {11: IGNORE}
COLOURS: Ids = {}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of label map that a data set has."""

    suffix: str
    """What its stem has after the picture's."""
    ids: Ids
    """What its values mean; empty where it must be in colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """The rules of a data set."""

    format: TruthFormat
    title: str
    """Name of the data set for messages."""
    scheme: str
    """Name of the scheme of its classes."""
    kinds: Sequence[Kind]
    """Kinds of maps in the order of preference."""
    dropped: str = ""
    """What ends a picture's stem and is not in that of its map."""

    def unmistakable(self) -> "Convention":
        """Return the rules without the maps that are named like any picture."""
        return replace(self, kinds=[kind for kind in self.kinds if kind.suffix])

    def places(self, picture: str) -> list[tuple[Kind, str]]:
        """Return where a picture's map can be, as POSIX paths without extension, the best first."""
        stem = without_extension(picture).removesuffix(self.dropped)
        return [(kind, stem + kind.suffix) for kind in self.kinds]

    def examples(self, picture: str) -> list[str]:
        """Return names that a picture's map can have, without folder."""
        return [f"{_base(place)}.png" for _, place in self.places(picture)]


CONVENTIONS: Mapping[TruthFormat, Convention] = {
    TruthFormat.CITYSCAPES: Convention(
        format=TruthFormat.CITYSCAPES,
        title="Cityscapes",
        scheme="cityscapes",
        dropped="_leftImg8bit",
        kinds=[
            Kind(f"_{annotation}_{suffix}", ids)
            for annotation in ("gtFine", "gtCoarse")
            for suffix, ids in (("labelTrainIds", TRAIN_IDS), ("labelIds", LABEL_IDS), ("color", COLOURS))
        ],
    ),
    TruthFormat.BDD100K: Convention(
        format=TruthFormat.BDD100K,
        title="BDD100K",
        scheme="cityscapes",
        kinds=[Kind("_train_id", TRAIN_IDS), Kind("_train_color", COLOURS), Kind("", TRAIN_IDS)],
    ),
    TruthFormat.CAMVID: Convention(
        format=TruthFormat.CAMVID,
        title="CamVid",
        scheme="camvid",
        kinds=[Kind("_L", COLOURS), Kind("", SEGNET_IDS)],
    ),
}


@dataclass(frozen=True, slots=True)
class Match:
    """The files that can be the map of a picture."""

    kind: Kind
    files: Sequence[str]
    """POSIX paths below the root, sorted; more than one if it is open which it is."""


class MapFolder:
    """The label maps below a folder, listed once.

    Args:
        root: The folder.

    Raises:
        InputError: There is no such folder, or it cannot be read.
        UnsafeNameError: A linked folder leads out of it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._by_place: dict[str, list[str]] = defaultdict(list)
        self._by_base: dict[str, list[str]] = defaultdict(list)
        for name in _maps_below(root):
            place = without_extension(name)
            self._by_place[place].append(name)
            self._by_base[_base(place)].append(name)

    def _find(self, convention: Convention, picture: str, *, anywhere: bool) -> Match | None:
        """Look for a picture's map in the picture's own sub-folder, then, by its name alone, in all others.

        Args:
            convention: The rules of names.
            picture: POSIX path below the folder of the pictures.
            anywhere: Whether its name alone tells it from the other pictures.
        """
        places = convention.places(picture)
        for kind, place in places:
            if place in self._by_place:
                return Match(kind, self._by_place[place])
        for kind, place in places:
            if anywhere and _base(place) in self._by_base:
                return Match(kind, self._by_base[_base(place)])
        return None

    def find_all(self, convention: Convention, pictures: Sequence[str]) -> dict[str, Match]:
        """Return what is found, by picture; pictures without a map are left out.

        Raises:
            UnsafeNameError: A map is a link that leads out of the folder.
        """
        names = Counter(_base(without_extension(picture)) for picture in pictures)
        looks = {
            picture: self._find(convention, picture, anywhere=names[_base(without_extension(picture))] == 1)
            for picture in pictures
        }
        found = {picture: match for picture, match in looks.items() if match}
        jail = Jail(self.root)
        with _hint_about_links():
            for match in found.values():
                for name in match.files:
                    jail.check(name)
        return found


def none_found(root: Path, pictures: Sequence[str], conventions: Sequence[Convention]) -> InputError:
    """Return the error of a folder that has no label map of any of the pictures."""
    firsts = [rules.examples(pictures[0])[0] for rules in conventions]
    names = firsts if len(firsts) > 1 else conventions[0].examples(pictures[0])
    looked_for = f"for {pictures[0]}, looked for {some(names, most=NAMED)}"
    return InputError(one_line(f"{root}: no label maps of the pictures in it; {looked_for}"), _HINT_NAMES)


def _maps_below(root: Path) -> list[str]:
    """List the files below a folder that can be label maps by their extension."""
    if not root.is_dir():
        what = "not a folder" if root.exists() else "no such folder"
        raise InputError(one_line(f"{root}: {what}"), "Give the folder of the label maps with `ground_truth`.")
    with _hint_about_links():
        names = list_files(root)
    return [name for name in names if name[name.rfind(".") :].lower() in _EXTENSIONS]


@contextmanager
def _hint_about_links() -> Iterator[None]:
    """Name the right option in the hint about links: as it is, it speaks of the folder of the pictures."""
    try:
        yield
    except UnsafeNameError as error:
        hint = "Give the real folder with `ground_truth`, or copy the file into it."
        raise UnsafeNameError(error.message, hint) from error


def _base(place: str) -> str:
    """Return the last part of a POSIX path."""
    return place.rpartition("/")[2]
