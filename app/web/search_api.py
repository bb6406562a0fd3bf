"""Search, suggestions and articles as JSON, exactly as `api.md` names them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.articles.article import Kind
from app.errors import Invalid, NotFound
from app.languages import TAGS, normalize
from app.search.hit import Hit
from app.search.query import MAX_LIMIT
from app.search.query import Query as Question
from app.web.context import ServicesOf, limited, reader_language
from app.web.protection.strict_json import check_text
from app.web.reading import ReadingOf

router = APIRouter(prefix="/api", tags=["search"])

GENERATION = "x-index-generation"
_HIT: JsonDict = {
    "family": "billing/charged-twice",
    "language": "de",
    "is_fallback": False,
    "is_stale": False,
    "kind": "troubleshooting",
    "title": "Ich glaube, mir wurde zweimal Werbung berechnet",
    "heading": "Woran erkenne ich eine echte Doppelbuchung?",
    "topic": "billing",
    "url": "/de/billing/charged-twice#woran-erkenne-ich-eine-echte-doppelbuchung",
    "passage": "Eine echte Doppelbuchung hat zwei abgeschlossene Zahlungen für dieselbe Rechnungsnummer.",
    "score": 0.81,
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Asked(_Strict):
    q: str = Field(
        min_length=1,
        max_length=400,
        description="The question, in any of the site's languages.",
        examples=["doppelt abgebucht"],
    )
    language: str | None = Field(
        None,
        max_length=20,
        description="The reader's language; else Accept-Language decides.",
        examples=["de"],
    )


class SearchAsked(_Asked):
    """What `GET /api/search` takes."""

    limit: int = Field(10, ge=1, le=MAX_LIMIT, examples=[10])
    topic: str | None = Field(None, max_length=64, examples=["billing"])
    kind: Kind | None = Field(None, examples=["troubleshooting"])


class HitShown(_Strict):
    """One article family, with its best passage."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _HIT})

    family: str
    language: str
    is_fallback: bool = Field(description="Not in the reader's language: found along its fallback chain.")
    is_stale: bool
    kind: Kind
    topic: str
    title: str
    heading: str
    url: str
    passage: str
    score: float = Field(description="Orders within one query, no more.")


class SearchAnswer(_Strict):
    """What `GET /api/search` gives."""

    query: str
    language: str
    mode: Literal["hybrid", "lexical"]
    degraded: list[str]
    generation: str
    hits: list[HitShown]


class SuggestionShown(_Strict):
    """A title that fits what has been typed."""

    title: str = Field(examples=["Ich glaube, mir wurde zweimal Werbung berechnet"])
    url: str = Field(examples=["/de/billing/charged-twice"])
    family: str = Field(examples=["billing/charged-twice"])
    language: str = Field(examples=["de"])


class SuggestionsAnswer(_Strict):
    """What `GET /api/suggestions` gives: at most eight, best first."""

    suggestions: list[SuggestionShown]


class ContentsShown(_Strict):
    """One heading of an article."""

    level: int
    anchor: str
    text: str


class ArticleAnswer(_Strict):
    """An article, in the language asked for or along its fallback chain."""

    family: str = Field(examples=["billing/charged-twice"])
    language: str = Field(examples=["de"])
    is_fallback: bool
    is_stale: bool
    kind: Kind
    topic: str
    slug: str
    title: str
    summary: str
    tags: list[str]
    updated: str | None = Field(examples=["2026-10-20"])
    revision: int
    url: str
    markdown: str
    html: str
    contents: list[ContentsShown]
    translations: dict[str, str] = Field(description="Language tag → address of the translation.")
    related: list[str]


@router.get("/search", dependencies=[limited("search")])
async def search(
    asked: Annotated[SearchAsked, Query()],
    request: Request,
    response: Response,
    services: ServicesOf,
    reading: ReadingOf,
) -> SearchAnswer:
    """The best passage of each fitting article, one hit a family, best first."""
    text, language = _text(asked.q), _language(asked.language, request)
    if asked.topic is not None and asked.topic not in reading.topics():
        raise Invalid.field("topic", "there is no such topic")
    question = Question(text, language, asked.topic, asked.kind.value if asked.kind else None, asked.limit)
    # The only part that takes its time: what stands around it stays where it is, and saves a second trip to a thread.
    results = await run_in_threadpool(services.searcher.search, question)
    response.headers[GENERATION] = results.generation
    return SearchAnswer(
        query=asked.q,
        language=language,
        mode=results.mode,
        degraded=list(results.degraded),
        generation=results.generation,
        hits=[_hit(hit) for hit in results.hits],
    )


@router.get("/suggestions", dependencies=[limited("suggest")])
def suggestions(
    asked: Annotated[_Asked, Query()], request: Request, response: Response, services: ServicesOf
) -> SuggestionsAnswer:
    """Titles while typing."""
    found = services.searcher.suggest(_text(asked.q), _language(asked.language, request))
    response.headers[GENERATION] = services.snapshot.generation
    return SuggestionsAnswer(
        suggestions=[
            SuggestionShown(title=one.title, url=one.url, family=one.family, language=one.language)
            for one in found
        ]
    )


@router.get("/articles/{language}/{topic}/{slug}", tags=["articles"])
def article(language: str, topic: str, slug: str, response: Response, reading: ReadingOf) -> ArticleAnswer:
    """One article. `language` says in which language it came; `is_fallback` whether that is another than asked for."""
    family = f"{topic}/{slug}"
    indexed = reading.best(language, family) if language in TAGS else None
    if indexed is None:
        raise NotFound
    shown, page = indexed.article, indexed.page
    response.headers[GENERATION] = reading.generation
    response.headers["content-language"] = shown.language
    return ArticleAnswer(
        family=family,
        language=shown.language,
        is_fallback=shown.language != language,
        is_stale=reading.is_stale(indexed),
        kind=shown.kind,
        topic=shown.topic,
        slug=shown.slug,
        title=shown.title,
        summary=shown.summary,
        tags=list(shown.tags),
        updated=shown.updated.isoformat() if shown.updated else None,
        revision=shown.revision,
        url=shown.url,
        markdown=page.source.article.body,
        html=page.rendered.html,
        contents=[
            ContentsShown(level=entry.level, anchor=entry.anchor, text=entry.text)
            for entry in page.rendered.contents
        ],
        translations={one.article.language: one.article.url for one in reading.translations(family)},
        related=[one.article.family for one in reading.related(indexed, language)],
    )


def _text(q: str) -> str:
    check_text(q)
    text = q.strip()
    if not text:
        raise Invalid.field("q", "say what you are looking for")
    return text


def _language(asked: str | None, request: Request) -> str:
    if asked is None:
        return reader_language(request)
    language = normalize(asked)
    if language is None:
        raise Invalid.field("language", f"one of {', '.join(TAGS)}")
    return language


def _hit(hit: Hit) -> HitShown:
    return HitShown(
        family=hit.family,
        language=hit.language,
        is_fallback=hit.is_fallback,
        is_stale=hit.is_stale,
        kind=Kind(hit.kind),
        topic=hit.topic,
        title=hit.title,
        heading=hit.heading,
        url=hit.url,
        passage=hit.passage,
        score=hit.score,
    )
