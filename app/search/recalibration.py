"""The current generation once more, with a calibration fitted anew: nothing is read, cut or encoded again."""

import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app.errors import HandrailError
from app.search.encoder import Encoder
from app.search.generations import current, folder_of, refused_writing, writer_lock
from app.search.indexed import CALIBRATION_FILE, calibration_json
from app.search.manifest import MANIFEST_FILE, file_facts
from app.search.publishing import collect_garbage, new_staging, next_number, publish
from app.search.snapshot import Snapshot, load_parts, open_snapshot
from app.search.stored import to_bytes

Fit = Callable[[Snapshot], Mapping[str, Any]]

_log = logging.getLogger(__name__)


def recalibrate(index_dir: Path, encoder: Encoder, fit: Fit, now: datetime) -> str:
    """Publishes a generation that differs from the current one by its calibration only; its id.

    Raises `BuildRunning`, or `IndexRefused` (no whole generation by this encoder, or no room): nothing was published.
    """
    with writer_lock(index_dir):
        snapshot = open_snapshot(index_dir, encoder, current(index_dir))
        calibration = fit(snapshot)
        with refused_writing(index_dir):
            generation = _publish(index_dir, snapshot, calibration, now)
        try:
            collect_garbage(index_dir)
        except (OSError, HandrailError):  # the new generation is served; the next build sweeps again
            _log.warning("former generations in %s could not be removed", index_dir, exc_info=True)
    return generation


def _publish(index_dir: Path, snapshot: Snapshot, calibration: Mapping[str, Any], now: datetime) -> str:
    staging = new_staging(index_dir)
    try:
        shutil.copytree(folder_of(index_dir, snapshot.generation), staging, dirs_exist_ok=True)
        (staging / CALIBRATION_FILE).write_text(calibration_json(calibration), encoding="utf-8")
        manifest = replace(
            snapshot.manifest,
            number=next_number(index_dir),
            follows=snapshot.generation,
            created_at=now,
            changed_since_fit=0,
            files=file_facts(staging),
        )
        (staging / MANIFEST_FILE).write_bytes(to_bytes(manifest))
        load_parts(staging, manifest)  # as a server would, before anybody can
        publish(index_dir, staging, manifest.generation)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return manifest.generation
