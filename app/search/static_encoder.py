"""The bundled encoder: one row for every token, a text's vector is the sum of its tokens' rows, normalised.

Needs numpy only. How the rows were made, and what they reach: `weights/MODEL_CARD.md`.
"""

import hashlib
import json
import struct
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import SettingRefused
from app.search.encoder import EncoderIdentity, Floats, Ids, unit_rows
from app.search.unigram import Unigram

ROWS_FILE = "model.safetensors"
ROWS_NAME = "embedding.weight"
SCALE_NAME = "embedding.scale"
TOKENIZER_FILE = "tokenizer.json"
# So many texts are summed at once: few enough that their tokens' rows stay in the processor's cache.
BATCH = 64
# Late interaction looks at so many columns. The rows are turned so that the first hold the most (PCA): 128 of 256 find
# as well as all (MRR .574 and .578 from seven languages to English) at half the price.
MATCHED_WIDTH = 128
KEPT_QUESTIONS = 256


class StaticEncoder:
    """A folder with `model.safetensors` and `tokenizer.json`.

    `embedding.weight` is vocabulary × dimension, float16, or int8 with `embedding.scale`, one float32 a row. The rows
    are mapped, not read: a process pays only for the pages of the tokens it meets, and several processes share them.
    Questions and passages are encoded alike. A blank text's vector is all zeros, and white space of any kind and
    length counts as one space.
    """

    def __init__(self, folder: Path, *, name: str) -> None:
        self._folder = folder
        self._name = name
        try:
            self._pieces = Unigram.read(folder / TOKENIZER_FILE)
            self._rows, self._scale = _mapped(folder / ROWS_FILE)
        except (OSError, ValueError, KeyError, struct.error) as error:
            raise SettingRefused(f"The encoder in {folder} cannot be read: {error}.") from error
        if len(self._pieces) > len(self._rows):
            raise SettingRefused(f"The encoder in {folder} has tokens without a row.")
        # A question is read twice, for its vector and for its tokens.
        self._known_ids = lru_cache(maxsize=KEPT_QUESTIONS)(self._ids_of_one)

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

    def token_ids(self, texts: Sequence[str]) -> list[Ids]:
        """For each text its tokens in order."""
        return [np.array(ids, dtype=np.int32) for ids in self._ids(texts)]

    def token_rows(self, ids: Ids) -> tuple[Floats, Floats]:
        """Unit rows (n, at most `MATCHED_WIDTH`) and the norms (n,) of the whole rows."""
        rows = self._floats(ids)
        weights = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        return unit_rows(np.ascontiguousarray(rows[:, :MATCHED_WIDTH])), weights

    def _encode(self, texts: Sequence[str]) -> Floats:
        if len(texts) == 1:
            # A question waits for this: the shortest way there is, to the same last digit as in company.
            ids = np.array(self._known_ids(texts[0]), dtype=np.int64)
            rows = self._floats(ids) if len(ids) else np.zeros((1, self._rows.shape[1]), dtype=np.float32)
            return unit_rows(np.add.reduceat(rows, [0], axis=0))
        sums = np.zeros((len(texts), self._rows.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            self._add_sums(texts[start : start + BATCH], sums[start : start + BATCH])
        return unit_rows(sums)

    def _add_sums(self, texts: Sequence[str], sums: Floats) -> None:
        ids = self._ids(texts)
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        filled = np.flatnonzero(lengths)  # reduceat would give an empty text its neighbour's first row
        if not filled.size:
            return
        tokens = np.fromiter(chain.from_iterable(ids), np.int64, int(lengths.sum()))
        starts = np.cumsum(lengths[filled]) - lengths[filled]
        sums[filled] = np.add.reduceat(self._floats(tokens), starts, axis=0)

    def _floats(self, ids: NDArray[Any]) -> Floats:
        """The rows of some tokens as they were trained, (n, dimension)."""
        rows: Floats = self._rows.take(ids, axis=0).astype(np.float32)
        if self._scale is not None:
            rows *= self._scale.take(ids)[:, None]
        return rows

    def _ids(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        if len(texts) == 1:
            return [self._known_ids(texts[0])]
        return [self._pieces.ids(_readable(text)) for text in texts]

    def _ids_of_one(self, text: str) -> tuple[int, ...]:
        return tuple(self._pieces.ids(_readable(text)))


def _readable(text: str) -> str:
    # The tokenizer knows one space between words: behind a line break a word would fall into its letters.
    # A lone surrogate has no UTF-8 form and would stop it; it becomes a question mark.
    return " ".join(text.split()).encode("utf-8", "replace").decode("utf-8")


def _mapped(path: Path) -> tuple[NDArray[Any], Floats | None]:
    """Rows and scale of a safetensors file, mapped: 8 bytes of header length, a JSON header, then the numbers."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        facts = json.loads(file.read(min(length, 1 << 20)))
    kinds = {"F16": "<f2", "I8": "i1", "F32": "<f4"}

    def array(name: str) -> NDArray[Any]:
        fact = facts[name]
        offset = 8 + length + fact["data_offsets"][0]
        # A plain array over the mapped pages: indexing a memmap is slower.
        return np.asarray(
            np.memmap(path, kinds[fact["dtype"]], mode="r", offset=offset, shape=tuple(fact["shape"]))
        )

    rows = array(ROWS_NAME)
    scale = array(SCALE_NAME) if SCALE_NAME in facts else None
    fits = (
        rows.dtype == np.float16 if scale is None else rows.dtype == np.int8 and scale.shape == rows.shape[:1]
    )
    if rows.ndim != 2 or not fits:
        raise ValueError(f"{ROWS_NAME} must be a matrix of float16, or of int8 with {SCALE_NAME}")
    return rows, scale


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
