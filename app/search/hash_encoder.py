"""`hash:DIM[:salt]`: a deterministic stand-in for tests, with no files and no training.

Every word has a vector that only its letters and the salt decide; a text's vector is the normalised sum. Texts that
share words are near, others are about orthogonal. Another salt is another encoder with the same dimension.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from app.search.encoder import EncoderIdentity, Floats, unit_rows

# A word is a run of letters and digits; Han, kana and Hangul are written without spaces, so each letter counts.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}_])\w)+")


class HashEncoder:
    """Bag of hashed words. Also gives token vectors: one a word, all of weight 1."""

    def __init__(self, dimension: int, salt: str = "") -> None:
        self._dimension = dimension
        self._salt = salt
        self._word_vector = lru_cache(maxsize=100_000)(self._hashed)

    @property
    def identity(self) -> EncoderIdentity:
        """The salt stands for the weights, the pattern for the tokenizer."""
        return EncoderIdentity(
            name=f"hash:{self._dimension}" + (f":{self._salt}" if self._salt else ""),
            kind="hash",
            weights_sha256=hashlib.sha256(self._salt.encode()).hexdigest(),
            tokenizer_sha256=hashlib.sha256(_WORD.pattern.encode()).hexdigest(),
            dimension=self._dimension,
            pooling="sum",
            query_prefix="",
            passage_prefix="",
            revision=None,
        )

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), DIM)."""
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), DIM)."""
        rows = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in _words(text):
                rows[row] += self._word_vector(word)
        return unit_rows(rows)

    def _hashed(self, word: str) -> Floats:
        digest = hashlib.shake_256(f"{self._salt}\0{word}".encode("utf-8", "replace"))
        numbers = np.frombuffer(digest.digest(2 * self._dimension), dtype="<u2")
        centred = numbers.astype(np.float32) - np.float32(32767.5)
        return unit_rows(centred[None, :]).reshape(self._dimension)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
