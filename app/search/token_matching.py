"""Late interaction: each token of the question looks for its nearest token in a passage (Khattab and Zaharia 2020).

Here over the encoder's static token vectors, so that no model runs: it is cheap, works across languages, and sees the
rare word that a passage's one vector has averaged away. Which tokens a passage has is written down when the index is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.search.encoder import Floats, Ids, TokenVectors
from app.search.stored import mapped_array
from app.search.vectors import Rows

FILES = ("known", "whole", "whole_starts", "head", "head_starts", "asked", "asked_starts")
ENCODED_AT_ONCE = 1024
# The heaviest tokens of a question that are looked for; a long story must not cost more than a question.
LONGEST_QUESTION = 16
# The cosine from which an article says something close to a token of the question: by cross-validation on the tuning
# questions, where .5 and .6 told right from wrong first hits less well.
CLOSE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class TokenIndex:
    """The encoder's tokens of every passage.

    `known` are the tokens in use, ascending; the others are places in it. `whole` has the distinct tokens of all that is
    encoded for a passage, row `i` at `whole_starts[i]:whole_starts[i + 1]`; `head` likewise those of title and headings, and
    `asked` those of the questions that are listed under the article.
    """

    known: Ids
    whole: NDArray[Any]
    whole_starts: Rows
    head: NDArray[Any]
    head_starts: Rows
    asked: NDArray[Any]
    asked_starts: Rows

    def __len__(self) -> int:
        return len(self.whole_starts) - 1

    @classmethod
    def of(cls, passages: Sequence[tuple[Ids, Ids, Ids]]) -> "TokenIndex":
        """From the distinct tokens of each passage, of its title and headings, and of the questions of its article."""
        columns = [[one[column] for one in passages] for column in range(3)]
        every = np.concatenate([*columns[0], *columns[1], *columns[2], np.empty(0, dtype=np.int32)])
        known = np.unique(every)
        narrow = np.uint16 if len(known) <= np.iinfo(np.uint16).max else np.int32
        places = np.searchsorted(known, every).astype(narrow)
        counts = [np.array([len(one) for one in column], dtype=np.int64) for column in columns]
        ends = np.cumsum([int(count.sum()) for count in counts])
        whole, head, asked = np.split(places, ends[:-1])
        return cls(
            known.astype(np.int32), whole, _starts(counts[0]), head, _starts(counts[1]), asked, _starts(counts[2])
        )  # fmt: skip

    def passages(self) -> list[tuple[Ids, Ids, Ids]]:
        """What `of` was given."""
        known = np.asarray(self.known)
        whole, head, asked = (
            [known[places[low:high]] for low, high in pairwise(starts.tolist())]
            for places, starts in self.columns()
        )
        return list(zip(whole, head, asked, strict=True))

    def columns(self) -> tuple[tuple[NDArray[Any], Rows], ...]:
        """Each of the three with its starts."""
        return (self.whole, self.whole_starts), (self.head, self.head_starts), (self.asked, self.asked_starts)

    def save(self, folder: Path) -> None:
        """Writes one file for each array; the same tokens give the same bytes."""
        for name in FILES:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> "TokenIndex":
        """What `save` wrote, mapped. The caller has checked the files' hashes (P4)."""
        return cls(*(mapped_array(folder / f"{name}.npy") for name in FILES))


def read_tokens(encoder: TokenVectors, texts: Sequence[str]) -> list[Ids]:
    """The distinct tokens of each text, ascending."""
    found: list[Ids] = []
    for at in range(0, len(texts), ENCODED_AT_ONCE):
        found += [np.unique(ids) for ids in encoder.token_ids(texts[at : at + ENCODED_AT_ONCE])]
    return found


