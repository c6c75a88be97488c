"""How often pictures are taken for rainy by a probe that tells real clear from real rainy ones."""

from dataclasses import dataclass

from pipeline.evaluate.figures import Figure, Group, Unit
from pipeline.metrics.distance import Features
from pipeline.metrics.probe import Scores, cross_validated_probe, share_above
from pipeline.metrics.ratio import Ratio

TELLS_FROM = 0.8
"""Least area under the curve of a probe that can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """The features that a probe is fitted on and applied to; (N, D), a row for each picture."""

    clear: Features
    """Real clear pictures."""
    rainy: Features
    """Real rainy pictures."""
    before: Features
    """The pictures before."""
    after: Features
    """The same after, in the same order."""
    before_is_clear: bool
    """The pictures before are the clear ones: what was made of one is judged by a probe that has not seen it."""


def rainy_figures(sets: Sets, seed: int) -> list[Figure]:
    """Fit the probe, say how well it tells, and what share of each set it takes for rain.

    Args:
        sets: The features.
        seed: Draws the folds.
    """
    probe = cross_validated_probe(sets.clear, sets.rainy, seed)
    tells = probe.area.value >= TELLS_FROM
    text = "tells clear from rainy" if tells else f"cannot tell, below {TELLS_FROM}: the shares below mean nothing"
    smaller = min(len(sets.clear), len(sets.rainy))
    figures = [
        Figure.of(probe.area, group=Group.RAINY, name="probe, area under the curve", pictures=smaller, judgement=text)
    ]
    rainy = share_above(probe.other)
    shares = [("real clear called rainy", probe.one, "by mistake"), ("real rain called rainy", probe.other, "rightly")]
    if not sets.before_is_clear:
        shares.append(("untouched called rainy", probe.scores(sets.before, of_first=False), "before translation"))
    figures += [_share(name, scores, judgement) for name, scores, judgement in shares]
    after = probe.scores(sets.after, of_first=sets.before_is_clear)
    before = probe.one if sets.before_is_clear else shares[-1][1]
    judgement = _compared(share_above(after), share_above(before), rainy) if tells else "the probe cannot tell"
    return [*figures, _share("translated called rainy", after, judgement)]


def _compared(after: Ratio, before: Ratio, rainy: Ratio) -> str:
    """Say how the share of translated pictures stands to that of untouched ones and of real rain."""
    if after.low <= before.high:
        return "not clearly more often than untouched pictures"
    if after.high < rainy.low:
        return "more often than untouched pictures, less often than real rain"
    return "not clearly less often than real rain, as far as so many can tell"


def _share(name: str, scores: Scores, judgement: str) -> Figure:
    """Return the share that is called rainy."""
    share = share_above(scores)
    return Figure.of(share, group=Group.RAINY, name=name, unit=Unit.SHARE, pictures=len(scores), judgement=judgement)
