"""What can be said about the first hit before anybody has read it: the input of the confidence curve."""

from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.search.bm25 import LanguageColumns
from app.search.fusion import Fusion
from app.search.hit import Signals
from app.search.query import Query
from app.search.question import Question
from app.search.ranker import Ranking
from app.search.snapshot import Snapshot
from app.search.token_matching import Met, TokenMatcher
from app.search.tokens import analyse, words

# The legs that vote on which article comes first.
VOTERS = ("lexical", "dense", "matching", "heading_matching")
# Articles that usually come into question.
FULL_HOUSE = 30
KEPT_HEADINGS = 4096


def signals_of(  # where it was found, what was asked, how it was found
    snapshot: Snapshot,
    query: Query,
    question: Question,
    found: tuple[Ranking, Fusion],
    today: date,
    matcher: TokenMatcher | None,
) -> Signals:
    """The signals of the first hit of a ranking that was made with these weights; all 0 for an empty ranking."""
    ranking, fusion = found
    if not len(ranking.best):
        return Signals()
    row = int(ranking.rows[0])
    one = snapshot.article_of_row(row)
    readable = one.article.language == question.language
    score, share = _bet(ranking.scores, fusion.typical, fusion)
    met = _met(ranking, question, matcher, one.article.title)
    lexical_score, lexical_share = _bet(ranking.lexical_scores(), fusion.typical_lexical, fusion)
    return Signals(
        score=score,
        share=share,
        lexical_score=lexical_score,
        lexical_share=lexical_share,
        dense=float(ranking.leg("dense")[0]),
        family=float(ranking.leg("family")[0]),
        matching=float(ranking.leg("matching")[0]),
        article_matching=float(ranking.leg("article_matching")[0]),
        heading_matching=float(ranking.leg("heading_matching")[0]),
        lexical=float(ranking.leg("lexical")[0]),
        lead=score - float(max(ranking.scores[1:2], default=fusion.typical)),
        lexical_lead=_lead(ranking, "lexical"),
        agreement=_agreement(ranking),
        tokens_found=met.close,
        headings_meet=met.by_headings,
        title_meets=met.by_title,
        **(_words(snapshot, ranking, question) if readable else {}),
        same_language=float(readable),
        fallback=float(one.article.language != query.language),
        stale=float(one.is_stale(today)),
        length=float(np.log1p(len(question.words))),
    )


def _bet(scores: NDArray[np.float32], typical: float, fusion: Fusion) -> tuple[float, float]:
    """The first score, and its share of the softmax for which the ranker's weights were fitted.

    In a house with few articles something always comes first. The rivals that it lacks are counted at the score
    that the tenth article of a full house has, so that being the best of three is no merit by itself.
    """
    rivals = np.append(scores, np.full(max(0, FULL_HOUSE - len(scores)), np.float32(typical)))
    logits = (rivals - scores[0]) * fusion.full_marks
    return float(scores[0]), float(1 / np.exp(np.minimum(logits, 40)).sum())


def _words(snapshot: Snapshot, ranking: Ranking, question: Question) -> dict[str, float]:
    lexical, tokens, language = snapshot.lexical, question.tokens, question.language
    row = int(ranking.rows[0])
    article = ranking.candidates.rows[ranking.first].tolist()
    return {
        "words_found": lexical.found(tokens, language, [row]),
        "words_in_article": lexical.found(tokens, language, article),
        "words_known": lexical.known(tokens, language),
        "heading_fit": _heading_fit(snapshot, row, question),
    }


def _met(ranking: Ranking, question: Question, matcher: TokenMatcher | None, title: str) -> Met:
    if matcher is None or question.vector is None:
        return Met()
    return matcher.met(question.text, question.language, ranking.candidates.rows[ranking.first], title)


def _lead(ranking: Ranking, name: str) -> float:
    """The first article's best score in one leg less the best of any other article; negative when it is not first."""
    scores, first = ranking.candidates.leg(name), ranking.first
    others = [part.max() for part in (scores[: first.start], scores[first.stop :]) if len(part)]
    return float(scores[first].max() - max(others, default=0.0))


def _agreement(ranking: Ranking) -> float:
    """The share of the legs with an opinion that put the first article first."""
    first = ranking.first
    votes = []
    for name in VOTERS:
        scores = ranking.candidates.leg(name)
        if scores.any():
            votes.append(first.start <= int(scores.argmax()) < first.stop)
    return sum(votes) / len(votes) if votes else 0.0


def _heading_fit(snapshot: Snapshot, row: int, question: Question) -> float:
    passage = snapshot.passages[row]
    columns = snapshot.lexical.columns[passage.language]
    article = snapshot.article_of_row(row).article
    asked = set(question.tokens)
    about = (article.title, passage.heading)
    return max(_share_used(columns, text, asked) for text in about)


def _share_used(columns: LanguageColumns, text: str, asked: set[str]) -> float:
    weights = {word: columns.idf(word) for word in _words_of(text, columns.language)}
    return sum(weight for word, weight in weights.items() if word in asked) / (sum(weights.values()) or 1.0)


@lru_cache(maxsize=KEPT_HEADINGS)
def _words_of(text: str, language: str) -> tuple[str, ...]:
    return tuple(words(analyse(text, language)))
