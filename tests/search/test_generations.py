"""Listing, verifying, going back, and what is kept."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import BuildRunning, IndexRefused
from app.search.encoder import open_encoder
from app.search.generations import (
    POINTER,
    current,
    folder_of,
    list_generations,
    names,
    rollback,
    verify,
    writer_lock,
)
from app.search.indexer import build
from app.search.publishing import KEPT
from app.search.snapshot import open_snapshot
from tests.search.small_content import write_content

NOW = datetime(2026, 11, 25, 15, 5, tzinfo=UTC)


class House:
    """A content folder, an index, and builds of it, each with other words."""

    def __init__(self, folder: Path) -> None:
        self.content, self.index, self.encoder = folder / "content", folder / "index", open_encoder("hash:64")

    def build(self, words: str) -> str:
        write_content(self.content, words=words, articles=1)
        return str(build(self.content, self.index, self.encoder, now=NOW).generation)

    def words(self) -> str:
        return open_snapshot(self.index, self.encoder).passages[0].text.split()[-1]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def _damage(house: House, generation: str, name: str = "passages.jsonl") -> None:
    path = folder_of(house.index, generation) / name
    path.write_bytes(path.read_bytes() + b" ")


def test_the_list_is_newest_first_and_marks_the_current_one(house: House) -> None:
    ids = [house.build(words) for words in ("one", "two")]
    first, second = list_generations(house.index)
    assert [first.generation, second.generation] == ids[::-1]
    assert (first.is_current, second.is_current) == (True, False)
    assert (first.created_at, first.encoder, first.articles, first.passages) == (NOW, "hash:64", 2, 8)
    files = [
        path for path in folder_of(house.index).rglob("*") if path.is_file() and path.name != "manifest.json"
    ]
    assert first.size == sum(path.stat().st_size for path in files)
    assert first.fault is None


def test_no_index_is_an_empty_list_and_a_sentence(house: House) -> None:
    assert list_generations(house.index) == ()
    for ask in (current, verify, rollback):
        with pytest.raises(IndexRefused, match=r"There is no (index|whole generation)"):
            ask(house.index)


def test_verify_names_the_damaged_file(house: House) -> None:
    """P4: at the command line, too."""
    generation = house.build("one")
    assert verify(house.index) == verify(house.index, generation) == generation
    _damage(house, generation, "lexical/lexical.json")
    with pytest.raises(IndexRefused, match=r"lexical/lexical\.json"):
        verify(house.index)


def test_a_damaged_manifest_is_listed_with_its_fault(house: House) -> None:
    _damage(house, house.build("one"), "manifest.json")
    (line,) = list_generations(house.index)
    assert "damaged" in str(line.fault)
    assert line.passages is None


def test_rollback_walks_back_and_a_build_goes_on(house: House) -> None:
    """Rollback is writing the former id; a later build gets a number of its own."""
    one, two, three = (house.build(words) for words in ("one", "two", "three"))
    assert rollback(house.index) == two
    assert house.words() == "two"
    assert rollback(house.index) == one
    with pytest.raises(IndexRefused, match="to go back to"):
        rollback(house.index)
    assert house.words() == "one"
    four = house.build("four")
    assert four > three
    assert house.words() == "four"


def test_rollback_passes_over_damaged_generations(house: House) -> None:
    one, two, _ = (house.build(words) for words in ("one", "two", "three"))
    _damage(house, two)
    assert rollback(house.index) == one


def test_rollback_mends_a_damaged_pointer(house: House) -> None:
    """With the pointer unreadable, the newest whole generation is taken."""
    _, two = house.build("one"), house.build("two")
    (house.index / POINTER).write_bytes(b"\x00\xff")
    with pytest.raises(IndexRefused, match=r"pointer .* is damaged"):
        current(house.index)
    assert rollback(house.index) == two
    assert house.words() == "two"


def test_nothing_is_changed_while_a_build_runs(house: House) -> None:
    house.build("one")
    two = house.build("two")
    with writer_lock(house.index), pytest.raises(BuildRunning):
        rollback(house.index)
    assert current(house.index) == two


def test_three_are_kept_and_the_current_one_always(house: House) -> None:
    """Promises §5 rule 2: garbage is collected under the lock, three kept."""
    ids = [house.build(str(number)) for number in range(5)]
    assert names(house.index) == tuple(ids[:1:-1])
    assert len(names(house.index)) == KEPT


def test_what_was_served_is_kept_and_gone_back_to(house: House) -> None:
    """After a rollback, "the former one" is the one that was served, not the bad one that was left behind."""
    one, two, three = (house.build(words) for words in ("one", "two", "three"))
    rollback(house.index)
    rollback(house.index)
    four = house.build("four")
    assert names(house.index) == (four, three, one)
    assert rollback(house.index) == one
    assert two not in names(house.index)


def test_leftovers_of_killed_builds_are_swept(house: House) -> None:
    house.build("one")
    folder = house.index / "generations"
    for leftover in (".staging", ".removed-000000-0000000000000000"):
        (folder / leftover / "lexical").mkdir(parents=True)
        (folder / leftover / "lexical" / "half").write_bytes(b"x")
    two = house.build("two")
    assert sorted(path.name for path in folder.iterdir()) == sorted(names(house.index))
    assert current(house.index) == two


@pytest.mark.parametrize("name", ["../../etc", "000001-0000000000000000/..", "..", "", "000001", "x" * 23])
def test_a_name_from_outside_cannot_walk_away(house: House, name: str) -> None:
    house.build("one")
    with pytest.raises(IndexRefused):
        folder_of(house.index, name or " ")


def test_the_pointer_may_end_in_a_line_end(house: House) -> None:
    """Somebody wrote it with an editor; nothing else is forgiven."""
    generation = house.build("one")
    (house.index / POINTER).write_text(f"{generation}\n")
    assert current(house.index) == generation
    for wrong in (
        f"{generation}\n\n",
        f" {generation}",
        generation.upper().replace("0", "O"),
        generation[:-1],
        "",
    ):
        (house.index / POINTER).write_text(wrong)
        with pytest.raises(IndexRefused, match="damaged"):
            current(house.index)


def test_a_pointer_to_nowhere_is_a_sentence(house: House) -> None:
    generation = house.build("one")
    shutil.rmtree(folder_of(house.index, generation))
    with pytest.raises(IndexRefused, match=f"There is no generation {generation}"):
        open_snapshot(house.index, house.encoder)


def test_the_index_can_be_deleted_and_built_again(house: House) -> None:
    """`index/` is safe to delete; what stands beside the generations is left alone."""
    house.index.mkdir()
    (house.index / "README.md").write_text("about the index")
    house.build("one")
    shutil.rmtree(house.index / "generations")
    (house.index / POINTER).unlink()
    house.build("two")
    assert house.words() == "two"
    assert (house.index / "README.md").read_text() == "about the index"
