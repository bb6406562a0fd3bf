"""What can be said about the first hit before anybody has read it: the input of the confidence curve."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.search.hit import Signals
from app.search.lexical import LanguageColumns
from app.search.query import Query
from app.search.question import Question
from app.search.ranker import Ranking
from app.search.snapshot import Snapshot
from app.search.tokens import analyse, words

# The legs that vote on which article comes first.
VOTERS = ("lexical", "dense", "matching", "heading")


def signals_of(
    snapshot: Snapshot, query: Query, question: Question, ranking: Ranking, today: date
) -> Signals:
    """The signals of a ranking's first hit; all 0 for an empty ranking."""
    if not len(ranking.best):
        return Signals()
    candidates = ranking.candidates
    row = int(candidates.rows[ranking.best[0]])
    one = snapshot.article_of_row(row)
    language = one.article.language
    rows = candidates.rows[candidates.owner == candidates.owner[ranking.best[0]]].tolist()
    lexical = snapshot.lexical
    return Signals(
        dense=float(ranking.leg("dense")[0]),
        article_dense=float(ranking.leg("article_dense")[0]),
        matching=float(ranking.leg("matching")[0]),
        heading=float(ranking.leg("heading")[0]),
        heading_matching=float(ranking.leg("heading_matching")[0]),
        lexical=float(ranking.leg("lexical")[0]),
        article_lexical=float(ranking.leg("article_lexical")[0]),
        lead=_lead(ranking),
        dense_lead=_leg_lead(ranking, "dense"),
        matching_lead=_leg_lead(ranking, "matching"),
        lexical_lead=_leg_lead(ranking, "lexical"),
        agreement=_agreement(ranking),
        words_found=lexical.found(question.tokens, language, [row]),
        words_in_article=lexical.found(question.tokens, language, rows),
        words_known=lexical.known(question.tokens, language),
        heading_fit=_heading_fit(snapshot, row, question),
        same_language=float(language == question.language),
        fallback=float(language != query.language),
        stale=float(one.is_stale(today)),
        length=float(np.log1p(len(question.words))),
    )


def _lead(ranking: Ranking) -> float:
    return float(ranking.scores[0] - (ranking.scores[1] if len(ranking.scores) > 1 else 0.0))


def _leg_lead(ranking: Ranking, name: str) -> float:
    """The first article's best score in one leg less the best of any other article; negative when it is not first."""
    scores, ours = _split(ranking, name)
    others = scores[~ours]
    return float(scores[ours].max() - (others.max() if len(others) else 0.0))


def _agreement(ranking: Ranking) -> float:
    """The share of the legs with an opinion that put the first article first."""
    votes = []
    for name in VOTERS:
        scores, ours = _split(ranking, name)
        if scores.any():
            votes.append(bool(ours[scores.argmax()]))
    return float(np.mean(votes)) if votes else 0.0


def _split(ranking: Ranking, name: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    candidates = ranking.candidates
    return candidates.leg(name), candidates.owner == candidates.owner[ranking.best[0]]


def _heading_fit(snapshot: Snapshot, row: int, question: Question) -> float:
    passage = snapshot.passages[row]
    columns = snapshot.lexical.columns[passage.language]
    title = snapshot.article_of_row(row).article.title
    asked = set(question.tokens)
    return max(_share_used(columns, text, asked) for text in (title, passage.heading))


def _share_used(columns: LanguageColumns, text: str, asked: set[str]) -> float:
    weights = {word: columns.idf(word) for word in words(analyse(text, columns.language))}
    return sum(weight for word, weight in weights.items() if word in asked) / (sum(weights.values()) or 1.0)
