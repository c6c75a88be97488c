"""What a preview is made of, and with, once it was checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from pipeline.effects.water_options import WaterLevel
from pipeline.engine.resources import Precision
from pipeline.files.text import count
from pipeline.preview.columns import Column
from pipeline.preview.options import PreviewOptions
from pipeline.preview.place import Place
from pipeline.preview.source import Chosen, Source
from pipeline.weights.packaged import ROAD_LITE, terms_of
from tpsence.weights import LoadedGenerator


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a preview is made of, and with."""

    options: PreviewOptions
    source: Source
    chosen: Chosen
    place: Place
    generators: Sequence[LoadedGenerator | None]
    """Those that the columns name by their place; None for water alone."""
    columns: Sequence[Column]
    device: torch.device
    precision: Precision

    @property
    def has_water(self) -> bool:
        """Whether it rains in any column, so that label maps are made."""
        return any(one.level is not WaterLevel.NONE for one in self.columns)

    def terms(self) -> Iterator[str]:
        """Yield the terms of the packaged weights that are used, a line each."""
        hashes = [one.sha256 for one in self.generators if one is not None]
        if self.has_water:
            hashes.append(ROAD_LITE.sha256)
        yield from (terms for one in dict.fromkeys(hashes) if (terms := terms_of(one)))

    def described(self) -> str:
        """Return how much is made of what, in a few words."""
        shown = count(len(self.chosen.pictures), "picture")
        all_of_them = len(self.source.labels.pictures)
        of_all = "" if self.source.is_single else f" of {all_of_them:,}"
        settings = count(len(self.columns), "setting")
        return f"{shown}{of_all} under {settings}, on {self.device}, {self.precision.value}"
