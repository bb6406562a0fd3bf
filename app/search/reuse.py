"""What of the generation before can be taken over: vectors and tokens of texts that the same encoder has read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.errors import IndexRefused
from app.search.draft import Draft, Progress
from app.search.encoder import Encoder, Floats, Ids, TokenVectors
from app.search.snapshot import Snapshot
from app.search.token_matching import TokenIndex, read_tokens
from app.search.vectors import VectorIndex

ENCODE_BATCH = 256
# How far a vector's length may be from 1.
LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Reuse:
    """Which texts have to be encoded (`missing`, by hash), and the rows of the others in `previous`.

    `previous` is None when there is no generation before, or when another encoder made it.
    """

    draft: Draft
    hashes: tuple[str, ...]
    missing: Mapping[str, str]
    previous: Snapshot | None
    rows: Mapping[str, int]

    @classmethod
    def of(cls, draft: Draft, previous: Snapshot | None, encoder: Encoder) -> "Reuse":
        """What `draft` needs and `previous` has."""
        if previous is not None and not _is_by(previous, encoder):
            previous = None
        rows = {key: row for row, key in enumerate(previous.encoded_sha256)} if previous else {}
        hashes = tuple(one.encoded_sha256 for one in draft.passages)
        texts = dict(zip(hashes, draft.texts, strict=True))
        missing = {key: text for key, text in texts.items() if key not in rows}
        return cls(draft, hashes, missing, previous, rows)

    def vectors(self, encoder: Encoder, tell: Progress) -> VectorIndex:
        """The vectors of all passages; `IndexRefused` when the encoder gives what is no unit vector."""
        known = self.previous.vectors.vectors() if self.previous else None
        found: dict[str, Floats] = (
            {key: known[row] for key, row in self.rows.items()} if known is not None else {}
        )
        keys, texts = list(self.missing), list(self.missing.values())
        for start in range(0, len(keys), ENCODE_BATCH):
            tell("encoding passages", start, len(keys))
            encoded = encoder.encode_passages(texts[start : start + ENCODE_BATCH])
            found.update(zip(keys[start : start + ENCODE_BATCH], encoded, strict=True))
        tell("encoding passages", len(keys), len(keys))
        dimension = encoder.identity.dimension
        rows = np.array([found[key] for key in self.hashes], dtype=np.float32).reshape(-1, dimension)
        lengths = np.linalg.norm(rows, axis=1)
        # Written so that a NaN counts as wrong.
        if not ((np.abs(lengths - 1) <= LENGTH_TOLERANCE) | (lengths == 0)).all():
            raise IndexRefused("The encoder gave vectors that are not of length 1. Nothing was published.")
        return VectorIndex.build(rows)

    def tokens(self, encoder: object, tell: Progress) -> TokenIndex | None:
        """The tokens of all passages; None for an encoder without token vectors."""
        if not isinstance(encoder, TokenVectors):
            return None
        tell("reading tokens", 0, 0)
        kept = self.previous.tokens.passages() if self.previous and self.previous.tokens else []
        found: dict[str, tuple[Ids, Ids]] = {key: kept[row] for key, row in self.rows.items()} if kept else {}
        new = [at for at, key in enumerate(self.hashes) if key not in found]
        whole = read_tokens(encoder, [self.draft.texts[at] for at in new])
        head = read_tokens(encoder, [self.draft.headings[at] for at in new])
        found.update(
            (self.hashes[at], pair) for at, pair in zip(new, zip(whole, head, strict=True), strict=True)
        )
        return TokenIndex.of([found[key][0] for key in self.hashes], [found[key][1] for key in self.hashes])


def _is_by(previous: Snapshot, encoder: Encoder) -> bool:
    try:
        previous.manifest.refuse_other(encoder)
    except IndexRefused:
        return False
    return True
