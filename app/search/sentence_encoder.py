"""Any sentence-transformers model, by name or folder. The only file that speaks sentence_transformers (and torch).

Nothing heavy is imported before an encoder of this kind is opened. A model that lies on the disk is never asked for
over the network.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import SettingRefused
from app.search.encoder import EncoderIdentity, Floats, unit_rows

_WEIGHTS = re.compile(r".*\.(safetensors|bin)")
_TOKENIZER = re.compile(r"tokenizer.*\.json|special_tokens_map\.json|vocab\.(txt|json)|merges\.txt|.*\.model")
_E5 = re.compile(r"(^|[-_/])e5[-_]", re.IGNORECASE)
_E5_TASK = "Instruct: Given a question, find the help passage that answers it\nQuery: "
BATCH = 32


class SentenceEncoder:
    """`spec` is the name of a model on the hub, or the folder of one; `SettingRefused` when it cannot be opened."""

    def __init__(self, spec: str) -> None:
        self._spec = spec
        self._folder = _model_folder(spec)
        self._model = _load(spec, self._folder)
        self._query_prefix, self._passage_prefix = _prefixes(spec, self._model.prompts or {})
        # Hugging Face tokenizers refuse to be borrowed by two threads at once.
        self._lock = threading.Lock()

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Hashes over all weight and all tokenizer files of the model's folder."""
        is_folder = Path(self._spec).is_dir()
        return EncoderIdentity(
            name=self._folder.name if is_folder else self._spec,
            kind="sentence-transformers",
            weights_sha256=_tree_sha256(self._folder, _WEIGHTS),
            tokenizer_sha256=_tree_sha256(self._folder, _TOKENIZER),
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


def _model_folder(spec: str) -> Path:
    if Path(spec).is_dir():
        return Path(spec).resolve()
    if spec.startswith((".", "/", "~")):
        raise SettingRefused(f"HANDRAIL_ENCODER names a folder that does not exist: {spec}.")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(spec, local_files_only=True))
    except Exception:  # not here yet: the library has a dozen ways to say so
        return _downloaded(spec)


def _downloaded(spec: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(spec))
    except Exception as error:
        raise SettingRefused(
            f"HANDRAIL_ENCODER names a model ({spec!r}) that is neither on this machine nor to be had from the hub: "
            f"{_first_line(error)}"
        ) from error


def _load(spec: str, folder: Path) -> Any:
    try:
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except Exception as error:  # torch, transformers and safetensors each have their own
        raise SettingRefused(
            f"HANDRAIL_ENCODER names a model ({spec!r}) that cannot be loaded: {_first_line(error)}"
        ) from error


def _prefixes(spec: str, prompts: dict[str, str]) -> tuple[str, str]:
    """What the model says itself, else what the authors of the e5 family prescribe, else nothing."""
    query = prompts.get("query") or ""
    passage = prompts.get("passage") or prompts.get("document") or ""
    if query or passage or not _E5.search(f"{Path(spec).parent.name}/{Path(spec).name}-"):
        return query, passage
    return (_E5_TASK, "") if "instruct" in spec.lower() else ("query: ", "passage: ")


def _pooling(model: Any) -> str:
    modes = [getattr(module, "pooling_mode", None) for module in model]
    named = ["+".join(mode) if isinstance(mode, list | tuple) else str(mode) for mode in modes if mode]
    return ",".join(named) or "none"


def _tree_sha256(folder: Path, pattern: re.Pattern[str]) -> str:
    """One hash over the names and contents of all files of a model whose name fits."""
    files = sorted(path for path in _files(folder) if pattern.fullmatch(path.name))
    listed = {path.relative_to(folder).as_posix(): _file_sha256(path) for path in files}
    return hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()


def _files(folder: Path) -> Iterable[Path]:
    # Exports of the same weights for other engines are not what is run here.
    return (
        path for path in folder.rglob("*") if path.is_file() and not {"onnx", "openvino"} & set(path.parts)
    )


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
