"""Learns how much each leg counts from the tuning questions; runs when an index is calibrated, never while it serves.

A conditional logit (McFadden 1974): the right article of a question should win a softmax over all articles that came into
question. Every question is asked as its reader asks it and once more with English articles only, so that both the weights
for one language and those across languages see data. Weights are never negative, so that no leg can vote against itself,
and are held near equal ones, so that few questions move them little.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.languages import DEFAULT
from app.search import runs
from app.search.fusion import Fusion
from app.search.gold import GoldQuestion
from app.search.query import Query
from app.search.retriever import LEGS, Candidates
from app.search.searcher import Searcher
from app.search.vectors import Rows

Doubles = NDArray[np.float64]

# What all legs together weigh before anything is learned, and how far from it the data may pull: chosen by
# cross-validation on the tuning questions of the sample content.
FULL_MARKS = 36.0
HOLD = 0.02
ROUNDS, STEPS = 3, 120
ABROAD_WEIGHT = 0.5
TYPICAL_PLACE = 9


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its candidates, the number of the right article among them, and what the question weighs."""

    question: GoldQuestion
    candidates: Candidates
    right: int
    weight: float


def fit_fusion(asked: Sequence[Asked]) -> dict[str, Any]:
    """The JSON object of a `Fusion`, learned on these questions; there is at least one."""
    weights = learned(asked)
    same, other = weights[len(LEGS) :], weights[: len(LEGS)]
    plain = Fusion(_named(same), _named(other), 0.0, 0.0, {})
    typical, typical_lexical, ranks = _typical(asked, plain)
    figures = {"questions": float(len(asked)), "first": round(float(np.mean([one == 0 for one in ranks])), 4)}
    return {
        "same": dict(plain.same),
        "other": dict(plain.other),
        "typical": typical,
        "typical_lexical": typical_lexical,
        "figures": figures,
    }


def asked_questions(searcher: Searcher, questions: Sequence[GoldQuestion]) -> Iterator[Asked]:
    """Both variants of each answerable question whose article came into question."""
    for one in questions:
        query = Query(one.text, one.language)
        variants = [(query, 1.0)]
        if one.language != DEFAULT:
            variants.append((replace(query, evidence=(DEFAULT,)), ABROAD_WEIGHT))
        for variant, weight in variants if one.family else ():
            families, candidates = searcher.candidates(variant)
            if one.family in families:
                yield Asked(one, candidates, families.index(one.family), weight)


def learned(asked: Sequence[Asked], hold: float = HOLD) -> Doubles:
    """Weights (2 × legs,): for another language, then for the same."""
    start = np.full(2 * len(LEGS), FULL_MARKS / len(LEGS))
    weights = start
    for _ in range(ROUNDS if asked else 0):
        # An article is judged by its best passage, and which that is depends on the weights.
        weights = _ascended(_best_rows(asked, weights), weights, start, hold)
    return weights


@dataclass(frozen=True, slots=True)
class _Choices:
    """Features (articles, 2 × legs) of all questions in a row, where each begins, the place of each right one."""

    features: Doubles
    starts: Rows
    right: Rows
    weights: Doubles


def _best_rows(asked: Sequence[Asked], weights: Doubles) -> _Choices:
    parts = []
    for one in asked:
        features = _features(one.candidates)
        scores = features @ weights
        # In single precision, as the ranker compares.
        best, _ = runs.best(scores.astype(np.float32), one.candidates.starts)
        parts.append(features[best])
    sizes = np.array([len(part) for part in parts])
    starts = np.cumsum(sizes) - sizes
    right = starts + np.array([one.right for one in asked])
    shares = np.array([one.weight for one in asked])
    return _Choices(np.concatenate(parts), starts, right, shares / shares.sum())


def _features(candidates: Candidates) -> Doubles:
    readable = candidates.readable[:, None]
    legs = candidates.legs.astype(np.float64)
    return np.concatenate([legs * ~readable, legs * readable], axis=1)


def _ascended(choices: _Choices, weights: Doubles, start: Doubles, hold: float) -> Doubles:
    """Accelerated projected gradient (Beck and Teboulle 2009) on the mean log-likelihood less the pull to `start`."""
    sizes = np.diff(np.append(choices.starts, len(choices.features)))
    per_article = np.repeat(choices.weights, sizes)
    wanted = choices.weights @ choices.features[choices.right]
    spread = choices.features.max(axis=0) - choices.features.min(axis=0)
    step = 1 / (float(spread @ spread) / 4 + hold)
    at = ahead = weights
    momentum = 1.0
    for _ in range(STEPS):
        scores = choices.features @ ahead
        scores -= np.repeat(np.maximum.reduceat(scores, choices.starts), sizes)
        odds = np.exp(scores)
        odds *= per_article / np.repeat(np.add.reduceat(odds, choices.starts), sizes)
        slope = wanted - odds @ choices.features - hold * (ahead - start) / FULL_MARKS
        moved = np.maximum(ahead + step * slope, 0)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * (moved - at)
        at, momentum = moved, following
    return at


def _typical(asked: Sequence[Asked], fusion: Fusion) -> tuple[float, float, list[int]]:
    """What the tenth article scores on average, by all legs and by the words, and the rank of each right article."""
    from app.search.ranker import rank

    tenths, lexical, ranks = [], [], []
    for one in asked:
        ranking = rank(one.candidates, fusion)
        if len(ranking.best) > TYPICAL_PLACE:
            tenths.append(float(ranking.scores[TYPICAL_PLACE]))
            lexical.append(float(np.sort(ranking.lexical_scores())[::-1][TYPICAL_PLACE]))
        found = np.flatnonzero(ranking.articles == one.right)
        ranks.append(int(found[0]) if len(found) else len(ranking.articles))
    return (
        round(float(np.mean(tenths)) if tenths else 0.0, 4),
        round(float(np.mean(lexical)) if lexical else 0.0, 4),
        ranks,
    )


def _named(weights: Doubles) -> dict[str, float]:
    return {leg: round(float(weight), 3) for leg, weight in zip(LEGS, weights, strict=True)}
