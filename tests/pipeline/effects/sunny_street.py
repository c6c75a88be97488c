"""A street in the sun, for what takes the sun away."""

import cv2
import numpy as np
from numpy.typing import NDArray

SKY_ID, BUILDING_ID, ROAD_ID, TREE_ID, CAR_ID = 0, 1, 3, 5, 8
"""Of CamVid."""


def sunny_street(size: tuple[int, int] = (320, 180)) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a sky with a cloud and a wire, a house, a tree, a red car, and a road half in shadow with two lines.

    Args:
        size: (W, H) that it is scaled to.

    Returns:
        (H, W, 3) RGB, and CamVid's class ids, (H, W).
    """
    pixels, ids = np.empty((180, 320, 3), dtype=np.uint8), np.full((180, 320), ROAD_ID, dtype=np.uint8)
    pixels[:80], ids[:80] = (90, 150, 230), SKY_ID
    pixels[10:30, 40:120] = (235, 238, 242)
    pixels[60:61] = (40, 40, 45)
    pixels[80:] = (150, 148, 140)
    pixels[80:, 160:] = (58, 62, 70)
    pixels[80:, 80:84], pixels[80:, 240:244] = (235, 235, 230), (105, 110, 120)
    for rows, columns, colour, kind in (
        (slice(40, 80), slice(0, 60), (150, 110, 90), BUILDING_ID),
        (slice(40, 80), slice(220, 320), (60, 110, 40), TREE_ID),
        (slice(76, 100), slice(120, 150), (190, 30, 35), CAR_ID),
    ):
        pixels[rows, columns], ids[rows, columns] = colour, kind
    noise = np.random.default_rng(0).integers(-4, 5, pixels.shape)
    drawn = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(drawn, size)), np.asarray(cv2.resize(ids, size, interpolation=cv2.INTER_NEAREST))
