"""Any sentence-transformers model, by name or folder. The only file that speaks sentence_transformers (and torch).

Nothing heavy is imported before an encoder of this kind is opened. A model that lies on the disk is never asked for
over the network.
"""

import re
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import SettingRefused
from app.search.encoder import EncoderIdentity, Floats, unit_rows
from app.search.model_files import TOKENIZER, first_line, prefixes, tree_sha256

_WEIGHTS = re.compile(r".*\.(safetensors|bin)")
BATCH = 32


class SentenceEncoder:
    """`spec` is the name of a model on the hub, or the folder of one; `SettingRefused` when it cannot be opened."""

    def __init__(self, spec: str, folder: Path) -> None:
        self._spec = spec
        self._folder = folder
        self._model = _load(spec, self._folder)
        self._query_prefix, self._passage_prefix = prefixes(spec, self._model.prompts or {})
        # Hugging Face tokenizers refuse to be borrowed by two threads at once.
        self._lock = threading.Lock()

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Hashes over all weight and all tokenizer files of the model's folder."""
        is_folder = Path(self._spec).is_dir()
        return EncoderIdentity(
            name=self._folder.name if is_folder else self._spec,
            kind="sentence-transformers",
            weights_sha256=tree_sha256(self._folder, _WEIGHTS),
            tokenizer_sha256=tree_sha256(self._folder, TOKENIZER),
            dimension=int(self._model.get_embedding_dimension()),
            pooling=_pooling(self._model),
            query_prefix=self._query_prefix,
            passage_prefix=self._passage_prefix,
            # The hub's cache names a model's folder after its commit.
            revision=None if is_folder else self._folder.name,
            max_tokens=self._model.max_seq_length,
        )

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), dimension), each text behind the query prefix."""
        return self._encode([self._query_prefix + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), dimension), each text behind the passage prefix."""
        return self._encode([self._passage_prefix + text for text in texts])

    def _encode(self, texts: list[str]) -> Floats:
        if not texts:
            return np.zeros((0, self.identity.dimension), dtype=np.float32)
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        with self._lock:
            # prompt="" keeps the model from adding its own prompt to ours.
            rows = self._model.encode(clean, prompt="", batch_size=BATCH, show_progress_bar=False)
        return unit_rows(np.array(rows, dtype=np.float32))


def _load(spec: str, folder: Path) -> Any:
    try:
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except Exception as error:  # torch, transformers and safetensors each have their own
        raise SettingRefused(
            f"HANDRAIL_ENCODER names a model ({spec!r}) that cannot be loaded: {first_line(error)}"
        ) from error


def _pooling(model: Any) -> str:
    modes = [getattr(module, "pooling_mode", None) for module in model]
    named = ["+".join(mode) if isinstance(mode, list | tuple) else str(mode) for mode in modes if mode]
    return ",".join(named) or "none"
