"""BM25 over one language's passages: which tokens stand in which rows how often, and what a question's tokens reach.

Robertson idf and Lucene's form of BM25, weighed when a question is asked: counts take one byte where weighed scores take
four, and a build that changes one article changes a few of them and not all. Scores are those of the library bm25s
(Lù 2024), which weighs when an index is built and cannot take rows over from another index.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.native import compiled
from app.search.tokens import PART

# How soon a token's repetitions stop counting, and how far a long passage counts less (k1 and b).
SATURATION, LENGTH_SHARE = 1.5, 0.75
# What an unknown word takes from the share that can be reached: it may be a misspelling, of which the parts are known.
UNKNOWN_WEIGHT = 0.5
# A part of a word that stands in most passages tells nothing and costs the most: below this idf (two of five) it is left out.
LEAST_IDF = 0.9
# What a synonym weighs beside the word that was used.
SYNONYM_WEIGHT = 0.7
# What stands before a token that a row has from a listed question only, and the share of the token's worth that it gives
# there: as much in a short passage as in a long one. For questions by authors who did not know what is listed .5 found more
# than .25 and 1 (recall@5 .960, .952 and .953).
ASKED = "?"
ASKED_SHARE = 0.5
# A token that stands more often in a passage than a byte can say has long been saturated.
MOST = np.iinfo(np.uint8).max

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Which token stands in which row how often, in no order: `names[tokens[i]]` in `rows[i]`, `counts[i]` times."""

    names: Sequence[str]
    tokens: Numbers
    rows: NDArray[np.int32]
    counts: NDArray[np.uint8]

    @classmethod
    def of(cls, lists: Mapping[int, Sequence[str]]) -> "Entries":
        """From the tokens of each row, in order and with repetitions."""
        counted = [Counter(tokens) for tokens in lists.values()]
        number: dict[str, int] = {}
        tokens = [number.setdefault(token, len(number)) for counter in counted for token in counter]
        counts = np.array([count for counter in counted for count in counter.values()], dtype=np.int64)
        return cls(
            list(number),
            np.array(tokens, dtype=np.int64),
            np.repeat(np.array(list(lists), dtype=np.int32), [len(counter) for counter in counted]),
            np.minimum(counts, MOST).astype(np.uint8),
        )

    def lengths(self, end: int) -> NDArray[np.int32]:
        """The number of tokens of each row up to `end`; those of listed questions do not count."""
        is_own = np.array([not name.startswith(ASKED) for name in self.names], dtype=bool)[self.tokens]
        return np.bincount(self.rows, weights=self.counts * is_own, minlength=end).astype(np.int32)


