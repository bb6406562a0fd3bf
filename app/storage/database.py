"""`Database`: one engine, and transactions on it, alike on SQLite and PostgreSQL.

SQLite runs in WAL mode with `synchronous=FULL`: a commit returns after the disk has it (P2).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.errors import SettingRefused, Unavailable

Transaction = Connection
"""What a store is handed; a store neither commits nor rolls back."""

LOCK_WAIT_S = 10
RETRY_AFTER_S = 5
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x48616E64  # any fixed number; the same in every process of one database
_BEGIN = "handrail_begin"
_WAIT_S = "handrail_wait_s"
# These say that we asked for something wrong; every other error of a database says that it cannot work.
_OUR_OWN_FAULTS = (DataError, IntegrityError, ProgrammingError, NotSupportedError)


class Database:
    """The engine of one URL: `sqlite:///path/to/file.db` or `postgresql://…`."""

    def __init__(self, url: str) -> None:
        self.url = _read_url(url)
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the one-file database."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self, *, wait_s: float = LOCK_WAIT_S) -> Iterator[Transaction]:
        """Begin a transaction that may write; commit when the block ends, roll back when it raises.

        Raises `Unavailable` when the database is away, locked for longer than `wait_s`, full, read-only or damaged.
        """
        with _designed_refusals(), self.engine.connect() as connection:
            connection.execution_options(**{_WAIT_S: wait_s})
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Begin a transaction that only reads and, on SQLite, waits for no writer."""
        with _designed_refusals(), self.engine.connect() as connection:
            connection.execution_options(**{_BEGIN: "BEGIN DEFERRED"})
            with connection.begin():
                yield connection

    def ping(self) -> None:
        """Ask the database for one row; raises `Unavailable` when it does not answer."""
        with self.reading() as tx:
            tx.exec_driver_sql("SELECT 1")

    def migrate(self) -> None:
        """Bring the schema to the newest version, in one transaction, safe when several processes do it at once."""
        with self.reading() as tx:
            if _is_newest(tx):
                return
        with _designed_refusals(), self.engine.connect() as connection:
            if self.is_sqlite:
                _foreign_keys(connection, enforced=False)
            try:
                with connection.begin():
                    _upgrade(connection, is_sqlite=self.is_sqlite)
            finally:
                if self.is_sqlite:
                    _foreign_keys(connection, enforced=True)

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


@contextmanager
def _designed_refusals() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, InterfaceError, PoolTimeout) as fault:
        if isinstance(fault, _OUR_OWN_FAULTS):
            raise
        raise Unavailable(
            "The database does not answer at the moment.", retry_after_s=RETRY_AFTER_S
        ) from fault


def _read_url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError as fault:
        raise SettingRefused("HANDRAIL_DATABASE_URL is not a database URL.") from fault
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url.set(drivername="sqlite+pysqlite")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
    raise SettingRefused("HANDRAIL_DATABASE_URL must be sqlite:///FILE or postgresql://USER@HOST/NAME.")


_engine = partial(
    create_engine,
    json_serializer=partial(json.dumps, ensure_ascii=False, allow_nan=False),
    hide_parameters=True,  # what people wrote must not reach a log through an error message
    pool_size=10,
    max_overflow=40,  # as many as the web layer has threads
    pool_timeout=LOCK_WAIT_S,
)


def _postgres_engine(url: URL) -> Engine:
    options = f"-c timezone=UTC -c lock_timeout={LOCK_WAIT_S}s -c idle_in_transaction_session_timeout=60s"
    engine = _engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 5, "options": options})
    event.listen(engine, "begin", _begin_postgres)
    return engine


def _sqlite_engine(url: URL) -> Engine:
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(url, connect_args={"timeout": LOCK_WAIT_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin by itself; `_begin_sqlite` does
    for pragma in (
        f"busy_timeout={LOCK_WAIT_S * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    # A pooled connection may have been set to another patience by its last user.
    connection.exec_driver_sql(f"PRAGMA busy_timeout={round(options.get(_WAIT_S, LOCK_WAIT_S) * 1000)}")
    # IMMEDIATE takes the write lock at once: a transaction that upgrades later fails without waiting.
    connection.exec_driver_sql(options.get(_BEGIN, "BEGIN IMMEDIATE"))


def _begin_postgres(connection: Connection) -> None:
    wait_s = connection.get_execution_options().get(_WAIT_S, LOCK_WAIT_S)
    if wait_s != LOCK_WAIT_S:  # that is set for the whole session
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = {max(1, round(wait_s * 1000))}"
        )  # 0 would be for ever


def _foreign_keys(connection: Connection, *, enforced: bool) -> None:
    # Rebuilding a table on SQLite drops the old one, which would cascade; only settable outside a transaction.
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA foreign_keys={'ON' if enforced else 'OFF'}")


def _is_newest(connection: Connection) -> bool:
    """Asked first at every start: alembic alone takes a fifth of a second to import."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    newest = max(path.stem for path in (_MIGRATIONS / "versions").glob("r*_*.py"))
    number = newest.removeprefix("r").partition("_")[0]
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return found == [number]


def _upgrade(connection: Connection, *, is_sqlite: bool) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    if not is_sqlite:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as fault:
        raise SettingRefused("The database was made by a newer version of Handrail.") from fault
    if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise SettingRefused("The database holds rows that point nowhere; restore a backup.")
