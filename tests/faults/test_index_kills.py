"""P3: a new index appears whole or not at all, wherever the build dies or the disk fails."""

import errno
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.search.encoder import open_encoder
from app.search.generations import current, verify
from app.search.snapshot import Snapshot, open_snapshot
from tests.faults.index_builder import SPEC, Builder
from tests.search.small_content import write_content

ENCODER = open_encoder(SPEC)
RANDOM_KILLS = 20
MAX_CALLS = 400


class House:
    """A content folder, its index, and a builder that obeys."""

    def __init__(self, folder: Path, builder: Builder) -> None:
        self.content, self.index, self.builder = folder / "content", folder / "index", builder
        self._saved = folder / "saved"

    def write(self, words: str) -> None:
        write_content(self.content, words=words, articles=2)

    def prepare(self) -> None:
        """As many generations as are kept, saved for `reset`; one more build would remove the oldest."""
        for words in ("one", "two", "old"):
            self.write(words)
            self.builder.order()
        shutil.copytree(self.index, self._saved)
        self.write("new")

    def reset(self) -> None:
        shutil.rmtree(self.index)
        shutil.copytree(self._saved, self.index)

    def served(self) -> str:
        """The words of the served generation, after checking that all its parts say the same."""
        verify(self.index)
        return words_of(open_snapshot(self.index, ENCODER))


def words_of(snapshot: Snapshot) -> str:
    """The marker that every part of a snapshot must carry."""
    said = {passage.text.split()[-1] for passage in snapshot.passages if passage.language == "en"}
    assert len(said) == 1, f"mixed: {said}"
    (words,) = said
    for one in snapshot.articles:
        assert words in one.page.source.article.body
        assert words in one.page.rendered.html
    rows, _ = snapshot.vectors.search(ENCODER.encode_queries([words])[0], 1)
    assert words in snapshot.passages[rows[0]].text
    return words


@pytest.fixture(autouse=True)
def _without_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial of every new file in a child process is most of the time here, and has tests of its own."""
    monkeypatch.setattr("app.search.vectors._try_in_a_child", lambda path, sha256: None)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Builder(tmp_path / "content", tmp_path / "index") as builder:
        yield House(tmp_path, builder)


@pytest.mark.slow
def test_killed_at_every_file_system_call_the_index_is_whole(house: House) -> None:
    """0 broken states: after each call either the old index or the new one is served, whole."""
    house.prepare()
    served = []
    for call in range(MAX_CALLS):
        house.reset()
        outcome = house.builder.order(kill_at=call)
        served.append(house.served())
        if "generation" in outcome:
            break
        assert outcome == {"killed": True}
    assert len(served) - 1 == outcome["calls"] > 60
    # Some died before the pointer was replaced, some after it and while garbage was collected; none in between.
    assert served == sorted(served, reverse=True)
    assert set(served) == {"old", "new"}
    assert 10 < served.count("new") < served.count("old")


def test_killed_at_random_moments_the_index_is_whole(house: House) -> None:
    """The same for moments that are no call at all: half-written files, half-built vectors; and the next build works."""
    house.write("word0")
    house.builder.order()
    moments, old, killed, latest = random.Random(2026), "word0", 0, 0.2
    for number in range(10 * RANDOM_KILLS):
        new = f"word{number + 1}"
        house.write(new)
        outcome = house.builder.order(kill_after=moments.uniform(0, latest))
        served = house.served()
        assert served == new or (outcome == {"killed": True} and served == old)
        old, killed = served, killed + ("killed" in outcome)
        # Finds out by itself how long a build takes on this machine, busy or not.
        latest *= 1.1 if "killed" in outcome else 0.9
        if killed == RANDOM_KILLS:
            break
    assert killed == RANDOM_KILLS


@pytest.mark.slow
def test_a_disk_that_fills_up_at_any_call_breaks_nothing(house: House) -> None:
    """Each call in turn fails once: a sentence and the old index, or the new one; never a crash, never a mixture."""
    house.prepare()
    refused = 0
    for call in range(MAX_CALLS):
        house.reset()
        outcome = house.builder.order(fail_at=call, errno=errno.ENOSPC)
        assert house.served() in (("old", "new") if "refused" in outcome else ("new",)), outcome
        assert outcome.get("refused", "IndexRefused") == "IndexRefused"
        refused += "refused" in outcome
        if outcome["calls"] <= call:
            break
    assert refused > 30


def test_the_first_build_of_all_may_die_as_well(house: House) -> None:
    """Without an index before it, a killed build leaves none, and the next one succeeds."""
    house.write("word1")
    for call in (0, 3, 10, 20, 30):
        assert house.builder.order(kill_at=call) == {"killed": True}
        assert not (house.index / "CURRENT").exists()
    house.builder.order()
    assert house.served() == "word1"
    assert sorted(os.listdir(house.index / "generations")) == [current(house.index)]
