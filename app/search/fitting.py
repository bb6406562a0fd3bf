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
from app.search.calibration import FORMAT, Curve, Curves, stored_default
from app.search.costs import Costs, read_costs
from app.search.encoder import Encoder
from app.search.fusing import fit_fusion
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
# Until so many of the passages have changed since it was fitted, a calibration is kept: one edited article moves its scores
# by less than a refit moves them by chance, and an editor does not wait ten seconds for it.
MOST_CHANGED = 0.02
STRENGTHS = (0.1, 0.3, 1.0, 3.0)
# Next to no penalty, for the two numbers that stretch and move a curve.
WEAKLY = 100.0
# What counts without an encoder; all the others change with it.
LEXICAL_NAMES = (
    "lexical_score", "lexical_share", "lexical", "lexical_lead", "words_found", "words_in_article", "words_known",
    "heading_fit", "same_language", "fallback", "stale", "length",
)  # fmt: skip
# More evidence must never make the bot less sure. Without these bounds signals that move together get large weights of
# opposite sign: they fit the sample and fail on the next help centre. A stale article always counts for less, also
# where the gold questions know none.
EVIDENCE = (0.0, np.inf)
ANY = (-np.inf, np.inf)
BOUNDS = {"length": ANY, "same_language": ANY, "fallback": (-np.inf, 0.0), "stale": (-np.inf, -0.5)}
LEXICAL_BOUNDS = {**BOUNDS, "same_language": EVIDENCE}
# Together with a third of questions without an answer, this keeps a third of all weight on such questions. A near miss
# made by us weighs little, for a sibling of the missing article often answers, too.
NEAR_MISS_WEIGHT = 0.1
UNANSWERABLE_WEIGHT = 0.8
# The same question with English articles only: what a help centre with few translations is like.
ABROAD_WEIGHT = 0.25


@dataclass(frozen=True, slots=True)
class Sample:
    """One search: its signals, what was true, what it weighs, and which question it came from.

    `as_asked`: its family had not been taken away, and the reader had all articles."""

    signals: NDArray[np.float64]
    is_right: bool
    is_answerable: bool
    weight: float
    group: int
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
    fusion = fit_fusion(_searcher(snapshot, encoder, today), fitting)
    # The curves judge what the learned weights put first.
    snapshot = replace(snapshot, calibration={"format": FORMAT, "fusion": fusion})
    curves = {}
    for mode, reader in (("hybrid", encoder), ("lexical", None)):
        samples = samples_of(_searcher(snapshot, reader, today), fitting)
        bounds = _bounds(NAMES, BOUNDS) if reader else _bounds(LEXICAL_NAMES, LEXICAL_BOUNDS)
        right = _fit(samples, bounds, [one.is_right for one in samples])
        answerable = _fit(samples, bounds, [one.is_answerable for one in samples])
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
    tuning = [asdict(one) for one in questions if one.split == "tuning"]
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
    asked = [one for one in samples if one.as_asked]
    unanswerable = sum(one.weight for one in asked if not one.is_answerable)
    return round(unanswerable / sum(one.weight for one in asked), 4)


def samples_of(searcher: Searcher, questions: Sequence[GoldQuestion]) -> list[Sample]:
    """Every question as a reader meets it, with English articles only, and with its own family taken away."""
    samples = (sample for group, one in enumerate(questions) for sample in _samples(searcher, one, group))
    return [sample for sample in samples if sample.signals.any()]  # without a hit there is nothing to judge


def _searcher(snapshot: Snapshot, encoder: Encoder | None, today: date) -> Searcher:
    return Searcher(Fixed(snapshot), encoder, Everything(), lambda: today)


