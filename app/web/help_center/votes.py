"""`POST /{language}/{topic}/{slug}/votes`: "Was this helpful?", without JavaScript too. A GET never records."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from app.chat import store
from app.errors import NotFound
from app.events import log
from app.events.event import REQUESTER, Event
from app.web.context import PageOf, Services, ServicesOf, limited, visitor_key
from app.web.protection.strict_json import check_text
from app.web.reading import ReadingOf

router = APIRouter(include_in_schema=False)

Reason = Literal["inaccurate", "outdated", "confusing", "not_my_question", "wrong_language", "other"]


class VoteForm(BaseModel):
    """What the form under an article sends: first yes or no, then, after a no, why."""

    model_config = ConfigDict(extra="forbid")

    helpful: Literal["yes", "no"]
    reasons: list[Reason] = Field([], max_length=6)
    comment: str = Field("", max_length=1000)


@router.post("/{language}/{topic}/{slug}/votes", dependencies=[limited("vote")])
def vote(  # noqa: PLR0913, PLR0917  # each is one part of the request
    page: PageOf,
    topic: str,
    slug: str,
    form: Annotated[VoteForm, Form()],
    request: Request,
    services: ServicesOf,
    reading: ReadingOf,
) -> RedirectResponse:
    """Records the vote on the article that was shown; a second vote of the same visitor replaces the first."""
    family = f"{topic}/{slug}"
    indexed = reading.best(page.language, family)
    if indexed is None:
        raise NotFound
    _record(services, form, (family, indexed.article.language), visitor_key(request, services))
    told = form.helpful == "no" and (form.reasons or form.comment.strip())
    state = "told" if told else form.helpful
    return RedirectResponse(f"/{page.language}/{family}?voted={state}#helpful", 303)


def _record(services: Services, form: VoteForm, what: tuple[str, str], visitor: str) -> None:
    check_text(form.comment)
    now = services.clock()
    family, language = what
    row = {
        "id": secrets.token_hex(16),
        "turn_id": None,
        "family": family,
        "language": language,
        "helpful": form.helpful == "yes",
        "reasons": sorted(set(form.reasons)),
        "comment": form.comment.strip() or None,
        "visitor": visitor,
        "at": now,
    }
    facts = {"language": language, "helpful": row["helpful"], "reasons": row["reasons"]}
    with services.database.transaction() as tx:
        store.put_vote(tx, row, ("family", "language", "visitor"))
        log.append(tx, Event(now, "article.voted", "article", family, REQUESTER, facts))
