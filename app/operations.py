"""What the commands do, composed: serve, add staff, examine an installation."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
import uvicorn

from app.errors import ContentRefused, HandrailError, IndexRefused, SettingRefused
from app.main import create_app
from app.now import clock_of
from app.people.directory import DemoAccount, Directory
from app.people.person import NewPerson, Person
from app.search.encoder import Encoder, open_encoder
from app.search.generations import current, verify
from app.search.indexer import why_build
from app.settings import Settings
from app.storage.database import Database
from app.web.protection.heads import GuardedProtocol

Say = Callable[[str], None]
Progress = Callable[[str, int, int], None]


def add_staff(settings: Settings, new: NewPerson, password: str) -> Person:
    """Add somebody to the staff of this installation."""
    with _database(settings) as database, database.transaction() as tx:
        return Directory(database).create(tx, new, password, clock_of(settings.clock_file)())


def serve_forever(
    settings: Settings, *, host: str, port: int, demo_staff: bool, say: Say, build: Say
) -> None:
    """Bring database and index up to date, then serve until stopped. `build` is called with the reason to build."""
    _check_port(host, port)
    if "public_url" not in settings.model_fields_set:
        settings = settings.model_copy(update={"public_url": _address(host, port)})
    with _database(settings) as database:
        accounts = _create_demo_staff(database, clock_of(settings.clock_file)()) if demo_staff else ()
    encoder = open_encoder(settings.encoder)
    _bring_index_up_to_date(settings, encoder, say, build)
    _log_as_json()
    app = create_app(settings, encoder=encoder)
    _say_where(_address(host, port), accounts, say)
    # X-Forwarded-For is believed by our own rule only (HANDRAIL_TRUSTED_PROXIES); access logs would hold guest links.
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=GuardedProtocol,
        log_level=settings.log_level,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def _log_as_json() -> None:
    """One JSON object a line. Tracebacks without local variables: those hold tokens and what people wrote (P15)."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `handrail doctor`; `detail` says what to do when it is not `ok`."""

    what: str
    ok: bool
    detail: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything an installation needs, one finding each, and go on after a bad one."""
    yield _finding("database", lambda: _database_state(settings))
    encoders: list[Encoder] = []
    yield _finding("encoder", lambda: _encoder_state(settings, encoders))
    yield _finding("index", lambda: f"generation {verify(settings.index_dir)} is whole")
    if encoders:
        yield _finding("index and articles", lambda: _fits(settings, encoders[0]))


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    with closing(Database(settings.database)) as database:
        database.migrate()
        yield database


def _create_demo_staff(database: Database, now: datetime) -> tuple[DemoAccount, ...]:
    with database.transaction() as tx:
        return Directory(database).create_demo_staff(tx, now)


def _check_port(host: str, port: int) -> None:
    """A port in use is said before a minute of work, not after it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingRefused(
                f"Cannot listen on {host}:{port} ({error.strerror}). Choose another with --port."
            ) from None


def _bring_index_up_to_date(settings: Settings, encoder: Encoder, say: Say, build: Say) -> None:
    reason = why_build(settings.content_dir, settings.index_dir, encoder)
    if reason is None:
        return
    try:
        build(reason)
    except ContentRefused as refused:
        # Faulty articles must not keep a help centre from starting that has a good index.
        current(settings.index_dir)
        say("The articles have faults, so the index that is there stays as it is:")
        for fault in refused.faults:
            say(f"  {fault}")


def _say_where(here: str, accounts: tuple[DemoAccount, ...], say: Say) -> None:
    say("")
    say(f"  Help centre   {here}/")
    say(f"  Chat          {here}/en/chat")
    say(f"  Workspace     {here}/workspace")
    if accounts:
        say("")
        say("  Sign in to the workspace with one of these; they are shown only this once:")
        for account in accounts:
            say(f"    {account.person.email}   {account.password}   ({account.person.role})")
    say("")


def _address(host: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    anywhere = host in ("0.0.0.0", "::")  # noqa: S104  # compared, not bound
    name = "127.0.0.1" if anywhere else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def _finding(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except HandrailError as error:
        return Finding(what, False, error.detail)


def _database_state(settings: Settings) -> str:
    with _database(settings) as database:
        database.ping()
        return f"{database.url.render_as_string(hide_password=True)} answers and is migrated"


def _encoder_state(settings: Settings, found: list[Encoder]) -> str:
    found.append(open_encoder(settings.encoder))
    identity = found[0].identity
    return f"{identity.name}, {identity.dimension} dimensions"


def _fits(settings: Settings, encoder: Encoder) -> str:
    if reason := why_build(settings.content_dir, settings.index_dir, encoder):
        raise IndexRefused(f"{reason} Run scripts/build_index.")
    return "the index is up to date with the articles"
