"""The composition root: everything that lives with the process is built here, once. Importing this does nothing."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from app.articles.library import LivePublication
from app.chat.dialogue import Dialogue
from app.languages import DEFAULT
from app.now import Clock, clock_of
from app.people.directory import Directory
from app.search.encoder import Encoder, open_encoder
from app.search.query import Query
from app.search.searcher import Searcher
from app.search.snapshot import SnapshotHolder
from app.settings import Settings, secret_key
from app.sla.policy import read_policies
from app.storage.database import Database
from app.tickets.desk import Desk
from app.tickets.routing import read_routing
from app.web import (
    assistants,
    chat_api,
    chat_page,
    contact_form,
    files,
    health,
    problems,
    search_api,
    sign_in,
    ticket_api,
    ticket_pages,
    workspace,
)
from app.web.context import Services
from app.web.files import StaticFiles
from app.web.help_center import article, home, topic, votes
from app.web.help_center import search as search_page
from app.web.metrics import Measured, Metrics
from app.web.pages import Pages
from app.web.protection.proxies import TrustedProxies
from app.web.protection.rate_limits import Limiter
from app.web.protection.wall import Wall
from app.web.ticket_shapes import page_of
from app.wording import Wording

LOCALES = Path(__file__).parent / "web" / "locales"
# The pages come last: `/{language}/…` would otherwise swallow every other address.
ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    files.router,
    search_api.router,
    chat_api.router,
    ticket_api.router,
    assistants.router,
    sign_in.router,
    workspace.router,
    ticket_pages.router,
    contact_form.router,
    chat_page.router,
    home.router,
    search_page.router,
    topic.router,
    votes.router,
    article.router,
)


def create_app(settings: Settings, *, encoder: Encoder | None = None, clock: Clock | None = None) -> FastAPI:
    """The whole application. Tests hand in an encoder and a clock of their own; nothing is patched."""
    app = _routed_app()
    app.state.services = compose(settings, encoder=encoder, clock=clock)
    app.state.metrics = Metrics()
    app.add_middleware(
        Wall,
        public_url=settings.public_url,
        proxies=TrustedProxies(settings.trusted_proxies),
        answer=problems.answer,
    )
    app.add_middleware(Measured, metrics=app.state.metrics)  # added last, so outermost
    return app


def api_description() -> dict[str, Any]:
    """The OpenAPI description of every endpoint; needs neither an index nor a database."""
    return _routed_app().openapi()


def compose(settings: Settings, *, encoder: Encoder | None = None, clock: Clock | None = None) -> Services:
    """The services of a process. Opens the served index generation; raises `IndexRefused` when there is none."""
    clock = clock or clock_of(settings.clock_file)
    encoder = encoder or open_encoder(settings.encoder)
    wording = Wording(LOCALES)
    holder = SnapshotHolder(settings.index_dir, encoder)
    publication = LivePublication(settings.content_dir)
    database = Database(settings.database)
    directory = Directory(database)
    searcher = Searcher(holder, encoder, publication, lambda: clock().date())
    desk = Desk(database, directory, read_routing(), read_policies())
    return Services(
        settings=settings,
        secret=secret_key(settings),
        clock=clock,
        wording=wording,
        pages=Pages(wording, StaticFiles(), settings.public_url),
        limiter=Limiter(on=settings.rate_limits),
        encoder=encoder,
        holder=holder,
        publication=publication,
        searcher=searcher,
        database=database,
        directory=directory,
        desk=desk,
        dialogue=Dialogue(
            database,
            searcher,
            publication,
            desk,
            wording,
            ticket_link=lambda number, token: f"{settings.public_url}{page_of(number, token)}",
            asks_first=settings.handoff == "offer",
        ),
    )


def _routed_app() -> FastAPI:
    app = FastAPI(
        title="Handrail",
        version=version("handrail"),
        description="Help articles, a chat that cites them, and tickets when a person is needed.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    services.database.migrate()
    services.holder.start()
    # Beside the first requests, not before them: a start takes seconds, and a question meanwhile is answered too.
    threading.Thread(target=_warm, args=(services.searcher,), name="warm", daemon=True).start()
    yield
    services.holder.stop()
    services.database.close()


def _warm(searcher: Searcher) -> None:
    """What a first question would wait for: the language detector and encoder (by one search), titles, tokens."""
    searcher.search(Query("refund", DEFAULT))
    searcher.warm()
