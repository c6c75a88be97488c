"""A folder of pictures without labels."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.images.skips import Skip
from pipeline.labels.interface import NO_MARKS, LabelledObject, LabelledPicture, Marks, Proof


class NoLabels:
    """A folder of pictures without labels.

    Args:
        image_root: The folder.
        names: POSIX paths of the pictures below it.
    """

    format = "none"
    image_prefix = ""
    takes_marks = False
    skips: Sequence[Skip] = ()

    def __init__(self, image_root: Path, names: Sequence[str]) -> None:
        self.image_root = image_root
        self.pictures: Sequence[LabelledPicture] = [LabelledPicture(name, None) for name in names]

    def identity(self) -> dict[str, str]:
        """Return the folder's path."""
        return {"images": str(self.image_root)}

    def inputs(self) -> Sequence[Path]:
        """Return nothing: the image folder is checked by itself."""
        return []

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Return nothing."""
        return []

    def check_suffix(self, suffix: str) -> None:
        """Accept any suffix."""

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return nothing."""
        return []

    def check_marks(self) -> None:
        """Refuse: there are no annotations."""
        raise LabelError("`gate`: a folder of pictures alone has no boxes", "Give `labels`, or leave `gate` away.")

    def write(self, out: Path, kept: Mapping[str, str], marks: Marks = NO_MARKS) -> Proof:
        """Write nothing."""
        return Proof(files=0, pictures=len(kept), annotations=0, how="no labels")
