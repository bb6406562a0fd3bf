"""Finds candidates: every leg gives each row in question a score of its own, without mixing them.

`lexical` is the row's BM25 share, `dense` the cosine of its vector, `matching` and the two `heading` legs the late
interaction of `token_matching.py`. An article whose passages all speak of the subject is likelier to be the right
one than an article with one stray sentence, so there are legs for articles too: the mean over its passages of the
lexical share, of the share of the question's words, and of the late interaction; and, in `family`, the mean cosine
of all its translations.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search.question import Question
from app.search.scope import Scope
from app.search.snapshot import Snapshot
from app.search.token_matching import TokenMatcher
from app.search.vectors import Rows

LEGS = (
    "lexical", "article_lexical", "article_words", "dense", "family",
    "matching", "heading", "heading_matching", "article_matching",
)  # fmt: skip
LEXICAL = slice(0, 3)
LATE = slice(5, 9)
# How many rows each leg proposes. Their articles are then looked at whole.
BREADTH = 100
# How many of these rows are compared token by token, rounded up to whole articles.
RERANKED = 80

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Rows of the snapshot with `legs` (rows, len(LEGS)), `owner` as in the scope, and which rows are in the
    question's language. Columns of legs that could not take part are 0."""

    rows: Rows
    owner: Rows
    legs: Floats
    readable: NDArray[np.bool_]

    def leg(self, name: str) -> Floats:
        """One leg's scores, (rows,)."""
        column: Floats = self.legs[:, LEGS.index(name)]
        return column


def retrieve(snapshot: Snapshot, scope: Scope, question: Question) -> Candidates:
    """The candidates of the lexical and the dense leg, with both legs' scores for all of them."""
    lexical = snapshot.lexical.scores(question.tokens, scope.languages)[scope.rows]
    proposed = _best_positions(lexical)
    if question.vector is not None:
        near, _ = snapshot.vectors.search(question.vector, BREADTH, scope.rows)
        proposed = np.concatenate([proposed, np.searchsorted(scope.rows, near)])
    # Whole articles, so that each is shown by its best passage whichever leg proposed it.
    at = np.flatnonzero(np.isin(scope.owner, scope.owner[proposed]))
    rows, owner = scope.rows[at], scope.owner[at]
    legs = np.zeros((len(at), len(LEGS)), dtype=np.float32)
    legs[:, 0] = lexical[at]
    legs[:, 1] = _article_means(lexical[at], owner)
    legs[:, 2] = _article_means(snapshot.lexical.word_shares(question.tokens, scope.languages)[rows], owner)
    if question.vector is not None:
        near, cosines = snapshot.vectors.search(question.vector, len(at), rows)
        legs[np.searchsorted(rows, near), 3] = cosines
        legs[:, 4] = scope.voices.cosines(question.vector, len(scope.articles), owner)[owner]
    return Candidates(rows, owner, legs, snapshot.language_of_row[rows] == question.language)


def compare_tokens(
    snapshot: Snapshot, candidates: Candidates, question: Question, matcher: TokenMatcher, first: Floats
) -> Candidates:
    """Fills in the late interaction for the articles with the highest `first` scores, about `RERANKED` rows.

    The others get the lowest value that was found, so that all rows stay comparable.
    """
    if question.vector is None or not len(candidates.rows):
        return candidates
    best = np.argsort(-first, kind="stable")[:RERANKED]
    enough = _first_articles(candidates.owner, best)
    chosen = np.flatnonzero(np.isin(candidates.owner, enough))
    passages = [snapshot.passages[row] for row in candidates.rows[chosen]]
    titles = [snapshot.article_of_row(int(row)).article.title for row in candidates.rows[chosen]]
    compared = matcher.compare(question.text, question.vector, passages, titles)
    means = _article_means(compared[:, 0], candidates.owner[chosen])
    late = np.column_stack([compared, means])
    legs = candidates.legs.copy()
    legs[:, LATE] = late.min(axis=0)
    legs[chosen, LATE] = late
    return Candidates(candidates.rows, candidates.owner, legs, candidates.readable)


def _first_articles(owner: Rows, best: Rows) -> Rows:
    """The owners of the `best` rows, best first, until their articles have `RERANKED` rows together."""
    sizes = np.bincount(owner)
    _, at = np.unique(owner[best], return_index=True)
    order = owner[best][np.sort(at)]
    enough = int(np.searchsorted(np.cumsum(sizes[order]), RERANKED)) + 1
    first: Rows = order[:enough]
    return first


def _article_means(scores: Floats, owner: Rows) -> Floats:
    """For each row the mean of `scores` over the rows of its article."""
    sums = np.bincount(owner, weights=scores)
    means: Floats = (sums / np.maximum(np.bincount(owner), 1))[owner].astype(np.float32)
    return means


def _best_positions(scores: Floats) -> Rows:
    """Positions of the highest `BREADTH` scores above 0, in no order."""
    best = np.argpartition(-scores, BREADTH)[:BREADTH] if len(scores) > BREADTH else np.arange(len(scores))
    positions: Rows = best[scores[best] > 0]
    return positions
