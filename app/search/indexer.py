"""Articles to a new generation of the index: read, encode what is new, check, and publish in one step.

Until the pointer is replaced nothing that readers see has changed, so a build may be killed at any moment (P3).
"""

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import HandrailError, IndexRefused
from app.search.build_report import ArticleChange, BuildReport, compare
from app.search.draft import Draft, Progress, content_digest, read_draft, recipe
from app.search.encoder import Encoder, Floats
from app.search.families import article_means
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
from app.search.reuse import Reuse
from app.search.snapshot import Snapshot, load_parts
from app.search.stored import to_bytes

Calibrate = Callable[[Snapshot], Mapping[str, Any]]
# Whether a stored calibration may be kept when this share of the passages has changed since it was fitted.
Keeps = Callable[[Mapping[str, Any], float], bool]

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
    keeps: Keeps | None = None,
) -> BuildReport:
    """Builds a new generation from the published articles and makes it the current one.

    Pages, passages and vectors of unchanged articles are taken from the generation before, if the same code and the same
    encoder made them. `calibrate` gets the finished but unpublished snapshot; the JSON object it returns is stored with
    it. `keeps` may say that the calibration before still does. A dry run writes nothing.

    Raises `ContentRefused` (every fault), `BuildRunning`, or `IndexRefused` (nothing was published).
    """
    started = time.perf_counter()
    tell = progress or _silent
    with nullcontext() if dry_run else writer_lock(index_dir):
        previous = _previous(index_dir)
        draft = read_draft(content_dir, tell, previous)
        reuse = Reuse.of(draft, previous, encoder)
        changes = _changes(draft, previous)
        kept = _kept_calibration(reuse, changes, keeps)
        generation = None
        if not dry_run:
            vectors = reuse.vectors(encoder, tell)
            parts = Parts(
                draft.articles,
                draft.pages,
                draft.passages,
                draft.encoded,
                draft.starts,
                vectors,
                article_means(vectors, draft.starts),
                draft.lexical(tell),
                reuse.tokens(encoder, tell),
                draft.glossary,
                calibration=kept.calibration if kept else {},
            )
            manifest = _manifest(parts, index_dir, encoder, draft, now)
            if kept:
                manifest = replace(manifest, changed_since_fit=kept.changed)
            else:
                parts = _calibrated(parts, manifest, calibrate, tell)
            generation = _write(index_dir, parts, manifest, encoder, tell)
    return BuildReport(
        generation=generation,
        articles=len(draft.articles),
        passages=len(draft.passages),
        encoded=len(reuse.missing),
        reused=len(draft.passages) - len(reuse.missing),
        is_calibration_kept=kept is not None,
        seconds=time.perf_counter() - started,
        changes=changes,
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
class _Kept:
    """The calibration of the generation before, and how many passages have changed since it was fitted."""

    calibration: Mapping[str, Any]
    changed: int


def _kept_calibration(reuse: Reuse, changes: Sequence[ArticleChange], keeps: Keeps | None) -> _Kept | None:
    previous = reuse.previous
    if previous is None or keeps is None:
        return None
    changed = previous.manifest.changed_since_fit + sum(
        one.added + one.changed + one.removed for one in changes
    )
    share = changed / max(1, len(previous.passages))
    return _Kept(previous.calibration, changed) if keeps(previous.calibration, share) else None


def _changes(draft: Draft, previous: Snapshot | None) -> tuple[ArticleChange, ...]:
    """What has changed since the generation before; articles that were taken over whole are not read."""
    if previous is None:
        return compare((), draft.passages)
    kept = draft.kept.rows if draft.kept else np.empty(0, dtype=np.int64)
    gone = np.setdiff1d(np.arange(len(previous.passages)), kept).tolist()
    return compare([previous.passages[row] for row in gone], [draft.passages[row] for row in draft.new_rows])


def _previous(index_dir: Path) -> Snapshot | None:
    """The current generation, whoever encoded it; None when there is none that is whole."""
    try:
        folder = folder_of(index_dir)
        return load_parts(folder, read_verified(folder))
    except IndexRefused:
        return None


def _manifest(parts: Parts, index_dir: Path, encoder: Encoder, draft: Draft, now: datetime) -> Manifest:
    """The manifest as far as it is known before there are files."""
    return Manifest(
        format=FORMAT,
        number=next_number(index_dir),
        follows=_served(index_dir),
        created_at=now,
        encoder=encoder.identity,
        probes=Probes.of(encoder),
        content_digest=draft.content_digest,
        recipe=recipe(),
        changed_since_fit=0,
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
