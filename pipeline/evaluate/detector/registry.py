"""The layouts of outputs that are known, and which of them an output is of."""

from pathlib import Path

from pipeline.evaluate.detector.end_to_end import EndToEnd
from pipeline.evaluate.detector.interface import Layout, Trial
from pipeline.evaluate.detector.yolov5 import YoloV5
from pipeline.evaluate.detector.yolov8 import YoloV8
from pipeline.evaluate.detector.yolox import YoloX
from tpsence.errors import InputError

LAYOUTS: tuple[Layout, ...] = (
    YoloX(in_pixels=False, name="YOLOX"),
    YoloX(in_pixels=True, name="YOLOX (decoded)"),
    YoloV5(),
    YoloV8(),
    EndToEnd(),
)
"""To add one is to add its module and a line here."""


def known_layouts() -> str:
    """Return what is known, for messages."""
    described = dict.fromkeys(layout.described for layout in LAYOUTS)
    return f"{', '.join(described)}; N cells of strides 8, 16, 32 and perhaps 64, C classes"


def layout_of(file: Path, trial: Trial) -> Layout:
    """Return the layout of a network's output.

    Args:
        file: For the message.
        trial: What the network made of a picture.

    Raises:
        InputError: It is of none that is known, or the file says that the network does something else.
    """
    metadata, (width, height) = trial.metadata, trial.size
    if metadata is not None and metadata.task not in (None, "detect"):
        raise InputError(f"{file}: its task is {metadata.task!r}, not 'detect'", "Give a detector of boxes.")
    found = next((layout for layout in LAYOUTS if layout.fits(trial)), None)
    if found is None:
        shape = ", ".join(map(str, trial.output.shape))
        raise InputError(
            f"{file}: the output ({shape}) for an input (1, 3, {height}, {width}) is of no layout that is known",
            f"Known are: {known_layouts()}.",
        )
    return found
