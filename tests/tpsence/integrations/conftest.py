"""A translator that does nothing but note what it is told, in place of one that takes seconds to come up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageOps

import tpsence
from tpsence.integrations import settings


@dataclass
class Told:
    """What translators were loaded with, and what each call of them was told."""

    loads: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def load(self, weights: str | None, **options: object) -> "Told":
        self.loads.append({"weights": weights, **options})
        return self

    def __call__(self, pictures: Sequence[Any], **options: object) -> list[Any]:
        """Return the negatives."""
        self.calls.append({"pictures": pictures, **options})
        return [_negative(picture) for picture in pictures]


def _negative(picture: Any) -> Any:  # noqa: ANN401 (a picture of any kind)
    if not hasattr(picture, "dtype"):
        return ImageOps.invert(picture)
    return (255 if "uint8" in str(picture.dtype) else 1) - picture


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Load translators that note what they are told."""
    noted = Told()
    settings._translator.cache_clear()
    monkeypatch.setitem(vars(tpsence), "load", noted.load)  # setattr would import the one that is there
    yield noted
    settings._translator.cache_clear()


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    """A random picture, (20, 40, 3)."""
    return np.random.default_rng(0).integers(0, 256, (20, 40, 3), dtype=np.uint8)
