"""`/{language}/search?q=…`: hits with marked words; every filter is in the address, so a search can be linked."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.chat.confidence import assess
from app.search.hit import Hit, Results
from app.search.query import Query as Question
from app.search.snapshot import Snapshot
from app.web.context import PageOf, ServicesOf, limited
from app.web.marking import Marker
from app.web.reading import ReadingOf
from app.web.shelves import KINDS, SHELVES

router = APIRouter(include_in_schema=False)

LONGEST = 400
HITS = 12
# Scores order within one query: what reaches less than this share of the best one only lengthens the page.
WORTH_SHOWING = 0.45
# When none may answer, a few of the nearest are enough.
NEAREST = 4


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit with its title and an excerpt of its passage as marked HTML, and its address in the reader's interface."""

    hit: Hit
    url: str
    title: Markup
    excerpt: Markup


@router.get("/{language}/search", dependencies=[limited("search")])
def search(
    page: PageOf,
    services: ServicesOf,
    reading: ReadingOf,
    q: Annotated[str, Query()] = "",
    topic: str = "",
    kind: str = "",
) -> HTMLResponse:
    """The results. Filters that do not exist are ignored, and a longer question is cut: a page is not an API."""
    text = " ".join(q.split())[:LONGEST]
    topic = topic if topic in reading.topics() else ""
    kind = kind if kind in KINDS else ""
    question = Question(text, page.language, topic or None, kind or None, HITS)
    results = services.searcher.search(question) if text else None
    shown = _shown(results, services.snapshot, page.language) if results else []
    is_unsure = results is not None and assess(results, services.snapshot.calibration).band == "low"
    return page.render(
        "search.html",
        generation=results.generation if results else reading.generation,
        query=text,
        topic=topic,
        kind=kind,
        kinds=KINDS,
        topics=[shelf for shelf in SHELVES if shelf.topic in reading.topics()],
        results=results,
        is_unsure=is_unsure,
        hits=shown[:NEAREST] if is_unsure else shown,
    )


def _shown(results: Results, snapshot: Snapshot, language: str) -> list[ShownHit]:
    markers = {hit.language: Marker(results.query.text, hit.language, snapshot) for hit in results.hits}
    least = WORTH_SHOWING * max((hit.score for hit in results.hits), default=0.0)
    return [_shown_hit(hit, markers[hit.language], language) for hit in results.hits if hit.score >= least]


def _shown_hit(hit: Hit, marker: Marker, language: str) -> ShownHit:
    anchor = f"#{hit.anchor}" if hit.anchor else ""
    url = f"/{language}/{hit.family}{anchor}"
    return ShownHit(hit, url, marker.marked(hit.title), marker.excerpt(hit.passage))
