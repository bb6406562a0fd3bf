"""Finds candidates: every leg gives each row in question a score of its own, without mixing them.

Legs: `lexical` (BM25 share), `dense` (cosine of the vectors), and over the best of both the late interaction of
`token_matching.py`. An article whose passages all speak of the subject is likelier to be the right one than an
article with one stray sentence, so the first two legs also give the mean over the article.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search.question import Question
from app.search.scope import Scope
from app.search.snapshot import Snapshot
from app.search.token_matching import TokenMatcher
from app.search.vectors import Rows

LEGS = ("lexical", "article_lexical", "dense", "article_dense", "matching", "heading", "heading_matching")
LATE = slice(4, 7)
# How many rows each leg proposes. Their articles are then looked at whole.
BREADTH = 100
# How many of them the late interaction compares token by token.
RERANKED = 50

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
    # Whole articles: the mean over an article needs the cosine of each of its passages.
    at = np.flatnonzero(np.isin(scope.owner, scope.owner[proposed]))
    legs = np.zeros((len(at), len(LEGS)), dtype=np.float32)
    legs[:, 0] = lexical[at]
    legs[:, 1] = scope.article_means(lexical)[at]
    if question.vector is not None:
        cosines = np.zeros(len(scope.rows), dtype=np.float32)
        rows, scores = snapshot.vectors.search(question.vector, len(at), scope.rows[at])
        cosines[np.searchsorted(scope.rows, rows)] = scores
        legs[:, 2] = cosines[at]
        legs[:, 3] = scope.article_means(cosines)[at]
    readable = snapshot.language_of_row[scope.rows[at]] == question.language
    return Candidates(scope.rows[at], scope.owner[at], legs, readable)


def compare_tokens(
    snapshot: Snapshot, candidates: Candidates, question: Question, matcher: TokenMatcher, first: Floats
) -> Candidates:
    """Fills in the late interaction for the `RERANKED` rows with the highest `first` scores.

    The others get the lowest value that was found, so that all rows stay comparable.
    """
    if question.vector is None or not len(candidates.rows):
        return candidates
    chosen = np.argsort(-first, kind="stable")[:RERANKED]
    passages = [snapshot.passages[row] for row in candidates.rows[chosen]]
    titles = [snapshot.article_of_row(int(row)).article.title for row in candidates.rows[chosen]]
    compared = matcher.compare(question.text, question.vector, passages, titles)
    legs = candidates.legs.copy()
    legs[:, LATE] = compared.min(axis=0)
    legs[chosen, LATE] = compared
    return Candidates(candidates.rows, candidates.owner, legs, candidates.readable)


def _best_positions(scores: Floats) -> Rows:
    """Positions of the highest `BREADTH` scores above 0, in no order."""
    best = np.argpartition(-scores, BREADTH)[:BREADTH] if len(scores) > BREADTH else np.arange(len(scores))
    positions: Rows = best[scores[best] > 0]
    return positions
