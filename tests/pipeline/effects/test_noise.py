"""Noise that a picture can be laid out with."""

import numpy as np
import pytest

from pipeline.effects.noise import endless_noise


def test_it_is_even_and_the_same_each_time() -> None:
    noise = endless_noise(3, 128, 4.0, 2.0)
    assert noise.shape == (128, 128)
    assert noise.std() == pytest.approx(1, abs=1e-3)
    assert np.array_equal(noise, endless_noise(3, 128, 4.0, 2.0))
    assert not np.array_equal(noise, endless_noise(4, 128, 4.0, 2.0))


@pytest.mark.parametrize("axis", [0, 1])
def test_it_continues_at_its_edges(axis: int) -> None:
    noise = endless_noise(0, 128, 6.0, 6.0)
    steps = np.abs(np.diff(noise, axis=axis))
    seam = np.abs(noise.take(0, axis=axis) - noise.take(-1, axis=axis))
    assert seam.mean() < 1.5 * steps.mean()


def test_it_is_wider_where_it_is_blurred_more() -> None:
    noise = endless_noise(0, 256, 8.0, 2.0)
    assert np.abs(np.diff(noise, axis=0)).mean() > 2 * np.abs(np.diff(noise, axis=1)).mean()
