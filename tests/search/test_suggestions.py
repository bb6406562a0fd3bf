"""Titles while somebody types: unfinished, misspelt, without accents, and only what is published."""

from dataclasses import replace

import pytest

from app.search.encoder import open_encoder
from app.search.searcher import Searcher
from app.search.snapshot import Snapshot
from tests.search.repair_pages import PAGES, TAP
from tests.search.small_snapshot import TODAY, Fixed, Published, snapshot_of

ENCODER = open_encoder("bundled")


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return snapshot_of(PAGES, ENCODER)


@pytest.fixture
def publication() -> Published:
    return Published()


@pytest.fixture
def searcher(snapshot: Snapshot, publication: Published) -> Searcher:
    return Searcher(Fixed(snapshot), ENCODER, publication, lambda: TODAY)


@pytest.mark.parametrize(
    ("typed", "language", "title"),
    [
        ("how do i b", "en", "How do I book a plumber?"),
        ("boil", "en", "My boiler pressure is too low"),
        ("driping", "en", "How do I fix a dripping tap?"),
        ("TERM", "de", "Wie buche ich einen Termin?"),
        ("presion", "es", "La presión de la caldera es demasiado baja"),
        ("plumb", "de", None),
    ],
)
def test_suggestions_complete_what_is_typed(
    searcher: Searcher, typed: str, language: str, title: str | None
) -> None:
    titles = [one.title for one in searcher.suggest(typed, language)]
    assert title in titles[:1] if title else "How do I book a plumber?" not in titles


def test_suggestions_are_few_and_published(searcher: Searcher, publication: Published) -> None:
    assert len(searcher.suggest("how do i", "en", limit=2)) == 2
    publication.withdrawn = {f"en/{TAP}.md"}
    assert TAP not in {one.family for one in searcher.suggest("how do i", "en")}


def test_a_listed_question_brings_its_article(publication: Published) -> None:
    """Once, by its title, however many of its questions fit."""
    listed = replace(PAGES[0], questions=("Where is the Umlaufwasser?", "Umlaufwasser everywhere"))
    searcher = Searcher(
        Fixed(snapshot_of([listed, *PAGES[1:]], ENCODER)), ENCODER, publication, lambda: TODAY
    )
    assert [one.title for one in searcher.suggest("umlaufw", listed.language)] == [listed.title]
