"""Which water a run has, out of what was told and what the weights say. Importing this module is quick."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from pipeline.augment.amounts import levels_told
from pipeline.effects.detail import usual_detail
from pipeline.effects.water_options import WaterLevel
from tpsence.errors import InputError

if TYPE_CHECKING:
    from pipeline.augment.options import AugmentOptions

DEFAULT_WEIGHTS = "rain"


class PairsTarget(str, Enum):
    """What a pair's target is."""

    CLEAN = "clean"
    """The picture in the same light, without streaks and drops."""
    ORIGINAL = "original"
    """The picture as it was given."""


def resolved(options: "AugmentOptions", said: Sequence[str | None]) -> "AugmentOptions":
    """Return options in which level and target are told; no level where several weights want different ones.

    Args:
        options: What was told.
        said: The level that each of the weights says it wants, or None; empty without a generator.

    Raises:
        InputError: Something was told that needs water, and there is none.
    """
    wanted = [WaterLevel.MODERATE] if options.water_only else [WaterLevel(one or WaterLevel.NONE) for one in said]
    levels = levels_told(options.water) or wanted or [WaterLevel.NONE]
    water = levels[0] if options.water is None and len(set(levels)) == 1 else options.water
    target = target_of(levels, options.pairs_target) if options.pairs else None
    if options.water is None and not is_wet(levels):
        _refuse_without_water(options)
    return options.model_copy(update={"water": water, "pairs_target": target})


def is_wet(levels: Iterable[WaterLevel]) -> bool:
    """Tell whether it rains at one of some levels."""
    return any(level is not WaterLevel.NONE for level in levels)


def rain_words(water: Mapping[str, Any]) -> str:
    """Say how hard it rained, of what a run tells about its water: ``moderate, 5 mm/h``; else pictures by level."""
    if water["rain_rate"] is not None:
        return f"{water['level']}, {water['rain_rate']:g} mm/h"
    return f"{water['level']} ({', '.join(f'{number:,} {level}' for level, number in water['levels'].items())})"


def _refuse_without_water(options: "AugmentOptions") -> None:
    """Refuse what says how water is to be, where the weights ask for none; a level of none that was told counts.

    Raises:
        InputError: Something was told.
    """
    of_water = {
        "maps": options.maps is not None,
        "set": bool(options.amounts().changes()),
        "horizon": options.horizon is not None,
        "drops": options.drops != type(options).model_fields["drops"].default,
    }
    for name, is_told in of_water.items():
        if is_told:
            message = f"`{name}` goes with water, and these weights ask for none"
            raise InputError(message, f"Give `water` light, moderate or heavy, or leave `{name}` out.")


def target_of(levels: Collection[WaterLevel], told: PairsTarget | None) -> PairsTarget:
    """Return what the targets of pairs are.

    Args:
        levels: Those that there can be; none where that is not known yet.
        told: None where it was not told.

    Raises:
        InputError: They are to be without what is not there.
    """
    if told is PairsTarget.CLEAN and levels and not is_wet(levels):
        message = "`pairs_target` clean: without water there is nothing to remove from a picture"
        raise InputError(message, "Give `water` light, moderate or heavy, or `pairs_target` original.")
    return told or (PairsTarget.CLEAN if is_wet(levels) else PairsTarget.ORIGINAL)


def refuse_contradictions(options: "AugmentOptions") -> None:
    """Refuse settings of water that contradict each other or others.

    Raises:
        InputError: Two do.
    """
    if options.pairs:
        target_of(levels_told(options.water), options.pairs_target)
    elif options.pairs_target is not None:
        raise InputError("`pairs_target` goes with `pairs`", "Give `pairs` too, or leave `pairs_target` out.")
    if not options.water_only:
        return
    if options.water is not None and not is_wet(levels_told(options.water)):
        message = "`water_only` with `water` none would change nothing"
        raise InputError(message, "Give `water` light, moderate or heavy, or leave `water_only` out.")
    of_generator = {
        "weights": options.weights != DEFAULT_WEIGHTS,
        "width": options.width is not None,
        "detail": options.detail not in {None, usual_detail(None)},  # the usual one is what such a run records
        "strength": options.strength != 1,
    }
    for name, is_told in of_generator.items():
        if is_told:
            message = f"`{name}` is the generator's, and `water_only` goes without one"
            raise InputError(message, f"Leave `{name}` out, or `water_only`.")
