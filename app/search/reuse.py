"""What of the generation before can be taken over: vectors and tokens of texts that the same encoder has read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import IndexRefused
from app.search.draft import Draft, Progress
from app.search.encoder import Encoder, Floats, TokenVectors, encode_with_questions
from app.search.snapshot import Snapshot
from app.search.token_matching import TokenIndex, read_tokens
from app.search.vectors import Rows, VectorIndex

ENCODE_BATCH = 256
# How far a vector's length may be from 1.
LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Reuse:
    """Which passages have to be encoded (`missing`: one row for each text), and which row of `previous` each passage has its
    vector and tokens from (`rows`, -1 for none).

    `previous` is None when there is no generation before, or when another encoder made it.
    """

    draft: Draft
    hashes: tuple[bytes, ...]
    missing: Mapping[bytes, int]
    previous: Snapshot | None
    rows: Rows

    @classmethod
    def of(cls, draft: Draft, previous: Snapshot | None, encoder: Encoder) -> "Reuse":
        """What `draft` needs and `previous` has."""
        if previous is not None and not _is_by(previous, encoder):
            previous = None
        known = {key: row for row, key in enumerate(_keys(previous.encoded))} if previous else {}
        hashes = tuple(_keys(draft.encoded))
        rows = np.array([known.get(key, -1) for key in hashes], dtype=np.int64)
        missing = {hashes[row]: row for row in np.flatnonzero(rows < 0).tolist()}
        return cls(draft, hashes, missing, previous, rows)

    def vectors(self, encoder: Encoder, tell: Progress) -> VectorIndex:
        """The vectors of all passages; `IndexRefused` when the encoder gives what is no unit vector."""
        vectors = np.zeros((len(self.hashes), encoder.identity.dimension), dtype=np.float32)
        is_known = self.rows >= 0
        if self.previous:
            vectors[is_known] = self.previous.vectors.vectors()[self.rows[is_known]]
        found: dict[bytes, Floats] = {}
        keys = list(self.missing)
        for start in range(0, len(keys), ENCODE_BATCH):
            tell("encoding passages", start, len(keys))
            batch = keys[start : start + ENCODE_BATCH]
            rows = [self.missing[key] for key in batch]
            texts, asked = [self.draft.text(row) for row in rows], [self.draft.asked(row) for row in rows]
            encoded = encode_with_questions(encoder, texts, asked)
            found.update(zip(batch, encoded, strict=True))
        tell("encoding passages", len(keys), len(keys))
        for row in np.flatnonzero(~is_known).tolist():
            vectors[row] = found[self.hashes[row]]
        lengths = np.linalg.norm(vectors, axis=1)
        # Written so that a NaN counts as wrong.
        if not ((np.abs(lengths - 1) <= LENGTH_TOLERANCE) | (lengths == 0)).all():
            raise IndexRefused("The encoder gave vectors that are not of length 1. Nothing was published.")
        return VectorIndex.build(vectors)

    def tokens(self, encoder: object, tell: Progress) -> TokenIndex | None:
        """The tokens of all passages; None for an encoder without token vectors."""
        if not isinstance(encoder, TokenVectors):
            return None
        tell("reading tokens", 0, 0)
        before = self.previous.tokens if self.previous else None
        rows = self.rows if before else np.full(len(self.hashes), -1)
        new = np.flatnonzero(rows < 0).tolist()
        draft = self.draft
        said = [map(draft.text, new), map(draft.heading, new), *zip(*map(draft.listed, new), strict=True)]
        read = [read_tokens(encoder, list(texts)) for texts in said]
        fresh = TokenIndex.of(list(zip(*read, strict=True)))
        return before.moved(rows, fresh) if before else fresh


def _keys(hashes: NDArray[np.uint8]) -> list[bytes]:
    return [one.tobytes() for one in hashes]


def _is_by(previous: Snapshot, encoder: Encoder) -> bool:
    try:
        previous.manifest.refuse_other(encoder)
    except IndexRefused:
        return False
    return True
