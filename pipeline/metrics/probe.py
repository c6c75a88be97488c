"""How often pictures are taken for those of another domain: a linear probe on their features, by scikit-learn.

The probe tells two sets of real pictures apart by logistic regression. It is cross-validated: every picture is judged
by a probe that has not seen it. Source: Alain and Bengio, "Understanding intermediate layers using linear classifier
probes", ICLR 2017 workshop (arXiv 1610.01644).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.distance import Features
from pipeline.metrics.ratio import Ratio, wilson

FOLDS = 5
LEAST = 10
"""Pictures of each domain, at least."""
_DECAY = 0.01
"""Weight of the squared coefficients beside the mean loss: there are more features than pictures."""
_RESAMPLES = 200

Scores = NDArray[np.float64]
"""(N,), the probability that a picture is of the second domain."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A cross-validated probe between two domains."""

    one: Scores
    """Of the first domain's pictures, each by a probe that has not seen it."""
    other: Scores
    """Of the second domain's pictures, likewise."""
    area: Ratio
    """Area under the curve of these: 0.5 where the domains cannot be told apart, 1 where they always can."""
    models: tuple[Any, ...]
    """The probe of each fold."""
    fold_of_one: NDArray[np.int64]
    """(N,), the fold whose probe has not seen a picture of the first domain."""

    def scores(self, changed: Features, *, of_first: bool) -> Scores:
        """Judge other pictures.

        Args:
            changed: (N, D).
            of_first: They were made of the first domain's pictures, in their order: each is judged by the probe that
                has not seen its source. Else by all, and the mean counts.
        """
        found = np.stack([model.predict_proba(changed)[:, 1] for model in self.models])  # (K, N)
        scores: Scores = found[self.fold_of_one, np.arange(len(changed))] if of_first else found.mean(0)
        return scores


def cross_validated_probe(one: Features, other: Features, seed: int = 0) -> Probe:
    """Fit a probe between two domains.

    Args:
        one: (N, D), N at least 10.
        other: (M, D), M at least 10.
        seed: Draws the folds and the bootstrap samples of the interval.

    Raises:
        ValueError: A set has too few rows.
    """
    from sklearn.model_selection import StratifiedKFold

    smallest = min(len(one), len(other))
    if smallest < LEAST:
        raise ValueError(f"a set of {smallest} pictures; at least {LEAST} are needed")
    rows = np.concatenate([one, other]).astype(np.float64)
    domain = np.repeat([0, 1], [len(one), len(other)])
    scores = np.empty(len(rows))
    folds = np.empty(len(rows), dtype=np.int64)
    models = []
    for fold, (seen, held) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(rows, domain)):
        model = _fitted(rows[seen], domain[seen])
        scores[held], folds[held] = model.predict_proba(rows[held])[:, 1], fold
        models.append(model)
    return Probe(
        one=scores[: len(one)],
        other=scores[len(one) :],
        area=_area(domain, scores, np.random.default_rng(seed)),
        models=tuple(models),
        fold_of_one=folds[: len(one)],
    )


def share_above(scores: Scores, threshold: float = 0.5) -> Ratio:
    """Return the share of pictures that a probe takes for the second domain, with Wilson's interval.

    Args:
        scores: (N,), N at least 1.
        threshold: Least score.
    """
    return wilson(int((scores > threshold).sum()), len(scores))


def _fitted(rows: NDArray[np.float64], domain: NDArray[np.int64]) -> Any:  # noqa: ANN401 (scikit-learn has no types)
    """Fit logistic regression; both domains count alike, however many pictures they have."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    strength = 1 / (2 * _DECAY * len(rows))
    classifier = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
    return make_pipeline(StandardScaler(), classifier).fit(rows, domain)


def _area(domain: NDArray[np.int64], scores: Scores, random: np.random.Generator) -> Ratio:
    """Return the area under the curve with its bootstrap interval."""
    from sklearn.metrics import roc_auc_score

    value = float(roc_auc_score(domain, scores))
    again = []
    for _ in range(_RESAMPLES):
        places = random.integers(0, len(scores), len(scores))
        if 0 < domain[places].sum() < len(places):
            again.append(roc_auc_score(domain[places], scores[places]))
    low, high = np.quantile(again, [0.025, 0.975])
    return Ratio(value, float(min(low, value)), float(max(high, value)))
