"""`/` and `/{language}/`: the search field, the eight topics, and what is asked most."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from app.web.context import PageOf, ReaderLanguage
from app.web.reading import Reading, ReadingOf
from app.web.shelves import SHELVES, Shelf, shelf_of

router = APIRouter(include_in_schema=False)

# The editors' choice for the home page, in this order.
PICKS = (
    "account-health/account-suspended",
    "campaigns/ad-rejected",
    "billing/charged-twice",
    "campaigns/ad-not-showing",
    "claims-and-disputes/chargebacks",
    "account-health/dissatisfaction-rate",
    "contacting-support/response-times",
    "getting-started/create-partner-account",
)


@router.get("/")
def root(language: ReaderLanguage) -> RedirectResponse:
    """Sends the reader to the home page in their language."""
    headers = {"vary": "accept-language", "cache-control": "no-cache"}
    return RedirectResponse(f"/{language}/", 307, headers)


@router.get("/{language}")
def without_slash(page: PageOf) -> RedirectResponse:
    """`/de` is meant as `/de/`."""
    return RedirectResponse(f"/{page.language}/", 308)


@router.get("/{language}/")
def home(page: PageOf, reading: ReadingOf) -> HTMLResponse:
    """The home page."""
    shelves = [(shelf, len(reading.shelf(page.language, shelf.topic))) for shelf in _shelves(reading)]
    return page.render(
        "home.html",
        generation=reading.generation,
        shelves=[(shelf, count) for shelf, count in shelves if count],
        picks=reading.picked(PICKS, page.language, len(PICKS)),
    )


def _shelves(reading: Reading) -> list[Shelf]:
    """Ours in their order, then topics that editors have added."""
    known = [shelf.topic for shelf in SHELVES]
    return [shelf_of(topic) for topic in dict.fromkeys((*known, *reading.topics()))]
