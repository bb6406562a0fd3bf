"""`POST /{language}/{topic}/{slug}/votes`: "Was this helpful?", without JavaScript too. A GET never records."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from app.chat.votes import Ballot, VoteReason
from app.errors import NotFound
from app.web.context import PageOf, ServicesOf, limited, visitor_key
from app.web.reading import ReadingOf

router = APIRouter(include_in_schema=False)


class VoteForm(BaseModel):
    """What the form under an article sends: first yes or no, then, after a no, why."""

    model_config = ConfigDict(extra="forbid")

    helpful: Literal["yes", "no"]
    reasons: list[VoteReason] = Field([], max_length=6)
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
    ballot = Ballot(form.helpful == "yes", form.reasons, form.comment.strip() or None)
    voter = visitor_key(request, services)
    services.dialogue.votes.on_article(family, indexed.article.language, voter, ballot, services.clock())
    told = not ballot.helpful and (ballot.reasons or ballot.comment)
    return RedirectResponse(
        f"/{page.language}/{family}?voted={'told' if told else form.helpful}#helpful", 303
    )
