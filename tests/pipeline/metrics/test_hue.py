"""Hue and chroma: known colours, an independent slow version, sums that add up."""

import colorsys

import numpy as np
import pytest

from pipeline.metrics.hue import HuePlanes, HueSums, hue_sums

RANDOM = np.random.default_rng(0)


def plain(*colour: int) -> np.ndarray:
    return np.full((6, 5, 3), colour, np.uint8)


def test_the_same_picture_keeps_everything() -> None:
    picture = RANDOM.integers(0, 256, (12, 9, 3), dtype=np.uint8)
    sums = hue_sums(picture, picture)
    assert sums.change == pytest.approx(0, abs=1e-3)
    assert sums.chroma == pytest.approx(1, abs=1e-4)


def test_grey_has_no_hue_to_lose() -> None:
    sums = hue_sums(plain(90, 90, 90), plain(200, 30, 30))
    assert sums.weight < 0.05 * hue_sums(plain(200, 30, 30), plain(200, 30, 30)).weight


def test_what_turns_grey_loses_chroma_and_no_hue_is_invented() -> None:
    sums = hue_sums(plain(200, 30, 30), plain(90, 90, 90))
    assert sums.chroma is not None
    assert sums.chroma < 0.02


def test_red_to_green_is_a_turn_that_leaves_no_chroma() -> None:
    sums = hue_sums(plain(220, 20, 20), plain(20, 200, 20))
    assert sums.change is not None
    assert sums.change > 90
    assert sums.chroma == 0


def test_darkening_keeps_the_hue() -> None:
    picture = np.array([[colorsys.hsv_to_rgb(hue / 24, 0.8, 0.9) for hue in range(24)]]) * 255
    before = np.repeat(picture.round().astype(np.uint8), 4, axis=0)
    sums = hue_sums(before, (before * 0.6).round().astype(np.uint8))
    assert sums.change is not None
    assert sums.change < 4
    assert sums.chroma is not None
    assert 0.5 < sums.chroma < 0.85


def test_it_agrees_with_cielab_by_its_formulas() -> None:
    before, after = (RANDOM.integers(0, 256, (7, 6, 3), dtype=np.uint8) for _ in range(2))
    one, other = slow_lab(before), slow_lab(after)
    hues = [np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) for lab in (one, other)]
    chroma = [np.hypot(lab[..., 1], lab[..., 2]) for lab in (one, other)]
    turn = np.abs((hues[1] - hues[0] + 180) % 360 - 180)
    weight = np.sqrt(chroma[0] * chroma[1])
    sums = hue_sums(before, after)
    assert sums.change == pytest.approx(float((turn * weight).sum() / weight.sum()), rel=0.01)
    left = np.clip(chroma[1] * np.cos(np.radians(turn)), 0, None).sum() / chroma[0].sum()
    assert sums.chroma == pytest.approx(float(left), rel=0.01)


def test_boxes_add_up_to_the_picture() -> None:
    before, after = (RANDOM.integers(0, 256, (8, 10, 3), dtype=np.uint8) for _ in range(2))
    planes = HuePlanes.of(before, after)
    parts = planes.sums((0, 0, 4, 8)) + planes.sums((4, 0, 10, 8))
    whole = planes.sums()
    assert parts.change == pytest.approx(whole.change)
    assert parts.chroma == pytest.approx(whole.chroma)


def test_nothing_is_nothing() -> None:
    assert HueSums().change is None
    assert HueSums().chroma is None


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="different sizes"):
        hue_sums(plain(1, 2, 3), np.zeros((2, 2, 3), np.uint8))


def slow_lab(pixels: np.ndarray) -> np.ndarray:
    """CIELAB of sRGB under D65 by IEC 61966-2-1 and CIE 15."""
    share = pixels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratios = linear @ matrix.T / np.array([0.9505, 1.0, 1.089])
    roots = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = roots[..., 0], roots[..., 1], roots[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
