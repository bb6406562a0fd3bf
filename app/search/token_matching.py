"""Late interaction: each token of the question looks for its nearest token in a passage (Khattab and Zaharia 2020).

Here over the encoder's static token vectors, so that no model runs: it is cheap, works across languages, and sees the
rare word that a passage's one vector has averaged away. Which tokens a passage has is written down when the index is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.languages import TAGS
from app.native import compiled
from app.search.encoder import Floats, Ids, TokenVectors
from app.search.stored import mapped_array
from app.search.vectors import Rows, singles

FILES = ("known", "places", "starts")
# The sorts of tokens that a passage has: of all that is encoded for it, of its title and headings, of the questions that are
# listed under its article, and of these with those in each language of the site.
TEXT, HEADINGS, LISTED = range(3)
SORTS = LISTED + 1 + len(TAGS)
ENCODED_AT_ONCE = 1024
# The heaviest tokens of a question that are looked for; a long story must not cost more than a question.
LONGEST_QUESTION = 16
# The cosine from which an article says something close to a token of the question: by cross-validation on the tuning
# questions, where .5 and .6 told right from wrong first hits less well.
CLOSE = 0.4
# How many of the worst met tokens count: what a question is really about is seldom more (two and four told nearly as well).
WORST = 3


@dataclass(frozen=True, slots=True)
class Met:
    """How far an article meets the tokens of a question, 0..1 each. `close` is the share of them, by the encoder's weights, to which
    it says something close anywhere. `by_headings` and `by_title` look at what is met worst: 1 less what the `WORST` worst met tokens
    miss (weight × (1 - best cosine)) in its title, headings and listed questions, and in its title alone. An average hides the one
    word that makes a question another one: "how do I connect my printer" is near "connect my store" in all but that word."""

    close: float = 0.0
    by_headings: float = 0.0
    by_title: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class TokenIndex:
    """The encoder's tokens of every passage, in `SORTS` sorts; those of listed questions as in `listed_texts`.

    `known` are the tokens in use, ascending. The distinct ones of sort `s` of row `i` are
    `known[places[starts[k]:starts[k + 1]]]`, k = s * len(index) + i.
    """

    known: Ids
    places: NDArray[Any]
    starts: Rows

    def __len__(self) -> int:
        return (len(self.starts) - 1) // SORTS

    @classmethod
    def of(cls, passages: Sequence[Sequence[Ids]]) -> "TokenIndex":
        """From the distinct tokens of each passage, sort by sort."""
        lists = [one[sort] for sort in range(SORTS) for one in passages]
        every = np.concatenate([*lists, np.empty(0, dtype=np.int32)])
        known, places = np.unique(every, return_inverse=True)
        return cls._in_use(known, places, np.array([len(one) for one in lists], dtype=np.int64))

    def moved(self, rows: Rows, fresh: "TokenIndex") -> "TokenIndex":
        """The index whose row `i` is this one's row `rows[i]`; where that is -1, the next one of `fresh`."""
        known = np.union1d(self.known, fresh.known)
        both = (self, fresh)
        places = np.concatenate([np.searchsorted(known, one.known).take(one.places) for one in both])
        firsts = (
            self.starts[:-1].reshape(SORTS, -1),
            fresh.starts[:-1].reshape(SORTS, -1) + len(self.places),
        )
        begins = np.concatenate(firsts, axis=1)
        lengths = np.concatenate([np.diff(one.starts).reshape(SORTS, -1) for one in both], axis=1)
        chosen = rows.copy()
        chosen[rows < 0] = len(self) + np.arange(len(fresh))
        wanted = lengths[:, chosen].ravel()
        return self._in_use(known, _gathered(places, begins[:, chosen].ravel(), wanted), wanted)

    @classmethod
    def _in_use(cls, known: Ids, places: Rows, lengths: Rows) -> "TokenIndex":
        """With the tokens in use only, their places as narrow as can be."""
        used, numbers = _distinct(places, len(known))
        narrow = np.uint16 if len(used) <= np.iinfo(np.uint16).max else np.int32
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(known[used].astype(np.int32), numbers.astype(narrow), starts)

    def tokens(self, sort: int, row: int) -> Ids:
        """One sort of the tokens of one passage, ascending."""
        low, high = self.starts[sort * len(self) + row :][:2].tolist()
        found: Ids = np.asarray(self.known).take(self.places[low:high])
        return found

    def listed(self, rows: Rows, language: str) -> Rows:
        """Which of the lists have the listed questions for a question in `language`, (len(rows),)."""
        own = LISTED * len(self) + rows
        if language not in TAGS:
            return own
        in_it = own + (1 + TAGS.index(language)) * len(self)
        chosen: Rows = np.where(self.starts.take(in_it + 1) > self.starts.take(in_it), in_it, own)
        return chosen

    def save(self, folder: Path) -> None:
        """Writes one file for each array; the same tokens give the same bytes."""
        for name in FILES:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> "TokenIndex":
        """What `save` wrote, mapped. The caller has checked the files' hashes (P4)."""
        return cls(*(mapped_array(folder / f"{name}.npy") for name in FILES))


def read_tokens(encoder: TokenVectors, texts: Sequence[str]) -> list[Ids]:
    """The distinct tokens of each text, ascending. What is said often is read once."""
    distinct = list(dict.fromkeys(texts))
    found: dict[str, Ids] = {}
    for at in range(0, len(distinct), ENCODED_AT_ONCE):
        batch = distinct[at : at + ENCODED_AT_ONCE]
        found.update(zip(batch, map(np.unique, encoder.token_ids(batch)), strict=True))
    return [found[text] for text in texts]


