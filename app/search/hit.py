"""What the search gives back: hits in order, how they came about, and the signals that confidence reads."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.search.query import Query

Mode = Literal["hybrid", "lexical"]


class Hit(msgspec.Struct, frozen=True):
    """The best passage of one family. `score` orders within one query and says no more than that.

    `row` is the passage's row in the snapshot; `passage` its plain text; `url` ends in `#anchor` where the
    passage has one. `legs` holds what each leg of `retriever.LEGS` gave, in their order, before it was weighed.
    """

    family: str
    language: str
    is_fallback: bool
    is_stale: bool
    kind: str
    topic: str
    title: str
    heading: str
    anchor: str
    url: str
    passage: str
    row: int
    score: float
    legs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about the first hit, free of scale, so that a curve fitted on one set of articles carries over.

    All are 0 when nothing was found. The order of the fields is the order of `vector()` and of `NAMES`.
    """

    score: float = 0.0
    """Fused score of the first hit, 0..1."""
    share: float = 0.0
    """The first article's part of the softmax over all articles: what the ranker itself would bet on it, 0..1."""
    lexical_score: float = 0.0
    """The same two for the legs that need no encoder, so that they mean the same whichever encoder took part."""
    lexical_share: float = 0.0
    """See `lexical_score`."""
    dense: float = 0.0
    """Cosine of question and first hit; this and the next four are 0 in lexical mode."""
    family: float = 0.0
    """Mean cosine of the question and the translations of the first article."""
    matching: float = 0.0
    """Late interaction of question and first hit, -1..1."""
    article_matching: float = 0.0
    """Its mean over the passages of the first article."""
    heading_matching: float = 0.0
    """Late interaction of the question and the hit's title and headings."""
    lexical: float = 0.0
    """Share of the attainable BM25 score that the first hit reaches, 0..1."""
    lead: float = 0.0
    """Fused score of the first hit less that of the next family."""
    lexical_lead: float = 0.0
    """The same for the lexical leg alone; negative when it prefers another family."""
    agreement: float = 0.0
    """Share of the legs that put the same family first, 0..1."""
    tokens_found: float = 0.0
    """Share of the question's tokens, by the encoder's weights, to which the first article says something close, 0..1."""
    headings_meet: float = 0.0
    """How far the first article's title, headings and listed questions meet the three tokens that they meet worst, 0..1."""
    title_meets: float = 0.0
    """The same for its title alone."""
    words_found: float = 0.0
    """Share of the question's words, by their idf, that stand in the first passage, 0..1. This and the next three are
    0 when question and passage are in two languages: words that meet by chance prove nothing."""
    words_in_article: float = 0.0
    """The same for all passages of the first article together."""
    words_known: float = 0.0
    """The same for all passages of that language together: a foreign subject shows here."""
    heading_fit: float = 0.0
    """Share of the words of the passage's title or heading, by their idf, that the question uses, 0..1."""
    same_language: float = 0.0
    """1 when the question and the passage are in one language."""
    fallback: float = 0.0
    """1 when the article is not in the reader's language."""
    stale: float = 0.0
    """1 when the article is marked as out of date."""
    length: float = 0.0
    """ln(1 + number of words in the question)."""

    def vector(self) -> NDArray[np.float64]:
        """The signals as float64 (len(NAMES),)."""
        return np.array([getattr(self, name) for name in NAMES], dtype=np.float64)


NAMES: tuple[str, ...] = tuple(field.name for field in fields(Signals))


@dataclass(frozen=True)
class Results:
    """The answer to one query: at most `query.limit` hits, one a family, best first.

    `mode` is `lexical` when the encoder could not be asked, and `degraded` then names it. `question_language` is
    the language of the words, which need not be the reader's; `encoder` the sha256 of the weights that built the snapshot.
    `others` are the tokens of the glossary's other words for what is asked.
    Nobody but the chat asks for `signals`, so they are taken when they are asked for.
    """

    query: Query
    hits: tuple[Hit, ...]
    mode: Mode
    degraded: tuple[str, ...]
    generation: str
    question_language: str
    encoder: str
    others: tuple[str, ...] = ()
    take_signals: Callable[[], Signals] = Signals

    @cached_property
    def signals(self) -> Signals:
        """What is known about the first hit."""
        return self.take_signals()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title that fits what has been typed so far."""

    title: str
    url: str
    family: str
    language: str
