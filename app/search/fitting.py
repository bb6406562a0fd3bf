"""Fits the confidence curves on gold questions; runs when an index is built or calibrated, never while it serves.

The hard case is the near miss: the right subject, but no answer. Besides the gold questions without an answer, every
answerable question is asked once more with its family taken out of the candidates.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.languages import DEFAULT
from app.search.boosting import Tree, boosted
from app.search.calibration import FORMAT, Curve, Curves, Trees, stored_default
from app.search.costs import Costs, read_costs
from app.search.encoder import Encoder
from app.search.fusing import asked_questions, fit_fusion
from app.search.gold import GoldQuestion
from app.search.hit import NAMES, Results
from app.search.logistic import Bools, Floats, fit_logistic, sigmoid
from app.search.measures import auroc, expected_calibration_error
from app.search.query import Query
from app.search.searcher import Everything, Fixed, Searcher
from app.search.snapshot import Snapshot

# With fewer answerable questions a curve of our own would be worse than the shipped one.
LEAST_QUESTIONS = 40
FOLDS = 5
# As many trees are taken as told best in cross-validation: 70 to 140 on the tuning questions.
MOST_TREES = 200
# Until so many of the passages have changed since it was fitted, a calibration is kept: one edited article moves its scores
# by less than a refit moves them by chance, and an editor does not wait ten seconds for it.
MOST_CHANGED = 0.02
# Next to no penalty, for the two numbers that stretch and move a curve.
WEAKLY = 100.0
# No chance is taken for less than this.
SURELY = 1e-9
# What counts without an encoder; all the others change with it.
LEXICAL_NAMES = (
    "lexical_score", "lexical_share", "lexical", "lexical_lead", "words_found", "words_in_article", "words_known",
    "heading_fit", "same_language", "fallback", "stale", "length",
)  # fmt: skip
# More evidence must never make the bot less sure. Without directions signals that move together work against each other: that
# fits the sample and fails on the next help centre. More of `length` is evidence too: a long question that is met as well as
# a short one has more to be met.
DIRECTIONS = {"same_language": 0, "fallback": -1, "stale": -1}
LEXICAL_DIRECTIONS = {**DIRECTIONS, "same_language": 1}
# A stale article always counts for less, also where the gold questions know none.
FIXED = {"stale": -0.5}
# Together with a third of questions without an answer, this keeps a third of all weight on such questions. A near miss
# made by us weighs little, for a sibling of the missing article often answers, too.
NEAR_MISS_WEIGHT = 0.2
UNANSWERABLE_WEIGHT = 0.8
# The same question with English articles only: what a help centre with few translations is like.
ABROAD_WEIGHT = 0.5


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


def calibrate(
    snapshot: Snapshot,
    encoder: Encoder,
    questions: Sequence[GoldQuestion],
    today: date,
    costs: Costs | None = None,
) -> dict[str, Any]:
    """The JSON object to be stored in the snapshot: weights and curves fitted on the `tuning` questions, with their figures.

    The shipped weights and curves when fewer than `LEAST_QUESTIONS` of them have their article in this snapshot. The
    costs are those of `costs.toml` unless others are given.
    """
    costs = costs or read_costs()
    families = {one.article.family for one in snapshot.articles}
    fitting = [
        one for one in questions if one.split == "tuning" and (one.family is None or one.family in families)
    ]
    basis = basis_of(questions, costs)
    if sum(one.family is not None for one in fitting) < LEAST_QUESTIONS:
        return {**stored_default(costs, encoder.identity.weights_sha256), "basis": basis}
    asked = list(asked_questions(_searcher(snapshot, encoder, today), fitting))
    fusion = fit_fusion(asked)
    # The curves judge what learned weights put first; weights that have seen a question put its article first too often.
    folds: list[tuple[Snapshot, list[GoldQuestion]]] = []
    for group in _groups(fitting):
        left_out = set(group)
        others = [one for one in asked if one.question not in left_out]
        unseen = {"format": FORMAT, "fusion": fit_fusion(others) if others else fusion}
        folds.append((replace(snapshot, calibration=unseen), group))
    curves = {}
    for mode, reader in (("hybrid", encoder), ("lexical", None)):
        samples = [
            sample
            for fold, (one, group) in enumerate(folds)
            for sample in samples_of(_searcher(one, reader, today), group, fold)
        ]
        directions = (
            _directions(NAMES, DIRECTIONS) if reader else _directions(LEXICAL_NAMES, LEXICAL_DIRECTIONS)
        )
        right = _fit(samples, directions, [one.is_right for one in samples])
        answerable = _fit(samples, directions, [one.is_answerable for one in samples])
        curves[mode] = asdict(Curves(right, answerable, _unanswerable_share(samples)))
    return {
        "format": FORMAT,
        "encoder": encoder.identity.weights_sha256,
        "basis": basis,
        "costs": asdict(costs),
        "fusion": fusion,
        "curves": curves,
    }


def basis_of(questions: Sequence[GoldQuestion], costs: Costs) -> str:
    """One hash over all that a calibration rests on beside the articles and the encoder: also over the search itself."""
    tuning = [(one.language, one.text, one.family, one.note) for one in questions if one.split == "tuning"]
    told = json.dumps([FORMAT, _code(), tuning, asdict(costs)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


@cache
def _code() -> str:
    """One hash over the code of the search: what another version has fitted is fitted anew."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def still_holds(stored: Mapping[str, Any], questions: Sequence[GoldQuestion], changed: float) -> bool:
    """Whether a stored calibration need not be fitted anew although a share `changed` of the passages is another now."""
    return changed <= MOST_CHANGED and stored.get("basis") == basis_of(questions, read_costs())


