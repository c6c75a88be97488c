"""What a detector finds in a picture, and what a layout of its output has to tell.

The network's output is a tensor whose meaning is nowhere in the file. Each module beside this one that has a ``Layout``
knows one meaning; ``registry.py`` has the table of them.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.images.size import Size

Pixels = NDArray[np.uint8]
"""(H, W, 3), RGB."""
Values = NDArray[np.float32]
"""The network's output for one picture, as it comes."""

LEAST_SCORE = 0.01
"""A box with a lower score is dropped. It is what YOLOX evaluates with: the tail of the curve of precision over recall
that lies below changes AP50 in the third digit and would multiply the boxes."""
MOST = 100
"""At most so many boxes of a picture are kept, the ones with the highest scores: COCO's evaluation takes no more."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes with their scores and classes, as many of each."""

    boxes: NDArray[np.float32]
    """(N, 4), corners x0, y0, x1, y1 in pixels of the picture, x1 > x0 and y1 > y0. A layout's are in pixels of the
    network's input, and may be anything."""
    scores: NDArray[np.float32]
    """(N,), 0 to 1."""
    classes: NDArray[np.int64]
    """(N,), places among the detector's names."""

    def __len__(self) -> int:
        return len(self.scores)

    def only(self, places: NDArray[Any]) -> "Detections":
        """Return some of them: by a mask (N,) or by their places, in that order."""
        return Detections(self.boxes[places], self.scores[places], self.classes[places])


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file says of itself, in the way of ultralytics' exports."""

    names: tuple[str, ...]
    """The classes, each with another name."""
    size: Size | None
    """(W, H) of the input that it was exported for, or None."""
    task: str | None
    """``detect``, or what else the network does."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a network made of a grey picture: by it a layout knows its own."""

    size: Size
    """(W, H) of the input."""
    output: Values
    """Its only output, with the axis of the batch, (1, ...)."""
    metadata: Metadata | None
    """What the file says of itself."""

    @property
    def table(self) -> tuple[int, int]:
        """Rows and columns of an output (1, rows, columns); (0, 0) for any other."""
        shape = self.output.shape
        return (shape[1], shape[2]) if len(shape) == 3 and shape[0] == 1 else (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """How a network wants its picture."""

    bgr: bool
    """Blue first instead of red."""
    brightest: float
    """What 255 becomes."""
    centred: bool
    """The picture lies in the middle of the input, not at the top left."""


AS_YOLOX = Preparation(bgr=True, brightest=255.0, centred=False)
AS_ULTRALYTICS = Preparation(bgr=False, brightest=1.0, centred=True)


class Layout(Protocol):
    """A meaning of a network's output."""

    @property
    def name(self) -> str:
        """Whose it is, for reports."""
        ...

    @property
    def described(self) -> str:
        """Whose it is and the output's shape, for messages; N are cells, C classes."""
        ...

    @property
    def preparation(self) -> Preparation:
        """How networks with such an output want their picture."""
        ...

    def fits(self, trial: Trial) -> bool:
        """Whether an output is of this layout; of no output may two layouts say so."""
        ...

    def classes(self, trial: Trial) -> int:
        """Return how many classes a network with such an output knows."""
        ...

    def decode(self, output: Values, size: Size) -> Detections:
        """Return every box of an output.

        Args:
            output: (1, ...), of this layout.
            size: (W, H) of the input.

        Returns:
            Boxes in pixels of the input, of any score, overlapping ones too; not all numbers need be finite.
        """
        ...


def corners_of(middles: Values, sizes: Values) -> NDArray[np.float32]:
    """Return boxes by their corners.

    Args:
        middles: (N, 2), x and y.
        sizes: (N, 2), width and height.

    Returns:
        (N, 4), x0, y0, x1, y1.
    """
    return np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=1, dtype=np.float32)


def best_classes(boxes: NDArray[np.float32], scores: Values) -> Detections:
    """Return each box in its likeliest class.

    Args:
        boxes: (N, 4).
        scores: (N, C), of each class.
    """
    classes = scores.argmax(axis=1)
    return Detections(boxes, scores[np.arange(len(scores)), classes], classes)
