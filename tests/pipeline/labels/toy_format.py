"""A label format as small as one can be: a folder of ``.toy`` files, each with names of pictures."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.labels.format import LabelFormat, Place
from pipeline.labels.none import NoLabels


class ToyLabels(NoLabels):
    """Pictures that the files of a folder name."""

    format = "toy"

    def __init__(self, place: Place, images: Path | None) -> None:
        self.folder = place.folder(self.format)
        names = [name for file in sorted(self.folder.glob("*.toy")) for name in file.read_text().split()]
        super().__init__(images or self.folder, names)

    def inputs(self) -> Sequence[Path]:
        return [self.folder]


TOY = LabelFormat(
    name=ToyLabels.format,
    title="Toy",
    given_as=("a folder of toys",),
    extensions=(".toy",),
    recognise=lambda place: ".toy" in place.extensions,
    open_set=ToyLabels,
)
