"""The cookies that prove something: never readable by scripts, never sent along by another site's forms."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import unquote

from fastapi import Request, Response

CHAT = "handrail_chat"
TICKET = "handrail_ticket"
STAFF = "handrail_staff"
ZONE = "handrail_zone"  # not a proof: the browser's time zone, written by js/time-zone.js

CHAT_LASTS = timedelta(days=7)
TICKET_LASTS = timedelta(days=90)

NEVER_KEPT: Mapping[str, str] = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
"""Headers of what only its owner may see, and whose address nobody else should learn."""


def keep(
    response: Response, request: Request, name: str, value: str, lasts: timedelta, path: str = "/"
) -> None:
    """Give the browser a proof to send back below `path`."""
    response.set_cookie(
        name,
        value,
        max_age=round(lasts.total_seconds()),
        path=path,
        httponly=True,
        samesite="lax",  # a link in a mail must still find its reader signed in
        secure=request.url.scheme == "https",
    )


def forget(response: Response, name: str, path: str = "/") -> None:
    """Take it back."""
    response.delete_cookie(name, path=path, httponly=True, samesite="lax")


def zone_of(request: Request) -> str | None:
    """The reader's time zone as their browser told it; a name that does not exist is read as UTC later."""
    return unquote(request.cookies.get(ZONE, ""))[:64] or None
