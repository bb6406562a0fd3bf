"""What can be said about the first hit before anybody has read it: the input of the confidence curve."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.search.hit import Signals
from app.search.lexical import LanguageColumns
from app.search.query import Query
from app.search.question import Question
from app.search.ranker import FULL_MARKS, Ranking
from app.search.snapshot import Snapshot
from app.search.tokens import analyse, words

# The legs that vote on which article comes first.
VOTERS = ("lexical", "dense", "matching", "heading")
# Articles that usually come into question, and what the tenth of them scores: means over the sample content.
FULL_HOUSE = 30
TYPICAL = 0.215
TYPICAL_LEXICAL = 0.025


def signals_of(
    snapshot: Snapshot, query: Query, question: Question, ranking: Ranking, today: date
) -> Signals:
    """The signals of a ranking's first hit; all 0 for an empty ranking."""
    if not len(ranking.best):
        return Signals()
    row = int(ranking.rows[0])
    one = snapshot.article_of_row(row)
    readable = one.article.language == question.language
    score, share = _bet(ranking.scores, TYPICAL)
    lexical_score, lexical_share = _bet(ranking.lexical_scores(), TYPICAL_LEXICAL)
    return Signals(
        score=score,
        share=share,
        lexical_score=lexical_score,
        lexical_share=lexical_share,
        dense=float(ranking.leg("dense")[0]),
        family=float(ranking.leg("family")[0]),
        matching=float(ranking.leg("matching")[0]),
        article_matching=float(ranking.leg("article_matching")[0]),
        heading=float(ranking.leg("heading")[0]),
        heading_matching=float(ranking.leg("heading_matching")[0]),
        lexical=float(ranking.leg("lexical")[0]),
        lead=score - float(max(ranking.scores[1:2], default=TYPICAL)),
        lexical_lead=_lead(ranking, "lexical"),
        agreement=_agreement(ranking),
        **(_words(snapshot, ranking, question) if readable else {}),
        same_language=float(readable),
        fallback=float(one.article.language != query.language),
        stale=float(one.is_stale(today)),
        length=float(np.log1p(len(question.words))),
    )


def _bet(scores: NDArray[np.float32], typical: float) -> tuple[float, float]:
    """The first score, and its share of the softmax for which the ranker's weights were fitted.

    In a house with few articles something always comes first. The rivals that it lacks are counted at the score
    that the tenth article of a full house has, so that being the best of three is no merit by itself.
    """
    rivals = np.append(scores, np.full(max(0, FULL_HOUSE - len(scores)), np.float32(typical)))
    logits = (rivals - scores[0]) * FULL_MARKS
    return float(scores[0]), float(1 / np.exp(np.minimum(logits, 40)).sum())


def _words(snapshot: Snapshot, ranking: Ranking, question: Question) -> dict[str, float]:
    lexical, tokens, language = snapshot.lexical, question.tokens, question.language
    row = int(ranking.rows[0])
    owner = ranking.candidates.owner
    article = ranking.candidates.rows[owner == owner[ranking.best[0]]].tolist()
    return {
        "words_found": lexical.found(tokens, language, [row]),
        "words_in_article": lexical.found(tokens, language, article),
        "words_known": lexical.known(tokens, language),
        "heading_fit": _heading_fit(snapshot, row, question),
    }


def _lead(ranking: Ranking, name: str) -> float:
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
