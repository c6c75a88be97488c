"""The structure that is kept in a box: against plain arithmetic, and what must hold for any picture."""

import itertools
import math
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.gate.box import SMALLEST_SIDE
from pipeline.gate.planes import Plane, luminance, whole_pixels
from pipeline.gate.structure import fine_structure_kept, structure_kept
from pipeline.gate.verdict import LOST_BELOW
from pipeline.labels.interface import Box

Array = NDArray[np.float64]
WHOLE = (0.0, 0.0, 1e6, 1e6)


def picture(height: int, width: int, seed: int = 0) -> Plane:
    """Return a scene (H, W) of rectangles and mild noise, 40 to 200: nothing clips where it is brightened a little."""
    random = np.random.default_rng(seed)
    plane = np.full((height, width), 120.0)
    for _ in range(12):
        top, left = random.integers(0, height), random.integers(0, width)
        plane[top : top + height // 3, left : left + width // 3] = random.uniform(45, 195)
    return (plane + random.uniform(-4, 4, plane.shape)).astype(np.float32)


def kept_in(before: Plane, after: Plane, box: Box) -> float | None:
    """Compare a box in two planes (H, W), as for a whole picture."""
    height, width = before.shape
    area = whole_pixels(box, (width, height))
    if area is None or min(area[2] - area[0], area[3] - area[1]) < SMALLEST_SIDE:
        return None
    return structure_kept(before, after, area, width)


def smoothed(values: Array, deviation: float, radius: int, axes: tuple[int, ...], edge: str) -> Array:
    """Smooth by a Gaussian, one axis after the other, one tap after the other."""
    taps = [math.exp(-(step**2) / (2 * deviation**2)) for step in range(-radius, radius + 1)]
    for axis in axes:
        margin = [(radius, radius) if axis == one else (0, 0) for one in (0, 1)]
        wide = np.pad(values, margin, mode=edge)  # type: ignore[call-overload]
        length = values.shape[axis]
        values = sum(tap / sum(taps) * wide.take(range(start, start + length), axis) for start, tap in enumerate(taps))
    return values


def slopes(values: Array) -> tuple[Array, Array]:
    """Return the derivatives along x and y: a difference over two pixels, averaged 1 2 1 across."""
    wide = np.pad(values, 1, mode="edge")
    along_x, along_y = np.zeros_like(values), np.zeros_like(values)
    for row, column in np.ndindex(values.shape):
        near = wide[row : row + 3, column : column + 3]
        along_x[row, column] = (near[:, 2] - near[:, 0]) @ (1, 2, 1) / 8
        along_y[row, column] = (1, 2, 1) @ (near[2] - near[0]) / 8
    return along_x, along_y


def plain_agreement(products: list[Array], floor: float) -> float:
    """Average the correlations of the windows, one by one."""
    total = weight = 0.0
    for both, own, other in zip(*(product.flat for product in products), strict=True):
        least = max(floor, 0.15**2 * max(own, floor))
        total += max(own, 0) * both / math.sqrt(max(own, floor) * max(other, least))
        weight += max(own, 0)
    return total / weight


def plain_kept(before: Plane, after: Plane, size: tuple[int, int]) -> float:
    """Compare two crops at a size (W, H), as docs/gate.md says."""
    both = []
    for crop in (before, after):
        small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.float64)
        small = smoothed(small, 1.0, 4, (1,), "edge")
        both.append(small - small.mean())
    first, second = both

    def window(values: Array) -> Array:
        return smoothed(values, 1.5, 6, (0, 1), "reflect")

    (first_x, first_y), (second_x, second_y) = slopes(first), slopes(second)
    products = [
        window(0.25 * one_x * other_x + one_y * other_y)
        for one_x, one_y, other_x, other_y in (
            (first_x, first_y, second_x, second_y),
            (first_x, first_y, first_x, first_y),
            (second_x, second_y, second_x, second_y),
        )
    ]
    moments = [
        window(one * other) - window(one) * window(other)
        for one, other in ((first, second), (first, first), (second, second))
    ]
    kept = (plain_agreement(products, 0.02) + plain_agreement(moments, 0.25)) / 2
    return min(1.0, max(0.0, kept))


