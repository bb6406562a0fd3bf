"""P3: twenty rebuilds under load: no failed and no mixed search."""

import threading
from datetime import date
from pathlib import Path

import pytest

from app.search.encoder import open_encoder
from app.search.query import Query
from app.search.searcher import Searcher
from app.search.snapshot import SnapshotHolder
from tests.faults.index_builder import SPEC, Builder
from tests.search.small_content import write_content

REBUILDS = 20
READERS = 4


class Always:
    """Everything is published."""

    def is_published(self, article_path: str) -> bool:
        return True


class Reader(threading.Thread):
    """Searches without pause and notes which words each generation's hits contain."""

    def __init__(self, searcher: Searcher, is_over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.seen: set[tuple[str, str]] = set()
        self.searches, self.failures = 0, list[BaseException]()
        self._searcher, self._is_over = searcher, is_over

    def run(self) -> None:
        while not self._is_over.is_set():
            try:
                results = self._searcher.search(Query("when does it happen", "en"))
                assert len(results.hits) == 3
                self.seen |= {(results.generation, hit.passage.split()[-1]) for hit in results.hits}
            except BaseException as failure:  # also an assertion: whatever it is, the test must hear of it
                self.failures.append(failure)
            self.searches += 1


@pytest.mark.slow
def test_twenty_rebuilds_under_load_fail_and_mix_no_search(tmp_path: Path) -> None:
    """Another process builds, this one searches in four threads and follows the pointer."""
    content, index = tmp_path / "content", tmp_path / "index"
    is_over = threading.Event()
    with Builder(content, index) as builder:
        write_content(content, words="word0")
        words = {str(builder.order()["generation"]): "word0"}
        encoder = open_encoder(SPEC)
        holder = SnapshotHolder(index, encoder, poll_interval_s=0.01)
        searcher = Searcher(holder, encoder, Always(), lambda: date(2026, 11, 25))
        readers = [Reader(searcher, is_over) for _ in range(READERS)]
        holder.start()
        for reader in readers:
            reader.start()
        _wait_until_seen(readers, next(iter(words)))
        for number in range(1, REBUILDS + 1):
            write_content(content, words=f"word{number}")
            published = str(builder.order()["generation"])
            words[published] = f"word{number}"
            if number % 2 == 0:  # the others come as fast as they can be built, some of them unseen
                _wait_until_seen(readers, published)
        final = list(words)[-1]
        _wait_until_seen(readers, final)
        is_over.set()
        for reader in readers:
            reader.join()
        holder.stop()
    assert len(words) == REBUILDS + 1
    assert [failure for reader in readers for failure in reader.failures] == []
    seen = set[tuple[str, str]]().union(*(reader.seen for reader in readers))
    assert {(generation, words[generation]) for generation, _ in seen} == seen  # one generation, one word
    assert len(seen) > REBUILDS / 2  # the first and every second one after it were waited for
    assert holder.degraded == ()
    assert sum(reader.searches for reader in readers) > 100


def _wait_until_seen(readers: list[Reader], generation: str) -> None:
    pause = threading.Event()
    for _ in range(3_000):
        if any(generation == one for reader in readers for one, _ in tuple(reader.seen)):
            return
        pause.wait(0.01)
    raise AssertionError(f"no reader saw {generation}")
