"""The larger bundled encoder: a small transformer's vector beside the static encoder's. Needs numpy and onnxruntime.

Both read the same tokens. The transformer knows word order and what a word means beside others, the static rows know rare
words; each misses what the other finds, so together they are better than either (`weights_large/MODEL_CARD.md`).
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from app.errors import SettingRefused
from app.search.encoder import WEIGHTS, EncoderIdentity, Floats, Ids
from app.search.model_files import file_sha256, first_line
from app.search.onnx_encoder import open_session
from app.search.static_encoder import StaticEncoder

MODEL_FILE = "model.onnx"
# How much of a cosine the static vector is. On held-out documents .3 to .5 are about equally good.
STATIC_SHARE = 0.4
# It was taught with 192; what stands behind so many tokens is read by the static rows alone.
MAX_TOKENS = 256


class LargeEncoder:
    """A folder with `model.onnx`, which reads the tokens of the static encoder in `static`.

    A vector's first columns are the transformer's, the last ones the static encoder's; both have a fixed share of its length,
    so that a cosine is the weighted mean of their cosines. A blank text's vector is all zeros.
    """

    def __init__(self, folder: Path, *, name: str, static: Path = WEIGHTS) -> None:
        self._file = folder / MODEL_FILE
        self._name = name
        self._static = StaticEncoder(static, name=name)
        try:
            self._session = open_session(self._file)
            self._width = int(self._session.get_outputs()[0].shape[1])
        except Exception as error:  # onnxruntime has kinds of its own
            raise SettingRefused(f"The encoder in {folder} cannot be read: {first_line(error)}") from error

    @cached_property
    def identity(self) -> EncoderIdentity:
        """One hash over both weight files; the width of both vectors together."""
        static = self._static.identity
        parts = f"{static.weights_sha256}\n{file_sha256(self._file)}"
        return EncoderIdentity(
            name=self._name,
            kind="static+onnx",
            weights_sha256=hashlib.sha256(parts.encode()).hexdigest(),
            tokenizer_sha256=static.tokenizer_sha256,
            dimension=self._width + static.dimension,
            pooling="mean+sum",
            query_prefix="",
            passage_prefix="",
            revision=None,
            max_tokens=MAX_TOKENS,
        )

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), dimension)."""
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), dimension)."""
        return self._encode(texts)

    def token_ids(self, texts: Sequence[str]) -> list[Ids]:
        """For each text its tokens in order."""
        return self._static.token_ids(texts)

    def token_rows(self, ids: Ids) -> tuple[Floats, Floats]:
        """The static encoder's rows and weights."""
        return self._static.token_rows(ids)

    def _encode(self, texts: Sequence[str]) -> Floats:
        static = self._static.encode_passages(texts)
        rows = np.zeros((len(texts), self._width + static.shape[1]), dtype=np.float32)
        rows[:, self._width :] = np.sqrt(STATIC_SHARE) * static
        for at, ids in enumerate(self._static.token_ids(texts)):
            if len(ids):
                rows[at, : self._width] = np.sqrt(1 - STATIC_SHARE) * self._read(ids[:MAX_TOKENS])
        return rows

    def _read(self, ids: Ids) -> Floats:
        """The transformer's unit row (its width,) of one text. In company it would not be read sooner, and differ in the last
        digit: so a build that encodes what has changed gives what a clean one gives."""
        given = ids.astype(np.int64)[None]
        (rows,) = self._session.run(None, {"input_ids": given, "attention_mask": np.ones_like(given)})
        return np.asarray(rows[0], dtype=np.float32)
