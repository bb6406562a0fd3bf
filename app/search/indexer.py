"""Articles to a new generation of the index: read, encode what is new, check, and publish in one step.

Until the pointer is replaced nothing that readers see has changed, so a build may be killed at any moment (P3).
"""

import logging
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import HandrailError, IndexRefused
from app.search.build_report import BuildReport, compare
from app.search.draft import Draft, Progress, content_digest, read_draft
from app.search.encoder import Encoder, Floats, TokenVectors
from app.search.generations import current, folder_of, refused_writing, writer_lock
from app.search.indexed import Parts
from app.search.manifest import (
    FORMAT,
    MANIFEST_FILE,
    Manifest,
    Probes,
    file_facts,
    read_manifest,
    read_verified,
)
from app.search.publishing import collect_garbage, new_staging, next_number, publish
from app.search.snapshot import Snapshot, load_parts
from app.search.stored import to_bytes
from app.search.token_matching import TokenIndex, read_tokens
from app.search.vectors import VectorIndex

ENCODE_BATCH = 256
# How far a vector's length may be from 1.
LENGTH_TOLERANCE = 1e-3

Calibrate = Callable[[Snapshot], Mapping[str, Any]]

_log = logging.getLogger(__name__)


def build(  # noqa: PLR0913  # one argument for each option of the command, all but three by name
    content_dir: Path,
    index_dir: Path,
    encoder: Encoder,
    *,
    now: datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
    calibrate: Calibrate | None = None,
) -> BuildReport:
    """Builds a new generation from the published articles and makes it the current one.

    Vectors of texts that the generation before has encoded with the same encoder are taken from it. `calibrate` gets
    the finished but unpublished snapshot; the JSON object it returns is stored with it. A dry run writes nothing.

    Raises `ContentRefused` (every fault), `BuildRunning`, or `IndexRefused` (nothing was published).
    """
    started = time.perf_counter()
    tell = progress or _silent
    with nullcontext() if dry_run else writer_lock(index_dir):
        draft = read_draft(content_dir, tell)
        previous = _previous(index_dir)
        reuse = _Reuse.of(draft, previous, encoder)
        generation = None
        if not dry_run:
            parts = Parts(
                draft.articles,
                draft.passages,
                reuse.vectors(encoder, tell),
                draft.lexical(tell),
                _tokens(draft, encoder, tell),
                calibration={},
            )
            manifest = _manifest(parts, index_dir, encoder, draft.content_digest, now)
            generation = _write(
                index_dir, _calibrated(parts, manifest, calibrate, tell), manifest, encoder, tell
            )
    return BuildReport(
        generation=generation,
        articles=len(draft.articles),
        passages=len(draft.passages),
        encoded=len(reuse.missing),
        reused=len(draft.passages) - len(reuse.missing),
        seconds=time.perf_counter() - started,
        changes=compare(previous.passages if previous else (), [one.passage for one in draft.passages]),
    )


def why_build(content_dir: Path, index_dir: Path, encoder: Encoder) -> str | None:
    """Why the current generation will not do, in a sentence; None when it fits the articles and the encoder.

    Reads the manifest and the article files only; a damaged file of the index is found when it is opened.
    """
    try:
        manifest = read_manifest(folder_of(index_dir))
        manifest.refuse_other(encoder)
    except IndexRefused as refusal:
        return refusal.detail
    if manifest.format != FORMAT:
        return "The index was built by another version of Handrail."
    if manifest.content_digest != content_digest(content_dir):
        return "The articles have changed since the index was built."
    return None


