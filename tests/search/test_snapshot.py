"""A snapshot's lookups, and the holder that follows the pointer while it serves."""

import logging
import time
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from app.errors import IndexRefused
from app.search.encoder import open_encoder
from app.search.generations import POINTER, folder_of, rollback
from app.search.indexer import build
from app.search.snapshot import SnapshotHolder, open_snapshot
from tests.search.small_content import write_article, write_content

NOW = datetime(2026, 11, 25, 15, 5, tzinfo=UTC)
ENCODER = open_encoder("hash:64")


class House:
    """A content folder and its index."""

    def __init__(self, folder: Path) -> None:
        self.content, self.index = folder / "content", folder / "index"

    def build(self, words: str) -> str:
        write_content(self.content, words=words)
        return str(build(self.content, self.index, ENCODER, now=NOW).generation)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_lookups_agree_with_the_passages(house: House) -> None:
    write_article(house.content, "en/payments/card")
    house.build("words")
    snapshot = open_snapshot(house.index, ENCODER)
    for row, passage in enumerate(snapshot.passages):
        owner = snapshot.article_of_row(row).article
        assert (owner.language, owner.family) == (passage.language, passage.family)
        assert snapshot.are_in(passage.language, np.array([row])).all()
        assert snapshot.passages_of(owner.language, owner.family)[passage.ordinal] == passage
    assert len(snapshot.passages_of("en", "payments/card")) > 0
    assert len(snapshot.passages_of("ja", "payments/card")) == 0
    rows = np.concatenate([snapshot.rows_of("en"), snapshot.rows_of("es")])
    assert sorted(rows.tolist()) == list(range(len(snapshot.passages)))
    assert snapshot.rows_of("ja").size == 0
    assert snapshot.article("es", "billing/refund-0") is not None
    assert snapshot.article("es", "billing/refund-1") is None


def test_pages_come_with_the_snapshot(house: House) -> None:
    """Rendered at build, not at every request."""
    house.build("some *words*")
    one = open_snapshot(house.index, ENCODER).article("en", "billing/refund-0")
    assert one is not None
    rendered = one.page.rendered
    assert "<em>words</em>" in rendered.html
    assert rendered.contents[0].text == "When does it happen?"
    assert one.article.title == "The refund-0 page"


def test_staleness_is_a_fact_of_the_build_and_of_the_day(house: House) -> None:
    write_article(house.content, "en/billing/reviewed", front="review_by: 2026-12-01\n")
    house.build("words")
    write_article(house.content, "en/billing/refund-0", front="revision: 2\nsignificance: major\n")
    build(house.content, house.index, ENCODER, now=NOW)
    snapshot = open_snapshot(house.index, ENCODER)
    stale = {
        (one.article.language, one.article.slug)
        for one in snapshot.articles
        if one.is_stale(date(2026, 12, 1))
    }
    assert stale == {("es", "refund-0")}
    reviewed = snapshot.article("en", "billing/reviewed")
    assert reviewed is not None
    assert reviewed.is_stale(date(2026, 12, 2))


def test_a_snapshot_cannot_be_changed(house: House) -> None:
    house.build("words")
    snapshot = open_snapshot(house.index, ENCODER)
    with pytest.raises(FrozenInstanceError):
        snapshot.generation = "x"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        snapshot.encoded[0] = 0


def test_any_generation_can_be_opened_by_name(house: House) -> None:
    one, two = house.build("one"), house.build("two")
    assert open_snapshot(house.index, ENCODER).generation == two
    assert open_snapshot(house.index, ENCODER, one).passages[0].text.endswith("one")


def test_the_holder_follows_the_pointer_both_ways(house: House) -> None:
    """R0.4: an editor rebuilds, the running server serves it; and goes back with a rollback."""
    one = house.build("one")
    holder = SnapshotHolder(house.index, ENCODER)
    taken = holder.current
    assert (taken.generation, holder.poll()) == (one, False)
    two = house.build("two")
    assert holder.poll()
    assert (holder.current.generation, holder.degraded, holder.refusal) == (two, (), None)
    assert taken.passages[0].text.endswith("one")  # whoever took the old one keeps it whole
    rollback(house.index)
    assert holder.poll()
    assert holder.current.generation == one


def test_a_bad_generation_is_refused_once_and_the_old_one_serves(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """P4: degraded and named, not down; mended by the next good build."""
    one = house.build("one")
    holder = SnapshotHolder(house.index, ENCODER)
    two = house.build("two")
    path = folder_of(house.index, two) / "articles.json"
    path.write_bytes(path.read_bytes()[:-1])
    with caplog.at_level(logging.ERROR):
        assert [holder.poll() for _ in range(3)] == [False] * 3
    assert holder.current.generation == one
    assert holder.degraded == ("index",)
    assert "articles.json" in str(holder.refusal)
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1
    three = house.build("three")
    assert holder.poll()
    assert (holder.current.generation, holder.degraded) == (three, ())


def test_a_refused_generation_is_tried_again_later(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.build("one")
    holder = SnapshotHolder(house.index, ENCODER)
    path = folder_of(house.index, house.build("two")) / "articles.json"
    whole = path.read_bytes()
    path.write_bytes(b"")
    assert not holder.poll()
    path.write_bytes(whole)
    assert not holder.poll()
    monkeypatch.setattr("app.search.snapshot.time.monotonic", lambda real=time.monotonic: real() + 60)
    assert holder.poll()
    assert holder.degraded == ()


def test_a_lost_pointer_does_not_stop_the_service(house: House) -> None:
    one = house.build("one")
    holder = SnapshotHolder(house.index, ENCODER)
    (house.index / POINTER).unlink()
    assert not holder.poll()
    assert (holder.current.generation, holder.degraded) == (one, ("index",))
    (house.index / POINTER).write_text(one)
    assert not holder.poll()
    assert holder.degraded == ()


def test_another_encoders_generation_is_not_served(house: House) -> None:
    """P5: an editor built with another encoder of the same width; the server keeps what it can read."""
    one = house.build("one")
    holder = SnapshotHolder(house.index, ENCODER)
    build(house.content, house.index, open_encoder("hash:64:other"), now=NOW)
    assert not holder.poll()
    assert holder.current.generation == one
    assert "hash:64:other" in str(holder.refusal)
    with pytest.raises(IndexRefused, match="built with encoder 'hash:64:other'"):
        SnapshotHolder(house.index, ENCODER)


def test_the_thread_swaps_by_itself(house: House) -> None:
    house.build("one")
    holder = SnapshotHolder(house.index, ENCODER, poll_interval_s=0.01)
    holder.start()
    try:
        two = house.build("two")
        deadline = time.monotonic() + 20
        while holder.current.generation != two and time.monotonic() < deadline:
            time.sleep(0.01)
        assert holder.current.generation == two
    finally:
        holder.stop()
    house.build("three")
    time.sleep(0.05)
    assert holder.current.generation == two


def test_nothing_to_serve_is_said_at_the_start(house: House) -> None:
    with pytest.raises(IndexRefused, match="handrail build"):
        SnapshotHolder(house.index, ENCODER)
