"""The real server for a real browser: shipped articles, bundled encoder, SQLite in a folder of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from app.indexing import build_index
from app.main import create_app
from app.people.person import NewPerson, Role
from app.search.encoder import open_encoder
from app.settings import Settings
from app.web.context import Services
from app.web.protection.heads import GuardedProtocol

PASSWORD = "a long enough password"
AGENT = NewPerson("ana@handrail.example", "Ana Ruiz", Role.AGENT, ("en", "ja", "ar"))
START_S = 60


@dataclass(frozen=True)
class LiveSite:
    """A server that listens: its address, and its services for what a test does behind the browser's back."""

    url: str
    services: Services

    def reply(self, number: str, text: str) -> None:
        """The agent answers a ticket in public."""
        with self.services.database.transaction() as tx:
            agent = self.services.directory.by_email(tx, AGENT.email)
        assert agent is not None
        self.services.desk.reply(number, agent, text, datetime.now(UTC))


@contextmanager
def live_site(folder: Path) -> Iterator[LiveSite]:
    """Build the index over the shipped articles in `folder` and serve it on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = Settings(
            data_dir=folder,
            index_dir=folder / "index",
            public_url=url,
            secret_key="a key for tests",
            rate_limits=False,
            log_level="error",
        )
        encoder = open_encoder(settings.encoder)
        build_index(settings, encoder)
        app = create_app(settings, encoder=encoder)
        with _running(app, listener):
            services: Services = app.state.services
            with services.database.transaction() as tx:
                services.directory.create(tx, AGENT, PASSWORD, datetime.now(UTC))
            yield LiveSite(url, services)


@contextmanager
def _running(app: object, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # any ASGI application
        http=GuardedProtocol,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="live-site", daemon=True)
    thread.start()
    started = threading.Event()
    for _ in range(START_S * 20):
        if server.started or not thread.is_alive():
            break
        started.wait(0.05)
    assert server.started, "the server did not start"
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)
