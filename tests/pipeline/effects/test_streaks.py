"""Falling rain: sizes and numbers of the drops by the laws that are cited, and how they are drawn."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.effects import streaks as module
from pipeline.effects.distances import FOCAL
from pipeline.effects.layout import Layout, lay_out
from pipeline.effects.scene import Scene
from pipeline.effects.streaks import EXPOSURE_BY_DAY, EXPOSURE_BY_NIGHT, Drops, fall_speed, falling, streaks

RATES = [2.0, 8.0, 30.0]
VIEW = (1 / FOCAL, 144 / 256 / FOCAL)


def clear_view(metres: float = 80.0, *, night: bool = False) -> Layout:
    """Return the layout of a picture of 256x144 in which all is as far away."""
    light = np.full((144, 256, 3), 0.003 if night else 0.3, dtype=np.float32)
    layout = lay_out(light, Scene(), (256, 144))
    assert layout.is_night == night
    return replace(layout, distance=np.full((144, 256), metres, dtype=np.float32))


def many(rate: float) -> NDArray[np.float64]:
    """Return the diameters of all drops that some seeds give."""
    return np.concatenate([falling(np.random.default_rng(seed), rate, VIEW).diameter for seed in range(12)])


def one_drop(monkeypatch: pytest.MonkeyPatch, diameter: float, distance: float) -> None:
    """Let a single drop fall, in the middle of the picture."""
    alone = Drops(*(np.array([value]) for value in (diameter, distance, 0.5, 0.5)))
    monkeypatch.setattr(module, "falling", lambda *_: alone)


def length(opacity: NDArray[np.uint8]) -> int:
    """Return over how many rows something is drawn, faint ends aside."""
    rows = np.flatnonzero((opacity > 0.2 * opacity.max()).any(axis=1))
    return int(rows[-1] - rows[0] + 1) if opacity.any() else 0


@pytest.mark.parametrize("rate", RATES)
def test_diameters_are_marshall_s_and_palmer_s(rate: float) -> None:
    """Between the smallest and the largest that are drawn, N(D) ~ exp(-4.1 R^-0.21 D): within 4.5 standard errors."""
    found = many(rate)
    assert len(found) > 500
    low, high = module._SMALLEST, module._LARGEST
    assert low <= found.min()
    assert found.max() <= high
    sizes = np.linspace(low, high, 200_001)
    density = np.exp(-4.1 * rate**-0.21 * sizes)
    density /= density.sum()
    mean = float((sizes * density).sum())
    deviation = float(np.sqrt(((sizes - mean) ** 2 * density).sum()))
    assert found.mean() == pytest.approx(mean, abs=4.5 * deviation / len(found) ** 0.5)
    share = float(density[sizes > 2].sum())
    assert (found > 2).mean() == pytest.approx(share, abs=4.5 * (share * (1 - share) / len(found)) ** 0.5)


@pytest.mark.parametrize("rate", RATES)
def test_they_are_spread_evenly_in_the_air(rate: float) -> None:
    """Within each distance: as many as the space in view holds, that grows with its cube; and evenly in the picture."""
    drops = [falling(np.random.default_rng(seed), rate, VIEW) for seed in range(12)]
    distance = np.concatenate([one.distance for one in drops])
    low, high = module._NEAREST**3, module._FARTHEST**3
    shares = (distance**3 - low) / (high - low)
    for values in (shares, (np.concatenate([one.x for one in drops]) + 0.1) / 1.2):
        counts = np.histogram(values, bins=4, range=(0, 1))[0]
        assert counts.sum() == len(values)
        expected = len(values) / 4
        assert np.abs(counts - expected).max() < 4.5 * (0.75 * expected) ** 0.5


@pytest.mark.parametrize("rate", RATES)
def test_there_are_as_many_in_view_as_in_the_air(rate: float) -> None:
    """N(D) = 8000 exp(-slope D) for each cubic metre and mm, over diameters and over the pyramid that is seen."""
    sizes = np.linspace(module._SMALLEST, module._LARGEST, 20_001)
    away = np.linspace(module._NEAREST, module._FARTHEST, 20_001)
    in_the_air = float((8000 * np.exp(-4.1 * rate**-0.21 * sizes)).mean()) * float(np.ptp(sizes))
    expected = in_the_air * float((away**2 * VIEW[0] * VIEW[1]).mean()) * float(np.ptp(away))
    found = 0
    for seed in range(12):
        drops = falling(np.random.default_rng(seed), rate, VIEW)
        found += int(((abs(drops.x - 0.5) < 0.5) & (abs(drops.y - 0.5) < 0.5)).sum())
    assert found == pytest.approx(12 * expected, abs=4.5 * (12 * expected) ** 0.5 + 0.01 * 12 * expected)


def test_the_harder_it_rains_the_more_and_the_larger_they_are() -> None:
    numbers = [len(many(rate)) for rate in (1.0, *RATES, 100.0)]
    assert numbers == sorted(numbers)
    assert numbers[0] * 3 < numbers[-1]
    means = [many(rate).mean() for rate in (2.0, 30.0, 100.0)]
    assert means == sorted(means)


def test_large_drops_fall_faster_up_to_nine_metres_a_second() -> None:
    """The table of Gunn and Kinzer, 1949, within 5 %."""
    speeds = fall_speed(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    np.testing.assert_allclose(speeds, [4.03, 6.49, 8.06, 8.83, 9.09], rtol=0.05)
    assert fall_speed(np.array([0.01]))[0] > 0


def test_no_rain_and_no_amount_are_no_streaks() -> None:
    for rate, amount in ((0.0, 1.0), (30.0, 0.0)):
        opacity = streaks((320, 180), clear_view(), rate, amount, 0)
        assert opacity.shape == (180, 320)
        assert opacity.dtype == np.uint8
        assert not opacity.any()
    assert streaks((320, 180), clear_view(), 30.0, 1.0, 0).any()


def test_what_is_nearer_than_all_drops_hides_them() -> None:
    assert not streaks((320, 180), clear_view(0.3), 30.0, 1.0, 0).any()


def test_an_object_hides_the_drops_behind_it() -> None:
    layout = clear_view()
    layout.distance[:, :128] = 0.3
    opacity = streaks((1280, 720), layout, 30.0, 1.0, 0)
    assert not opacity[:, :560].any()  # but those that slant in from beside it
    assert opacity[:, 640:].any()


def test_fewer_are_before_what_is_nearer() -> None:
    drawn = [(streaks((1280, 720), clear_view(metres), 30.0, 1.0, 0) > 0).mean() for metres in (0.8, 1.5, 2.5, 80.0)]
    assert drawn == sorted(drawn)
    assert len(set(drawn)) == 4


def test_a_longer_exposure_makes_longer_and_fainter_streaks(monkeypatch: pytest.MonkeyPatch) -> None:
    one_drop(monkeypatch, 2.0, 2.5)
    day, night = (streaks((2560, 1440), clear_view(night=dark), 8.0, 1.0, 0) for dark in (False, True))
    assert length(night) / length(day) == pytest.approx(EXPOSURE_BY_NIGHT / EXPOSURE_BY_DAY, rel=0.2)
    assert night.max() < day.max()


def test_nearer_drops_leave_longer_streaks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for metres in (3.2, 2.2, 1.2, 0.6):
        one_drop(monkeypatch, 2.0, metres)
        found.append(length(streaks((2560, 1440), clear_view(), 8.0, 1.0, 0)))
    assert found == sorted(found)
    assert found[3] / found[0] == pytest.approx(3.2 / 0.6, rel=0.25)


def test_a_streak_is_as_long_as_the_drop_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    """In pixels: focal length times metres over metres."""
    one_drop(monkeypatch, 3.0, 2.0)
    opacity = streaks((2560, 1440), clear_view(), 8.0, 1.0, 0)
    assert length(opacity) == pytest.approx(0.8 * 2560 * 8.06 * EXPOSURE_BY_DAY / 2.0, rel=0.15)
    columns = np.flatnonzero((opacity > 0.2 * opacity.max()).any(axis=0))
    assert columns[-1] - columns[0] < length(opacity)


def test_twice_the_amount_is_twice_the_opacity(monkeypatch: pytest.MonkeyPatch) -> None:
    one_drop(monkeypatch, 1.0, 2.0)
    half, whole = (streaks((2560, 1440), clear_view(), 8.0, amount, 0) for amount in (0.5, 1.0))
    assert 0 < whole.max() < 255
    assert whole.sum() / half.sum() == pytest.approx(2, rel=0.15)


@pytest.mark.parametrize("rate", [8.0, 30.0])
def test_the_same_rain_at_any_size(rate: float) -> None:
    """The light that streaks take from the picture, in shares of it, is within a factor of 2 from 640 to 2560."""
    views = [clear_view() for _ in range(3)]
    shares = [
        float(np.mean([streaks((width, width * 9 // 16), view, rate, 1.0, seed).mean() for seed in range(3)]))
        for width, view in zip((640, 1280, 2560), views, strict=True)
    ]
    assert max(shares) < 2 * min(shares)


def test_the_same_seed_is_the_same_rain_and_another_is_not() -> None:
    first, again, other = (streaks((640, 360), clear_view(), 30.0, 1.0, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 20), (500, 1), (64, 48), (30, 200)])
def test_any_size(size: tuple[int, int]) -> None:
    opacity = streaks(size, clear_view(), 30.0, 2.0, 0)
    assert opacity.shape == (size[1], size[0])
