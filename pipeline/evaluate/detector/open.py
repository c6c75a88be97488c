"""Open a detector, and find objects with it.

What the network makes of a grey picture tells the layout of its output, and that it runs at all.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.errors import RunError
from pipeline.evaluate.detector.coco_names import COCO_NAMES
from pipeline.evaluate.detector.interface import Detections, Layout, Pixels, Trial
from pipeline.evaluate.detector.letterbox import GREY, Letterbox, as_input
from pipeline.evaluate.detector.network import Network
from pipeline.evaluate.detector.registry import layout_of
from pipeline.evaluate.detector.suppression import strongest
from tpsence.errors import InputError


class Detector:
    """A network that finds objects. Threads may share one.

    Args:
        network: What runs it.
        layout: What its output means.
        names: Its classes.
    """

    def __init__(self, network: Network, layout: Layout, names: Sequence[str]) -> None:
        self._network = network
        self._layout = layout
        self.names = names
        """The classes, in the order of ``Detections.classes``."""
        self.layout = layout.name
        """Whose layout the output has."""
        self.size = network.size
        """(W, H) that pictures are scaled into."""

    def detect(self, pixels: Pixels) -> Detections:
        """Return what is found in a picture.

        Args:
            pixels: (H, W, 3) uint8 RGB, of any size.

        Returns:
            At most ``MOST`` boxes of at least ``LEAST_SCORE``, in pixels of the picture, by falling scores.

        Raises:
            RunError: The network fails.
        """
        height, width = pixels.shape[:2]
        frame = Letterbox.of((width, height), self.size, centred=self._layout.preparation.centred)
        output = self._network.run(as_input(frame.apply(pixels), self._layout.preparation))
        with np.errstate(all="ignore"):  # what is not finite is dropped
            found = strongest(self._layout.decode(output, self.size), len(self.names), self.size)
            boxes = frame.undo(found.boxes)
        inside = np.all(boxes[:, 2:] > boxes[:, :2], axis=1)  # and not wholly on the grey
        return Detections(boxes, found.scores, found.classes).only(inside)


def open_detector(file: Path, threads: int) -> Detector:
    """Open a detector and try it once.

    Args:
        file: An ONNX file.
        threads: How many threads one picture may use.

    Raises:
        InputError: onnxruntime is not installed, or the file is missing, no ONNX, broken, or of a layout that is not
            known.
    """
    network = Network(file, threads)
    grey = np.full((network.size[1], network.size[0], 3), GREY, dtype=np.uint8)
    try:
        trial = Trial(network.size, network.run(np.float32(1) * grey.transpose(2, 0, 1)[None]), network.metadata)
    except RunError as error:
        raise InputError(error.message, error.hint) from error
    layout = layout_of(file, trial)
    classes = layout.classes(trial)
    if network.metadata is None:
        return Detector(network, layout, COCO_NAMES if classes == len(COCO_NAMES) else _numbered(classes))
    names = network.metadata.names
    if classes != len(names):
        raise InputError(f"{file}: its metadata name {len(names)} classes, its output has {classes}", "Export it anew.")
    return Detector(network, layout, names)


def _numbered(count: int) -> tuple[str, ...]:
    """Names for classes that have none."""
    return tuple(f"class {place}" for place in range(count))
