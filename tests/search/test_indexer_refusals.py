"""What stops a build, and that a stopped build changes nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.errors import ContentRefused, IndexRefused
from app.search.encoder import Floats
from app.search.generations import current
from app.search.indexer import build
from tests.search.counting_encoder import CountingEncoder
from tests.search.small_content import write_article, write_content

NOW = datetime(2026, 11, 25, 15, 5, tzinfo=UTC)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_content(tmp_path / "content")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("dry_run", [False, True])
def test_faults_are_all_listed_and_nothing_is_built(
    content: Path, index: Path, encoder: CountingEncoder, dry_run: bool
) -> None:
    """Promises §4: the build fails naming file and line; the old index serves."""
    build(content, index, encoder, now=NOW)
    before = _files(index)
    write_article(content, "en/billing/bad", front="review_by: never\n")
    write_article(content, "en/billing/worse", front="unheard_of: 1\n")
    with pytest.raises(ContentRefused) as refused:
        build(content, index, encoder, now=NOW, dry_run=dry_run)
    assert {fault.path for fault in refused.value.faults} == {"en/billing/bad.md", "en/billing/worse.md"}
    assert all(fault.line == 4 for fault in refused.value.faults)
    assert _files(index) == before


def test_a_failed_calibration_publishes_nothing(content: Path, index: Path, encoder: CountingEncoder) -> None:
    build(content, index, encoder, now=NOW)
    before = _files(index)
    for result in ({"nan": float("nan")}, {"set": object()}):
        with pytest.raises((ValueError, TypeError)):
            build(content, index, encoder, now=NOW, calibrate=lambda _, given=result: given)
    assert _files(index) == before


class _Broken(CountingEncoder):
    """Gives rows that are not of length 1, or no numbers at all."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = np.float32(factor)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        return super().encode_passages(texts) * self._factor


@pytest.mark.parametrize("factor", [2.0, 0.5, float("nan"), float("inf")])
def test_vectors_that_are_not_unit_are_refused(content: Path, index: Path, factor: float) -> None:
    """Checks before publication: finite, of length 1."""
    with np.errstate(all="ignore"), pytest.raises(IndexRefused, match="length 1"):
        build(content, index, _Broken(factor), now=NOW)
    with pytest.raises(IndexRefused, match="no index"):
        current(index)
