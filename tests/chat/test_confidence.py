"""Confidence: the snapshot's own curve decides, the shipped one where it has none."""

import pytest

from app.chat.confidence import Confidence, assess
from app.search.calibration import stored_default
from app.search.costs import read_costs
from app.search.encoder import open_encoder
from app.search.hit import Results
from app.search.query import Query
from app.search.searcher import Searcher
from tests.search.repair_pages import PAGES
from tests.search.small_snapshot import TODAY, Fixed, Published, snapshot_of

ENCODER = open_encoder("bundled")


def _results(text: str) -> Results:
    searcher = Searcher(Fixed(snapshot_of(PAGES, ENCODER)), ENCODER, Published(), lambda: TODAY)
    return searcher.search(Query(text, "en"))


@pytest.mark.parametrize(
    ("text", "band"),
    [("How do I fix a dripping tap?", "high"), ("asdf qwer zxcv", "low"), ("hello", "low"), ("?", "low")],
)
def test_bands_follow_from_what_was_found(text: str, band: str) -> None:
    """R0.3: low confidence goes to a person."""
    confidence = assess(_results(text), {})
    assert confidence.band == band
    assert 0 <= confidence.probability <= 1


def test_the_snapshots_own_calibration_is_used() -> None:
    """The numbers lie in the snapshot: edited costs change the band and leave the chance as it is."""
    results = _results("How do I fix a dripping tap?")
    stored = stored_default(read_costs())
    sure = assess(results, stored)
    assert sure == assess(results, {})
    dear = {"unanswerable": 1e9, "other_article": 1e9}
    stored["costs"] = {"expected_unanswerable": 0.14, "plain": dear, "hedged": dear}
    assert assess(results, stored) == Confidence(sure.probability, "low")


def test_no_hit_no_confidence() -> None:
    assert assess(_results("😀"), {}) == Confidence(0.0, "low")
