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
    "lexical": 4.6, "article_lexical": 5.1, "article_words": 5.9, "dense": 1.6, "family": 6.5,
    "matching": 3.9, "heading": 2.8, "heading_matching": 3.8, "article_matching": 3.3,
}  # fmt: skip
OTHER_LANGUAGE: Mapping[str, float] = {
    "lexical": 2.8, "article_lexical": 2.8, "article_words": 2.3, "dense": 3.2, "family": 6.0,
    "matching": 3.8, "heading": 4.0, "heading_matching": 8.2, "article_matching": 7.1,
}  # fmt: skip
# Scores are shown divided by this, so that they stay below 1.
FULL_MARKS = sum(SAME_LANGUAGE.values())

# Rather no hit than any: a share of what the legs that took part could give. The right article of a tuning question
# never had less than .15; misspelt words alone, with the encoder away, reach .06.
LEAST_SHARE = 0.05


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
    """One passage an article, best first; equal scores in the order of the rows; what is next to nothing left out."""
    scores = fused(candidates)
    order = np.lexsort((candidates.rows, -scores))
    order = order[(scores >= LEAST_SHARE * _attainable(candidates))[order]]
    _, first = np.unique(candidates.owner[order], return_index=True)
    best = order[np.sort(first)]
    return Ranking(candidates, best, scores[best])


def _weighed(candidates: Candidates) -> Floats:
    """Each leg's part in the fused score, (rows, len(LEGS))."""
    parts: Floats = candidates.legs * _weights(candidates)
    return parts


def _attainable(candidates: Candidates) -> Floats:
    """The score of a row for which every leg that took part gave 1, (rows,)."""
    took_part = candidates.legs.any(axis=0)
    weights = _weights(candidates)
    weights[:, ~took_part] = 0
    return np.asarray(weights.sum(axis=1), dtype=np.float32)


def _weights(candidates: Candidates) -> Floats:
    """What a full mark of each leg is worth, (rows, len(LEGS))."""
    both = np.stack([_vector(OTHER_LANGUAGE), _vector(SAME_LANGUAGE)])
    weights: Floats = both[candidates.readable.astype(np.int64)]
    return weights


def _vector(weights: Mapping[str, float]) -> Floats:
    return np.array([weights[leg] / FULL_MARKS for leg in LEGS], dtype=np.float32)
