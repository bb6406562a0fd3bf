"""The lexical leg: BM25 over the tokens of `tokens.py`, with a score for every row.

Each language is weighed by itself: in a shared index English `how` would be a rare word, because seven of eight passages
are not English, and Japanese passages would be "long".
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from app.articles.article import Passage
from app.search.bm25 import ASKED, Entries, Floats, LanguageColumns, Numbers
from app.search.listed import KEPT, by_language
from app.search.stored import mapped_array, to_bytes
from app.search.tokens import PART, analyse, words

VOCABULARY_FILE = "lexical.json"
STORED = ("members", "lengths", "indptr", "rows", "counts")
# What a character 4-gram weighs beside a whole word: a word of eight letters has eight of them.
PART_WEIGHT = 0.25
# How often a passage's headings count beside its text.
HEADING_WEIGHT = 2
NOWHERE: Mapping[Any, Any] = MappingProxyType({})


def passage_tokens(
    passage: Passage, title: str, tags: Sequence[str] = (), questions: Sequence[str] = ()
) -> list[str]:
    """The tokens under which a passage is found in its language: its text, its headings (twice), its article's title and tags;
    and behind `ASKED` those that stand in none of these but in a question in this language that is listed for the article.
    """
    headings = " ".join(passage.heading_path) or passage.heading
    around = [title, *tags, *[headings] * HEADING_WEIGHT]
    own = [token for text in (*around, passage.text) for token in analyse(text, passage.language)]
    there = set(own)
    readable = by_language(tuple(questions), passage.language).get(passage.language, ())
    asked = dict.fromkeys(token for text in readable for token in analyse(text, passage.language))
    return own + [ASKED + token for token in asked if token not in there]


@lru_cache(maxsize=KEPT)
def tokens_elsewhere(questions: tuple[str, ...], language: str) -> Mapping[str, tuple[str, ...]]:
    """For each other language in which questions are listed for an article in `language`: the tokens, behind `ASKED`, under which
    readers of that language find it."""
    return {
        tag: tuple(dict.fromkeys(ASKED + token for text in those for token in analyse(text, tag)))
        for tag, those in by_language(questions, language).items()
        if tag != language
    }


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Tokens to rows. `len(index)` is the number of rows of the snapshot."""

    size: int
    columns: dict[str, LanguageColumns]

    def __len__(self) -> int:
        return self.size

    @classmethod
    def build(
        cls,
        token_lists: Sequence[Sequence[str]],
        languages: Sequence[str],
        kept: "Kept | None" = None,
        elsewhere: Mapping[int, Mapping[str, Sequence[str]]] = NOWHERE,
    ) -> "LexicalIndex":
        """From the tokens and the language of every row, in the order of the rows; `elsewhere` has the tokens of rows in other
        languages than their own.

        A row that is `kept` takes its tokens from the index before; what is given for it is not looked at.
        """
        if len(token_lists) != len(languages):
            raise ValueError(f"{len(token_lists)} token lists for {len(languages)} languages")
        members: dict[str, list[int]] = defaultdict(list)
        said: dict[str, dict[int, Sequence[str]]] = defaultdict(dict)
        for row, language in enumerate(languages):
            members[language].append(row)
            if kept is None or kept.rows[row] < 0:
                said[language][row] = token_lists[row]
                for tag, tokens in elsewhere.get(row, NOWHERE).items():
                    said[tag][row] = tokens
        columns = {}
        places = kept.places() if kept else None
        for language in sorted({*members, *said, *(kept.index.columns if kept else ())}):
            fresh = Entries.of(said[language])
            before = kept.index.columns.get(language) if kept else None
            if before and places is not None:
                one = before.moved(places, members[language], fresh)
            else:
                one = LanguageColumns.of(language, members[language], fresh)
            if one.size:
                columns[language] = one
        return cls(len(languages), columns)

    def scores(
        self, tokens: Sequence[str], languages: Iterable[str] | None = None, others: Sequence[str] = ()
    ) -> tuple[Floats, Floats]:
        """Two of float32 (n,): the share (0..1) of the BM25 that a row could reach for `tokens`, and the share of their
        distinct words, weighed by idf, that stand in it.

        `languages` restricts the work to what is found in them; the others stay 0. `others` are synonyms: what is found of them adds
        to both, at a lower weight, and what is not found takes nothing away.
        """
        scores, shares = np.zeros(self.size, dtype=np.float32), np.zeros(self.size, dtype=np.float32)
        weighted = _weighted(tokens)
        for language in self.columns if languages is None else languages:
            if weighted and language in self.columns:
                self.columns[language].add(weighted, _weighted(others), scores, shares)
        return scores, shares

    def found(self, tokens: Sequence[str], language: str, rows: Sequence[int]) -> float:
        """Share of the distinct words among `tokens`, weighed by idf, that stand in any of `rows`; 0 without words."""
        columns = self.columns.get(language)
        asked = words(list(tokens))
        if columns is None or not asked:
            return 0.0
        weights = [columns.idf(word) for word in asked]
        there = [columns.stands_in(word, rows) for word in asked]
        return float(sum(weight for weight, hit in zip(weights, there, strict=True) if hit) / sum(weights))

    def known(self, tokens: Sequence[str], language: str) -> float:
        """The same share for all rows of `language` together."""
        columns = self.columns.get(language)
        asked = words(list(tokens))
        if columns is None or not asked:
            return 0.0
        weights = {word: columns.idf(word) for word in asked}
        return sum(weight for word, weight in weights.items() if columns.knows(word)) / sum(weights.values())

    def save(self, folder: Path) -> None:
        """Writes one file for each array, language after language, and the words; the same index gives the same bytes."""
        for name in STORED:
            parts = [getattr(columns, name) for columns in self.columns.values()]
            np.save(folder / f"{name}.npy", np.concatenate(parts) if parts else [], allow_pickle=False)
        lengths = {
            language: {name: len(getattr(columns, name)) for name in STORED}
            for language, columns in self.columns.items()
        }
        vocabulary = {language: list(columns.vocabulary) for language, columns in self.columns.items()}
        stored = {"size": self.size, "lengths": lengths, "vocabulary": vocabulary}
        (folder / VOCABULARY_FILE).write_bytes(to_bytes(stored))

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """What `save` wrote, mapped. The caller has checked the files' hashes (P4)."""
        stored = json.loads((folder / VOCABULARY_FILE).read_bytes())
        arrays = {name: mapped_array(folder / f"{name}.npy") for name in STORED}
        columns = {}
        ends = dict.fromkeys(STORED, 0)
        for language, lengths in stored["lengths"].items():
            starts, ends = ends, {name: ends[name] + lengths[name] for name in STORED}
            columns[language] = LanguageColumns(
                language=language,
                vocabulary={token: at for at, token in enumerate(stored["vocabulary"][language])},
                **{name: arrays[name][starts[name] : ends[name]] for name in STORED},
            )
        return cls(stored["size"], columns)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Rows of the index before that stand unchanged in the new one: its row `i` was `rows[i]`, or is new (-1)."""

    index: LexicalIndex
    rows: Numbers

    def places(self) -> Numbers:
        """What each row of the index before is now; -1 for one that is gone."""
        places = np.full(len(self.index), -1, dtype=np.int64)
        stay = np.flatnonzero(self.rows >= 0)
        places[self.rows[stay]] = stay
        return places


def _weighted(tokens: Sequence[str]) -> dict[str, float]:
    """Each distinct token with its weight in a question; said twice counts once."""
    return {token: PART_WEIGHT if token.startswith(PART) else 1.0 for token in tokens}
