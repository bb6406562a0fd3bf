"""Titles while somebody types: the last word may be unfinished, and any word may be misspelt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.search.lexical import LexicalIndex
from app.search.tokens import PART, analyse, fold

START = "^"
# A title that shares no more than a few letters with what was typed is not a suggestion.
LEAST_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class TitleIndex:
    """Titles by the beginnings of their words, and by their tokens."""

    index: LexicalIndex

    @classmethod
    def build(cls, titles: Sequence[tuple[str, str]]) -> "TitleIndex":
        """From (title, language) of every article, in order."""
        lists = [_title_tokens(title, language) for title, language in titles]
        return cls(LexicalIndex.build(lists, [language for _, language in titles]))

    def search(self, text: str, language: str) -> list[int]:
        """The places of the fitting titles, best first."""
        scores, _ = self.index.scores(_typed_tokens(text, language))
        order = np.argsort(-scores, kind="stable")
        return [int(at) for at in order if scores[at] >= LEAST_SHARE]


def _title_tokens(title: str, language: str) -> list[str]:
    starts = [START + word[:end] for word in fold(title).split() for end in range(1, len(word) + 1)]
    return analyse(title, language) + starts


def _typed_tokens(text: str, language: str) -> list[str]:
    """Beginnings and parts only: the stem of an unfinished word is some other word."""
    parts = [token for token in analyse(text, language) if token.startswith(PART)]
    return [START + word for word in fold(text).split()] + parts
