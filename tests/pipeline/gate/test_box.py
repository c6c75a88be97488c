"""What is left of a box beside its edges: contrast and colour, in the light of the whole picture."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.gate.box import Pair, box_measure
from pipeline.gate.compare import measures_of
from pipeline.gate.measures import BoxMeasure, Loss
from pipeline.gate.verdict import losses_of
from pipeline.labels.interface import Box, LabelledObject

Pixels = NDArray[np.uint8]
LAMP: Box = (150.0, 60.0, 170.0, 100.0)
CAR: Box = (40.0, 90.0, 120.0, 150.0)
WORDS = ("traffic light",)


def street(seed: int = 0, red: tuple[int, int, int] = (235, 40, 30)) -> Pixels:
    """Paint a street (200, 320, 3): sky, road, houses, a car with windows, and a traffic light whose lamp is red."""
    random = np.random.default_rng(seed)
    pixels = np.full((200, 320, 3), (150, 170, 200), np.uint8)
    pixels[110:] = (95, 92, 90)
    for _ in range(25):
        x, y = int(random.integers(0, 300)), int(random.integers(20, 100))
        pixels[y : y + 30, x : x + 25] = random.integers(30, 200, 3)
    pixels[90:150, 40:120] = (60, 70, 160)
    pixels[98:115, 52:78], pixels[98:115, 84:110] = (20, 25, 30), (190, 200, 210)
    pixels[138:150, 50:62], pixels[138:150, 98:110] = (15, 15, 15), (15, 15, 15)
    pixels[60:100, 150:170] = (28, 30, 29)
    cv2.circle(pixels, (160, 70), 6, red, -1)
    noisy = pixels + random.normal(0, 2, pixels.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def in_box(pixels: Pixels, box: Box, content: NDArray[np.floating]) -> Pixels:
    """Return a picture with other content in a box."""
    x0, y0, x1, y1 = map(int, box)
    result = pixels.copy()
    result[y0:y1, x0:x1] = np.clip(np.rint(content), 0, 255).astype(np.uint8)
    return result


def cut(pixels: Pixels, box: Box) -> NDArray[np.float32]:
    """Return the content of a box."""
    x0, y0, x1, y1 = map(int, box)
    return pixels[y0:y1, x0:x1].astype(np.float32)


def grey(content: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take all colour out of a part of a picture; its luminance stays."""
    plane = content @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.repeat(plane[..., None], 3, axis=-1)


def measured(before: Pixels, after: Pixels, box: Box) -> BoxMeasure:
    """Measure a box of which all can be told."""
    measure = box_measure(Pair.of(before, after), box)
    assert measure is not None
    return measure


def losses(before: Pixels, after: Pixels, box: Box, category: str = "traffic light") -> tuple[Loss, ...]:
    """Return what a box has lost."""
    return losses_of(box_measure(Pair.of(before, after), box), category, WORDS)


def levels(pixels: Pixels, gain: float, offset: float = 0, power: float = 1) -> Pixels:
    """Change every level alike."""
    return np.clip(np.rint(255 * gain * (pixels / 255.0) ** power + offset), 0, 255).astype(np.uint8)


LIGHTS = {
    "as it is": (1.0, 0.0, 1.0),
    "darkened by 40 %": (0.6, 0.0, 1.0),
    "darkened by 65 %": (0.35, 0.0, 1.0),
    "gamma 2": (1.0, 0.0, 2.0),
    "half contrast": (0.5, 100.0, 1.0),
    "half fog": (0.5, 80.0, 1.0),
}


def test_a_red_lamp_turned_grey_has_lost_its_colour_and_nothing_else() -> None:
    before = street()
    assert losses(before, in_box(before, LAMP, grey(cut(before, LAMP))), LAMP) == (Loss.COLOUR,)


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("box", [LAMP, CAR])
def test_light_and_mist_over_the_whole_picture_take_nothing_away(light: str, box: Box) -> None:
    before = street()
    assert losses(before, levels(before, *LIGHTS[light]), box) == ()


@pytest.mark.parametrize("light", ["darkened by 40 %", "half fog", "gamma 2"])
def test_a_lamp_turned_grey_is_found_in_any_light(light: str) -> None:
    before = street()
    after = levels(in_box(before, LAMP, grey(cut(before, LAMP))), *LIGHTS[light])
    assert Loss.COLOUR in losses(before, after, LAMP)


@pytest.mark.parametrize("other", [(20, 160, 60), (40, 60, 235), (140, 120, 20), (90, 90, 90)])
def test_a_lamp_of_another_hue_has_lost_its_colour(other: tuple[int, int, int]) -> None:
    assert Loss.COLOUR in losses(street(), street(red=other), LAMP)


