"""Finds candidates: every leg gives each row in question a score of its own, without mixing them.

`lexical` is the row's BM25 share, `dense` the cosine of its vector, `matching` and `heading_matching` the late
interaction of `token_matching.py`. An article whose passages all speak of the subject is likelier to be the right
one than an article with one stray sentence, so there are legs for articles too: the mean over its passages of the
lexical share, of the share of the question's words, and of the late interaction; and, in `family`, the mean cosine
of all its translations.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.native import compiled
from app.search import runs
from app.search.question import Question
from app.search.scope import Scope
from app.search.snapshot import Snapshot
from app.search.token_matching import TokenMatcher
from app.search.vectors import Rows

LEGS = (
    "lexical", "article_lexical", "article_words", "dense", "family",
    "matching", "heading_matching", "article_matching",
)  # fmt: skip
LEXICAL = slice(0, 3)
LATE = slice(5, 8)
HEADING = LEGS.index("heading_matching")
# How many rows each leg proposes. Their articles are then looked at whole. From 32 on, more found no more (tuning questions).
BREADTH = 50
# How many of these rows are compared token by token, rounded up to whole articles.
RERANKED = 50

# How many scores are first told apart by their maximum only.
BLOCK = 16

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Rows of the snapshot with `legs` (rows, len(LEGS)), article by article: article `i` has the rows
    `starts[i]:starts[i + 1]` and the place `places[i]` in the scope. `readable`: which rows are in the question's language.
    Columns of legs that could not take part are 0. `headings` (rows,) is the heading's late interaction without the questions
    that are listed for the article: these say which article it is, but not which passage of it."""

    rows: Rows
    places: Rows
    starts: Rows
    legs: Floats
    headings: Floats
    readable: NDArray[np.bool_]

    @cached_property
    def counts(self) -> Rows:
        """The number of rows of each article."""
        return self.starts[1:] - self.starts[:-1]

    @cached_property
    def weight_rows(self) -> Rows:
        """For each row which row of the weights (`Fusion.matrix`) is its: 1 where it is in the question's language, else 0."""
        return self.readable.astype(np.intp)

    def leg(self, name: str) -> Floats:
        """One leg's scores, (rows,)."""
        column: Floats = self.legs[:, LEGS.index(name)]
        return column

    def article_means(self, scores: Floats) -> Floats:
        """For each row the mean of `scores` over the rows of its article."""
        return runs.means(scores, self.starts)


def retrieve(snapshot: Snapshot, scope: Scope, question: Question) -> Candidates:
    """The candidates of the lexical and the dense leg, with both legs' scores for all of them."""
    # In the question's language are also the words of questions that are listed for articles in another one.
    read = dict.fromkeys((*scope.languages, question.language))
    scores, shares = snapshot.lexical.scores(question.tokens, read, question.others)
    proposed = scope.owner[_best_positions(scores, scope.rows)]
    if question.vector is not None:
        nearest = snapshot.vectors.nearest(question.vector, BREADTH, scope.allowed)
        proposed = np.concatenate([proposed, scope.owner[nearest]])
    candidates = _whole_articles(snapshot, scope, proposed, question)
    rows, legs = candidates.rows, candidates.legs
    if len(rows):
        legs[:, 0] = of_rows = scores.take(rows)
        legs[:, 1] = candidates.article_means(of_rows)
        legs[:, 2] = candidates.article_means(shares.take(rows))
    if question.vector is not None and len(rows):
        legs[:, 3] = snapshot.vectors.cosines(question.vector, rows)
        legs[:, 4] = np.repeat(scope.voices.cosines(question.vector, candidates.places), candidates.counts)
    return candidates


def compare_tokens(candidates: Candidates, question: Question, matcher: TokenMatcher, first: Floats) -> None:
    """Fills in the late interaction for the articles with the highest `first` scores, about `RERANKED` rows.

    The others get the lowest value that was found, so that all rows stay comparable.
    """
    if question.vector is None or not len(candidates.rows):
        return
    chosen = _rows_of_first_articles(candidates, first)
    compared = matcher.compare(question.text, question.language, candidates.rows[chosen])
    late = np.empty((len(candidates.rows), 3), dtype=np.float32)
    late[:] = compared.min(axis=0)
    late[chosen] = compared
    candidates.headings[:] = late[:, 2]
    late[:, 2] = candidates.article_means(late[:, 0])
    candidates.legs[:, LATE] = late


def _whole_articles(snapshot: Snapshot, scope: Scope, proposed: Rows, question: Question) -> Candidates:
    """Whole articles, so that each is shown by its best passage whichever leg proposed it."""
    wanted = np.zeros(len(scope.articles), dtype=bool)
    wanted[proposed] = True
    places = np.flatnonzero(wanted)
    rows, starts = runs.gathered(scope.rows, scope.starts, places)
    legs = np.zeros((len(rows), len(LEGS)), dtype=np.float32)
    headings = np.zeros(len(rows), dtype=np.float32)
    return Candidates(rows, places, starts, legs, headings, snapshot.are_in(question.language, rows))


def _rows_of_first_articles(candidates: Candidates, first: Floats) -> Rows:
    """Positions, ascending, of the rows of the best articles, until these have `RERANKED` rows together: of those in the
    question's language, and of the others."""
    counts = candidates.counts
    order = np.argsort(-runs.best(first, candidates.starts)[1], kind="stable")
    is_readable = candidates.readable[candidates.starts[:-1]][order]
    chosen = np.zeros(len(counts), dtype=bool)
    # Each kind by itself: until tokens are compared, an article in another language has half of its marks to come.
    for kind in (order[is_readable], order[~is_readable]):
        if len(kind):
            enough = int(counts[kind].cumsum().searchsorted(RERANKED)) + 1
            chosen[kind[:enough]] = True
    return np.flatnonzero(np.repeat(chosen, counts))


def _best_positions(scores: Floats, rows: Rows) -> Rows:
    """Positions in `rows` of those with the highest `BREADTH` scores above 0, in no order."""
    if compiled.kernels:
        found = np.empty(BREADTH, dtype=np.int64)
        return found[: compiled.kernels.highest(scores, rows, found)]
    scores = scores[rows]
    if len(scores) > BREADTH * BLOCK:
        # The best stand in the blocks with the highest maxima: so only a tenth has to be put in order.
        # Blocks run down the columns, so that maxima are taken of whole lines of memory at once.
        columns = len(scores) // BLOCK
        head = columns * BLOCK
        chosen = _highest(scores[:head].reshape(BLOCK, columns).max(axis=0))
        among = np.concatenate(
            [(np.arange(0, head, columns)[:, None] + chosen).ravel(), np.arange(head, len(scores))]
        )
        best = among[_highest(scores[among])]
    else:
        best = _highest(scores)
    positions: Rows = best[scores[best] > 0]
    return positions


def _highest(scores: Floats) -> Rows:
    if len(scores) <= BREADTH:
        return np.arange(len(scores))
    return np.argpartition(scores, len(scores) - BREADTH)[-BREADTH:]
