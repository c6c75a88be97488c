"""How far pictures are from real rain, before and after."""

from pipeline.evaluate.figures import Figure, Group
from pipeline.files.text import count
from pipeline.metrics.distance import ENOUGH_FOR_FID, Distances, Features, frechet_distance, kernel_distances
from pipeline.metrics.ratio import Ratio

NOTE = (
    "A kernel distance tells photographs from edited photographs better than rain from sun: plain darkening and blur "
    "raise it too. Read it beside the rainy share, and look at the pictures."
)
_NEARER = "nearer to real rain than untouched pictures"
_FARTHER = "farther from real rain than untouched pictures"
_ALIKE = "neither nearer to nor farther from real rain than untouched pictures, as far as so many can tell"


def distance_figures(before: Features, after: Features, real: Features, means: int, seed: int) -> list[Figure]:
    """Measure kernel distances and, where there are enough pictures, Fréchet distances.

    Args:
        before: (N, D), features of the pictures before.
        after: (N, D), of the same after, in the same order.
        real: (M, D), of real rain.
        means: The first so many columns are means, which a Fréchet distance is measured on.
        seed: Draws subsets and resamples.
    """
    pictures = min(len(before), len(real))
    found = kernel_distances(after, before, real, seed)
    figures = [
        _figure("KID, real rain to real rain", found.target, len(real), "what chance alone gives"),
        _figure("KID, untouched", found.unchanged, pictures, _chance(found)),
        _figure("KID, translated", found.changed, pictures, _towards(found.difference)),
    ]
    if found.ratio is not None:
        figures.append(_figure("KID, translated over untouched", found.ratio, pictures, _by_ratio(found.ratio)))
    return [*figures, *_frechet_figures(before[:, :means], after[:, :means], real[:, :means], seed)]


def _frechet_figures(before: Features, after: Features, real: Features, seed: int) -> list[Figure]:
    """Measure Fréchet distances, or say why not."""
    pictures = min(len(before), len(real))
    if pictures < ENOUGH_FOR_FID:
        there = f"there are {len(before):,} and {len(real):,}"
        why = f"not measured: {count(ENOUGH_FOR_FID, 'picture')} are needed on both sides, {there}"
        return [Figure(group=Group.DISTANCE, name="FID, translated", value=None, pictures=pictures, judgement=why)]
    untouched, translated = (frechet_distance(rows, real, seed) for rows in (before, after))
    text = _ALIKE
    if translated.high < untouched.low:
        text = _NEARER
    elif translated.low > untouched.high:
        text = _FARTHER
    return [
        _figure("FID, untouched", untouched, pictures, "what the translation starts from"),
        _figure("FID, translated", translated, pictures, text),
    ]


def _figure(name: str, ratio: Ratio, pictures: int, judgement: str) -> Figure:
    """Return a figure with its interval."""
    return Figure.of(ratio, group=Group.DISTANCE, name=name, pictures=pictures, judgement=judgement)


def _chance(found: Distances) -> str:
    """Say whether untouched pictures differ from real rain at all."""
    if found.unchanged.low > found.target.high:
        return "farther from real rain than real rain is from itself"
    return "hardly farther from real rain than chance: these sets can tell little"


def _towards(difference: Ratio) -> str:
    """Say which way the translation leads."""
    if difference.high < 0:
        return _NEARER
    return _FARTHER if difference.low > 0 else _ALIKE


def _by_ratio(ratio: Ratio) -> str:
    """Say which way a ratio leads."""
    if ratio.high < 1:
        return "below 1: the translation leads towards rain"
    return "above 1: the translation leads away from it" if ratio.low > 1 else "1 is within the interval"
