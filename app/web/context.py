"""What lives with the process (`Services`) and what lives with one request (the dependencies of the routes).

Dependencies that only look something up are coroutines: a plain function would be sent to a thread, and back, for each.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, HTTPException, Request

from app.errors import NotFound
from app.languages import TAGS, negotiate, normalize
from app.now import Clock
from app.settings import Settings
from app.web.pages import Page, Pages
from app.web.protection.rate_limits import Limiter
from app.wording import Wording

if TYPE_CHECKING:
    from app.articles.library import LivePublication
    from app.chat.dialogue import Dialogue
    from app.people.directory import Directory
    from app.search.encoder import Encoder
    from app.search.searcher import Searcher
    from app.search.snapshot import Snapshot, SnapshotHolder
    from app.storage.database import Database
    from app.tickets.desk import Desk


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that lives with the process, composed once in `main.create_app`, on `app.state.services`."""

    settings: Settings
    secret: bytes = field(repr=False)
    clock: Clock
    wording: Wording
    pages: Pages
    limiter: Limiter
    encoder: "Encoder"
    holder: "SnapshotHolder"
    searcher: "Searcher"
    publication: "LivePublication"
    database: "Database"
    directory: "Directory"
    desk: "Desk"
    dialogue: "Dialogue"

    @property
    def snapshot(self) -> "Snapshot":
        """The generation being served; take it once per request, so that one answer has one source."""
        return self.holder.current


def services_of(request: Request) -> Services:
    """The process's services."""
    services: Services = request.app.state.services
    return services


async def path_language(request: Request, language: str) -> str:
    """The site language of a `/{language}/…` page.

    A tag as other sites write it (`pt`, `zh-cn`) is sent on to ours; anything else is `NotFound`.
    """
    if language in TAGS:
        return language
    if request.method == "GET" and (ours := normalize(language)):
        rest = request.url.path.removeprefix(f"/{language}")
        query = f"?{request.url.query}" if request.url.query else ""
        raise HTTPException(308, headers={"location": f"/{ours}{rest}{query}"})
    raise NotFound


def reader_language(request: Request) -> str:
    """The language for an address without one: `?language=`, else the page they came with, else Accept-Language."""
    asked = request.query_params.get("language", "")[:20]
    return normalize(asked) or negotiate(request.headers.get("accept-language", ""))


def caller_of(request: Request) -> str:
    """Whom a rate limit counts: the client's address."""
    return request.client.host if request.client else "unknown"


def visitor_key(request: Request, services: Services) -> str:
    """Who votes, as a keyed hash of address and browser: one vote each, and nobody can be read back from it."""
    seen = f"{caller_of(request)}\n{request.headers.get('user-agent', '')}"
    return hmac.new(services.secret, seen.encode(), "sha256").hexdigest()


def limited(budget: str) -> Any:
    """A route dependency: one call of this budget, or `TooMany`."""

    async def take(request: Request) -> None:
        services_of(request).limiter.take(budget, caller_of(request))

    return Depends(take)


async def _services(request: Request) -> Services:
    return services_of(request)


async def _reader_language(request: Request) -> str:
    return reader_language(request)


ServicesOf = Annotated[Services, Depends(_services)]
Language = Annotated[str, Depends(path_language)]
ReaderLanguage = Annotated[str, Depends(_reader_language)]


async def _page(request: Request, services: ServicesOf, language: Language) -> Page:
    return Page(services.pages, request, language)


async def _page_anywhere(request: Request, services: ServicesOf, language: ReaderLanguage) -> Page:
    return Page(services.pages, request, language)


PageOf = Annotated[Page, Depends(_page)]
"""The page of a `/{language}/…` route: `page.render("home.html", …)`."""
PageAnywhere = Annotated[Page, Depends(_page_anywhere)]
"""The page of a route without a language in its path (`/tickets/…`, `/sign-in`)."""

Dependency = Callable[..., Any]
