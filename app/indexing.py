"""What works on the index alone, composed: build it, open a searcher over it. Imports nothing of the web application, which
takes longer to import than one edited article to build."""

from collections.abc import Callable, Mapping
from typing import Any

from app.articles.library import LivePublication
from app.now import clock_of
from app.search.build_report import BuildReport
from app.search.encoder import Encoder, open_encoder
from app.search.fitting import calibrate, shipped, still_holds
from app.search.gold import read_questions
from app.search.indexer import build
from app.search.searcher import Fixed, Searcher
from app.search.snapshot import Snapshot, open_snapshot
from app.settings import Settings

Progress = Callable[[str, int, int], None]


def build_index(
    settings: Settings,
    encoder: Encoder,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Build and publish a generation. Weights and confidence are fitted on the gold questions, if there are any, when these,
    the costs or more than a few passages have changed; the shipped ones serve for the sample articles as they are shipped."""
    now = clock_of(settings.clock_file)()
    questions = read_questions(settings.questions_dir, "tuning")

    def fit(snapshot: Snapshot) -> Mapping[str, Any]:
        return shipped(snapshot, encoder, questions) or calibrate(snapshot, encoder, questions, now.date())

    def keeps(stored: Mapping[str, Any], changed: float) -> bool:
        return still_holds(stored, questions, changed)

    return build(
        settings.content_dir,
        settings.index_dir,
        encoder,
        now=now,
        dry_run=dry_run,
        progress=progress,
        calibrate=fit,
        keeps=keeps,
    )


def open_searcher(settings: Settings) -> Searcher:
    """A searcher over the served generation, as the server has it."""
    encoder = open_encoder(settings.encoder)
    snapshot = open_snapshot(settings.index_dir, encoder)
    clock = clock_of(settings.clock_file)
    return Searcher(Fixed(snapshot), encoder, LivePublication(settings.content_dir), lambda: clock().date())