def _samples(searcher: Searcher, one: GoldQuestion, group: int) -> Iterator[Sample]:
    asked = Query(one.text, one.language, limit=1)
    variants = [(asked, 1.0)]
    if one.language != DEFAULT:
        variants.append((replace(asked, evidence=(DEFAULT,)), ABROAD_WEIGHT))
    for query, share in variants:
        results = searcher.search(query)
        answerable = one.family is not None
        weight = share if answerable else share * UNANSWERABLE_WEIGHT
        is_own = query is asked
        yield Sample(results.signals.vector(), is_right(results, one), answerable, weight, group, is_own)
        if one.family is not None:
            missed = searcher.search(replace(query, without=frozenset([one.family])))
            yield Sample(missed.signals.vector(), False, False, share * NEAR_MISS_WEIGHT, group, False)


def is_right(results: Results, one: GoldQuestion) -> bool:
    """Whether the first hit is the family that answers."""
    return bool(results.hits) and results.hits[0].family == one.family


def _bounds(names: Sequence[str], known: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    return {name: known.get(name, EVIDENCE) for name in names}


def _fit(
    samples: Sequence[Sample], bounds: Mapping[str, tuple[float, float]], truth: Sequence[bool]
) -> Curve:
    """A logistic curve; the strength of its regularisation by cross-validation over questions, not over samples.

    Near misses and missing translations teach it what to look at; how sure it may be is then set on the questions as they are
    asked (Platt 1999), or it would be too modest about them.
    """
    x = np.array([sample.signals for sample in samples])[:, [NAMES.index(name) for name in bounds]]
    y = np.array(truth)
    weights = np.array([sample.weight for sample in samples])
    groups = np.array([sample.group for sample in samples])
    as_asked = np.array([sample.as_asked for sample in samples])
    data = _Data(x, y, weights, as_asked, np.array(list(bounds.values())).T)
    held_out = {one: _held_out(data, groups % FOLDS, one) for one in STRENGTHS}
    strength = min(STRENGTHS, key=lambda one: _log_loss(held_out[one], y, weights))
    intercept, coefficients = data.curve(strength, np.ones(len(y), dtype=bool))
    guesses, asked = held_out[strength], as_asked
    figures = {
        "questions": float(len(set(groups.tolist()))),
        "samples": float(len(samples)),
        "auroc": auroc(guesses, y),
        "auroc_asked": auroc(guesses[asked], y[asked]),
        "log_loss": _log_loss(guesses, y, weights),
        "log_loss_asked": _log_loss(guesses[asked], y[asked], weights[asked]),
        "ece_asked": expected_calibration_error(guesses[asked], y[asked]),
        "strength": strength,
    }
    named = dict(zip(bounds, (round(float(one), 4) for one in coefficients), strict=True))
    return Curve(
        round(intercept, 4),
        named,
        {name: round(value, 4) for name, value in figures.items() if np.isfinite(value)},
    )


@dataclass(frozen=True, slots=True)
class _Data:
    """What a curve is fitted to, sample by sample, and the lowest and the highest coefficient of each signal."""

    x: Floats
    y: Bools
    weights: Floats
    as_asked: Bools
    limits: Floats

    def curve(self, strength: float, chosen: Bools) -> tuple[float, Floats]:
        """Intercept and coefficients, from the chosen samples."""
        x, y, weights = self.x[chosen], self.y[chosen], self.weights[chosen]
        intercept, coefficients = fit_logistic(x, y, weights, strength, self.limits)
        asked = self.as_asked[chosen]
        logits = (intercept + x[asked] @ coefficients)[:, None]
        moved, stretched = fit_logistic(logits, y[asked], weights[asked], WEAKLY, np.array([[0.0], [np.inf]]))
        return float(moved + stretched[0] * intercept), stretched[0] * coefficients


def _held_out(data: _Data, folds: NDArray[np.int64], strength: float) -> Floats:
    """For every sample the probability from a curve that has not seen its question."""
    guesses = np.zeros(len(data.y))
    for fold in range(FOLDS):
        out = folds == fold
        intercept, coefficients = data.curve(strength, ~out)
        guesses[out] = sigmoid(intercept + data.x[out] @ coefficients)
    return guesses


def _log_loss(guesses: Floats, y: Bools, weights: Floats) -> float:
    likelihood = np.where(y, guesses, 1 - guesses)
    return float(-(weights * np.log(np.maximum(likelihood, 1e-9))).sum() / weights.sum())