class TokenMatcher:
    """Compares questions with the passages of one index. Safe in many threads: nothing changes after it was made."""

    def __init__(self, tokens: TokenIndex, encoder: TokenVectors) -> None:
        self._tokens = tokens
        self._encoder = encoder
        self._table, _ = encoder.token_rows(np.asarray(tokens.known))

    def found(self, text: str, rows: Rows) -> float:
        """The share of the question's tokens, by their weight, that come close to any token of these passages, their headings
        or listed questions: 0..1. `rows` stand together. What is alien to an article shows here in any pair of languages."""
        asked, weights = self._question(text)
        if not len(asked) or not len(rows):
            return 0.0
        first, end = int(rows[0]), int(rows[-1]) + 1
        places = np.unique(
            np.concatenate([column[starts[first] : starts[end]] for column, starts in self._tokens.columns()])
        )
        best = (asked @ self._table.take(places, axis=0).T).max(axis=1, initial=-1.0)
        return float(weights[best >= CLOSE].sum() / weights.sum())

    def compare(self, text: str, rows: Rows) -> Floats:
        """Float32 (len(rows), 3): `matching`, `heading_matching`, and the latter without listed questions, of the question and
        these passages.

        The mean over the question's tokens, weighted by the encoder, of the best cosine among the passage's tokens, and
        among those of its title and headings and of the questions listed for its article. 0 for what has no token.
        """
        asked, weights = self._question(text)
        if not len(asked) or not len(rows):
            return np.zeros((len(rows), 3), dtype=np.float32)
        listed = np.flatnonzero(self._tokens.asked_starts[rows + 1] > self._tokens.asked_starts[rows])
        places, starts = self._places(rows, rows[listed])
        used, at = _distinct(places, len(self._table))
        # One row a token of the passages: what follows then reads memory in its own order.
        cosines = asked @ self._table.take(used, axis=0).T
        best = np.maximum.reduceat(cosines.take(at, axis=1), starts, axis=1)
        n = len(rows)
        weights = weights / weights.sum()
        matched = np.empty((n, 3), dtype=np.float32)
        matched[:, 0], matched[:, 2] = (weights @ best[:, : 2 * n]).reshape(2, n)
        matched[:, 1] = matched[:, 2]
        if len(listed):
            matched[listed, 1] = weights @ np.maximum(best[:, n + listed], best[:, 2 * n :])
        return matched

    def _question(self, text: str) -> tuple[Floats, Floats]:
        """Vectors and weights of the tokens to be looked for."""
        asked, weights = self._encoder.token_rows(self._encoder.token_ids([text])[0])
        if len(asked) > LONGEST_QUESTION:
            heaviest = np.argpartition(weights, len(weights) - LONGEST_QUESTION)[-LONGEST_QUESTION:]
            asked, weights = asked[heaviest], weights[heaviest]
        return asked, weights

    def _places(self, rows: Rows, listed: Rows) -> tuple[Rows, Rows]:
        """Tokens of the passages `rows`, then of their headings, then of the questions of `listed`, in one row, and where each
        begins; none is left empty."""
        parts, lengths = [], []
        for (column, starts), wanted in zip(self._tokens.columns(), (rows, rows, listed), strict=True):
            if not len(wanted):
                continue
            # The passages of an article stand together, and so do their tokens.
            breaks = np.flatnonzero(np.diff(wanted) != 1)
            firsts = wanted[np.concatenate([[0], breaks + 1])]
            ends = wanted[np.concatenate([breaks, [len(wanted) - 1]])] + 1
            bounds = zip(starts[firsts].tolist(), starts[ends].tolist(), strict=True)
            parts += [column[low:high] for low, high in bounds]
            lengths.append(starts[wanted + 1] - starts[wanted])
        places, length = np.concatenate(parts), np.concatenate(lengths)
        if not length.all():  # a title of unreadable signs: it counts like any one token
            places = np.insert(places, (np.cumsum(length) - length)[length == 0], 0)
            length = np.maximum(length, 1)
        return places.astype(np.int64), np.cumsum(length) - length


def _distinct(places: Rows, size: int) -> tuple[Rows, Rows]:
    """The distinct places, ascending, and for each of `places` its number among them; all are below `size`."""
    is_used = np.zeros(size, dtype=bool)
    is_used[places] = True
    used = np.flatnonzero(is_used)
    number = np.empty(size, dtype=np.int64)
    number[used] = np.arange(len(used))
    return used, number.take(places)


def _starts(counts: Rows) -> Rows:
    starts: Rows = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return starts
