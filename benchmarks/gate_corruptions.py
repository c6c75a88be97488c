"""Changes of pictures for which it is known whether the object in a box is still there.

Pictures are (H, W, 3), uint8, RGB. A change that keeps the objects is of the whole picture. One that loses an object
returns new content for the box with a margin (``frame``), so that the rest of the picture need not be made anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
IntBox = tuple[int, int, int, int]
"""(x0, y0, x1, y1) in pixels, the last column and row excluded."""

MODEL_WIDTH = 384
"""What the packaged generator scales a picture to."""
INPAINTED_SIDE = 160
"""Larger areas are inpainted scaled down: what comes is smooth anyway, and the time grows with the area."""


@dataclass(frozen=True, slots=True)
class Rain:
    """Darkness and drawn streaks over a picture; each pixel of the result depends on the same pixel alone."""

    gain: float
    """What remains of the light, 0 to 1."""
    veil: NDArray[np.float32]
    """(H, W), 0..1: how much of a pixel is streak."""
    light: float
    """Brightness of the streaks, 0..255."""

    def over(self, pixels: Pixels, frame: IntBox | None = None) -> Pixels:
        """Return the picture (H, W, 3), or the part of it in a frame, in this rain."""
        x0, y0, x1, y1 = frame or (0, 0, self.veil.shape[1], self.veil.shape[0])
        veil = self.veil[y0:y1, x0:x1, None]
        return _bytes(pixels * (self.gain * (1 - veil)) + self.light * veil)


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture with its boxes: what is needed to lose the object of one of them."""

    pixels: Pixels
    """(H, W, 3)."""
    boxes: Sequence[IntBox]
    """All boxes of the picture, clipped to it."""


Keep = Callable[[Pixels, np.random.Generator], Pixels]
Lose = Callable[[Scene, IntBox, np.random.Generator], Pixels]


def rain(pixels: Pixels, heaviness: float, gain: float, random: np.random.Generator) -> Rain:
    """Draw streaks: sparse noise, smeared along the direction of the fall, in a near and a far layer.

    They are as bright as the bright tenth of the picture, for they scatter its light.

    Args:
        pixels: (H, W, 3), the picture.
        heaviness: 1 is light rain, 3 heavy.
        gain: What remains of the light, 0 to 1.
        random: Decides on angle and places.
    """
    width, height = _size(pixels)
    angle = random.uniform(-25, 25)
    veil = np.zeros((height, width), np.float32)
    for length, thickness, share in ((0.05, 0.6, 0.0008), (0.12, 1.1, 0.0003)):  # far, near
        seeds = (random.random((height, width)) < share * heaviness).astype(np.float32)
        kernel = _line(max(5, round(length * height)), angle + random.uniform(-3, 3))
        layer = cv2.GaussianBlur(cv2.filter2D(seeds, -1, kernel, borderType=cv2.BORDER_REFLECT), (0, 0), thickness)
        veil += layer * (0.25 + 0.15 * heaviness)
    light = gain * float(np.percentile(pixels[::4, ::4], 90))
    return Rain(gain, np.clip(veil, 0, 0.7).astype(np.float32), min(255.0, light + 30))


def frame(box: IntBox, size: tuple[int, int]) -> IntBox:
    """Return a box with a margin of an eighth of its sides, at least 3 pixels, clipped to a picture of size (W, H)."""
    x0, y0, x1, y1 = box
    across, down = max(3, (x1 - x0) // 8), max(3, (y1 - y0) // 8)
    return max(0, x0 - across), max(0, y0 - down), min(size[0], x1 + across), min(size[1], y1 + down)


def _recolour(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Turn the hues by 60 degrees and take 30 % of the saturation."""
    hue, saturation, value = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV))
    turned = cv2.merge([(hue + 30) % 180, _bytes(saturation * np.float32(0.7)), value]).astype(np.uint8)
    return _as_bytes(cv2.cvtColor(turned, cv2.COLOR_HSV2RGB))


def _jpeg(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Go through JPEG of quality 50."""
    data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 50])[1]
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("OpenCV cannot read its own JPEG")
    return _as_bytes(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB))


def _levels(change: Callable[[NDArray[np.float32]], NDArray[np.floating]]) -> Keep:
    """Return a change of each value 0..255 by itself."""
    return lambda pixels, _: _as_bytes(cv2.LUT(pixels, _bytes(change(np.arange(256, dtype=np.float32)))))


