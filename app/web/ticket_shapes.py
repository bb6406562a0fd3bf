"""A ticket as JSON, exactly as `api.md` names it; the chat's handoffs carry the same shape."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.tickets.views import RequesterView, TimelineEntry
from app.tickets.words import STATUS_WORDS, TIER_WORDS
from app.wording import Wording

StatusName = Literal["new", "open", "pending", "on_hold", "solved", "closed"]

_EXAMPLE: dict[str, Any] = {
    "number": "H-2N7K4",
    "status": "open",
    "status_text": "A specialist is working on it",
    "tier": 2,
    "tier_text": "Specialist team",
    "subject": "Charged twice for one invoice",
    "language": "en",
    "topic": "billing",
    "opened_at": "2026-11-24T15:05:00Z",
    "promise": {
        "first_response_due_at": "2026-11-25T15:05:00Z",
        "first_responded_at": None,
        "next_update_due_at": None,
        "due_text": "by Wednesday, November 25 at 4:05 PM (Madrid)",
    },
    "timeline": [
        {"at": "2026-11-24T15:05:00Z", "kind": "opened", "by": "requester", "text": "…", "author": ""}
    ],
    "decision": None,
    "links": {"page": "/tickets/H-2N7K4", "review": None},
}


class Shape(BaseModel):
    """What every answer has in common: nothing beyond what is named."""

    model_config = ConfigDict(extra="forbid")


class PromiseShown(Shape):
    """By when a person replies."""

    first_response_due_at: datetime
    first_responded_at: datetime | None
    next_update_due_at: datetime | None
    due_text: str = Field(description="The due moment in words, in the requester's language and zone.")


class EntryShown(Shape):
    """One thing that happened, as the requester is told it."""

    at: datetime
    kind: str
    by: Literal["requester", "agent", "system", "bot"]
    text: str
    author: str = Field(description="The name of the person who wrote it; empty for the requester's deeds.")


class LinksShown(Shape):
    """Where the ticket is to be found."""

    page: str
    review: str | None = Field(
        description="Where a review can be asked for; null while that is not possible."
    )


class TicketShown(Shape):
    """A ticket as its requester sees it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    number: str
    status: StatusName
    status_text: str
    tier: int
    tier_text: str
    subject: str
    language: str
    topic: str | None
    opened_at: datetime
    promise: PromiseShown
    timeline: list[EntryShown]
    decision: None = None
    links: LinksShown


class OpenedTicketShown(TicketShown):
    """The same with the token that opens it; it is told when the ticket is opened, and never again."""

    token: str | None = Field(description="The bearer token of this ticket. Keep it like a key.")


def ticket_shape(view: RequesterView, wording: Wording) -> TicketShown:
    """The ticket, its words in its own language."""
    return TicketShown(
        number=view.number,
        status=view.status.value,
        status_text=wording.text(view.language, STATUS_WORDS[view.status]),
        tier=view.tier,
        tier_text=wording.text(view.language, TIER_WORDS.get(view.tier, TIER_WORDS[1])),
        subject=view.subject,
        language=view.language,
        topic=view.topic,
        opened_at=view.opened_at,
        promise=_promise(view, wording),
        timeline=[entry_shape(entry) for entry in view.timeline],
        links=LinksShown(page=page_of(view.number), review=None),
    )


def opened_ticket_shape(view: RequesterView, wording: Wording, token: str | None) -> OpenedTicketShown:
    """The ticket together with its token."""
    return OpenedTicketShown(**dict(ticket_shape(view, wording)), token=token)


def entry_shape(entry: TimelineEntry) -> EntryShown:
    """One entry of the timeline."""
    return EntryShown(at=entry.at, kind=entry.kind, by=entry.by.value, text=entry.text, author=entry.author)


def page_of(number: str, token: str | None = None) -> str:
    """The address of a ticket's page: its private link with the token, which opens it; else the clean one."""
    return f"/tickets/{number}?token={token}" if token else f"/tickets/{number}"


def _promise(view: RequesterView, wording: Wording) -> PromiseShown:
    moment = wording.moment(view.language, view.first_response_due_at, view.time_zone)
    return PromiseShown(
        first_response_due_at=view.first_response_due_at,
        first_responded_at=view.first_responded_at,
        next_update_due_at=view.next_update_due_at,
        due_text=wording.text(view.language, "by {moment}", moment=moment),
    )
