"""The stand-in encoder, with a memory."""

import time
from collections.abc import Sequence

from app.search.encoder import Encoder, EncoderIdentity, Floats, open_encoder
from app.search.manifest import PROBES


class CountingEncoder:
    """The stand-in, remembering every passage text it had to encode (the probe sentences apart)."""

    def __init__(self, spec: str = "hash:64", *, seconds_a_text: float = 0.0) -> None:
        self._real: Encoder = open_encoder(spec)
        self._seconds_a_text = seconds_a_text
        self.encoded: list[str] = []

    @property
    def identity(self) -> EncoderIdentity:
        return self._real.identity

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        return self._real.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        if tuple(texts) != PROBES:
            self.encoded += texts
            time.sleep(self._seconds_a_text * len(texts))
        return self._real.encode_passages(texts)
