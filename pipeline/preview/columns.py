"""What is compared: every combination of weights, strengths and water, and the command that makes it of the whole."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.augment.options import AugmentOptions
from pipeline.augment.water_choice import DEFAULT_WEIGHTS, resolved
from pipeline.effects.water_options import RAIN_RATES, WaterLevel
from pipeline.engine.command_line import command_line, quoted
from pipeline.files.jail import absolute, is_inside
from pipeline.pages.words import short
from pipeline.preview.options import PreviewOptions
from pipeline.preview.source import Source

_OUT = "rainy"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One combination of settings."""

    options: AugmentOptions
    """What ``augment`` is told to make it of the whole data set."""
    weights: int
    """Which of the generators it is made with."""
    strength: float
    """Scale of the generator's change."""
    level: WaterLevel
    """Of the water, as the weights want it where it was not told."""
    caption: str
    """What it is, in words."""
    words: str
    """What to pass on: the options that tell it from what ``augment`` makes by itself; empty for that."""


def columns_of(options: PreviewOptions, source: Source, wanted: Sequence[str | None]) -> list[Column]:
    """Return what is compared, in the order in which it is shown.

    Args:
        options: What was told.
        source: What is previewed.
        wanted: The level of water that each generator asks for, or None.

    Raises:
        InputError: A combination contradicts itself.
    """
    return [
        _column(options, source, number, wanted[number], strength, level)
        for number in range(len(wanted))
        for strength in options.strengths or (1.0,)
        for level in _levels(options, wanted[number])
    ]


def _levels(options: PreviewOptions, wanted: str | None) -> list[WaterLevel | None]:
    """Return the levels of water to show; None is the one that the weights want."""
    if options.water:
        return list(options.water)
    if not options.compares_water_alone:
        return [None]
    own = _resolved(AugmentOptions(water_only=options.water_only), wanted)
    others = [level for level in (WaterLevel.LIGHT, WaterLevel.HEAVY) if level is not own]
    place = sum(RAIN_RATES[level] < RAIN_RATES[own] for level in others)
    return [*others[:place], None, *others[place:]]


def _column(
    options: PreviewOptions,
    source: Source,
    number: int,
    wanted: str | None,
    strength: float,
    level: WaterLevel | None,
) -> Column:
    """Make one combination."""
    chosen: dict[str, Any] = {"strength": strength, "water": level, "water_only": options.water_only}
    chosen["weights"] = options.weights[number] if options.weights else DEFAULT_WEIGHTS
    named = AugmentOptions.model_validate(chosen)
    shown = _resolved(named, wanted)
    several = [weights_names(options.weights)[number]] if len(options.weights) > 1 else []
    is_usual = level is None and strength == 1 and not several
    how = {name: getattr(options, name) for name in ("width", "seed", "device", "precision", "max_pixels")}
    out = [*several, *([f"{strength:g}"] if strength != 1 else []), *([level.value] if level else [])]
    told = {**chosen, **how, **source.told, "out": _out_for(source, out)}
    return Column(
        options=AugmentOptions.model_validate(told),
        weights=number,
        strength=strength,
        level=shown,
        caption=", ".join([*several, *_parts(options, strength, shown)]) + (" (default)" if is_usual else ""),
        words=quoted(command_line("", named).words),
    )


def _parts(options: PreviewOptions, strength: float, level: WaterLevel) -> Iterator[str]:
    """Yield the parts of a caption: how much it rains, and how strong the change is where that is compared."""
    yield "no water" if level is WaterLevel.NONE else f"{level.value} rain"
    if options.strengths and (len(options.strengths) > 1 or strength != 1):
        yield f"strength {strength:g}"


def weights_names(weights: Sequence[str]) -> list[str]:
    """Name generators in a few words: by the last parts of their paths, or the whole ones where two are alike."""
    last = [Path(one).name or one for one in weights]
    return [short(one) for one in (last if len(set(last)) == len(last) else weights)]


def _resolved(options: AugmentOptions, wanted: str | None) -> WaterLevel:
    """Return the level of water that options come to with weights that ask for one."""
    level = resolved(options, [] if options.water_only else [wanted]).water
    return level if isinstance(level, WaterLevel) else WaterLevel.NONE


def _out_for(source: Source, parts: Sequence[str]) -> Path:
    """Name an output folder for a combination, another for each, outside of what is read."""
    places = source.read_folders()
    folder = Path()
    while any(is_inside(absolute(folder), place) for place in places) and absolute(folder) != absolute(folder / ".."):
        folder = folder / ".."
    return folder / re.sub(r"[^\w.]+", "-", "-".join([_OUT, *parts]))
