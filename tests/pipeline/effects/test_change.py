"""Two changes as one."""

import numpy as np

from pipeline.effects.change import Change
from pipeline.effects.linear_light import apply


def test_both_as_one_are_one_after_the_other() -> None:
    random = np.random.default_rng(0)
    first, second = (
        Change(
            gain=random.uniform(0, 1, (5, 7)).astype(np.float32),
            added=random.uniform(0, 1, (5, 7, 3)).astype(np.float32),
        )
        for _ in range(2)
    )
    light = random.uniform(0, 1, (5, 7, 3)).astype(np.float32)
    at_once = light.copy()
    for change in (first, second):
        apply(light, change.gain, change.added)
    both = first.then(second)
    apply(at_once, both.gain, both.added)
    np.testing.assert_allclose(at_once, light, rtol=1e-5)
