"""Tickets as JSON, exactly as `api.md` names them: open one, look at it, say more, say whether it is solved."""

import hashlib
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.chat.repeats import claimed
from app.errors import Invalid
from app.languages import TAGS, normalize
from app.tickets.draft import TicketDraft
from app.tickets.ticket import Channel, Money, OrderFacts, Requester
from app.tickets.views import RequesterView
from app.web.context import Services, ServicesOf, caller_of, limited, reader_language
from app.web.cookies import NEVER_KEPT
from app.web.ticket_access import speaker_by_bearer, view_by_bearer
from app.web.ticket_shapes import (
    EntryShown,
    OpenedTicketShown,
    TicketShown,
    entry_shape,
    opened_ticket_shape,
    page_of,
    ticket_shape,
)

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="The same key with the same body does the work once, for three days.",
    ),
]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class MoneyAsked(_Asked):
    """An amount in the currency's smallest unit."""

    minor: int = Field(gt=0, le=10**12, examples=[12345])
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["EUR"])


class OrderAsked(_Asked):
    """The facts with which a dispute about an order can be answered (R3.7)."""

    order_id: str = Field(min_length=1, max_length=100)
    amount: MoneyAsked | None = None
    tracking_number: str | None = Field(default=None, min_length=1, max_length=100)
    delivered_on: date | None = Field(default=None, strict=False, examples=["2026-11-20"])


class TicketAsked(_Asked):
    """What `POST /api/tickets` takes."""

    subject: str = Field(min_length=1, max_length=200, examples=["Charged twice for one invoice"])
    body: str = Field(min_length=1, max_length=20_000)
    email: str = Field(max_length=254, examples=["partner@example.com"])
    name: str | None = Field(default=None, max_length=100)
    language: str | None = Field(default=None, max_length=20, examples=["es"])
    time_zone: str | None = Field(default=None, max_length=64, examples=["Europe/Madrid"])
    topic: str | None = Field(default=None, max_length=60, examples=["billing"])
    channel: Channel = Field(default=Channel.IN_APP, strict=False)
    phone: str | None = Field(default=None, max_length=40)
    order: OrderAsked | None = None


class MessageAsked(_Asked):
    """What `POST …/messages` takes."""

    text: str = Field(min_length=1, max_length=20_000)


def _opened_by_bearer(request: Request, services: ServicesOf, number: str) -> RequesterView:
    return view_by_bearer(request, services, number)


def _spoken_by_bearer(request: Request, services: ServicesOf, number: str) -> RequesterView:
    return speaker_by_bearer(request, services, number)


TicketOf = Annotated[RequesterView, Depends(_opened_by_bearer)]
OwnTicketOf = Annotated[RequesterView, Depends(_spoken_by_bearer)]


@router.post("", status_code=201, dependencies=[limited("ticket")])
def open_ticket(
    asked: TicketAsked,
    request: Request,
    response: Response,
    services: ServicesOf,
    key: IdempotencyKey = None,
) -> OpenedTicketShown:
    """Open a ticket. A person replies within 24 hours; the token opens its page and its JSON."""
    draft = _draft(asked, reader_language(request))
    number, token = open_once(services, draft, f"{caller_of(request)} POST /api/tickets", key)
    response.headers.update(NEVER_KEPT)
    response.headers["location"] = f"/api/tickets/{number}"
    return opened_ticket_shape(services.desk.view(number), services.wording, token)


@router.get("/{number}")
def ticket(view: TicketOf, response: Response, services: ServicesOf) -> TicketShown:
    """The ticket, for the bearer of its token, or for staff who are signed in."""
    return _shown(view, response, services)


@router.post("/{number}/messages", status_code=201, dependencies=[limited("write")])
def add_message(
    asked: MessageAsked,
    view: OwnTicketOf,
    response: Response,
    services: ServicesOf,
    key: IdempotencyKey = None,
) -> EntryShown:
    """The requester says more; a ticket that was solved is open again."""
    say_once(services, view.number, asked.text, key)
    response.headers.update(NEVER_KEPT)
    return entry_shape(services.desk.view(view.number).timeline[-1])


@router.put("/{number}/solution", dependencies=[limited("write")])
def accept_solution(view: OwnTicketOf, response: Response, services: ServicesOf) -> TicketShown:
    """It is solved. Saying so twice changes nothing."""
    services.desk.accept_solution(view.number, services.clock())
    return _shown(services.desk.view(view.number), response, services)


@router.delete("/{number}/solution", dependencies=[limited("write")])
def reject_solution(view: OwnTicketOf, response: Response, services: ServicesOf) -> TicketShown:
    """It is not solved: the ticket is open again. 409 for one that was not solved."""
    services.desk.reject_solution(view.number, services.clock())
    return _shown(services.desk.view(view.number), response, services)


def open_once(services: Services, draft: TicketDraft, scope: str, key: str | None) -> tuple[str, str]:
    """Open the ticket, or find the one that this key opened before; its number and its token (P11)."""
    now, body = services.clock(), repr(draft)
    with claimed(services.database, scope, key, body, now) as claim:
        if claim.answered is not None:
            sealed = bytes.fromhex(claim.answered["sealed_token"])
            return claim.answered["number"], _masked(services, sealed, f"{scope}\n{key}").decode()
        with services.database.transaction() as tx:
            opened = services.desk.open(draft, now, tx)
            sealed = _masked(services, opened.token.encode(), f"{scope}\n{key}")
            claim.keep(tx, {"number": opened.ticket.number, "sealed_token": sealed.hex()})
    return opened.ticket.number, opened.token


def say_once(services: Services, number: str, text: str, key: str | None) -> None:
    """Add the requester's message, once for each key."""
    now = services.clock()
    with claimed(services.database, f"POST {page_of(number)}/messages", key, text, now) as claim:
        if claim.answered is None:
            with services.database.transaction() as tx:
                said = services.desk.requester_message(number, text, now, tx)
                claim.keep(tx, {"message": said.ordinal})


def _masked(services: Services, text: bytes, label: str) -> bytes:
    """`text` masked, or unmasked again: a kept answer must not hold in plain what opens a ticket (P15).

    The mask is SHAKE-256 of the site's secret and a label that is used for one token only.
    """
    mask = hashlib.shake_256(services.secret + b"\x00" + label.encode()).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, mask, strict=True))


def _draft(asked: TicketAsked, language: str) -> TicketDraft:
    if asked.language is not None:
        language = normalize(asked.language) or ""
    if not language:
        raise Invalid.field("language", f"one of {', '.join(TAGS)}")
    return TicketDraft(
        subject=asked.subject,
        body=asked.body,
        language=language,
        requester=Requester(asked.email, asked.name, asked.phone),
        channel=asked.channel,
        topic=asked.topic,
        time_zone=asked.time_zone,
        order=_order(asked.order) if asked.order else None,
    )


def _order(asked: OrderAsked) -> OrderFacts:
    money = Money(asked.amount.minor, asked.amount.currency) if asked.amount else None
    return OrderFacts(asked.order_id, money, asked.tracking_number, asked.delivered_on)


def _shown(view: RequesterView, response: Response, services: Services) -> TicketShown:
    response.headers.update(NEVER_KEPT)
    return ticket_shape(view, services.wording)
