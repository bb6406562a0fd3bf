"""`/{language}/{topic}/`: all articles of a topic."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from app.errors import NotFound
from app.web.context import PageOf
from app.web.reading import ReadingOf
from app.web.shelves import shelf_of

router = APIRouter(include_in_schema=False)


@router.get("/{language}/{topic}")
def without_slash(page: PageOf, topic: str, reading: ReadingOf) -> RedirectResponse:
    """`/de/billing` is meant as `/de/billing/`."""
    if topic not in reading.topics():
        raise NotFound
    return RedirectResponse(f"/{page.language}/{topic}/", 308)


@router.get("/{language}/{topic}/")
def topic(page: PageOf, topic: str, reading: ReadingOf) -> HTMLResponse:
    """The topic's articles, those in the reader's language first."""
    articles = reading.shelf(page.language, topic)
    if not articles:
        raise NotFound
    return page.render(
        "topic.html",
        generation=reading.generation,
        shelf=shelf_of(topic),
        articles=sorted(articles, key=lambda one: one.article.language != page.language),
    )