@dataclass(frozen=True, slots=True)
class _Reuse:
    """Which texts have to be encoded (`missing`, by hash), and the vectors of the others (`known`)."""

    hashes: tuple[str, ...]
    missing: Mapping[str, str]
    known: Mapping[str, Floats]

    @classmethod
    def of(cls, draft: Draft, previous: Snapshot | None, encoder: Encoder) -> "_Reuse":
        known: dict[str, Floats] = {}
        if previous is not None and _is_by(previous, encoder):
            known = dict(zip(previous.encoded_sha256, previous.vectors.vectors(), strict=True))
        hashes = tuple(one.encoded_sha256 for one in draft.passages)
        texts = dict(zip(hashes, draft.texts, strict=True))
        return cls(hashes, {key: text for key, text in texts.items() if key not in known}, known)

    def vectors(self, encoder: Encoder, tell: Progress) -> VectorIndex:
        found = dict(self.known)
        keys, texts = list(self.missing), list(self.missing.values())
        for start in range(0, len(keys), ENCODE_BATCH):
            tell("encoding passages", start, len(keys))
            rows = encoder.encode_passages(texts[start : start + ENCODE_BATCH])
            found.update(zip(keys[start : start + ENCODE_BATCH], rows, strict=True))
        tell("encoding passages", len(keys), len(keys))
        dimension = encoder.identity.dimension
        rows = np.array([found[key] for key in self.hashes], dtype=np.float32).reshape(-1, dimension)
        lengths = np.linalg.norm(rows, axis=1)
        # Written so that a NaN counts as wrong.
        if not ((np.abs(lengths - 1) <= LENGTH_TOLERANCE) | (lengths == 0)).all():
            raise IndexRefused("The encoder gave vectors that are not of length 1. Nothing was published.")
        return VectorIndex.build(rows)


def _tokens(draft: Draft, encoder: Encoder, tell: Progress) -> TokenIndex | None:
    if not isinstance(encoder, TokenVectors):
        return None
    tell("reading tokens", 0, 0)
    return TokenIndex.of(read_tokens(encoder, draft.texts), read_tokens(encoder, draft.headings))


def _previous(index_dir: Path) -> Snapshot | None:
    """The current generation, whoever encoded it; None when there is none that is whole."""
    try:
        folder = folder_of(index_dir)
        return load_parts(folder, read_verified(folder))
    except IndexRefused:
        return None


def _is_by(previous: Snapshot, encoder: Encoder) -> bool:
    try:
        previous.manifest.refuse_other(encoder)
    except IndexRefused:
        return False
    return True


def _manifest(parts: Parts, index_dir: Path, encoder: Encoder, digest: str, now: datetime) -> Manifest:
    """The manifest as far as it is known before there are files."""
    return Manifest(
        format=FORMAT,
        number=next_number(index_dir),
        follows=_served(index_dir),
        created_at=now,
        encoder=encoder.identity,
        probes=Probes.of(encoder),
        content_digest=digest,
        counts={"articles": len(parts.articles), "passages": len(parts.passages)},
        files={},
    )


def _served(index_dir: Path) -> str | None:
    try:
        return current(index_dir)
    except IndexRefused:
        return None


def _calibrated(parts: Parts, manifest: Manifest, calibrate: Calibrate | None, tell: Progress) -> Parts:
    if calibrate is None:
        return parts
    tell("calibrating", 0, 0)
    return replace(parts, calibration=calibrate(Snapshot.of(parts, manifest)))


def _write(index_dir: Path, parts: Parts, manifest: Manifest, encoder: Encoder, tell: Progress) -> str:
    """Files, checks, publication; the id. Whatever fails, the former generation stays current."""
    with refused_writing(index_dir):
        staging = new_staging(index_dir)
        try:
            tell("writing", 0, 0)
            parts.save(staging)
            manifest = replace(manifest, files=file_facts(staging))
            (staging / MANIFEST_FILE).write_bytes(to_bytes(manifest))
            tell("checking", 0, 0)
            _check(staging, manifest, encoder, parts.vectors.vectors())
            tell("publishing", 0, 0)
            publish(index_dir, staging, manifest.generation)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    try:
        collect_garbage(index_dir)
    except (OSError, HandrailError):  # the new generation is served; the next build sweeps again
        _log.warning("former generations in %s could not be removed", index_dir, exc_info=True)
    return manifest.generation


def _check(staging: Path, manifest: Manifest, encoder: Encoder, vectors: Floats) -> None:
    """Reads back what was written, as a server would, before anybody can: counts, dimension, numbers, probes."""
    written = load_parts(staging, manifest)
    manifest.refuse_other(encoder)
    if not np.array_equal(written.vectors.vectors(), vectors):
        raise IndexRefused("The vectors on the disk are not those that were built. Nothing was published.")


def _silent(step: str, done: int, total: int) -> None:
    """Nobody watches."""
