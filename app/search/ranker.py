"""Orders candidates: a weighted sum of the legs, then the best passage of each article.

The sum is linear on scores that are comparable from question to question, never on ranks: rank fusion lets a leg that
is blind for a pair of languages vote as loudly as one that sees (measured .942 → .562).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search.retriever import LEGS, LEXICAL, Candidates
from app.search.vectors import Rows

Floats = NDArray[np.float32]

# What each leg can read: words meet words in one language only, vectors in all. Fitted on the tuning questions over the
# sample content as a softmax over articles (a sum of 1 more is e times as likely), held near equal weights.
SAME_LANGUAGE: Mapping[str, float] = {
    "lexical": 3.2, "article_lexical": 3.2, "article_words": 4.0, "dense": 2.4, "family": 4.5,
    "matching": 3.1, "heading": 2.6, "heading_matching": 3.1, "article_matching": 3.0,
}  # fmt: skip
OTHER_LANGUAGE: Mapping[str, float] = {
    "lexical": 2.3, "article_lexical": 2.3, "article_words": 2.2, "dense": 3.2, "family": 7.0,
    "matching": 4.0, "heading": 4.3, "heading_matching": 5.2, "article_matching": 4.3,
}  # fmt: skip
# Scores are shown divided by this, so that they stay below 1.
FULL_MARKS = sum(SAME_LANGUAGE.values())


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

    def lexical_scores(self) -> Floats:
        """What the legs that need no encoder put into `scores`, in the order of the ranking."""
        scores: Floats = _weighed(self.candidates)[self.best][:, LEXICAL].sum(axis=1)
        return scores

    def leg(self, name: str) -> Floats:
        """One leg's score of the passages shown, in the order of the ranking."""
        return self.candidates.leg(name)[self.best]


def fused(candidates: Candidates) -> Floats:
    """The fused score of every candidate, (rows,)."""
    scores: Floats = _weighed(candidates).sum(axis=1)
    return scores


def rank(candidates: Candidates) -> Ranking:
    """One passage an article, best first; equal scores in the order of the rows."""
    scores = fused(candidates)
    order = np.lexsort((candidates.rows, -scores))
    _, first = np.unique(candidates.owner[order], return_index=True)
    best = order[np.sort(first)]
    return Ranking(candidates, best, scores[best])


def _weighed(candidates: Candidates) -> Floats:
    """Each leg's part in the fused score, (rows, len(LEGS))."""
    weights = np.where(candidates.readable[:, None], _vector(SAME_LANGUAGE), _vector(OTHER_LANGUAGE))
    parts: Floats = candidates.legs * weights / np.float32(FULL_MARKS)
    return parts


def _vector(weights: Mapping[str, float]) -> Floats:
    return np.array([weights[leg] for leg in LEGS], dtype=np.float32)