@pytest.mark.parametrize(
    ("shape", "sizes"),  # (H, W) of the box, and the (W, H) at which it is compared
    [
        ((12, 15), [(15, 12)]),
        ((40, 20), [(20, 40), (8, 16)]),
        ((90, 128), [(48, 34), (16, 11)]),
        ((100, 10), [(6, 60), (6, 60)]),
        ((8, 300), [(225, 6), (225, 6)]),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_as_plain_arithmetic_says(shape: tuple[int, int], sizes: list[tuple[int, int]], seed: int) -> None:
    height, width = shape
    before = picture(height + 20, width + 30, seed)
    changed = 0.5 * before + 0.4 * picture(height + 20, width + 30, seed + 10) + 20
    first, second = (plane[9 : 9 + height, 17 : 17 + width] for plane in (before, changed))
    wanted = min(plain_kept(first, second, size) for size in sizes)
    assert 0.05 < wanted < 0.99
    assert fine_structure_kept(first, second) == pytest.approx(wanted, abs=1e-4)


def test_luminance_is_that_of_bt_601() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    plane = luminance(pixels)
    assert plane.dtype == np.float32
    assert plane.shape == (5, 7)
    for row, column in np.ndindex(5, 7):
        red, green, blue = pixels[row, column].tolist()
        assert plane[row, column] == pytest.approx(0.299 * red + 0.587 * green + 0.114 * blue, abs=1e-3)
    white = luminance(np.full((1, 1, 3), 255, np.uint8))
    assert white.shape == (1, 1)
    assert white[0, 0] == pytest.approx(255, abs=1e-3)


@pytest.mark.parametrize("shape", [(8, 8), (30, 20), (200, 300)])
def test_nothing_is_lost_where_nothing_changes(shape: tuple[int, int]) -> None:
    before = picture(*shape)
    assert kept_in(before, before.copy(), WHOLE) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(("gain", "offset"), [(0.2, 0), (0.35, 0), (0.5, 100), (1, 30), (1, -30), (1.2, 0)])
@pytest.mark.parametrize("shape", [(12, 12), (60, 90)])
def test_brightness_and_contrast_do_not_count(gain: float, offset: float, shape: tuple[int, int]) -> None:
    before = picture(*shape)
    exact = kept_in(before, (gain * before + offset).astype(np.float32), WHOLE)
    rounded = kept_in(before, np.rint(gain * before + offset).astype(np.float32), WHOLE)
    assert exact is not None
    assert rounded is not None
    assert exact > 0.97
    assert rounded > 0.95


def test_an_object_that_fades_away_is_lost() -> None:
    before = picture(60, 60)
    shares = [kept_in(before, gain * before, WHOLE) for gain in (0.5, 0.1, 0.05, 0.02, 0.0)]
    kept = [share for share in shares if share is not None]
    assert len(kept) == 5
    assert kept == sorted(kept, reverse=True)
    assert kept[0] > 0.97
    assert kept[2] < LOST_BELOW
    assert kept[4] == 0


def test_the_inverted_picture_keeps_nothing() -> None:
    before = picture(50, 50)
    assert kept_in(before, 255 - before, WHOLE) == 0


@pytest.mark.parametrize("shape", [(16, 16), (40, 40), (100, 160)])
def test_other_content_keeps_little(shape: tuple[int, int]) -> None:
    shares = [kept_in(picture(*shape, 2 * seed), picture(*shape, 2 * seed + 1), WHOLE) for seed in range(10)]
    assert all(share is not None and share < LOST_BELOW for share in shares)


def test_the_more_is_replaced_the_less_is_kept() -> None:
    before, other = picture(60, 60, 0), picture(60, 60, 1)
    kept = []
    for rows in (0, 15, 30, 45, 60):
        after = before.copy()
        after[:rows] = other[:rows]
        share = kept_in(before, after, WHOLE)
        assert share is not None
        kept.append(share)
    assert kept == sorted(kept, reverse=True)


def test_only_what_is_in_the_box_counts() -> None:
    before = picture(80, 100)
    after = picture(80, 100, 1)
    after[20:50, 30:70] = before[20:50, 30:70]
    inside = kept_in(before, after, (30, 20, 70, 50))
    beyond = kept_in(before, after, (0, 0, 29, 80))
    assert inside == pytest.approx(1, abs=1e-5)
    assert beyond is not None
    assert beyond < LOST_BELOW


def test_an_object_gone_but_for_its_fine_lines_has_lost_something() -> None:
    before = np.kron(np.random.default_rng(0).uniform(40, 200, (6, 6)), np.ones((16, 16))).astype(np.float32)
    lines = before - cv2.GaussianBlur(before, (0, 0), 2) + 120  # edges where they were, areas alike
    share = kept_in(before, lines.astype(np.float32), WHOLE)
    assert share is not None
    assert share < LOST_BELOW


@pytest.mark.parametrize("level", [0, 7, 255])
def test_an_even_original_cannot_be_judged(level: int) -> None:
    even = np.full((40, 40), level, np.float32)
    assert kept_in(even, picture(40, 40), WHOLE) is None
    assert kept_in(even, even, WHOLE) is None
    noisy = even + np.random.default_rng(0).normal(0, 1, even.shape).astype(np.float32)
    assert kept_in(noisy, picture(40, 40), WHOLE) is None


def test_an_even_result_has_lost_everything() -> None:
    assert kept_in(picture(40, 40), np.full((40, 40), 90, np.float32), WHOLE) == 0


@pytest.mark.parametrize(
    ("box", "wanted"),
    [
        ((2.0, 3.0, 10.0, 11.0), (2, 3, 10, 11)),
        ((2.9, 3.9, 9.1, 10.1), (2, 3, 10, 11)),
        ((-5.0, -7.5, 200.0, 1e300), (0, 0, 50, 40)),
        ((10.0, 10.0, 10.0, 20.0), None),  # no width
        ((20.0, 10.0, 10.0, 20.0), None),  # the corners swapped
        ((50.0, 0.0, 60.0, 10.0), None),  # to the right of the picture
        ((0.0, -9.0, 10.0, 0.0), None),
        ((math.nan, 0.0, 10.0, 10.0), None),
        ((0.0, 0.0, math.inf, 10.0), None),
    ],
)
def test_boxes_are_clipped_to_whole_pixels(box: Box, wanted: tuple[int, int, int, int] | None) -> None:
    assert whole_pixels(box, (50, 40)) == wanted


@pytest.mark.parametrize(("box", "judged"), [((0, 0, 8, 8), True), ((0, 0, 7, 30), False), ((-3, 5, 7, 30), False)])
def test_small_boxes_are_not_judged(box: Box, judged: bool) -> None:
    before = np.random.default_rng(0).uniform(0, 255, (40, 50)).astype(np.float32)
    assert (kept_in(before, before, box) is not None) is judged


def test_any_box_gives_a_share_or_none() -> None:
    random = np.random.default_rng(0)
    before, after = picture(70, 90), picture(70, 90, 1)
    odd = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-300, 1e300, -1e300, 45.0, 89.999999, 90.0]
    boxes: list[Box] = [tuple(random.choice(odd, 4).tolist()) for _ in range(500)]
    boxes += [tuple(random.uniform(-40, 130, 4).tolist()) for _ in range(500)]
    shares = [kept_in(before, after, box) for box in boxes]
    assert all(share is None or 0 <= share <= 1 for share in shares)
    assert sum(share is not None for share in shares) > 50


def test_checks_and_stripes_are_judged_or_not_but_never_nan() -> None:
    rows, columns = np.indices((24, 24))
    patterns = [(rows + columns) % 2, rows % 2, columns % 2, rows // 3 % 2, columns // 3 % 2]
    planes = [(255.0 * pattern).astype(np.float32) for pattern in patterns]
    for first, second in itertools.product(planes, planes):
        share = kept_in(first, second, WHOLE)
        assert share is None or 0 <= share <= 1


def scene(height: int, width: int, seed: int) -> Plane:
    """Return smooth surroundings (H, W) with one object of large parts and fine lines in the middle, 80 pixels wide."""
    random = np.random.default_rng(seed)
    surroundings = random.uniform(90, 150, (4, 6)).astype(np.float32)
    pixels = cv2.resize(surroundings, (width, height)).astype(np.float32)
    parts = np.kron(random.uniform(30, 220, (3, 3)), np.ones((27, 27)))[:80, :80]
    y, x = height // 2 - 40, width // 2 - 40
    pixels[y : y + 80, x : x + 80] = parts + random.uniform(-9, 9, parts.shape)
    return pixels


def ghost(before: Plane, box: Box) -> Plane:
    """Wipe a box out at a width of 384 pixels and put the fine lines of the original back, as ``augment`` does."""
    height, width = before.shape
    size = 384, round(384 * height / width)
    after = before.copy()
    x0, y0, x1, y1 = map(int, box)
    after[y0:y1, x0:x1] = cv2.inpaint(
        before.astype(np.uint8), cv2.rectangle(np.zeros(before.shape, np.uint8), (x0, y0), (x1, y1), 1, -1), 3, 0
    )[y0:y1, x0:x1]
    change = cv2.resize(cv2.resize(after - before, size, interpolation=cv2.INTER_AREA), (width, height))
    return (before + change).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_fine_lines_on_top_of_what_was_wiped_out_are_no_object(seed: int) -> None:
    before = scene(720, 1280, seed)
    box = (600.0, 320.0, 680.0, 400.0)
    share = kept_in(before, ghost(before, box), box)
    assert share is not None
    assert share < LOST_BELOW
    assert kept_in(before, before * 0.5 + 30, box) == pytest.approx(1, abs=0.02)


def test_bright_streaks_hide_no_object() -> None:
    before = scene(720, 1280, 0)
    after = before.copy()
    for start in range(3):
        after[:, start::14] = 250
    box = (600.0, 320.0, 680.0, 400.0)
    share = kept_in(before, after, box)
    assert share is not None
    assert share >= LOST_BELOW
    assert fine_structure_kept(before[320:400, 600:680], after[320:400, 600:680]) < share  # type: ignore[operator]


def test_the_inputs_stay_as_they_are() -> None:
    before, after = picture(30, 30), picture(30, 30, 1)
    copies = before.copy(), after.copy()
    kept_in(before, after, (0, 0, 20, 20))
    assert np.array_equal(before, copies[0])
    assert np.array_equal(after, copies[1])


def test_threads_and_repetition_change_nothing() -> None:
    before, after = picture(120, 160), picture(120, 160) * 0.5 + picture(120, 160, 1) * 0.4
    boxes = [(x, y, x + 40 + y, y + 30 + x) for x in (0.0, 30.0, 60.0) for y in (0.0, 20.0, 40.0)] * 10
    once = [kept_in(before, after, box) for box in boxes]
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda box: kept_in(before, after, box), boxes))
    assert once == again
