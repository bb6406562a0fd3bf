"""Building: what is encoded, what is reported, what is refused, and that a refusal changes nothing."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import BuildRunning, IndexRefused
from app.search.build_report import ArticleChange
from app.search.generations import current, verify, writer_lock
from app.search.indexer import build, why_build
from app.search.snapshot import Snapshot, open_snapshot
from tests.search.counting_encoder import CountingEncoder
from tests.search.small_content import SECTIONS, write_article, write_content

NOW = datetime(2026, 11, 25, 15, 5, tzinfo=UTC)
PASSAGES = 4  # of one article: its opening and three sections


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


def test_a_build_can_be_searched_at_once(content: Path, index: Path, encoder: CountingEncoder) -> None:
    """R0.1: articles in, a current generation out, and the right passage on top."""
    report = build(content, index, encoder, now=NOW)
    snapshot = open_snapshot(index, encoder)
    assert snapshot.generation == report.generation == current(index) == verify(index)
    assert (
        (report.articles, report.passages)
        == (4, 4 * PASSAGES)
        == (len(snapshot.articles), len(snapshot.passages))
    )
    assert snapshot.manifest.created_at == NOW
    question = encoder.encode_queries(["About refund-2: whom can you ask?"])[0]
    rows, _ = snapshot.vectors.search(question, 1)
    hit = snapshot.passages[rows[0]]
    assert (hit.family, hit.heading) == ("billing/refund-2", "Whom can you ask?")


def test_only_published_articles_are_indexed(content: Path, index: Path, encoder: CountingEncoder) -> None:
    """P6: drafts and archived articles are not even in the index."""
    for status in ("draft", "archived"):
        write_article(content, f"en/billing/hidden-{status}", front=f"status: {status}\n")
    report = build(content, index, encoder, now=NOW)
    assert report.articles == 4
    assert not any("hidden" in text for text in encoder.encoded)


def test_unchanged_text_is_never_encoded_again(content: Path, index: Path, encoder: CountingEncoder) -> None:
    """The second build asks the encoder for nothing, the third for the one passage that changed."""
    build(content, index, encoder, now=NOW)
    assert len(encoder.encoded) == 4 * PASSAGES
    encoder.encoded.clear()
    report = build(content, index, encoder, now=NOW)
    assert encoder.encoded == []
    assert (report.encoded, report.reused, report.changes) == (0, 4 * PASSAGES, ())

    path = content / "en/billing/refund-1.md"
    path.write_text(path.read_text("utf-8").replace("whom can you ask?", "nobody at all."), "utf-8")
    report = build(content, index, encoder, now=NOW)
    assert len(encoder.encoded) == report.encoded == 1
    assert "nobody at all" in encoder.encoded[0]
    assert report.changes == (ArticleChange("en", "billing/refund-1", added=0, changed=1, removed=0),)
    assert "nobody at all" in " ".join(p.text for p in open_snapshot(index, encoder).passages)


def test_reused_vectors_are_those_of_a_fresh_build(content: Path, index: Path, tmp_path: Path) -> None:
    """Incremental or from nothing: the same articles give the same vectors in the same rows."""
    encoder = CountingEncoder()
    build(content, index, encoder, now=NOW)
    write_article(content, "en/billing/a-new-one-in-front")
    (content / "en/billing/refund-1.md").unlink()
    build(content, index, encoder, now=NOW)
    build(content, tmp_path / "fresh", encoder, now=NOW)
    one, other = open_snapshot(index, encoder), open_snapshot(tmp_path / "fresh", encoder)
    assert one.passages == other.passages
    assert np.array_equal(one.vectors.vectors(), other.vectors.vectors())


def test_a_moved_article_keeps_its_vectors(content: Path, index: Path, encoder: CountingEncoder) -> None:
    build(content, index, encoder, now=NOW)
    encoder.encoded.clear()
    (content / "en/payments").mkdir()
    (content / "en/billing/refund-1.md").rename(content / "en/payments/refund-1.md")
    report = build(content, index, encoder, now=NOW)
    assert encoder.encoded == []
    assert (report.added, report.removed) == (PASSAGES, PASSAGES)


def test_equal_texts_are_encoded_once(content: Path, index: Path, encoder: CountingEncoder) -> None:
    (content / "en/payments").mkdir()
    (content / "en/payments/copy.md").write_bytes((content / "en/billing/refund-1.md").read_bytes())
    report = build(content, index, encoder, now=NOW)
    assert report.passages == 5 * PASSAGES
    assert len(encoder.encoded) == len(set(encoder.encoded)) == report.encoded == 4 * PASSAGES


def test_another_encoder_encodes_everything_anew(
    content: Path, index: Path, encoder: CountingEncoder
) -> None:
    """P5: vectors of another encoder are never reused, though they have the same width."""
    build(content, index, encoder, now=NOW)
    other = CountingEncoder("hash:64:other")
    report = build(content, index, other, now=NOW)
    assert len(other.encoded) == report.encoded == 4 * PASSAGES
    assert report.changes == ()
    assert open_snapshot(index, other).manifest.encoder == other.identity


def test_nothing_is_taken_from_a_damaged_generation(
    content: Path, index: Path, encoder: CountingEncoder
) -> None:
    """P4: a build repairs what is broken instead of copying it."""
    first = build(content, index, encoder, now=NOW)
    vectors = index / "generations" / str(first.generation) / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"\x55")
    encoder.encoded.clear()
    assert build(content, index, encoder, now=NOW).encoded == 4 * PASSAGES
    verify(index)


def test_a_large_index_is_rebuilt_fast_after_a_small_change(tmp_path: Path, index: Path) -> None:
    """One changed article of 100: a small part of the time, with an encoder as slow as a real one."""
    content = write_content(tmp_path / "content", articles=100)
    encoder = CountingEncoder(seconds_a_text=0.005)
    full = build(content, index, encoder, now=NOW)
    write_article(content, "en/billing/refund-50", words="changed")
    again = build(content, index, encoder, now=NOW)
    assert again.encoded == again.changed == PASSAGES
    assert again.seconds < full.seconds / 2


def test_a_dry_run_tells_all_and_writes_nothing(content: Path, index: Path, encoder: CountingEncoder) -> None:
    """Passages added, changed and removed, per article; the folder is not even created."""
    report = build(content, index, encoder, now=NOW, dry_run=True)
    assert not index.exists()
    assert encoder.encoded == []
    assert (report.generation, report.added, report.encoded) == (None, 4 * PASSAGES, 4 * PASSAGES)

    build(content, index, encoder, now=NOW)
    before = _files(index)
    write_article(content, "en/billing/refund-0", sections=(*SECTIONS[:2], "Is there more?"))
    write_article(content, "en/billing/brand-new", sections=())
    (content / "es/billing/refund-0.md").unlink()
    report = build(content, index, encoder, now=NOW, dry_run=True)
    assert report.changes == (
        ArticleChange("en", "billing/brand-new", added=1, changed=0, removed=0),
        ArticleChange("en", "billing/refund-0", added=1, changed=0, removed=1),
        ArticleChange("es", "billing/refund-0", added=0, changed=0, removed=PASSAGES),
    )
    assert report.lines()[0] == (
        "A build would give 4 articles, 13 passages: 2 added, 0 changed, 5 removed; 2 to encode, 11 to reuse."
    )
    assert report.lines()[2] == "  en billing/refund-0: 1 added, 1 removed"
    assert _files(index) == before


def test_a_dry_run_does_not_wait_for_a_build(content: Path, index: Path, encoder: CountingEncoder) -> None:
    with writer_lock(index):
        build(content, index, encoder, now=NOW, dry_run=True)
        with pytest.raises(BuildRunning, match="Another build"):
            build(content, index, encoder, now=NOW)


def test_calibration_sees_the_snapshot_before_anyone_else(
    content: Path, index: Path, encoder: CountingEncoder
) -> None:
    """The figures are fitted on what will be served, before it is, and travel with it."""
    seen: list[Snapshot] = []

    def calibrate(snapshot: Snapshot) -> dict[str, Any]:
        seen.append(snapshot)
        with pytest.raises(IndexRefused, match="no index"):
            current(index)
        return {"passages": len(snapshot.passages)}

    build(content, index, encoder, now=NOW, calibrate=calibrate)
    served = open_snapshot(index, encoder)
    assert served.calibration == {"passages": 4 * PASSAGES}
    assert seen[0].passages == served.passages
    build(content, index, encoder, now=NOW)
    assert open_snapshot(index, encoder).calibration == {}


def test_progress_rises_to_the_end_of_every_step(
    content: Path, index: Path, encoder: CountingEncoder
) -> None:
    told: list[tuple[str, int, int]] = []
    build(content, index, encoder, now=NOW, progress=lambda *step: told.append(step))
    steps = list(dict.fromkeys(step for step, _, _ in told))
    assert steps[0] == "reading articles"
    assert steps[-1] == "publishing"
    assert {"rendering articles", "encoding passages", "indexing words"} <= set(steps)
    for step in steps:
        done = [(count, total) for name, count, total in told if name == step]
        assert done == sorted(done)
        assert done[-1][0] == done[-1][1]


def test_no_articles_are_an_index_that_finds_nothing(
    tmp_path: Path, index: Path, encoder: CountingEncoder
) -> None:
    (tmp_path / "content" / "en").mkdir(parents=True)
    build(tmp_path / "content", index, encoder, now=NOW)
    snapshot = open_snapshot(index, encoder)
    assert (len(snapshot.passages), snapshot.rows_of("en").size) == (0, 0)


def test_why_build_names_the_reason(content: Path, index: Path, encoder: CountingEncoder) -> None:
    """`scripts/serve` builds when the index is missing or stale, and only then."""
    assert "no index" in str(why_build(content, index, encoder))
    build(content, index, encoder, now=NOW)
    assert why_build(content, index, encoder) is None
    assert "hash:64:other" in str(why_build(content, index, CountingEncoder("hash:64:other")))
    write_article(content, "en/billing/refund-1", words="edited")
    assert "articles have changed" in str(why_build(content, index, encoder))
    build(content, index, encoder, now=NOW)
    assert why_build(content, index, encoder) is None
    (content / "en/billing/refund-2.md").unlink()
    assert "articles have changed" in str(why_build(content, index, encoder))
