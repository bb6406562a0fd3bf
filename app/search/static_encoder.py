"""The bundled encoder: one row for every token, a text's vector is the sum of its tokens' rows, normalised.

Needs numpy and `tokenizers` only. How the rows were made, and what they reach: `weights/MODEL_CARD.md`.
"""

import hashlib
import json
import struct
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.errors import SettingRefused
from app.search.encoder import EncoderIdentity, Floats, unit_rows

ROWS_FILE = "model.safetensors"
ROWS_NAME = "embedding.weight"
TOKENIZER_FILE = "tokenizer.json"
# So many texts are summed at once: few enough that their tokens' rows stay in the processor's cache.
BATCH = 64


class StaticEncoder:
    """A folder with `model.safetensors` (float16, vocabulary × dimension) and `tokenizer.json`.

    The rows are mapped, not read: a process pays only for the pages of the tokens it meets, and several processes
    share them. Questions and passages are encoded alike. A blank text's vector is all zeros, and
    white space of any kind and length counts as one space.
    """

    def __init__(self, folder: Path, *, name: str) -> None:
        self._folder = folder
        self._name = name
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            self._rows = _mapped_rows(folder / ROWS_FILE)
        except Exception as error:  # tokenizers raises bare Exception
            raise SettingRefused(f"The encoder in {folder} cannot be read: {error}.") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        if self._tokenizer.get_vocab_size() > len(self._rows):
            raise SettingRefused(f"The encoder in {folder} has tokens without a row.")

    @cached_property
    def identity(self) -> EncoderIdentity:
        """The files' hashes and the shape."""
        return EncoderIdentity(
            name=self._name,
            kind="static",
            weights_sha256=_sha256(self._folder / ROWS_FILE),
            tokenizer_sha256=_sha256(self._folder / TOKENIZER_FILE),
            dimension=int(self._rows.shape[1]),
            pooling="sum",
            query_prefix="",
            passage_prefix="",
            revision=None,
        )

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), dimension)."""
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), dimension)."""
        return self._encode(texts)

    def token_vectors(self, text: str) -> tuple[Floats, Floats]:
        """Unit rows and their former norms, one for every token of `text` in order."""
        rows = self._rows[self._token_ids([text])[0]].astype(np.float32)
        weights = np.linalg.norm(rows, axis=1).astype(np.float32)
        return unit_rows(rows), weights

    def _encode(self, texts: Sequence[str]) -> Floats:
        sums = np.zeros((len(texts), self._rows.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            self._add_sums(texts[start : start + BATCH], sums[start : start + BATCH])
        return unit_rows(sums)

    def _add_sums(self, texts: Sequence[str], sums: Floats) -> None:
        ids = self._token_ids(texts)
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        filled = np.flatnonzero(lengths)  # reduceat would give an empty text its neighbour's first row
        if not filled.size:
            return
        tokens = np.fromiter(chain.from_iterable(ids), np.int64, int(lengths.sum()))
        starts = np.cumsum(lengths[filled]) - lengths[filled]
        sums[filled] = np.add.reduceat(self._rows[tokens].astype(np.float32), starts, axis=0)

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        clean = [_readable(text) for text in texts]
        return [one.ids for one in self._tokenizer.encode_batch_fast(clean, add_special_tokens=False)]


def _readable(text: str) -> str:
    # The tokenizer knows one space between words: behind a line break a word would fall into its letters.
    # A lone surrogate has no UTF-8 form and would stop it; it becomes a question mark.
    return " ".join(text.split()).encode("utf-8", "replace").decode("utf-8")


def _mapped_rows(path: Path) -> NDArray[np.float16]:
    """The one matrix of a safetensors file, mapped: 8 bytes of header length, a JSON header, then the numbers."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        facts = json.loads(file.read(min(length, 1 << 20)))[ROWS_NAME]
    if facts["dtype"] != "F16" or len(facts["shape"]) != 2:
        raise ValueError(f"{ROWS_NAME} must be a float16 matrix")
    offset = 8 + length + facts["data_offsets"][0]
    return np.memmap(path, dtype="<f2", mode="r", offset=offset, shape=tuple(facts["shape"]))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
