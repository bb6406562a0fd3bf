"""`Database`: transactions, times, refusals, alike on both databases."""

import multiprocessing
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from app.errors import SettingRefused, Unavailable
from app.storage.database import Database
from app.storage.tables.events import events
from app.storage.tables.idempotency import idempotency

AT = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)


def _row(key: str, at: datetime = AT, response: object = None) -> dict[str, object]:
    return {
        "scope": "test",
        "key": key,
        "body_hash": "x",
        "status": "done",
        "response": response,
        "created_at": at,
    }


def _keys(database: Database) -> list[str]:
    with database.reading() as tx:
        return list(tx.scalars(select(idempotency.c.key).order_by(idempotency.c.created_at)))


def test_a_block_that_ends_is_kept_and_one_that_raises_leaves_nothing(database: Database) -> None:
    with database.transaction() as tx:
        tx.execute(insert(idempotency).values(_row("kept")))
    twice = _row("lost")
    with pytest.raises(IntegrityError), database.transaction() as tx:
        tx.execute(insert(idempotency), [twice, twice])
    assert _keys(database) == ["kept"]


def test_moments_come_back_to_the_microsecond_in_utc_and_sort_by_time(database: Database) -> None:
    madrid_winter = AT.astimezone(timezone(timedelta(hours=1)))
    with database.transaction() as tx:
        tx.execute(insert(idempotency).values(_row("second", AT + timedelta(microseconds=1))))
        tx.execute(insert(idempotency).values(_row("first", madrid_winter)))
    with database.reading() as tx:
        at = tx.scalar(select(idempotency.c.created_at).where(idempotency.c.key == "first"))
    assert at == AT
    assert at.tzinfo is UTC
    assert _keys(database) == ["first", "second"]


def test_a_naive_moment_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), database.transaction() as tx:
        tx.execute(insert(idempotency).values(_row("naive", AT.replace(tzinfo=None))))


def test_json_keeps_every_script_and_tells_nothing_from_null(database: Database) -> None:
    told = {"ar": "مرحبا", "ja": "返金", "list": [1, 2.5, None, "😀"]}
    with database.transaction() as tx:
        tx.execute(insert(idempotency).values(_row("told", response=told)))
        tx.execute(insert(idempotency).values(_row("nothing")))
    with database.reading() as tx:
        assert tx.scalar(select(idempotency.c.response).where(idempotency.c.key == "told")) == told
        empty = select(idempotency.c.key).where(idempotency.c.response.is_(None))
        assert list(tx.scalars(empty)) == ["nothing"]


def test_events_are_append_only_in_the_database_itself(database: Database) -> None:
    """Promises §5.1, R4.12: not even our own code can change or remove an event."""
    row = {"at": AT, "kind": "x", "subject_type": "t", "subject_id": "1", "actor": "system", "data": {}}
    with database.transaction() as tx:
        tx.execute(insert(events).values(row))
    for statement in ("UPDATE events SET kind = 'y'", "DELETE FROM events"):
        with pytest.raises(DBAPIError, match="only appended"), database.transaction() as tx:
            tx.execute(text(statement))
    with database.reading() as tx:
        assert list(tx.scalars(select(events.c.kind))) == ["x"]


def test_two_writers_at_once_wait_for_each_other(database: Database) -> None:
    """P24: fifty read-then-write transactions in eight threads lose no step and fail none."""
    with database.transaction() as tx:
        tx.execute(insert(idempotency).values(_row("counter", response={"n": 0})))

    def count_up() -> None:
        for _ in range(6):
            with database.transaction() as tx:
                row = select(idempotency.c.response).where(idempotency.c.key == "counter").with_for_update()
                n = tx.scalar(row)["n"]
                tx.execute(idempotency.update().values(response={"n": n + 1}))

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as tx:
        assert tx.scalar(select(idempotency.c.response)) == {"n": 48}


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as tx:
        tx.execute(insert(idempotency).values(_row("uncommitted")))
        assert _keys(database) == []


def test_sqlite_syncs_every_commit(tmp_path: Path) -> None:
    """P2: `synchronous=FULL` (2) on every pooled connection, in WAL mode."""
    database = Database(f"sqlite:///{tmp_path / 'a b' / 'x.sqlite3'}")
    with database.reading() as one, database.reading() as two:
        for tx in (one, two):
            assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert tx.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.close()


def test_postgresql_waits_for_the_disk_unless_its_owner_says_otherwise(postgres: object) -> None:
    """P2: no setting of ours turns `synchronous_commit` off."""
    database = Database(postgres.url("postgres"))  # type: ignore[attr-defined]
    with database.reading() as tx:
        source = tx.scalar(text("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"))
        assert source == "command line"
        assert tx.scalar(text("SHOW timezone")) == "UTC"
    database.close()


def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    """P7: a designed refusal, with a moment to come back."""
    away = Database(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(Unavailable) as refused:
        away.ping()
    assert refused.value.retry_after_s > 0
    away.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_url_we_cannot_use_is_refused_by_name(url: str) -> None:
    with pytest.raises(SettingRefused, match="HANDRAIL_DATABASE_URL"):
        Database(url)


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()


def test_several_processes_may_migrate_one_new_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / '100% new' / 'x.sqlite3'}"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_migrate, args=(url,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