@dataclass(frozen=True, eq=False)
class LanguageColumns:
    """Token `t` stands in `rows[s]` and there `counts[s]` times, s = indptr[t]:indptr[t + 1]; rows ascend.

    `members` are this language's rows of the whole snapshot, ascending, and `lengths` the number of tokens of each;
    `vocabulary` numbers its tokens in their order. Rows in another language stand here, too, when questions in this one are
    listed for them, but only under these questions' tokens.
    """

    language: str
    members: NDArray[np.int32]
    lengths: NDArray[np.int32]
    vocabulary: dict[str, int]
    indptr: Numbers
    rows: NDArray[np.int32]
    counts: NDArray[np.uint8]

    @classmethod
    def of(cls, language: str, members: Sequence[int], entries: Entries) -> "LanguageColumns":
        """From the entries of all rows."""
        none = np.empty(0, dtype=np.int32)
        nothing = cls(language, none, none, {}, np.zeros(1, dtype=np.int64), none, none.astype(np.uint8))
        return nothing.moved(np.empty(0, dtype=np.int64), members, entries)

    def moved(self, now: Numbers, members: Sequence[int], fresh: Entries) -> "LanguageColumns":
        """What these become when row `r` is now row `now[r]`, or gone (-1), and rows with `fresh` entries have come.

        A few changed rows among many cost little, and give what all together give.
        """
        places = np.array(members, dtype=np.int32)
        end = int(max(now.max(initial=-1), fresh.rows.max(initial=-1), places.max(initial=-1))) + 1
        rows = now.astype(np.int32)[self.rows]
        gone = np.flatnonzero(rows < 0)
        rows, counts = np.delete(rows, gone), np.delete(self.counts, gone)
        tokens_of_gone = np.searchsorted(self.indptr, gone, side="right") - 1
        left = np.diff(self.indptr) - np.bincount(tokens_of_gone, minlength=len(self.vocabulary))
        names = [name for name, count in zip(self.vocabulary, left.tolist(), strict=True) if count]
        vocabulary = {name: at for at, name in enumerate(sorted({*names, *fresh.names}))}
        frequencies = np.zeros(len(vocabulary), dtype=np.int64)
        frequencies[[vocabulary[name] for name in names]] = left[left > 0]
        keys = np.repeat(np.arange(len(vocabulary)) * end, frequencies) + rows
        if (keys[1:] < keys[:-1]).any():  # rows that stay have changed places
            order = np.argsort(keys, kind="stable")
            keys, rows, counts = keys[order], rows[order], counts[order]
        tokens = np.array([vocabulary[name] for name in fresh.names], dtype=np.int64)[fresh.tokens]
        order = np.argsort(tokens * end + fresh.rows, kind="stable")
        at = np.searchsorted(keys, (tokens * end + fresh.rows)[order])
        indptr = np.zeros(len(vocabulary) + 1, dtype=np.int64)
        np.cumsum(frequencies + np.bincount(tokens, minlength=len(vocabulary)), out=indptr[1:])
        lengths = fresh.lengths(end)
        still = now[self.members] >= 0
        lengths[now[self.members[still]]] = self.lengths[still]
        return LanguageColumns(
            self.language,
            places,
            lengths[places],
            vocabulary,
            indptr,
            np.insert(rows, at, fresh.rows[order]),
            np.insert(counts, at, fresh.counts[order]),
        )

    @cached_property
    def idfs(self) -> NDArray[np.float64]:
        """Every token's idf, ln(1 + (n - df + .5) / (df + .5)); a row counts that has it from a listed question only."""
        frequencies = np.diff(self.indptr)
        names = list(self.vocabulary)
        pairs = [(at, own) for at in self._asked if (own := self.vocabulary.get(names[at][1:])) is not None]
        for at, own in pairs:
            frequencies[at] = frequencies[own] = frequencies[at] + frequencies[own]
        idfs: NDArray[np.float64] = np.log1p((self.size - frequencies + 0.5) / (frequencies + 0.5))
        return idfs

    @cached_property
    def size(self) -> int:
        """The number of rows that stand here."""
        asked = self.rows[self.indptr[self._asked.start] : self.indptr[self._asked.stop]]
        return len(np.union1d(self.members, asked))

    @cached_property
    def _asked(self) -> range:
        """The numbers of the tokens that listed questions have."""
        names = list(self.vocabulary)
        return range(bisect_left(names, ASKED), bisect_left(names, chr(ord(ASKED) + 1)))

    @cached_property
    def _saturations(self) -> Floats:
        """For each row of the snapshot up to the last that stands here, the count at which a token reaches half of its worth."""
        relative = self.lengths / (self.lengths.sum() / max(1, len(self.members)) or 1.0)
        last = max(self.members.max(initial=-1), self.rows.max(initial=-1))
        saturations: Floats = np.zeros(int(last) + 1, dtype=np.float32)
        saturations[self.members] = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * relative)
        return saturations

    @property
    def unknown_idf(self) -> float:
        """The idf of a token that stands in no passage."""
        return math.log1p(2 * self.size + 1)

    def idf(self, token: str) -> float:
        """How much a token tells; highest for one that is not known here."""
        at = self.vocabulary.get(token, self.vocabulary.get(ASKED + token))
        return self.unknown_idf if at is None else float(self.idfs[at])

    def rows_with(self, token: str) -> NDArray[np.int32]:
        """The rows (of the whole snapshot, ascending) in which a token stands."""
        at = self.vocabulary.get(token)
        return self.rows[:0] if at is None else self.rows[self.indptr[at] : self.indptr[at + 1]]

    def knows(self, token: str) -> bool:
        """Whether a token stands in any row, or in a question that is listed for it."""
        return token in self.vocabulary or ASKED + token in self.vocabulary

    def stands_in(self, token: str, rows: Sequence[int]) -> bool:
        """Whether a token stands in any of `rows`, or in a question that is listed for it."""
        for column in (self.rows_with(token), self.rows_with(ASKED + token)):
            if len(column):
                at = np.minimum(np.searchsorted(column, rows), len(column) - 1)
                if (column[at] == rows).any():
                    return True
        return False

    def add(
        self, weighted: Mapping[str, float], others: Mapping[str, float], scores: Floats, shares: Floats
    ) -> None:
        """Adds for each row of this language the share of the attainable BM25, and of the words by idf, that it reaches.

        Neither becomes more than 1: with synonyms, or in two languages, more can be found than was asked for.
        """
        words, parts = self._sought(weighted, others)
        tokens = np.array(words.tokens + parts.tokens, dtype=np.int64)
        if not len(tokens):
            return
        worths = np.array(words.worths + parts.worths, dtype=np.float32) / np.float32(
            words.whole + parts.whole
        )
        of_words = np.array(words.worths, dtype=np.float32) / np.float32(words.idfs or 1)
        listed = np.array(words.listed + parts.listed, dtype=np.bool_)
        columns = (self.indptr, self.rows, self.counts, self._saturations)
        if compiled.kernels:
            compiled.kernels.add_bm25(*columns, tokens, worths, listed, of_words, ASKED_SHARE, scores, shares)
            return
        starts, ends = self.indptr.take(tokens), self.indptr.take(tokens + 1)
        slices = [slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        lengths = ends - starts
        rows = np.concatenate([self.rows[here] for here in slices], dtype=np.intp)
        gained = np.concatenate([self.counts[here] for here in slices], dtype=np.float32)
        gained /= gained + self._saturations.take(rows)
        gained[np.repeat(listed, lengths)] = ASKED_SHARE
        gained *= np.repeat(worths, lengths)
        shared = np.repeat(of_words, lengths[: len(of_words)])
        scores += np.bincount(rows, weights=gained, minlength=len(scores))
        shares += np.bincount(rows[: len(shared)], weights=shared, minlength=len(shares))
        np.minimum(scores, 1, out=scores)
        np.minimum(shares, 1, out=shares)

    def _sought(
        self, weighted: Mapping[str, float], others: Mapping[str, float]
    ) -> tuple["_Sought", "_Sought"]:
        """The words of a question, and of what a glossary adds to it, and the parts of words."""
        words, parts = _Sought(), _Sought()
        get, has_listed, idfs, unknown = self.vocabulary.get, bool(self._asked), self.idfs, self.unknown_idf
        for at, (token, weight) in enumerate((*weighted.items(), *others.items())):
            own, listed = get(token), get(ASKED + token) if has_listed else None
            known = listed if own is None else own
            idf = unknown if known is None else idfs.item(known)
            worth, is_part = weight * idf, token.startswith(PART)
            sought = parts if is_part else words
            if at >= len(weighted):
                worth *= SYNONYM_WEIGHT
            else:
                sought.idfs += idf
                sought.whole += worth if known is not None else UNKNOWN_WEIGHT * worth
            if not is_part or idf > LEAST_IDF:
                for place in (own, listed) if has_listed else (own,):
                    if place is not None:
                        sought.tokens.append(place)
                        sought.worths.append(worth)
                        sought.listed.append(place != own)
        return words, parts


@dataclass(slots=True)
class _Sought:
    """The tokens of one kind that stand in passages or, when `listed`, in listed questions, and what each is worth.

    `whole` is the worth and `idfs` the idf of all that was said, also of what is not known.
    """

    tokens: list[int] = field(default_factory=list)
    worths: list[float] = field(default_factory=list)
    listed: list[bool] = field(default_factory=list)
    whole: float = 0.0
    idfs: float = 0.0
