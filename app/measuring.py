"""What the quality commands do, composed: measure the served generation, compare it, fit its confidence anew."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.errors import IndexRefused
from app.indexing import open_searcher
from app.now import clock_of
from app.search.encoder import open_encoder
from app.search.evaluation import evaluate
from app.search.fitting import calibrate
from app.search.generations import current, folder_of, names
from app.search.gold import read_questions
from app.search.manifest import GENERATION, read_manifest
from app.search.quality_baseline import Measured
from app.search.quality_report import Report
from app.search.recalibration import recalibrate
from app.search.searcher import Everything, Fixed, Searcher
from app.search.snapshot import Snapshot, open_snapshot
from app.settings import Settings

# Stands for the generation that was published before the current one.
BEFORE = "before"


def measure_quality(settings: Settings, split: str) -> Report:
    """The served generation on the gold questions of one split, with today's encoder and articles."""
    return evaluate(open_searcher(settings), read_questions(settings.questions_dir), split)


def measure_baseline(settings: Settings, split: str, baseline: str) -> Measured:
    """`baseline` is `before`, a generation, or a file that holds what `handrail evaluate --json` printed.

    `IndexRefused` when there is no such generation, or when this process's encoder cannot search it.
    """
    if baseline != BEFORE and not GENERATION.fullmatch(baseline):
        return Measured.read(Path(baseline))
    generation = _before(settings.index_dir) if baseline == BEFORE else baseline
    return Measured.of(_measure_as_built(settings, generation, split))


def fit_confidence(settings: Settings, *, dry_run: bool) -> tuple[Mapping[str, Any], str | None]:
    """The calibration of the served generation fitted anew, and the generation published with it (a dry run: none)."""
    now = clock_of(settings.clock_file)()
    encoder = open_encoder(settings.encoder)
    questions = read_questions(settings.questions_dir, "tuning")

    def fit(snapshot: Snapshot) -> Mapping[str, Any]:
        return calibrate(snapshot, encoder, questions, now.date())

    if dry_run:
        return fit(open_snapshot(settings.index_dir, encoder)), None
    generation = recalibrate(settings.index_dir, encoder, fit, now)
    return open_snapshot(settings.index_dir, encoder, generation).calibration, generation


def _before(index_dir: Path) -> str:
    served = current(index_dir)
    older = next((name for name in names(index_dir) if name < served), None)
    if older is None:
        raise IndexRefused(
            f"There is no generation before {served} to compare with; the first comparison is possible after the "
            "next build."
        )
    return older


def _measure_as_built(settings: Settings, generation: str, split: str) -> Report:
    """With all its articles, those too that have been withdrawn since."""
    encoder = open_encoder(settings.encoder)
    built_by, ours = read_manifest(folder_of(settings.index_dir, generation)).encoder, encoder.identity
    if built_by.differences(ours):
        raise IndexRefused(
            f"Generation {generation} was built with another encoder ({built_by.name!r}, weights "
            f"{built_by.weights_sha256[:8]}; here {ours.name!r}, {ours.weights_sha256[:8]}), so it cannot be searched "
            "here. Keep the figures of an encoder with `handrail evaluate --json > FILE` and compare with "
            "`--baseline FILE`."
        )
    clock = clock_of(settings.clock_file)
    snapshot = open_snapshot(settings.index_dir, encoder, generation)
    searcher = Searcher(Fixed(snapshot), encoder, Everything(), lambda: clock().date())
    return evaluate(searcher, read_questions(settings.questions_dir), split)
