"""`handrail calibrate`: the served generation with a new curve, and nothing else (issue 3, section 3)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import BuildRunning, IndexRefused
from app.search.generations import current, rollback, verify, writer_lock
from app.search.indexer import build, why_build
from app.search.recalibration import recalibrate
from app.search.snapshot import Snapshot, open_snapshot
from tests.search.counting_encoder import CountingEncoder
from tests.search.small_content import write_content

NOW = datetime(2026, 11, 25, 15, 5, tzinfo=UTC)
LATER = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_content(tmp_path / "content")


@pytest.fixture
def index(tmp_path: Path, content: Path, encoder: CountingEncoder) -> Path:
    build(content, tmp_path / "index", encoder, now=NOW, calibrate=_counts)
    return tmp_path / "index"


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


def _counts(snapshot: Snapshot) -> dict[str, object]:
    return {"fitted on": len(snapshot.passages)}


def test_a_new_generation_differs_by_its_calibration_only(
    content: Path, index: Path, encoder: CountingEncoder
) -> None:
    before = open_snapshot(index, encoder)
    (content / "en/billing/refund-0.md").unlink()  # not read: calibrating is no build
    generation = recalibrate(index, encoder, lambda snapshot: {"anew": len(snapshot.passages)}, LATER)
    after = open_snapshot(index, encoder)
    assert generation == after.generation == current(index) == verify(index)
    assert after.calibration == {"anew": len(before.passages)}
    assert (after.articles, after.passages) == (before.articles, before.passages)
    same = {name for name in before.manifest.files if name != "calibration.json"}
    assert {name: after.manifest.files[name] for name in same} == {
        name: before.manifest.files[name] for name in same
    }
    assert after.manifest.created_at == LATER
    assert after.manifest.number == before.manifest.number + 1


def test_the_index_stays_up_to_date_with_its_articles_and_can_go_back(
    content: Path, index: Path, encoder: CountingEncoder
) -> None:
    before = current(index)
    recalibrate(index, encoder, _counts, LATER)
    assert why_build(content, index, encoder) is None
    assert rollback(index) == before


def test_only_so_many_generations_are_kept(index: Path, encoder: CountingEncoder) -> None:
    for _ in range(4):
        recalibrate(index, encoder, _counts, LATER)
    assert len(list((index / "generations").iterdir())) == 3


def test_a_curve_that_cannot_be_fitted_changes_nothing(index: Path, encoder: CountingEncoder) -> None:
    before = current(index)

    def fail(_: Snapshot) -> dict[str, object]:
        raise IndexRefused("no curve")

    with pytest.raises(IndexRefused):
        recalibrate(index, encoder, fail, LATER)
    assert current(index) == before
    assert len(list((index / "generations").iterdir())) == 1


def test_it_waits_for_no_other_build(index: Path, encoder: CountingEncoder) -> None:
    with writer_lock(index), pytest.raises(BuildRunning):
        recalibrate(index, encoder, _counts, LATER)


def test_without_an_index_there_is_nothing_to_calibrate(tmp_path: Path, encoder: CountingEncoder) -> None:
    with pytest.raises(IndexRefused, match="Build it"):
        recalibrate(tmp_path / "none", encoder, _counts, LATER)
