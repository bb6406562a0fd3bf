"""A dialogue over a small help centre: the real index, search, desk and database; only the judge is a test's own."""

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import insert

from app.articles.library import LivePublication
from app.chat.conversation import Conversation, OpenedConversation, Turn
from app.chat.dialogue import Dialogue
from app.chat.phrases import Phrasebook, read_phrasebook
from app.people.directory import Directory
from app.people.person import Person
from app.search.encoder import Encoder, open_encoder
from app.search.indexer import build
from app.search.searcher import Searcher
from app.search.snapshot import Snapshot, open_snapshot
from app.sla.policy import read_policies
from app.storage.database import Database
from app.storage.tables.people import staff as staff_table
from app.tickets.desk import Desk
from app.tickets.routing import read_routing
from app.wording import Wording
from tests.chat.help_center import Judge, write_articles

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
ADDRESS = "https://help.test"


def ticket_link(number: str, token: str | None) -> str:
    """As the web layer makes them."""
    return f"{ADDRESS}/tickets/{number}" + (f"?token={token}" if token else "")


@pytest.fixture(scope="session")
def wording(tmp_path_factory: pytest.TempPathFactory) -> Wording:
    """English words for every language: what the tests read does not depend on translators."""
    return Wording(tmp_path_factory.mktemp("locales"))


@pytest.fixture(scope="session")
def phrases() -> Phrasebook:
    return read_phrasebook()


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return open_encoder("bundled")


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_articles(tmp_path_factory.mktemp("help") / "content")


@pytest.fixture(scope="session")
def snapshot(written: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    index = tmp_path_factory.mktemp("index")
    build(written, index, encoder, now=NOW)
    return open_snapshot(index, encoder)


@pytest.fixture
def content(written: Path, tmp_path: Path) -> Path:
    """The content folder, a test's own: it may withdraw articles."""
    return Path(shutil.copytree(written, tmp_path / "content"))


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
def agent(database: Database) -> Person:
    row = {
        "id": "ana", "email": "ana@example.test", "name": "Ana", "role": "agent", "languages": ["en"], "teams": [],
        "password_hash": "none", "is_active": True, "created_at": NOW,
    }  # fmt: skip
    with database.transaction() as tx:
        tx.execute(insert(staff_table), [row])
        return Directory(database).by_id(tx, "ana")


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, Directory(database), read_routing(), read_policies())


@pytest.fixture
def searcher(snapshot: Snapshot, encoder: Encoder, content: Path) -> Searcher:
    holder = SimpleNamespace(current=snapshot)
    return Searcher(holder, encoder, LivePublication(content), lambda: date(2026, 11, 24))


@pytest.fixture
def dialogue(
    database: Database, searcher: Searcher, content: Path, desk: Desk, wording: Wording, judge: Judge
) -> Dialogue:
    return Dialogue(
        database, searcher, LivePublication(content), desk, wording, ticket_link, assess=judge.assess
    )


@dataclass(frozen=True)
class Visitor:
    """Somebody in the chat."""

    dialogue: Dialogue
    opened: OpenedConversation
    now: datetime = NOW

    def says(self, text: str, key: str | None = None) -> Turn:
        return self.dialogue.take_turn(self.opened.id, text, self.now, key)

    @property
    def conversation(self) -> Conversation:
        return self.dialogue.authorize(self.opened.id, self.opened.token)

    def with_(self, dialogue: Dialogue) -> "Visitor":
        return replace(self, dialogue=dialogue)


@pytest.fixture
def visitor(dialogue: Dialogue) -> Visitor:
    """A visitor from Madrid on an English page."""
    return Visitor(dialogue, dialogue.open("en", None, "", "Europe/Madrid", NOW))
