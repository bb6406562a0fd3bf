"""A query as the legs read it: its language, its tokens, its vector."""

import logging
from dataclasses import dataclass

import numpy as np

from app import languages
from app.search.encoder import Encoder, Floats
from app.search.query import Query
from app.search.synonyms import Synonyms
from app.search.tokens import analyse, words

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """`vector` is a unit row (d,), or None when the encoder is away or can read nothing in the text.

    `language` is the language of the words, which need not be the reader's. `encoder_away` tells the two apart. `others`
    are the tokens of the glossary's other words for what is asked.
    """

    text: str
    language: str
    tokens: tuple[str, ...]
    others: tuple[str, ...]
    vector: Floats | None
    encoder_away: bool

    @property
    def words(self) -> list[str]:
        """The distinct words and codes."""
        return words(list(self.tokens))


def read_question(query: Query, encoder: Encoder | None, dimension: int, synonyms: Synonyms) -> Question:
    """Tokens and vector of a query. An encoder that fails costs the dense legs, never the search (P7)."""
    language = languages.detect(query.text, query.language)
    tokens = tuple(analyse(query.text, language))
    others = synonyms.of(tokens, language)
    if language != query.language:
        # Japanese in Latin letters is taken for another language; the reader's glossary knows it (`henkin`).
        others += synonyms.of(analyse(query.text, query.language), query.language)
    vector, away = _encoded(query.text, encoder, dimension)
    # Without a letter or a digit there is no question, whatever an encoder makes of punctuation.
    return Question(query.text, language, tokens, others, vector if tokens else None, away)


def _encoded(text: str, encoder: Encoder | None, dimension: int) -> tuple[Floats | None, bool]:
    if encoder is None:
        return None, True
    try:
        vector = np.asarray(encoder.encode_queries([text])[0], dtype=np.float32)
    except (
        Exception
    ):  # whatever a model's code throws: this is the one spot where its failure becomes a value
        _log.exception("encoder failed; searching by words alone")
        return None, True
    if vector.shape != (dimension,) or not np.isfinite(vector).all():
        _log.error("encoder gave no usable vector (shape %s)", vector.shape)
        return None, True
    return (vector if vector.any() else None), False