def _streaks(heaviness: float, gain: float) -> Keep:
    """Return streaks over a whole picture."""
    return lambda pixels, random: rain(pixels, heaviness, gain, random).over(pixels)


def _noise(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Add Gaussian noise of 8 levels."""
    return _bytes(pixels + 8 * random.standard_normal(pixels.shape, dtype=np.float32))


def _through_model_width(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Scale down to what the generator works at and up again, as ``--detail model`` does."""
    width, height = _size(pixels)
    small = (min(width, MODEL_WIDTH), max(1, round(height * min(1.0, MODEL_WIDTH / width))))
    return _as_bytes(cv2.resize(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), (width, height)))


def _mist(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Lay a grey mist over the picture, thicker towards the horizon: 0.8 of the light comes through at the bottom."""
    height = pixels.shape[0]
    rows = np.abs(np.arange(height, dtype=np.float32) / height - 0.45)
    through = np.clip(0.4 + 0.9 * rows, 0.4, 0.8)[:, None, None]
    return _bytes(pixels * through + 170 * (1 - through))


def _saturation(share: float) -> Keep:
    """Return a change that leaves a share of all colours."""

    def change(pixels: Pixels, _: np.random.Generator) -> Pixels:
        grey = (pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
        return _bytes(grey + share * (pixels - grey))

    return change


def _cool(pixels: Pixels, _: np.random.Generator) -> Pixels:
    """Give the light a cooler white, and take a little of it."""
    return _bytes(pixels.astype(np.float32) * np.array([0.72, 0.8, 0.88], np.float32))


def _collapsed(*, fine_lines: bool) -> Keep:
    """Return what a generator that has hardly learned makes: 15 % of the contrast, at its width; the lines may stay."""

    def change(pixels: Pixels, random: np.random.Generator) -> Pixels:
        wide = _through_model_width(pixels, random).astype(np.float32)
        flat = wide.mean() + 0.15 * (wide - wide.mean())
        return _bytes(pixels + (flat - wide) if fine_lines else flat)

    return change


LIGHT: dict[str, Keep] = {
    "light x 0.6": _levels(lambda levels: levels * 0.6),
    "light x 0.35": _levels(lambda levels: levels * 0.35),
    "gamma 2": _levels(lambda levels: 255 * (levels / 255) ** 2),
    "contrast halved, brighter": _levels(lambda levels: levels * 0.5 + 100),
    "cool white, light x 0.8": _cool,
    "saturation x 0.75": _saturation(0.75),
}
MIST: dict[str, Keep] = {
    "half grey fog": _levels(lambda levels: levels * 0.5 + 80),
    "mist, thicker far away": _mist,
}
STREAKS: dict[str, Keep] = {
    "light streaks": _streaks(1, 1),
    "heavy streaks": _streaks(3, 1),
    "heavy streaks, light x 0.6": _streaks(3, 0.6),
    "heavy streaks, light x 0.35": _streaks(3, 0.35),
}
CAMERA: dict[str, Keep] = {
    "identity": lambda pixels, _: pixels,
    "JPEG quality 50": _jpeg,
    "noise of 8 levels": _noise,
    "blur of 1 pixel": lambda pixels, _: _as_bytes(cv2.GaussianBlur(pixels, (0, 0), 1)),
    "width 384 and back": _through_model_width,
}
KEPT: dict[str, Keep] = {**LIGHT, **MIST, **STREAKS, **CAMERA}
"""Changes after which every object is there as before."""
COLOUR_TURNED: dict[str, Keep] = {"other hues": _recolour}
"""Changes that keep all objects but those whose colour is their meaning."""
PICTURE_LOST: dict[str, Keep] = {
    "the picture at 15 % contrast": _collapsed(fine_lines=False),
    "the picture at 15 % contrast at width 384, fine lines stay": _collapsed(fine_lines=True),
}
"""Changes after which the objects of the whole picture are gone."""


def _inpainted(method: int, *, ellipse: bool = False) -> Lose:
    """Return a filling of the box, or of the ellipse in it, from its surroundings."""

    def lose(scene: Scene, box: IntBox, _: np.random.Generator) -> Pixels:
        around = frame(box, _size(scene.pixels))
        content = _cut(scene.pixels, around)
        hole: NDArray[np.uint8] = np.zeros(content.shape[:2], np.uint8)
        x0, y0, x1, y1 = _inside(box, around)
        if ellipse:
            centre, axes = ((x0 + x1 - 1) // 2, (y0 + y1 - 1) // 2), (max(1, (x1 - x0) // 2), max(1, (y1 - y0) // 2))
            cv2.ellipse(hole, centre, axes, 0, 0, 360, 1, -1)
        else:
            hole[y0:y1, x0:x1] = 1
        size = _size(hole)
        if max(size) > INPAINTED_SIDE:
            size = (max(8, size[0] * INPAINTED_SIDE // max(size)), max(8, size[1] * INPAINTED_SIDE // max(size)))
        small = cv2.resize(content, size, interpolation=cv2.INTER_AREA)
        small_hole = cv2.resize(hole, size, interpolation=cv2.INTER_NEAREST)
        filled = cv2.resize(cv2.inpaint(small, small_hole, 3, method), _size(hole), interpolation=cv2.INTER_LINEAR)
        result = content.copy()
        result[hole == 1] = filled[hole == 1]
        return result

    return lose


def _neighbour(scene: Scene, box: IntBox, random: np.random.Generator) -> Pixels:
    """Paste the patch beside the box that other boxes cover least."""
    width, height = _size(scene.pixels)
    x0, y0, x1, y1 = around = frame(box, (width, height))
    across, down = x1 - x0, y1 - y0
    moves = [(across, 0), (-across, 0), (0, down), (0, -down), (across, -down), (-across, -down)]
    places = [(x0 + dx, y0 + dy, x1 + dx, y1 + dy) for dx, dy in random.permutation(moves).tolist()]
    inside = [p for p in places if p[0] >= 0 and p[1] >= 0 and p[2] <= width and p[3] <= height]
    if not inside:  # as far away as the picture allows, mirrored
        return _paste(scene, box, _as_bytes(cv2.flip(_cut(scene.pixels, around), -1)))
    best = min(inside, key=lambda place: sum(_common(place, other) for other in scene.boxes))
    return _paste(scene, box, _cut(scene.pixels, best))


def _swapped(scene: Scene, box: IntBox, random: np.random.Generator) -> Pixels:
    """Paste the content of another box, scaled; one of similar size where there is one."""
    others = [other for other in scene.boxes if _common(other, box) == 0]
    alike = [other for other in others if 1 / 4 <= _area(other) / _area(box) <= 4]
    if not others:
        return _neighbour(scene, box, random)
    choice = (alike or others)[int(random.integers(len(alike or others)))]
    size = _size(scene.pixels)
    across = frame(box, size)
    new_size = (across[2] - across[0], across[3] - across[1])
    content = _cut(scene.pixels, frame(choice, size))
    shrinks = content.shape[1] > new_size[0]
    scaled = cv2.resize(content, new_size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return _paste(scene, box, _as_bytes(scaled))


def _smeared(scene: Scene, box: IntBox, _: np.random.Generator) -> Pixels:
    """Blur by a quarter of the shorter side."""
    around = frame(box, _size(scene.pixels))
    sigma = min(box[2] - box[0], box[3] - box[1]) / 4
    return _paste(scene, box, _as_bytes(cv2.GaussianBlur(_cut(scene.pixels, around), (0, 0), sigma)))


def _mush(scene: Scene, box: IntBox, _: np.random.Generator) -> Pixels:
    """Leave a sixth of the contrast, and of the colours."""
    content = _cut(scene.pixels, frame(box, _size(scene.pixels))).astype(np.float32)
    grey = content.mean()
    return _paste(scene, box, _bytes(grey + (content - grey) / 6))


def _turned(degrees: float, share: float = 1.0) -> Lose:
    """Return a change of colours alone: the hue turns in CIELAB, and a share of the chroma is left."""
    sine, cosine = share * np.sin(np.radians(degrees)), share * np.cos(np.radians(degrees))

    def lose(scene: Scene, box: IntBox, _: np.random.Generator) -> Pixels:
        content = _cut(scene.pixels, frame(box, _size(scene.pixels))).astype(np.float32) / 255
        lab = cv2.cvtColor(content, cv2.COLOR_RGB2LAB)
        red, yellow = lab[..., 1].copy(), lab[..., 2].copy()
        lab[..., 1], lab[..., 2] = cosine * red - sine * yellow, sine * red + cosine * yellow
        return _paste(scene, box, _bytes(255 * cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype(np.float32)))

    return lose


LOST: dict[str, Lose] = {
    "inpainted (Telea)": _inpainted(cv2.INPAINT_TELEA),
    "inpainted (Navier-Stokes)": _inpainted(cv2.INPAINT_NS),
    "patch from beside it": _neighbour,
    "another box's content": _swapped,
    "blurred by 1/4 of the side": _smeared,
    "grey mush": _mush,
}
"""Changes after which the object of the box is gone."""
COLOUR_LOST: dict[str, Lose] = {
    "turned grey": _turned(0, 0),
    "15 % of the colour left": _turned(0, 0.15),
    "hue turned by 60 degrees": _turned(60),
    "hue turned by 120 degrees": _turned(120),
    "hue turned by -60 degrees": _turned(-60),
}
"""Changes after which an object whose colour is its meaning is gone."""


def _ghost(scene: Scene, box: IntBox, random: np.random.Generator) -> Pixels:
    """Inpaint at the generator's width and add the change, scaled up, to the original, as ``augment`` does."""
    content = _cut(scene.pixels, frame(box, _size(scene.pixels)))
    change = LOST["inpainted (Telea)"](scene, box, random).astype(np.float32) - content
    scale = min(1.0, MODEL_WIDTH / scene.pixels.shape[1])
    small = (max(1, round(change.shape[1] * scale)), max(1, round(change.shape[0] * scale)))
    change = cv2.resize(change, small, interpolation=cv2.INTER_AREA).astype(np.float32)
    scaled_up = cv2.resize(change, _size(content), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return _bytes(content + scaled_up)


PARTLY_LOST: dict[str, Lose] = {
    "ellipse in it inpainted": _inpainted(cv2.INPAINT_TELEA, ellipse=True),
    "inpainted at width 384, fine lines stay": _ghost,
}
"""Changes after which something of the object is there: the corners of its box, or its fine lines."""


def _paste(scene: Scene, box: IntBox, content: Pixels) -> Pixels:
    """Put content (h, w, 3) of the frame of a box over it, fading out in the margin."""
    around = frame(box, _size(scene.pixels))
    x0, y0, x1, y1 = _inside(box, around)
    mask: NDArray[np.float32] = np.zeros(content.shape[:2], np.float32)
    mask[max(0, y0 - 1) : y1 + 1, max(0, x0 - 1) : x1 + 1] = 1
    soft = cv2.GaussianBlur(mask, (0, 0), 0.8).astype(np.float32)[..., None]
    background = _cut(scene.pixels, around).astype(np.float32)
    return _bytes(background + soft * (content.astype(np.float32) - background))


def _cut(pixels: Pixels, box: IntBox) -> Pixels:
    """Return the part (h, w, 3) of a picture in a box, as a view."""
    return pixels[box[1] : box[3], box[0] : box[2]]


def _inside(box: IntBox, around: IntBox) -> IntBox:
    """Return a box in the coordinates of the frame around it."""
    return box[0] - around[0], box[1] - around[1], box[2] - around[0], box[3] - around[1]


def _line(length: int, angle: float) -> NDArray[np.float32]:
    """Return a kernel (length, length): a line through the middle, ``angle`` degrees off the vertical, peak 1."""
    kernel = np.zeros((length, length), np.float32)
    middle = (length - 1) / 2
    along = np.linspace(-middle, middle, 4 * length)
    columns = np.rint(middle + along * np.sin(np.radians(angle))).astype(int)
    kernel[np.rint(middle + along * np.cos(np.radians(angle))).astype(int), columns] = 1
    return kernel


def _common(first: IntBox, second: IntBox) -> int:
    """Return the pixels that two boxes share."""
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    return max(0, across) * max(0, down)


def _area(box: IntBox) -> int:
    """Return the pixels of a box."""
    return (box[2] - box[0]) * (box[3] - box[1])


def _size(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """Return (W, H)."""
    return pixels.shape[1], pixels.shape[0]


def _bytes(values: NDArray[np.floating]) -> Pixels:
    """Round and clip to 0..255."""
    clipped: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return clipped


def _as_bytes(pixels: cv2.typing.MatLike) -> Pixels:
    """Say that what OpenCV returned is of bytes."""
    return pixels.astype(np.uint8, copy=False)
