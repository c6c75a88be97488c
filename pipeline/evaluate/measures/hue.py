"""Whether colours are still what they were: of whole pictures, and of the boxes of each class."""

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.figures import Figure, Group, Unit
from pipeline.gate.colour_classes import means_colour
from pipeline.metrics.hue import HueSums
from pipeline.metrics.ratio import Ratio, ratio_of_sums

STAYS, SHIFTS = 20.0, 40.0
"""Mean change of hue in degrees up to which hues stay, and up to which they shift. On street scenes JPEG of quality 95
makes 1 degree, fog 3, the light of a grey day (a cool white, three quarters of the saturation, darker) 18, a turn of
all hues by 60 degrees 62."""
PALER, GREY = 0.5, 0.3
"""Share of the chroma under which colours are pale, and under which they are nearly gone: the light of a grey day
leaves 0.6."""
_STRONGEST = 10.0
"""Chroma after over chroma before, at most."""


class HueKept:
    """Changes of colour, picture by picture.

    Args:
        colour_classes: Words of the classes whose colour is their meaning (``colour_classes.words_of``).
    """

    def __init__(self, colour_classes: Sequence[str]) -> None:
        self._colour_classes = colour_classes
        self._whole = _Sums()
        self._classes: dict[str, _Sums] = {}

    def add(self, whole: HueSums, classes: dict[str, HueSums]) -> None:
        """Add a picture and the boxes of each class in it."""
        self._whole.add(whole)
        for category, sums in classes.items():
            self._classes.setdefault(category, _Sums()).add(sums)

    def figures(self) -> list[Figure]:
        """Return the change of hue and the chroma that is left, of all pixels and of each class of boxes."""
        figures = self._of("", self._whole)
        for category in sorted(self._classes):
            figures += self._of(category, self._classes[category])
        return figures

    def _of(self, category: str, sums: "_Sums") -> list[Figure]:
        """Return both figures of one set of pixels."""
        of = "boxes" if category else "all pixels"
        means = bool(category) and means_colour(category, self._colour_classes)
        change, chroma = sums.change(), sums.chroma()
        figures = []
        if change is not None:
            figures.append(_figure(f"change of hue, {of}", category, change, Unit.DEGREES, sums, _turned(change.value)))
        if chroma is not None:
            text = _left(chroma.value, means=means)
            figures.append(_figure(f"chroma kept, {of}", category, chroma, Unit.SHARE, sums, text))
        return figures


class _Sums:
    """The sums of each picture: 32 bytes each."""

    def __init__(self) -> None:
        self._values = array("d")

    def add(self, sums: HueSums) -> None:
        """Append those of a picture."""
        self._values.extend((sums.turned, sums.weight, sums.left, sums.before))

    def __len__(self) -> int:
        return len(self._values) // 4

    def change(self) -> Ratio | None:
        """Return the mean change of hue in degrees, or None where nothing has a colour."""
        turned, weight, _, _ = self._columns()
        return ratio_of_sums(turned, weight, highest=180.0) if weight.any() else None

    def chroma(self) -> Ratio | None:
        """Return the share of the chroma that is left, or None where there was none."""
        _, _, left, before = self._columns()
        return ratio_of_sums(left, before, highest=_STRONGEST) if before.any() else None

    def _columns(self) -> NDArray[np.float64]:
        """Return (4, N)."""
        columns: NDArray[np.float64] = np.array(self._values).reshape(-1, 4).T
        return columns


def _figure(name: str, category: str, ratio: Ratio, unit: Unit, sums: _Sums, judgement: str) -> Figure:
    """Return a figure with its interval."""
    return Figure.of(
        ratio, group=Group.HUE, name=name, category=category, unit=unit, pictures=len(sums), judgement=judgement
    )


def _turned(degrees: float) -> str:
    """Say what a change of hue means."""
    if degrees <= STAYS:
        return "hues stay"
    return "hues shift" if degrees <= SHIFTS else "hues become others"


def _left(share: float, *, means: bool) -> str:
    """Say what is left of the colours."""
    text = "colours stay" if share >= PALER else "colours are paler" if share >= GREY else "colours are nearly gone"
    return f"{text}, and colour is what such an object means" if means and share < PALER else text
