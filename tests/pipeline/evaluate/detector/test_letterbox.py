"""Letterboxes: pictures of any shape into an input and boxes back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluate.detector.interface import AS_ULTRALYTICS, AS_YOLOX
from pipeline.evaluate.detector.letterbox import GREY, Letterbox, as_input

EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True, database=None)
SIDES = st.integers(1, 2000)
INPUTS = st.sampled_from([(416, 416), (640, 640), (640, 384), (96, 160)])


@EXAMPLES
@given(size=st.tuples(SIDES, SIDES), target=INPUTS, centred=st.booleans(), seed=st.integers(0, 99))
def test_boxes_come_back_from_any_letterbox(
    size: tuple[int, int], target: tuple[int, int], centred: bool, seed: int
) -> None:
    frame = Letterbox.of(size, target, centred=centred)
    corners = np.random.default_rng(seed).random((5, 2, 2)) * size
    boxes = np.sort(corners, axis=1).reshape(-1, 4)
    there = boxes * np.tile(np.divide(frame.scaled, size), 2) + np.tile(frame.corner, 2)
    assert (there >= -1e-6).all()
    assert (there <= np.tile(target, 2) + 1e-6).all()
    assert frame.undo(there.astype(np.float32)) == pytest.approx(boxes, abs=2e-4 * max(size))


@EXAMPLES
@given(size=st.tuples(SIDES, SIDES), target=INPUTS, centred=st.booleans())
def test_a_picture_keeps_its_shape_fills_one_side_and_lies_where_it_should(
    size: tuple[int, int], target: tuple[int, int], centred: bool
) -> None:
    frame = Letterbox.of(size, target, centred=centred)
    scale = min(target[0] / size[0], target[1] / size[1])
    assert np.abs(np.subtract(frame.scaled, np.multiply(size, scale))).max() <= 1
    assert frame.scaled[0] == target[0] or frame.scaled[1] == target[1]
    left, right = frame.corner, np.subtract(target, frame.scaled) - frame.corner
    assert (right - left).tolist() in ([[0, 0], [1, 0], [0, 1], [1, 1]] if centred else [right.tolist()])
    assert centred or left == (0, 0)


@pytest.mark.parametrize("size", [(101, 33), (33, 101), (1280, 720), (719, 1281), (64, 64), (5, 900)])
@pytest.mark.parametrize("centred", [False, True])
def test_what_is_painted_is_found_again_where_it_was(size: tuple[int, int], centred: bool) -> None:
    """A white box on black, seen in the input's pixels alone."""
    width, height = size
    box = np.array([width // 4, height // 5, width - width // 3, height - height // 4])
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[box[1] : box[3], box[0] : box[2]] = 255
    frame = Letterbox.of(size, (160, 96), centred=centred)
    rows, columns = np.nonzero(frame.apply(pixels)[..., 0] > 150)
    seen = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], dtype=np.float32)
    pixel = max(1.0, size[0] / 160, size[1] / 96)  # of the coarser of the two
    assert np.abs(frame.undo(seen)[0] - box).max() <= pixel


def test_around_the_picture_it_is_grey() -> None:
    white = np.full((10, 40, 3), 255, dtype=np.uint8)
    out = Letterbox.of((40, 10), (32, 32), centred=True).apply(white)
    assert out.shape == (32, 32, 3)
    assert (out[:12] == GREY).all()
    assert (out[12:20] == 255).all()
    assert (out[20:] == GREY).all()


def test_boxes_are_cut_off_at_the_edges_of_the_picture() -> None:
    frame = Letterbox.of((32, 64), (64, 64), centred=True)
    assert frame.undo(np.array([[-5, -5, 90, 90]], dtype=np.float32)).tolist() == [[0, 0, 32, 64]]
    assert frame.undo(np.empty((0, 4), dtype=np.float32)).shape == (0, 4)


def test_an_input_is_planes_in_the_order_and_range_that_are_wanted() -> None:
    pixels = np.zeros((32, 64, 3), dtype=np.uint8)
    pixels[...] = (255, 51, 0)
    red_first, blue_first = as_input(pixels, AS_ULTRALYTICS), as_input(pixels, AS_YOLOX)
    assert red_first.shape == blue_first.shape == (1, 3, 32, 64)
    assert red_first[0, :, 5, 7] == pytest.approx([1, 0.2, 0])
    assert blue_first[0, :, 5, 7] == pytest.approx([0, 51, 255])