class TokenMatcher:
    """Compares questions with the passages of one index. Safe in many threads: nothing changes after it was made."""

    def __init__(self, tokens: TokenIndex, encoder: TokenVectors) -> None:
        self._tokens = tokens
        self._encoder = encoder
        # In half precision, since reading them is what takes the time.
        self._table = encoder.token_rows(np.asarray(tokens.known))[0].astype(np.float16)

    def met(self, text: str, language: str, rows: Rows, title: str) -> Met:
        """How far the article with this title, whose passages are `rows` (they stand together), meets the question in `language`.
        What is alien to an article shows here in any pair of languages."""
        asked, weights = self._question(text)
        if not len(asked) or not len(rows):
            return Met()
        first, end, n = int(rows[0]), int(rows[-1]) + 1, len(self._tokens)
        # All passages of an article have the same listed questions.
        (listed,) = self._tokens.listed(rows[:1], language).tolist()
        lists = ((first, end), (n + first, n + end), (listed, listed + 1))
        bounds = self._tokens.starts.take(lists).tolist()
        of_passages, *of_headings = (self._tokens.places[low:high] for low, high in bounds)
        in_headings = self._nearest(asked, np.unique(np.concatenate(of_headings)))
        anywhere = np.maximum(in_headings, self._nearest(asked, np.unique(of_passages)))
        of_title, _ = self._encoder.token_rows(self._encoder.token_ids([title])[0])
        in_title = (asked @ of_title.T).max(axis=1, initial=0.0)
        shares = weights / weights.sum()
        return Met(
            float(shares[anywhere >= CLOSE].sum()),
            _least_met(shares, in_headings),
            _least_met(shares, in_title),
        )

    def _nearest(self, asked: Floats, places: Rows) -> Floats:
        """For each of the vectors the best cosine, not below 0, among the tokens at `places`."""
        best: Floats = (asked @ self._rows(places).T).max(axis=1, initial=0.0)
        return best

    def _rows(self, places: Rows) -> Floats:
        return singles(self._table.take(places, axis=0))

    def compare(self, text: str, language: str, rows: Rows) -> Floats:
        """Float32 (len(rows), 3): `matching`, `heading_matching`, and the latter without listed questions, of the question in
        `language` and these passages.

        The mean over the question's tokens, weighted by the encoder, of the best cosine among the passage's tokens, and
        among those of its title and headings and of the questions listed for its article. 0 for what has no token.
        """
        asked, weights = self._question(text)
        if not len(asked) or not len(rows):
            return np.zeros((len(rows), 3), dtype=np.float32)
        weights = weights / weights.sum()
        starts, n = self._tokens.starts, len(self._tokens)
        questions = self._tokens.listed(rows, language)
        if compiled.kernels:
            found = np.empty((len(rows), 3), dtype=np.float32)
            index = (self._tokens.places, starts)
            compiled.kernels.compare_tokens(self._table, asked, weights, *index, rows, questions, n, found)
            return found
        listed = np.flatnonzero(starts[questions + 1] > starts[questions])
        places, begins = self._places(np.concatenate([rows, rows + n, questions[listed]]))
        used, at = _distinct(places, len(self._table))
        # One row a token of the passages: what follows then reads memory in its own order.
        cosines = asked @ self._rows(used).T
        best = np.maximum.reduceat(cosines.take(at, axis=1), begins, axis=1)
        matched = np.empty((len(rows), 3), dtype=np.float32)
        matched[:, 0], matched[:, 2] = (weights @ best[:, : 2 * len(rows)]).reshape(2, len(rows))
        matched[:, 1] = matched[:, 2]
        if len(listed):
            matched[listed, 1] = weights @ np.maximum(best[:, len(rows) + listed], best[:, 2 * len(rows) :])
        return matched

    def _question(self, text: str) -> tuple[Floats, Floats]:
        """Vectors and weights of the tokens to be looked for."""
        asked, weights = self._encoder.token_rows(self._encoder.token_ids([text])[0])
        if len(asked) > LONGEST_QUESTION:
            heaviest = np.argpartition(weights, len(weights) - LONGEST_QUESTION)[-LONGEST_QUESTION:]
            asked, weights = asked[heaviest], weights[heaviest]
        return asked, weights

    def _places(self, lists: Rows) -> tuple[Rows, Rows]:
        """The tokens of these lists of the index in one row, and where each begins; none is left empty."""
        first = self._tokens.starts.take(lists)
        lengths = self._tokens.starts.take(lists + 1) - first
        places = _gathered(self._tokens.places, first, lengths)
        begins = lengths.cumsum() - lengths
        if not lengths.all():  # a title of unreadable signs: it counts like any one token
            places = np.insert(places, begins[lengths == 0], 0)
            lengths = np.maximum(lengths, 1)
            begins = lengths.cumsum() - lengths
        return places, begins


def _gathered(values: Rows, firsts: Rows, lengths: Rows) -> Rows:
    """`values[firsts[i]:firsts[i] + lengths[i]]` for all `i` in one row, as int64."""
    ends = lengths.cumsum()
    at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(firsts - ends + lengths, lengths)
    gathered: Rows = values.take(at).astype(np.int64)
    return gathered


def _least_met(shares: Floats, best: Floats) -> float:
    """1 less what the `WORST` worst met tokens miss."""
    return 1 - float(np.sort(shares * (1 - best))[-WORST:].sum())


def _distinct(places: Rows, size: int) -> tuple[Rows, Rows]:
    """The distinct places, ascending, and for each of `places` its number among them; all are below `size`."""
    is_used = np.zeros(size, dtype=bool)
    is_used[places] = True
    used = np.flatnonzero(is_used)
    number = np.empty(size, dtype=np.int64)
    number[used] = np.arange(len(used))
    return used, number.take(places)
