"""Orders candidates by their fused score (`fusion.py`): the best passage of each article, best article first."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search import runs
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

    def shown(self, limit: int) -> Iterator[tuple[int, float, tuple[float, ...]]]:
        """Row, fused score and what each leg gave, of the first `limit` passages."""
        best = self.best[:limit]
        rows, legs = self.candidates.rows[best].tolist(), self.candidates.legs[best].tolist()
        return zip(rows, self.scores[:limit].tolist(), map(tuple, legs), strict=True)

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
    parts, scores = fusion.weighed(candidates)
    if not len(scores):
        none = np.empty(0, dtype=np.int64)
        return Ranking(candidates, none, none, scores, parts)
    _, highest = runs.best(scores, candidates.starts)
    best, _ = runs.best(scores - _by_listed_questions(candidates, fusion), candidates.starts)
    took_part: NDArray[np.bool_] = np.any(candidates.legs, axis=0)
    least = LEAST_SHARE if took_part[LEXICAL.stop :].any() else LEAST_SHARE_OF_WORDS
    # What a row would score for which every leg that took part gave 1.
    attainable = fusion.matrix @ took_part.astype(np.float32)
    enough = highest >= least * attainable[candidates.weight_rows[best]]
    articles = np.flatnonzero(enough)
    articles = articles[np.argsort(-highest[articles], kind="stable")]
    return Ranking(candidates, best[articles], articles, highest[articles], parts)


def _by_listed_questions(candidates: Candidates, fusion: Fusion) -> Floats:
    """What each row owes to the questions that are listed for its article, (rows,)."""
    owed: Floats = candidates.legs[:, HEADING] - candidates.headings
    owed *= fusion.matrix[:, HEADING].take(candidates.weight_rows)
    return owed
