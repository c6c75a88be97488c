"""What is drawn for each picture and copy of a run: strength, water, generator. Importing this needs no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.augment.amounts import Spread, level_of, levels_in, strength_of
from pipeline.augment.lot import Lot
from pipeline.augment.options import AugmentOptions
from pipeline.augment.water_choice import is_wet
from pipeline.augment.weights_choice import names_in_tables
from pipeline.effects.variant import Variant
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.tasks import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnWeights:
    """A generator among those that are drawn from."""

    name: str
    """What it is called in tables."""
    share: float = 1.0
    """Share of the pictures and copies; those of all are 1 together."""
    level: WaterLevel = WaterLevel.NONE
    """How hard it rains on its pictures where nothing else is told."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What is drawn, and by which seed. It can be pickled and sent."""

    seed: int = 0
    copies: int = 1
    """Of each picture that is translated."""
    strength: float | Spread[float] = 1.0
    water: WaterLevel | Spread[WaterLevel] | None = WaterLevel.NONE
    """None: each generator's own level."""
    weights: Sequence[DrawnWeights] = ()
    """The generators, none for water alone."""

    @property
    def differs(self) -> bool:
        """Whether a picture has copies, or is done otherwise than the next one."""
        is_spread = isinstance(self.strength, Spread) or isinstance(self.water, Spread)
        return self.copies > 1 or is_spread or len(self.weights) > 1

    @property
    def levels(self) -> Sequence[WaterLevel]:
        """How hard it can rain, each level once, in order."""
        found = {one.level for one in self.weights} if self.water is None else {*levels_in(self.water)}
        return [level for level in WaterLevel if level in found]

    @property
    def is_wet(self) -> bool:
        """Whether it can rain."""
        return is_wet(self.levels)

    def of(self, task: Task) -> Variant:
        """Return what is drawn for a picture that is translated."""
        lot = Lot(self.seed, task.source, task.copy)
        place = self._place(lot)
        level = self.weights[place].level if self.water is None else level_of(self.water, lot)
        return Variant(strength=strength_of(self.strength, lot), level=level, generator=place)

    def water_text(self) -> str:
        """Return how hard it rains in a few words: ``moderate``, ``light..heavy``."""
        if self.water is None:
            return f"{', '.join(level.value for level in self.levels)}, as the weights ask"
        return self.water.value if isinstance(self.water, WaterLevel) else str(self.water)

    def _place(self, lot: Lot) -> int:
        """Return which generator a picture goes through."""
        share = lot.share("weights")
        for place, one in enumerate(self.weights):
            share -= one.share
            if share < 0:
                return place
        return max(0, len(self.weights) - 1)


ALIKE = Drawing()
"""All pictures are done alike, without water."""


def drawing_of(options: AugmentOptions, weights: Sequence[DrawnWeights] = ()) -> Drawing:
    """Return what is drawn.

    Args:
        options: Of the run, with what the weights say.
        weights: The generators, none for water alone or where they are not known yet.
    """
    return Drawing(
        seed=options.seed, copies=options.copies, strength=options.strength, water=options.water, weights=tuple(weights)
    )


def drawing_again(options: AugmentOptions, record: Mapping[str, Any]) -> Drawing:
    """Return what was drawn in a run.

    Args:
        options: Of the run.
        record: The content of its ``run.json``.

    Raises:
        LookupError, TypeError, ValueError: That is damaged.
    """
    told, settings = record.get("weights") or [], record["settings"]
    if isinstance(told, Mapping):
        return drawing_of(options, [DrawnWeights(name=_names([told], [settings["weights_sha256"]])[0])])
    names = _names(told, settings["weights_sha256"] if told else [])
    mixture = settings["mixture"] if told else []
    return drawing_of(options, [_recorded(*both) for both in zip(names, mixture, strict=True)])


def _names(told: Sequence[Mapping[str, Any]], hashes: Sequence[str]) -> list[str]:
    """Return what generators are called, of what is recorded about them."""
    files = [(str(sha256), str(one["path"])) for one, sha256 in zip(told, hashes, strict=True)]
    return names_in_tables(files, [str(one.get("name")) for one in told])


def _recorded(name: str, one: Mapping[str, Any]) -> DrawnWeights:
    """Read one of several generators."""
    return DrawnWeights(name=name, share=float(one["share"]), level=WaterLevel(one["water"]))
