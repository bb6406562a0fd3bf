"""Writes from other sites' pages are refused: Sec-Fetch-Site where the browser sends it, else Origin == Host."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from app.errors import NotAllowed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def check_cross_site(method: str, headers: Headers) -> None:
    """Refuses (`NotAllowed`) a write that another site's page may have sent with this visitor's cookies."""
    if method in SAFE_METHODS or _carries_its_own_proof(headers):
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        origin = headers.get("origin")  # absent from programs, which have no visitor's cookies to abuse
        allowed = origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    if not allowed:
        raise NotAllowed("This form was sent from another site. Open the page here and try again.")


def _carries_its_own_proof(headers: Headers) -> bool:
    """A bearer token is not a cookie: a stranger's page cannot make the browser add it."""
    return headers.get("authorization", "").lower().startswith("bearer ")
