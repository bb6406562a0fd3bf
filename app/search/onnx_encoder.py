"""A sentence-transformers model that comes with an ONNX export, run without torch. The only file that imports onnxruntime.

Opening takes a fraction of the time and memory that torch takes, and the vectors are the same up to rounding. Only what can be
read off the model's own files is run here: one transformer, pooled by mean or first token, perhaps normalised. For all else
`offers_onnx` says no, and `sentence_encoder.py` runs the model.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import SettingRefused
from app.search.encoder import EncoderIdentity, Floats, unit_rows
from app.search.model_files import TOKENIZER, file_sha256, first_line, prefixes, tree_sha256

EXPORT = "onnx/model.onnx"
TOKENIZER_FILE = "tokenizer.json"
POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
BATCH = 32
# What a tokenizer calls the length it knows no limit for.
NO_LIMIT = 1_000_000


def offers_onnx(folder: Path) -> bool:
    """Whether a model can be run here: it has an export, and its modules are ones that this file knows."""
    return (
        (folder / EXPORT).is_file() and (folder / TOKENIZER_FILE).is_file() and _pooling(folder) is not None
    )


class OnnxEncoder:
    """`spec` is what the setting says, `folder` where the model lies; `SettingRefused` when it cannot be opened."""

    def __init__(self, spec: str, folder: Path) -> None:
        self._spec = spec
        self._folder = folder
        self._pooling = _pooling(folder) or "mean"
        self._max_tokens = _max_tokens(folder)
        prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
        self._query_prefix, self._passage_prefix = prefixes(spec, prompts)
        try:
            self._tokenizer = _tokenizer(folder, self._max_tokens)
            self._session = open_session(folder / EXPORT)
        except Exception as error:  # both libraries raise kinds of their own
            raise SettingRefused(
                f"HANDRAIL_ENCODER names a model ({spec!r}) that cannot be loaded: {first_line(error)}"
            ) from error
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._dimension = int(self._pooled(["a"]).shape[1])

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Hashes over the export (with the files its weights may lie in beside it) and over all tokenizer files."""
        is_folder = Path(self._spec).is_dir()
        export = self._folder / EXPORT
        parts = [
            file_sha256(path) for path in sorted(export.parent.glob(f"{export.name}*")) if path.is_file()
        ]
        return EncoderIdentity(
            name=self._folder.name if is_folder else self._spec,
            kind="onnx",
            weights_sha256=hashlib.sha256("\n".join(parts).encode()).hexdigest(),
            tokenizer_sha256=tree_sha256(self._folder, TOKENIZER),
            dimension=self._dimension,
            pooling=self._pooling,
            query_prefix=self._query_prefix,
            passage_prefix=self._passage_prefix,
            # The hub's cache names a model's folder after its commit.
            revision=None if is_folder else self._folder.name,
            max_tokens=self._max_tokens,
        )

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), dimension), each text behind the query prefix."""
        return self._encode([self._query_prefix + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Unit rows (len(texts), dimension), each text behind the passage prefix."""
        return self._encode([self._passage_prefix + text for text in texts])

    def _encode(self, texts: list[str]) -> Floats:
        rows = np.zeros((len(texts), self._dimension), dtype=np.float32)
        # Texts of like length share a batch, so that few tokens are padding.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            clean = [texts[at].encode("utf-8", "replace").decode("utf-8") for at in chosen]
            rows[chosen] = self._pooled(clean)
        return unit_rows(rows)

    def _pooled(self, texts: list[str]) -> Floats:
        """One row a text as the model's own pooling makes it, (len(texts), dimension)."""
        encodings = self._tokenizer.encode_batch(texts)
        mask = np.array([one.attention_mask for one in encodings], dtype=np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encodings], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([one.type_ids for one in encodings], dtype=np.int64),
        }
        (states, *_) = self._session.run(None, {name: given[name] for name in given if name in self._inputs})
        if self._pooling == "cls":
            return np.asarray(states[:, 0], dtype=np.float32)
        counted = mask[:, :, None].astype(np.float32)
        means: NDArray[np.float32] = (states * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1e-9)
        return means.astype(np.float32)


def _pooling(folder: Path) -> str | None:
    """`mean` or `cls`, where one of these alone is what the model does after its transformer; else None."""
    kinds = {
        str(module.get("type", "")).rpartition(".")[2]: str(module.get("path", ""))
        for module in _list(folder / "modules.json")
    }
    if not {"Transformer", "Pooling"} <= kinds.keys() <= {"Transformer", "Pooling", "Normalize"}:
        return None
    stored = _json(folder / kinds["Pooling"] / "config.json")
    # Newer versions of the library write the mode's name.
    named = stored.get("pooling_mode")
    modes = [named] if isinstance(named, str) else [key for key, value in stored.items() if value is True]
    modes = [POOLINGS.get(mode, mode) for mode in modes if mode != "include_prompt"]
    return modes[0] if len(modes) == 1 and modes[0] in POOLINGS.values() else None


def _max_tokens(folder: Path) -> int | None:
    """The length beyond which the model's own settings cut a text; None where they name none."""
    lengths = [
        _json(folder / "sentence_bert_config.json").get("max_seq_length"),
        _json(folder / "tokenizer_config.json").get("model_max_length"),
    ]
    return next((one for one in lengths if isinstance(one, int) and 0 < one < NO_LIMIT), None)


def _tokenizer(folder: Path, max_tokens: int | None) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    if max_tokens:
        tokenizer.enable_truncation(max_tokens)
    pad = _json(folder / "tokenizer_config.json").get("pad_token", "[PAD]")
    pad = pad.get("content", "[PAD]") if isinstance(pad, dict) else pad
    # Whatever stands there is masked; it must only be a token that the model has.
    tokenizer.enable_padding(pad_id=tokenizer.token_to_id(pad) or 0, pad_token=pad)
    return tokenizer


def open_session(export: Path) -> Any:
    """A model file, ready to run on the processor; onnxruntime raises kinds of its own where it cannot read it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Threads that wait by spinning would take the server's processors between two questions.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(export), options, providers=["CPUExecutionProvider"])


def _json(path: Path) -> dict[str, Any]:
    stored = _stored(path)
    return stored if isinstance(stored, dict) else {}


def _list(path: Path) -> list[dict[str, Any]]:
    stored = _stored(path)
    return [one for one in stored if isinstance(one, dict)] if isinstance(stored, list) else []


def _stored(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not every model has every file
        return None
