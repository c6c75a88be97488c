"""One picture without labels."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.text import one_line
from pipeline.labels.locate import pictures_among
from pipeline.labels.none import NoLabels
from tpsence.errors import InputError


class OnePicture(NoLabels):
    """One picture without labels, which the user names: what else lies in its folder is no input.

    Args:
        file: The picture. A link is followed, wherever it leads.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(file.parent, [file.name], follow_links=True)
        self.file = file

    def identity(self) -> dict[str, str]:
        """Return the picture's path."""
        return {"images": str(self.file)}

    def inputs(self) -> Sequence[Path]:
        """Return the picture."""
        return [self.file]


def opened_alone(file: Path, labels: Path | None) -> OnePicture:
    """Open one picture.

    Args:
        file: It, absolute.
        labels: What was given as labels: these want the folder that their names are relative to.

    Raises:
        InputError: There are labels, or its name is none of a picture.
    """
    if labels is not None:
        raise LabelError(
            one_line(f"{file}: is a file; with `labels`, `images` is the folder that their names are relative to"),
            "Give that folder. To translate this picture alone, leave `labels` out.",
        )
    if not pictures_among([file.name]):
        hint = "JPEG, PNG, WebP, TIFF and BMP are read, under their usual endings; label files go with `labels`."
        raise InputError(one_line(f"{file}: neither a folder nor the name of a picture"), hint)
    return OnePicture(file)
