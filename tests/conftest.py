"""Fixtures for every test: each database test runs on SQLite and on a real PostgreSQL (P24)."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.native import compiled
from app.storage.database import Database
from tests.postgres import PostgresServer

# Folders whose tests share something that takes long to make: a server and a Chromium, an index over all articles.
TOGETHER = ("tests/browser/", "tests/journeys/", "tests/quality/")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests are dealt out one by one, but those of a folder in `TOGETHER` go to one process.

    What `--dist loadgroup` would do; its marks go unseen with pytest 9.2 (it changes ids that are now fixed).
    """
    from xdist.scheduler import LoadScopeScheduling

    class FoldersTogether(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)

    return FoldersTogether(config, log)


@pytest.fixture(params=["compiled where it can be", "without a compiler"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test with the kernels, if there are any, and once more as on a machine that has none."""
    if request.param == "without a compiler":
        monkeypatch.setattr(compiled, "kernels", None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for this pytest process, started when the first test needs it."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh migrated database: once a SQLite file, once a PostgreSQL database."""
    if request.param == "sqlite":
        path = tmp_path / "handrail.sqlite3"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.fresh_database()
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The fresh database of `database_url`, opened."""
    opened = Database(database_url)
    yield opened
    opened.close()
