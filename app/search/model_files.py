"""A model as the sentence-transformers library lays it down on the disk: where it is, what its files hash to, its prefixes.

Nothing heavy is imported here. A model that lies on the disk is never asked for over the network.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.errors import SettingRefused

TOKENIZER = re.compile(r"tokenizer.*\.json|special_tokens_map\.json|vocab\.(txt|json)|merges\.txt|.*\.model")
_E5 = re.compile(r"(^|[-_/])e5[-_]", re.IGNORECASE)
_E5_TASK = "Instruct: Given a question, find the help passage that answers it\nQuery: "


def model_folder(spec: str) -> Path:
    """Where the model lies on this machine; fetched from the hub if it does not. `SettingRefused` when it cannot be had."""
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
            f"{first_line(error)}"
        ) from error


def prefixes(spec: str, prompts: Mapping[str, str]) -> tuple[str, str]:
    """What the model says itself, else what the authors of the e5 family prescribe, else nothing."""
    query = prompts.get("query") or ""
    passage = prompts.get("passage") or prompts.get("document") or ""
    if query or passage or not _E5.search(f"{Path(spec).parent.name}/{Path(spec).name}-"):
        return query, passage
    return (_E5_TASK, "") if "instruct" in spec.lower() else ("query: ", "passage: ")


def tree_sha256(folder: Path, pattern: re.Pattern[str]) -> str:
    """One hash over the names and contents of all files of a model whose name fits."""
    files = sorted(path for path in _files(folder) if pattern.fullmatch(path.name))
    listed = {path.relative_to(folder).as_posix(): file_sha256(path) for path in files}
    return hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()


def _files(folder: Path) -> Iterable[Path]:
    # Exports of the same weights for other engines are not what is run here.
    return (
        path
        for path in folder.rglob("*")
        if path.is_file() and not {"onnx", "openvino"} & set(path.relative_to(folder).parts)
    )


def file_sha256(path: Path) -> str:
    """The sha256 of one file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_line(error: Exception) -> str:
    """What an error says first, or its kind when it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
