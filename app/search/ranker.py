"""Orders candidates: a weighted sum of the legs, then the best passage of each article.

The sum is linear on scores that are comparable from question to question, never on ranks: rank fusion lets a leg that
is blind for a pair of languages vote as loudly as one that sees (measured .942 → .562).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search.retriever import LEGS, Candidates
from app.search.vectors import Rows

Floats = NDArray[np.float32]

# What each leg can read: words meet words in one language only, vectors in all.
SAME_LANGUAGE: Mapping[str, float] = {
    "lexical": 0.15, "article_lexical": 0.20, "dense": 0.12, "article_dense": 0.13,
    "matching": 0.15, "heading": 0.12, "heading_matching": 0.13,
}  # fmt: skip
OTHER_LANGUAGE: Mapping[str, float] = {
    "lexical": 0.03, "article_lexical": 0.03, "dense": 0.08, "article_dense": 0.27,
    "matching": 0.12, "heading": 0.15, "heading_matching": 0.32,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Articles in order: `best` are positions in the candidates (one an article), `scores` their fused scores."""

    candidates: Candidates
    best: Rows
    scores: Floats

    @property
    def rows(self) -> Rows:
        """The rows of the passages shown, best first."""
        return self.candidates.rows[self.best]

    @property
    def owners(self) -> Rows:
        """The positions in the scope of the articles shown, best first."""
        return self.candidates.owner[self.best]

    def legs(self, at: int) -> dict[str, float]:
        """What each leg gave the passage shown at place `at`."""
        return dict(zip(LEGS, self.candidates.legs[self.best[at]].tolist(), strict=True))

    def leg(self, name: str) -> Floats:
        """One leg's score of the passages shown, in the order of the ranking."""
        return self.candidates.leg(name)[self.best]


def fused(candidates: Candidates) -> Floats:
    """The fused score of every candidate, (rows,)."""
    weights = np.where(candidates.readable[:, None], _vector(SAME_LANGUAGE), _vector(OTHER_LANGUAGE))
    scores: Floats = (candidates.legs * weights).sum(axis=1)
    return scores


def rank(candidates: Candidates) -> Ranking:
    """One passage an article, best first; equal scores in the order of the rows."""
    scores = fused(candidates)
    order = np.lexsort((candidates.rows, -scores))
    _, first = np.unique(candidates.owner[order], return_index=True)
    best = order[np.sort(first)]
    return Ranking(candidates, best, scores[best])


def _vector(weights: Mapping[str, float]) -> Floats:
    return np.array([weights[leg] for leg in LEGS], dtype=np.float32)
