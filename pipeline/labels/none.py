"""A folder of pictures without labels."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.images.skips import Skip
from pipeline.labels.interface import LabelledObject, LabelledPicture, Proof
from pipeline.labels.inventory import Inventory
from pipeline.labels.layers import Layer, Layered


class NoLabels(Layered):
    """A folder of pictures without labels.

    Args:
        image_root: The folder.
        names: POSIX paths of the pictures below it.
        follow_links: Links that lead out of it are followed.
    """

    format = "none"
    image_prefix = ""
    takes_marks = False
    splits: Mapping[str, Collection[str]] = {}
    skips: Sequence[Skip] = ()
    inventory = Inventory()

    def __init__(self, image_root: Path, names: Sequence[str], *, follow_links: bool = False) -> None:
        self.image_root = image_root
        self.follow_links = follow_links
        self.pictures: Sequence[LabelledPicture] = [LabelledPicture(name, None) for name in names]

    def annotations_of(self, name: str) -> int:
        """Return 0."""
        del name
        return 0

    def identity(self) -> dict[str, str]:
        """Return the folder's path."""
        return {"images": str(self.image_root)}

    def inputs(self) -> Sequence[Path]:
        """Return nothing: the image folder is checked by itself."""
        return []

    def files_of(self, layers: Sequence[Layer]) -> Sequence[tuple[str, str]]:
        """Return nothing."""
        return []

    def check_suffix(self, suffix: str) -> None:
        """Accept any suffix."""

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return nothing."""
        return []

    def check_marks(self) -> None:
        """Refuse: there are no annotations."""
        raise LabelError("`gate`: a folder of pictures alone has no boxes", "Give `labels`, or leave `gate` out.")

    def write_layers(self, out: Path, layers: Sequence[Layer]) -> Proof:
        """Write nothing."""
        return Proof(files=0, pictures=sum(len(one.kept) for one in layers), annotations=0, how="no labels")
