"""From a picture to the input of a detector, and from its boxes back.

A picture is scaled as a whole to the largest size that fits and lies on grey, as YOLOX (``yolox/data/data_augment.py``,
``preproc``) and ultralytics (``ultralytics/data/augment.py``, ``LetterBox``) have trained their networks to see it:
bilinear, without smoothing before it is made smaller.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.detector.interface import Pixels, Preparation
from pipeline.images.size import Size

GREY = 114


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a picture lies in an input. All sizes are (W, H) in pixels."""

    picture: Size
    """Of the picture."""
    input: Size
    """Of the network's input."""
    scaled: Size
    """Of the picture in the input."""
    corner: tuple[int, int]
    """(x, y) of its upper left corner there."""

    @staticmethod
    def of(picture: Size, size: Size, *, centred: bool) -> "Letterbox":
        """Place a picture.

        Args:
            picture: (W, H) of the picture.
            size: (W, H) of the input.
            centred: In the middle, not at the top left.
        """
        scale = min(size[0] / picture[0], size[1] / picture[1])
        width, height = (max(1, round(side * scale)) for side in picture)
        corner = ((size[0] - width) // 2, (size[1] - height) // 2) if centred else (0, 0)
        return Letterbox(picture, size, (width, height), corner)

    def apply(self, pixels: Pixels) -> Pixels:
        """Return the input's pixels.

        Args:
            pixels: (H, W, 3), of the picture.

        Returns:
            (H, W, 3), of the input.
        """
        (width, height), (x, y) = self.scaled, self.corner
        out = np.full((self.input[1], self.input[0], 3), GREY, dtype=np.uint8)
        out[y : y + height, x : x + width] = cv2.resize(pixels, self.scaled, interpolation=cv2.INTER_LINEAR)
        return out

    def undo(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return boxes as they are in the picture, cut off at its edges.

        Args:
            boxes: (N, 4), x0, y0, x1, y1 in pixels of the input.

        Returns:
            (N, 4), in pixels of the picture.
        """
        scale = np.divide(self.picture, self.scaled)  # of each side its own: they were rounded
        moved = (boxes.reshape(-1, 2, 2) - self.corner) * scale
        return np.asarray(np.clip(moved, 0, self.picture), dtype=np.float32).reshape(-1, 4)


def as_input(pixels: Pixels, preparation: Preparation) -> NDArray[np.float32]:
    """Return the network's input.

    Args:
        pixels: (H, W, 3) uint8 RGB, in a letterbox.
        preparation: What the network wants.

    Returns:
        (1, 3, H, W) float32, 0 to ``preparation.brightest``.
    """
    blob = cv2.dnn.blobFromImage(pixels, preparation.brightest / 255, swapRB=preparation.bgr)
    return np.asarray(blob, dtype=np.float32)
