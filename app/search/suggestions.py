"""Titles while somebody types: the last word may be unfinished, and any word may be misspelt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.articles.article import ArticleFacts
from app.search.lexical import LexicalIndex
from app.search.tokens import PART, analyse, fold

START = "^"
# A title that shares no more than a few letters with what was typed is not a suggestion.
LEAST_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class TitleIndex:
    """Titles, and the questions that are listed under them, by the beginnings of their words and by their tokens.

    Row `i` of `index` belongs to the article at place `places[i]`.
    """

    index: LexicalIndex
    places: Sequence[int]

    @classmethod
    def build(cls, articles: Sequence[ArticleFacts]) -> "TitleIndex":
        """From every article, in order."""
        texts = [
            (place, text, one.language)
            for place, one in enumerate(articles)
            for text in (one.title, *one.questions)
        ]
        lists = [_title_tokens(text, language) for _, text, language in texts]
        return cls(
            LexicalIndex.build(lists, [language for *_, language in texts]), [place for place, *_ in texts]
        )

    def search(self, text: str, language: str) -> list[int]:
        """The places of the articles of which a title or a question fits, best first."""
        scores, _ = self.index.scores(_typed_tokens(text, language))
        order = np.argsort(-scores, kind="stable")
        return list(dict.fromkeys(self.places[at] for at in order.tolist() if scores[at] >= LEAST_SHARE))


def _title_tokens(title: str, language: str) -> list[str]:
    starts = [START + word[:end] for word in fold(title).split() for end in range(1, len(word) + 1)]
    return analyse(title, language) + starts


def _typed_tokens(text: str, language: str) -> list[str]:
    """Beginnings and parts only: the stem of an unfinished word is some other word."""
    parts = [token for token in analyse(text, language) if token.startswith(PART)]
    return [START + word for word in fold(text).split()] + parts