def _unanswerable_share(samples: Sequence[Sample]) -> float:
    """Among questions as they are asked, each counted once: that is what the chances are set on."""
    return round(float(np.mean([not one.is_answerable for one in samples if one.as_asked])), 4)


def _groups(questions: Sequence[GoldQuestion]) -> list[list[GoldQuestion]]:
    """The questions in `FOLDS` parts, all of one subject in one: a question in eight languages would otherwise stand on both sides
    of a cross-validation. What nothing answers has the note beside it for its subject."""
    groups: list[list[GoldQuestion]] = [[] for _ in range(FOLDS)]
    numbers: dict[str, int] = {}
    for one in questions:
        subject = one.family or (one.text if one.is_absurd else one.note or one.text)
        groups[numbers.setdefault(subject, len(numbers)) % FOLDS].append(one)
    return groups


def samples_of(searcher: Searcher, questions: Sequence[GoldQuestion], fold: int) -> list[Sample]:
    """Every question as a reader meets it; and, since each search takes time, every second one with English articles only and the
    others with their own family taken away, so that these count twice."""
    samples = (
        sample
        for number, one in enumerate(questions)
        for sample in _samples(searcher, one, fold, number % 2 == 0)
    )
    return [sample for sample in samples if sample.signals.any()]  # without a hit there is nothing to judge


def _searcher(snapshot: Snapshot, encoder: Encoder | None, today: date) -> Searcher:
    return Searcher(Fixed(snapshot), encoder, Everything(), lambda: today)


def _samples(searcher: Searcher, one: GoldQuestion, fold: int, is_abroad: bool) -> Iterator[Sample]:
    answerable = one.family is not None
    weight = 1.0 if answerable else UNANSWERABLE_WEIGHT
    asked = Query(one.text, one.language, limit=1)
    found = searcher.search(asked)
    yield Sample(found.signals.vector(), is_right(found, one), answerable, weight, fold, True)
    if is_abroad and one.language != DEFAULT:
        found = searcher.search(replace(asked, evidence=(DEFAULT,)))
        yield Sample(
            found.signals.vector(), is_right(found, one), answerable, weight * ABROAD_WEIGHT, fold, False
        )
    elif one.family is not None:
        missed = searcher.search(replace(asked, without=frozenset([one.family])))
        yield Sample(missed.signals.vector(), False, False, NEAR_MISS_WEIGHT, fold, False)


def is_right(results: Results, one: GoldQuestion) -> bool:
    """Whether the first hit is the family that answers."""
    return bool(results.hits) and results.hits[0].family == one.family


def _directions(names: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    return {name: known.get(name, 1) for name in names}


def _fit(samples: Sequence[Sample], directions: Mapping[str, int], truth: Sequence[bool]) -> Curve:
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
        fixed=vectors @ [FIXED.get(name, 0.0) if name in directions else 0.0 for name in NAMES],
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
        {name: round(stretched * weight, 4) for name, weight in FIXED.items() if name in directions},
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
