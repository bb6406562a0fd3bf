"""Late interaction: each token of the question looks for its nearest token in a passage (Khattab and Zaharia 2020).

Here over the encoder's static token vectors, so that nothing is stored at build time and no model runs: it is cheap,
works across languages, and sees the rare word that a passage's one vector has averaged away.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.articles.article import Passage
from app.search.encoder import Floats, TokenVectors

# About 600 bytes each: 40 MB at most. Beyond that the oldest half is read again when it is met.
KEPT_PASSAGES = 65_536
FIRST_TABLE = 4096

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ReadPassage:
    """A passage as ids into the table of token vectors: the distinct tokens of all that is encoded, those of its
    title and headings in order, and the length of the latter's vector."""

    whole: Ids
    heading: Ids
    heading_norm: float


class TokenMatcher:
    """Compares questions with passages through one encoder. Safe in many threads.

    Keeps what it has read by the passage's digest, so that a rebuilt index starts warm.
    """

    def __init__(self, encoder: TokenVectors) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self._ids: dict[bytes, int] = {}
        self._table: Floats | None = None
        self._weights: Floats = np.empty(0, dtype=np.float32)
        self._read: dict[str, ReadPassage] = {}

    def read(self, passage: Passage, title: str) -> ReadPassage:
        """The passage as ids; read once and remembered by its digest."""
        if (read := self._read.get(passage.digest)) is None:
            whole, _ = self._known(passage.encoded_text(title))
            heading, norm = self._known("\n".join((title, *passage.heading_path)))
            read = ReadPassage(np.unique(whole), heading, norm)
            with self._lock:
                for old in list(self._read)[: KEPT_PASSAGES // 2] if len(self._read) >= KEPT_PASSAGES else ():
                    del self._read[old]
                self._read[passage.digest] = read
        return read

    def compare(
        self, text: str, vector: Floats, passages: Sequence[Passage], titles: Sequence[str]
    ) -> NDArray[np.float32]:
        """Float32 (len(passages), 3): `matching`, `heading`, `heading_matching`.

        `matching` is the mean over the question's tokens, weighted by their rows' norms, of the best cosine among
        the passage's tokens; `heading_matching` the same among the tokens of its title and headings; `heading` the
        cosine of the question's `vector` and that of title and headings (for an encoder that sums its tokens).
        """
        tokens, weights = self._encoder.token_vectors(text)
        if not len(tokens) or not passages:
            return np.zeros((len(passages), 3), dtype=np.float32)
        read = [self.read(one, title) for one, title in zip(passages, titles, strict=True)]
        table = self._table
        assert table is not None
        ids = np.concatenate([part for one in read for part in (one.whole, one.heading)])
        lengths = [len(part) for one in read for part in (one.whole, one.heading)]
        starts = np.concatenate([[0], np.cumsum(lengths[:-1])])
        used, at = _distinct(ids, len(table))
        cosines = np.vstack([tokens, vector]) @ table[used].T
        matched = (weights / weights.sum()) @ np.maximum.reduceat(cosines[:-1, at], starts, axis=1)
        # The encoder sums its tokens' rows, so a heading's cosine is the sum of its tokens' pulls over its length.
        pulls = np.add.reduceat((cosines[-1] * self._weights[used])[at], starts)
        headings = pulls[1::2] / np.array([one.heading_norm for one in read], dtype=np.float32)
        return np.stack([matched[0::2], headings, matched[1::2]], axis=1)

    def _known(self, text: str) -> tuple[Ids, float]:
        """The ids of a text's tokens, entered into the table where they are new, and the length of its vector."""
        rows, weights = self._encoder.token_vectors(text)
        if not len(rows):  # a title of unreadable signs still needs a segment of its own
            rows, weights = np.zeros((1, rows.shape[1]), dtype=np.float32), np.ones(1, dtype=np.float32)
        norm = float(np.linalg.norm(weights @ rows)) or 1.0
        with self._lock:
            ids = [
                self._enter(key, row, weight)
                for key, row, weight in zip(_keys(rows), rows, weights, strict=True)
            ]
        return np.array(ids, dtype=np.int64), norm

    def _enter(self, key: bytes, row: Floats, weight: np.float32) -> int:
        if (known := self._ids.get(key)) is not None:
            return known
        at = len(self._ids)
        if self._table is None or at == len(self._table):
            self._grow(len(row))
        assert self._table is not None
        self._table[at], self._weights[at] = row, weight
        self._ids[key] = at
        return at

    def _grow(self, dimension: int) -> None:
        # A new table and not a longer one: readers go on with the one that they hold.
        size = FIRST_TABLE if self._table is None else 2 * len(self._table)
        table, weights = np.zeros((size, dimension), np.float32), np.zeros(size, np.float32)
        if self._table is not None:
            table[: len(self._table)], weights[: len(self._weights)] = self._table, self._weights
        self._weights, self._table = weights, table


def _keys(rows: Floats) -> list[bytes]:
    """What tells token vectors apart: eight coordinates, which no two tokens share unless they share all."""
    packed = np.ascontiguousarray(rows[:, :8]).tobytes()
    width = len(packed) // len(rows)
    return [packed[at : at + width] for at in range(0, len(packed), width)]


def _distinct(ids: Ids, size: int) -> tuple[Ids, Ids]:
    """The distinct ids, ascending, and for each of `ids` its place among them; all are below `size`."""
    place = np.zeros(size, dtype=np.int64)
    place[ids] = 1
    used = np.flatnonzero(place)
    place[used] = np.arange(len(used))
    return used, place[ids]
