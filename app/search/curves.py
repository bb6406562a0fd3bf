"""Grows one confidence curve from samples of which the truth is known: boosted trees, set on questions as they are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search.boosting import Tree, boosted
from app.search.calibration import Curve, Trees
from app.search.hit import NAMES
from app.search.logistic import Bools, Floats, fit_logistic, sigmoid
from app.search.measures import auroc, expected_calibration_error

FOLDS = 5
# As many trees are taken as told best in cross-validation: 65 to 153 on the tuning questions.
MOST_TREES = 200
# Next to no penalty, for the two numbers that stretch and move a curve.
WEAKLY = 100.0
# No chance is taken for less than this.
SURELY = 1e-9
# More evidence must never make the bot less sure. Without directions signals that move together work against each other: that
# fits the sample and fails on the next help centre. More of `length` is evidence too: a long question that is met as well as
# a short one has more to be met.
DIRECTIONS = {name: 1 for name in NAMES} | {"same_language": 0, "fallback": -1, "stale": -1}
# What counts without an encoder; all the others change with it.
LEXICAL_DIRECTIONS = {"same_language": 1} | {
    name: DIRECTIONS[name]
    for name in (
        "lexical_score", "lexical_share", "lexical", "lexical_lead", "words_found", "words_in_article", "words_known",
        "heading_fit", "fallback", "stale", "length",
    )
}  # fmt: skip
# A stale article always counts for less, also where the gold questions know none.
FIXED = {"stale": -0.5}


@dataclass(frozen=True, slots=True)
class Sample:
    """One search: its signals, what was true, what it weighs, and in which fold it is left out.

    `as_asked`: its family had not been taken away, and the reader had all articles."""

    signals: NDArray[np.float64]
    is_right: bool
    is_answerable: bool
    weight: float
    fold: int
    as_asked: bool


def fit_curve(samples: Sequence[Sample], directions: Mapping[str, int], truth: Sequence[bool]) -> Curve:
    """Boosted trees; their number by cross-validation.

    Near misses and missing translations teach them what to look at; how sure they may be is then set on the questions as they
    are asked, each counted once (Platt 1999), or they would be too modest about them.
    """
    vectors = np.array([sample.signals for sample in samples])
    data = _Data(
        x=vectors[:, [NAMES.index(name) for name in directions]],
        y=np.array(truth),
        weights=np.array([sample.weight for sample in samples]),
        as_asked=np.array([sample.as_asked for sample in samples]),
        fixed=vectors @ [FIXED.get(name, 0.0) for name in NAMES],
        directions=np.array(list(directions.values())),
        folds=np.array([one.fold for one in samples]),
    )
    held_out, trees = data.cross_validated()
    asked = data.as_asked
    # By what was held out: trees are too sure about what they were grown on.
    moved, (stretched,) = fit_logistic(
        held_out[asked, None], data.y[asked], np.ones(asked.sum()), WEAKLY, np.array([[0.0], [np.inf]])
    )
    guesses = sigmoid(moved + stretched * held_out)
    everything = np.ones(len(samples), dtype=bool)
    base, grown = data.base(everything), data.grown(everything, trees)
    figures = {
        "questions": float(asked.sum()),
        "samples": float(len(samples)),
        "auroc": auroc(guesses, data.y),
        "auroc_asked": auroc(guesses[asked], data.y[asked]),
        "log_loss": _log_loss(guesses, data.y, data.weights),
        "log_loss_asked": _log_loss(guesses[asked], data.y[asked], data.weights[asked]),
        "ece_asked": expected_calibration_error(guesses[asked], data.y[asked]),
        "trees": float(trees),
    }
    names = list(directions)
    return Curve(
        round(moved + stretched * base, 4),
        {name: round(stretched * weight, 4) for name, weight in FIXED.items()},
        Trees(
            [[names[column] for column in tree.columns] for tree in grown],
            [[round(float(one), 4) for one in tree.thresholds] for tree in grown],
            [[round(float(stretched * one), 4) for one in tree.values] for tree in grown],
        ),
        {name: round(value, 4) for name, value in figures.items() if np.isfinite(value)},
    )


@dataclass(frozen=True, slots=True)
class _Data:
    """What a curve is fitted to, sample by sample; `fixed` is what is in the log odds whatever the data say."""

    x: Floats
    y: Bools
    weights: Floats
    as_asked: Bools
    fixed: Floats
    directions: NDArray[np.int64]
    folds: NDArray[np.int64]

    def grown(self, chosen: Bools, most: int) -> list[Tree]:
        """Trees from the chosen samples."""
        start = self.base(chosen) + self.fixed[chosen]
        return boosted(self.x[chosen], self.y[chosen], self.weights[chosen], start, self.directions, most)

    def cross_validated(self) -> tuple[Floats, int]:
        """For every sample the log odds by trees that have not seen its fold, and how many trees told best."""
        paths = np.zeros((MOST_TREES + 1, len(self.y)))
        for fold in range(FOLDS):
            out = self.folds == fold
            if out.any() and not out.all():
                paths[:, out] = self._path(~out, out)
        losses = [_log_loss(sigmoid(logits), self.y, self.weights) for logits in paths]
        best = int(np.argmin(losses))
        return paths[best], best

    def _path(self, chosen: Bools, out: Bools) -> Floats:
        """The log odds of the samples that are left out, before the first tree and after each, (MOST_TREES + 1, their number)."""
        x = self.x[out]
        trees = self.grown(chosen, MOST_TREES)
        path = np.cumsum([self.base(chosen) + self.fixed[out], *(tree.of(x) for tree in trees)], axis=0)
        return np.concatenate([path, np.repeat(path[-1:], MOST_TREES + 1 - len(path), axis=0)])

    def base(self, chosen: Bools) -> float:
        """The log odds of the chosen samples together."""
        share = float(np.average(self.y[chosen], weights=self.weights[chosen]))
        return float(np.log(max(share, SURELY) / max(1 - share, SURELY)))


def _log_loss(guesses: Floats, y: Bools, weights: Floats) -> float:
    likelihood = np.where(y, guesses, 1 - guesses)
    return float(-(weights * np.log(np.maximum(likelihood, SURELY))).sum() / weights.sum())