@pytest.mark.parametrize("other", [(255, 60, 45), (200, 45, 40), (225, 60, 20)])
def test_a_lamp_of_about_the_same_red_is_kept(other: tuple[int, int, int]) -> None:
    assert losses(street(), street(red=other), LAMP) == ()


def test_a_picture_less_saturated_keeps_its_lamps_and_a_grey_one_does_not() -> None:
    before = street()
    plane = grey(before.astype(np.float32))
    shares = []
    for saturation in (1.0, 0.75, 0.5, 0.2, 0.0):
        after = np.rint(plane + saturation * (before - plane)).astype(np.uint8)
        share = measured(before, after, LAMP).colour
        assert share is not None
        shares.append(share)
    assert shares == sorted(shares, reverse=True)
    assert shares[1] > 0.9
    assert shares[-1] < 0.05


def test_a_cooler_white_and_streaks_leave_the_colour() -> None:
    before = street()
    cool = np.rint(before * np.array([0.75, 0.82, 0.9])).astype(np.uint8)
    assert losses(before, cool, LAMP) == ()
    streaks = before.copy()
    streaks[:, ::17] = 200
    assert Loss.COLOUR not in losses(before, streaks, LAMP)


def test_colour_counts_for_its_classes_alone_and_where_there_is_one() -> None:
    before = street()
    after = in_box(before, LAMP, grey(cut(before, LAMP)))
    assert losses(before, after, LAMP, "person") == ()
    colourless = grey(before.astype(np.float32)).astype(np.uint8)
    assert measured(colourless, colourless, LAMP).colour is None


@pytest.mark.parametrize("share", [0.05, 0.1, 1 / 6])
def test_one_object_turned_to_mush_has_lost_its_contrast(share: float) -> None:
    before = street()
    content = cut(before, CAR)
    after = in_box(before, CAR, content.mean() + share * (content - content.mean()))
    assert Loss.CONTRAST in losses(before, after, CAR)
    assert Loss.CONTRAST in losses(before, levels(after, 0.6), CAR)


def test_the_less_contrast_the_less_is_kept() -> None:
    before = street()
    content = cut(before, CAR)
    steps = [1.0, 0.8, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]
    shares = [
        measured(before, in_box(before, CAR, content.mean() + one * (content - content.mean())), CAR).contrast
        for one in steps
    ]
    assert shares == sorted(shares, key=float, reverse=True)  # type: ignore[arg-type]
    assert shares[0] == 1
    assert shares[-1] == 0


@pytest.mark.parametrize(("share", "lost"), [(0.6, False), (0.35, False), (0.2, True), (0.15, True), (0.03, True)])
def test_where_the_whole_picture_collapses_every_box_is_lost(share: float, lost: bool) -> None:
    before = street()
    after = np.rint(before.mean() + share * (before - before.mean())).astype(np.uint8)
    for box in (LAMP, CAR):
        assert (Loss.CONTRAST in losses(before, after, box)) is lost


def test_a_box_with_neither_edges_nor_colour_is_not_judged_but_one_with_colour_is() -> None:
    pixels = np.full((60, 80, 3), 128, np.uint8)
    assert box_measure(Pair.of(pixels, pixels), (10, 10, 40, 40)) is None
    pixels[:] = (200, 30, 30)
    measure = box_measure(Pair.of(pixels, pixels), (10, 10, 40, 40))
    assert measure == BoxMeasure(structure=None, contrast=None, colour=1.0)
    assert losses_of(measure, "traffic light", WORDS) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 3), (8, 8), (9, 500), (500, 9), (720, 1280)])
def test_pictures_of_any_size_are_measured_without_nan(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    before, after = (random.integers(0, 256, (*shape, 3), dtype=np.uint8) for _ in range(2))
    boxes: list[Box | None] = [None, (0, 0, shape[1], shape[0]), (-5, -5, 1e9, 1e9), (0, 0, 0, 0), (2, 2, 12, 12)]
    for pair in ((before, before), (before, after), (before, np.zeros_like(before)), (np.zeros_like(before), after)):
        found = measures_of(*pair, [LabelledObject("traffic light", box) for box in boxes], WORDS)
        assert len(found.boxes) == len(boxes)
        assert found.boxes[0] is None
        shares = [one.share(loss) for one in found.boxes if one is not None for loss in Loss]
        assert all(share is None or 0 <= share <= 1 for share in shares)
        assert found.picture is not None
        assert 0 <= found.picture.clipped <= 1
        assert found.picture.change >= 0


def test_what_does_not_change_keeps_all() -> None:
    before = street(3)
    for box in (LAMP, CAR):
        measure = measured(before, before.copy(), box)
        assert [measure.share(loss) for loss in Loss] == pytest.approx([1, 1, 1])


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="different sizes"):
        measures_of(np.zeros((20, 30, 3), np.uint8), np.zeros((30, 20, 3), np.uint8), [], WORDS)
