"""The lexical leg: BM25 over the tokens of `tokens.py`, with a score for every row.

bm25s weighs the tokens when an index is built (Robertson idf, Lucene's form of BM25; Lù 2024); at query time its sparse
columns are read directly. Each language is weighed by itself: in a shared index English `how` would be a rare
word, because seven of eight passages are not English, and Japanese passages would be "long".
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.articles.article import Passage
from app.search.tokens import PART, analyse, words

COLUMNS_FILE = "lexical.npz"
VOCABULARY_FILE = "lexical.json"
# What a character 4-gram weighs beside a whole word: a word of eight letters has eight of them.
PART_WEIGHT = 0.25
# What an unknown word takes from the share that can be reached: it may be a misspelling, of which the parts are known.
UNKNOWN_WEIGHT = 0.5
# A part of a word that stands in most passages tells nothing and costs the most: below this idf (two of five) it is left out.
LEAST_IDF = 0.9
# What a synonym weighs beside the word that was used.
SYNONYM_WEIGHT = 0.7
# How often a passage's headings count beside its text.
HEADING_WEIGHT = 2


def passage_tokens(passage: Passage, title: str, tags: Sequence[str] = ()) -> list[str]:
    """The tokens under which a passage is found: its text, its headings (twice), its article's title and tags."""
    headings = " ".join(passage.heading_path) or passage.heading
    around = [title, *tags, *[headings] * HEADING_WEIGHT]
    return [token for text in (*around, passage.text) for token in analyse(text, passage.language)]


Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LanguageColumns:
    """The BM25 columns of one language's rows: token `t` scores `data[s]` at `rows[s]`, s = indptr[t]:indptr[t+1]."""

    language: str
    members: NDArray[np.int32]
    vocabulary: dict[str, int]
    indptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    data: NDArray[np.float32]
    idfs: NDArray[np.float64]

    @property
    def unknown_idf(self) -> float:
        """The idf of a token that stands in no passage."""
        return _idf(0, len(self.members))

    def idf(self, token: str) -> float:
        """How much a token tells, ln(1 + (n - df + .5) / (df + .5)); highest for one that is not known here."""
        at = self.vocabulary.get(token)
        if at is None:
            return self.unknown_idf
        return float(self.idfs[at])

    def rows_with(self, token: str) -> NDArray[np.int32]:
        """The rows (of the whole snapshot, ascending) in which a token stands."""
        at = self.vocabulary.get(token)
        return self.rows[:0] if at is None else self.rows[self.indptr[at] : self.indptr[at + 1]]

    def stands_in(self, token: str, rows: Sequence[int]) -> bool:
        """Whether a token stands in any of `rows`."""
        column = self.rows_with(token)
        if not len(column):
            return False
        at = np.minimum(np.searchsorted(column, rows), len(column) - 1)
        return bool((column[at] == rows).any())

    def add(
        self, weighted: Mapping[str, float], others: Mapping[str, float], scores: Floats, shares: Floats
    ) -> None:
        """Adds for each row of this language the share of the attainable BM25, and of the words by idf, that it reaches."""
        found = [(token, weight, self.vocabulary.get(token)) for token, weight in weighted.items()]
        whole = sum(
            weight * (self.unknown_idf * UNKNOWN_WEIGHT if at is None else self.idfs[at])
            for _, weight, at in found
        )
        asked = sum(self.idf(token) for token, _, _ in found if not token.startswith(PART)) or 1.0
        known = [
            (token, weight / whole, at)
            for token, weight, at in found
            if at is not None and self._tells(token, at)
        ]
        extra = [(token, weight, self.vocabulary.get(token)) for token, weight in others.items()]
        known += [
            (token, SYNONYM_WEIGHT * weight / whole, at)
            for token, weight, at in extra
            if at is not None and self._tells(token, at)
        ]
        slices = [slice(self.indptr[at], self.indptr[at + 1]) for _, _, at in known]
        if not slices:
            return
        lengths = [here.stop - here.start for here in slices]
        rows = np.concatenate([self.rows[here] for here in slices]).astype(np.int64)
        gained = np.concatenate([self.data[here] for here in slices])
        gained *= np.repeat(np.array([weight for _, weight, _ in known], dtype=np.float32), lengths)
        scores += np.bincount(rows, weights=gained, minlength=len(scores))
        word_idfs = [
            0.0
            if token.startswith(PART)
            else self.idfs[at] / asked * (SYNONYM_WEIGHT if token in others else 1)
            for token, _, at in known
        ]
        shares += np.bincount(rows, weights=np.repeat(word_idfs, lengths), minlength=len(shares))

    def _tells(self, token: str, at: int) -> bool:
        """Whether a part of a word is rare enough to be worth counting; words always are."""
        return not token.startswith(PART) or self.idfs[at] > LEAST_IDF


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Tokens to rows. `len(index)` is the number of rows of the snapshot."""

    size: int
    columns: dict[str, LanguageColumns]

    def __len__(self) -> int:
        return self.size

    @classmethod
    def build(cls, token_lists: Sequence[Sequence[str]], languages: Sequence[str]) -> "LexicalIndex":
        """From the tokens and the language of every row, in the order of the rows."""
        if len(token_lists) != len(languages):
            raise ValueError(f"{len(token_lists)} token lists for {len(languages)} languages")
        order = sorted(range(len(languages)), key=lambda row: (languages[row], row))
        columns = {
            language: _columns(language, np.array(list(members), dtype=np.int32), token_lists)
            for language, members in groupby(order, key=lambda row: languages[row])
        }
        return cls(len(languages), columns)

    def scores(
        self, tokens: Sequence[str], languages: Iterable[str] | None = None, others: Sequence[str] = ()
    ) -> tuple[Floats, Floats]:
        """Two of float32 (n,): the share (0..1) of the BM25 that a row could reach for `tokens`, and the share of their
        distinct words, weighed by idf, that stand in it.

        `languages` restricts the work to their rows; the others stay 0. `others` are synonyms: what is found of them adds
        to both, at a lower weight, and what is not found takes nothing away.
        """
        scores, shares = np.zeros(self.size, dtype=np.float32), np.zeros(self.size, dtype=np.float32)
        weighted = _weighted(tokens)
        for language in self.columns if languages is None else languages:
            if weighted and language in self.columns:
                self.columns[language].add(weighted, _weighted(others), scores, shares)
        if others:
            np.minimum(scores, 1, out=scores)
            np.minimum(shares, 1, out=shares)
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
        return sum(weight for word, weight in weights.items() if word in columns.vocabulary) / sum(
            weights.values()
        )

    def save(self, folder: Path) -> None:
        """Writes two files into `folder`; the same index gives the same bytes."""
        arrays = {
            f"{language}.{name}": getattr(columns, name)
            for language, columns in self.columns.items()
            for name in ("members", "indptr", "rows", "data")
        }
        np.savez(folder / COLUMNS_FILE, allow_pickle=False, **arrays)
        vocabulary = {language: list(columns.vocabulary) for language, columns in self.columns.items()}
        text = json.dumps({"size": self.size, "vocabulary": vocabulary}, ensure_ascii=False)
        (folder / VOCABULARY_FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """What `save` wrote. The caller has checked the files' hashes (P4)."""
        stored = json.loads((folder / VOCABULARY_FILE).read_text(encoding="utf-8"))
        with np.load(folder / COLUMNS_FILE, allow_pickle=False) as arrays:
            columns = {
                language: LanguageColumns(
                    language=language,
                    members=arrays[f"{language}.members"],
                    vocabulary={token: at for at, token in enumerate(tokens)},
                    indptr=arrays[f"{language}.indptr"],
                    rows=arrays[f"{language}.rows"],
                    data=arrays[f"{language}.data"],
                    idfs=_idfs(arrays[f"{language}.indptr"], len(arrays[f"{language}.members"])),
                )
                for language, tokens in stored["vocabulary"].items()
            }
        return cls(stored["size"], columns)


