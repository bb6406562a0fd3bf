"""Orders candidates by their fused score (`fusion.py`): the best passage of each article, best article first."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search.fusion import Fusion
from app.search.retriever import HEADING, LEGS, LEXICAL, Candidates
from app.search.vectors import Rows

Floats = NDArray[np.float32]

# Rather no hit than any: a share of what the legs that took part could give. The right article of a tuning question
# never had less than .15; misspelt words alone, with the encoder away, reach .06.
LEAST_SHARE = 0.05
# With the encoder away: a word stands there or it does not, while no cosine is quite nothing. One word of an English article that
# only a reader's glossary knows reaches .042.
LEAST_SHARE_OF_WORDS = 0.04


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Articles in order: `best` are positions in the candidates (one an article), `articles` numbers of articles there,
    `scores` their fused scores; `parts` (candidates, len(LEGS)) is what each leg put into them."""

    candidates: Candidates
    best: Rows
    articles: Rows
    scores: Floats
    parts: Floats

    @property
    def rows(self) -> Rows:
        """The rows of the passages shown, best first."""
        return self.candidates.rows[self.best]

    @property
    def places(self) -> Rows:
        """The places in the scope of the articles shown, best first."""
        return self.candidates.places[self.articles]

    @property
    def first(self) -> slice:
        """Where the passages of the first article stand among the candidates."""
        article = int(self.articles[0])
        return slice(int(self.candidates.starts[article]), int(self.candidates.starts[article + 1]))

    def shown(self, limit: int) -> Iterator[tuple[int, float, dict[str, float]]]:
        """Row, fused score and what each leg gave, of the first `limit` passages."""
        best = self.best[:limit]
        legs = self.candidates.legs[best].tolist()
        for row, score, parts in zip(
            self.candidates.rows[best].tolist(), self.scores.tolist(), legs, strict=False
        ):
            yield row, score, dict(zip(LEGS, parts, strict=True))

    def lexical_scores(self) -> Floats:
        """What the legs that need no encoder put into `scores`, in the order of the ranking."""
        scores: Floats = self.parts[self.best, LEXICAL].sum(axis=1)
        return scores

    def leg(self, name: str) -> Floats:
        """One leg's score of the passages shown, in the order of the ranking."""
        scores: Floats = self.candidates.legs[self.best, LEGS.index(name)]
        return scores


def rank(candidates: Candidates, fusion: Fusion) -> Ranking:
    """One passage an article, best first; equal scores in the order of the rows; what is next to nothing left out."""
    parts = fusion.parts(candidates)
    scores = parts.sum(axis=1)
    if not len(scores):
        none = np.empty(0, dtype=np.int64)
        return Ranking(candidates, none, none, scores, parts)
    highest = np.maximum.reduceat(scores, candidates.starts[:-1])
    best = _best_of_each(candidates, scores - _by_listed_questions(candidates, fusion))
    by_words_alone = not candidates.legs[:, LEXICAL.stop :].any()
    least = LEAST_SHARE_OF_WORDS if by_words_alone else LEAST_SHARE
    enough = highest >= least * _attainable(candidates, fusion)[best]
    articles = np.flatnonzero(enough)
    articles = articles[np.argsort(-highest[articles], kind="stable")]
    return Ranking(candidates, best[articles], articles, highest[articles], parts)


def _by_listed_questions(candidates: Candidates, fusion: Fusion) -> Floats:
    """What each row owes to the questions that are listed for its article, (rows,)."""
    weights = fusion.matrix[candidates.readable.astype(np.intp), HEADING]
    owed: Floats = weights * (candidates.legs[:, HEADING] - candidates.headings)
    return owed


def _best_of_each(candidates: Candidates, scores: Floats) -> Rows:
    """The position of the first of the highest scores of each article."""
    highest = np.maximum.reduceat(scores, candidates.starts[:-1])
    reached = np.flatnonzero(scores == np.repeat(highest, candidates.counts))
    return reached[np.searchsorted(reached, candidates.starts[:-1])]


def _attainable(candidates: Candidates, fusion: Fusion) -> Floats:
    """The score of a row for which every leg that took part gave 1, (rows,)."""
    sums = fusion.matrix @ candidates.legs.any(axis=0).astype(np.float32)
    attainable: Floats = sums[candidates.readable.astype(np.intp)]
    return attainable
