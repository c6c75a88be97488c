"""A change of light that is smooth: it is found at a small size and applied at the picture's own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.effects.linear_light import Linear, Plane


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of linear light: light times ``gain`` plus ``added``."""

    gain: Plane
    """(h, w), 0 to 1."""
    added: NDArray[np.float32]
    """(h, w, 3), at least 0."""

    def then(self, after: "Change") -> "Change":
        """Return both changes as one, this one first."""
        return Change(gain=self.gain * after.gain, added=self.added * after.gain[..., None] + after.added)


def unchanged(light: Linear) -> Change:
    """Return the change that leaves light (h, w, 3) as it is; its arrays may be written to."""
    return Change(gain=np.ones(light.shape[:2], dtype=np.float32), added=np.zeros_like(light))