def _columns(
    language: str, members: NDArray[np.int32], token_lists: Sequence[Sequence[str]]
) -> LanguageColumns:
    import bm25s  # a quarter of a second that only a build has to pay

    lists = [list(token_lists[row]) for row in members]
    vocabulary = {
        token: at for at, token in enumerate(sorted({token for tokens in lists for token in tokens}))
    }
    if not vocabulary:  # bm25s divides by the mean length
        nothing = np.zeros(0, dtype=np.int32)
        return LanguageColumns(
            language, members, {}, np.zeros(1, np.int64), nothing, nothing.astype(np.float32), np.zeros(0)
        )
    weigher = bm25s.BM25(method="lucene")
    ids = [[vocabulary[token] for token in tokens] for tokens in lists]
    weigher.index((ids, vocabulary), create_empty_token=False, show_progress=False)
    indptr = np.asarray(weigher.scores["indptr"], dtype=np.int64)
    return LanguageColumns(
        language=language,
        members=members,
        vocabulary=vocabulary,
        indptr=indptr,
        rows=members[weigher.scores["indices"]],
        data=np.asarray(weigher.scores["data"], dtype=np.float32),
        idfs=_idfs(indptr, len(members)),
    )


def _idfs(indptr: NDArray[np.int64], rows: int) -> NDArray[np.float64]:
    """Every token's idf, as `_idf` says."""
    frequencies = np.diff(indptr)
    idfs: NDArray[np.float64] = np.log1p((rows - frequencies + 0.5) / (frequencies + 0.5))
    return idfs


def _idf(rows_with: int, rows: int) -> float:
    return math.log1p((rows - rows_with + 0.5) / (rows_with + 0.5))


def _weighted(tokens: Sequence[str]) -> dict[str, float]:
    """Each distinct token with its weight in a question; said twice counts once."""
    return {token: PART_WEIGHT if token.startswith(PART) else 1.0 for token in tokens}
