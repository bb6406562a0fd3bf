"""Ways in which a database stops working, each done to the database of one site."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.web.site import Site
from tests.web.support import Visitor


def garbage(site: Site) -> None:
    """SQLite's file holds something else."""
    path = Path(str(site.services.database.url.database))
    site.services.database.close()
    for name in (path, path.with_name(path.name + "-wal")):
        name.write_bytes(b"this is no database " * 1_000)


def gone(site: Site) -> None:
    """Where SQLite's file was there is a folder."""
    path = Path(str(site.services.database.url.database))
    site.services.database.close()
    path.rename(path.with_name("elsewhere"))
    path.mkdir()


def dropped(site: Site) -> None:
    """PostgreSQL's database has another name."""
    name = site.services.database.url.database
    with beside(site, "postgres") as other:
        end_all(other, name)
        other.execute(f'ALTER DATABASE "{name}" RENAME TO "{name}_elsewhere"'.encode())


def writes_refused(site: Site) -> None:
    """PostgreSQL lets nobody write, as a standby does."""
    name = site.services.database.url.database
    with beside(site, name) as other:
        other.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        end_all(other, name)


@contextmanager
def held(site: Site, chat: Visitor) -> Iterator[None]:
    """While this lasts, somebody else has the lock that every write of this conversation needs."""
    database = site.services.database
    if database.is_sqlite:
        other = sqlite3.connect(str(database.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    with beside(site, database.url.database, autocommit=False) as held:
        held.execute("LOCK TABLE idempotency, turns IN EXCLUSIVE MODE")
        held.execute("SELECT * FROM conversations WHERE id = %s FOR UPDATE", [chat.id])
        yield
        held.rollback()


@contextmanager
def beside(site: Site, name: str | None, *, autocommit: bool = True) -> Iterator[psycopg.Connection]:
    """A connection of one's own to the same PostgreSQL server."""
    url = site.services.database.url
    with psycopg.connect(
        host=str(url.query["host"]), user=url.username, dbname=name, autocommit=autocommit
    ) as other:
        yield other


def end_all(other: psycopg.Connection, name: str | None) -> None:
    """Cut every other connection to a database."""
    other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
        [name],
    )
