"""Text to unit vectors, behind one protocol; `open_encoder` knows every kind there is.

A question and a passage are encoded by different methods because some models (the e5 family) want to be told
which of the two they read. All vectors are float32 rows of length 1, so that an inner product is a cosine; the one
exception is a text in which the encoder can read nothing at all (empty, blank): its row is all zeros, near nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from app.errors import SettingRefused

WEIGHTS = Path(__file__).parent / "weights"
LARGE_WEIGHTS = Path(__file__).parent / "weights_large"
MAX_HASH_DIMENSION = 4096

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """All that decides what vector a text gets. Two encoders of equal identity give equal vectors (P5).

    The hashes are sha256 in hex over the weight and the tokenizer files. `revision` is the commit of a model from
    a hub, `max_tokens` the length beyond which a text is cut; both None where there is no such thing.
    """

    name: str
    kind: str
    weights_sha256: str
    tokenizer_sha256: str
    dimension: int
    pooling: str
    query_prefix: str
    passage_prefix: str
    revision: str | None
    max_tokens: int | None = None

    def differences(self, other: "EncoderIdentity") -> tuple[str, ...]:
        """The names of the fields in which the two differ, in the order above."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != getattr(other, f.name))


@runtime_checkable
class Encoder(Protocol):
    """What search needs of an encoder. Safe to call from several threads."""

    @property
    def identity(self) -> EncoderIdentity:
        """Who made the vectors."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Questions to unit rows, (len(texts), dimension)."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Passages to unit rows, (len(texts), dimension)."""
        ...


@runtime_checkable
class TokenVectors(Protocol):
    """An encoder that can also say what each token of a text means, for late interaction."""

    def token_ids(self, texts: Sequence[str]) -> list[Ids]:
        """For each text its tokens in order, as numbers that `token_rows` knows; empty for a blank text."""
        ...

    def token_rows(self, ids: Ids) -> tuple[Floats, Floats]:
        """Unit rows (n, m) and weights (n,) of `n` tokens; `m` need not be the encoder's dimension.

        A weight says how much its token counts in a text's own vector (for the bundled encoder the norm of
        the token's row, which was trained to be high for rare and telling tokens).
        """
        ...


def open_encoder(spec: str) -> Encoder:
    """The encoder that `HANDRAIL_ENCODER` names; `SettingRefused` says in a sentence why it cannot be had.

    `bundled` is the static multilingual one in `weights/` (numpy only); `bundled-large` the same beside a transformer in
    `weights_large/`, better and slower; `hash:DIM[:salt]` a deterministic stand-in for tests; anything else the name or
    folder of a sentence-transformers model, which is run from its ONNX export where it has one, and else by torch.
    """
    if spec == "bundled":
        from app.search.static_encoder import StaticEncoder

        return StaticEncoder(WEIGHTS, name=spec)
    if spec == "bundled-large":
        from app.search.large_encoder import LargeEncoder

        return LargeEncoder(LARGE_WEIGHTS, name=spec)
    if spec == "hash" or spec.startswith("hash:"):
        from app.search.hash_encoder import HashEncoder

        return HashEncoder(*_hash_arguments(spec))
    from app.search.model_files import model_folder
    from app.search.onnx_encoder import OnnxEncoder, offers_onnx

    folder = model_folder(spec)
    if offers_onnx(folder):
        return OnnxEncoder(spec, folder)
    from app.search.sentence_encoder import SentenceEncoder

    return SentenceEncoder(spec, folder)


def encode_with_questions(encoder: Encoder, texts: Sequence[str], asked: Sequence[str]) -> Floats:
    """Passages to unit rows (len(texts), dimension), each moved half-way to what readers ask: `asked`, "" for nothing.

    The question's part is the same for every passage of an article, however long: so the article is found by it, and which
    passage of it comes first is left to the passages. Inside the text it would outweigh a short one, such as an introduction.
    """
    rows = encoder.encode_passages(texts)
    known = list(dict.fromkeys(text for text in asked if text))
    if not known:
        return rows
    places = {text: at for at, text in enumerate(known)}
    moved = [at for at, text in enumerate(asked) if text]
    rows = rows.copy()
    rows[moved] = unit_rows(rows[moved] + encoder.encode_passages(known)[[places[asked[at]] for at in moved]])
    return rows


def unit_rows(rows: Floats) -> Floats:
    """`rows` (n, d) scaled to length 1, in place; a row of zeros stays one."""
    norms = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    norms[norms == 0] = 1
    rows /= norms[:, None]
    return rows


def _hash_arguments(spec: str) -> tuple[int, str]:
    _, _, rest = spec.partition(":")
    dimension, _, salt = rest.partition(":")
    # isdecimal alone would let other scripts' digits and numbers of any length through.
    if not (dimension.isascii() and dimension.isdecimal() and 1 <= int(dimension[:6]) <= MAX_HASH_DIMENSION):
        raise SettingRefused(
            f"HANDRAIL_ENCODER has a wrong value ({spec!r}): hash:DIM[:salt] needs a dimension "
            f"from 1 to {MAX_HASH_DIMENSION}."
        )
    return int(dimension), salt
