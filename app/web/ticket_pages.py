"""`/tickets/{number}`: the requester's page. Its private link opens it once; a cookie for this one ticket keeps it open."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.errors import Conflict, Invalid, NotFound, Unavailable
from app.languages import normalize
from app.tickets.numbers import read_number
from app.tickets.ticket import Status
from app.tickets.views import RequesterView, TimelineEntry
from app.tickets.words import BY_WORDS, STATUS_WORDS, TIER_WORDS, TIMELINE_WORDS
from app.web.context import Services, ServicesOf, limited
from app.web.cookies import NEVER_KEPT, TICKET
from app.web.form_words import SentForm, new_key, plain_lines
from app.web.pages import Page
from app.web.problems import with_patience
from app.web.ticket_access import keep_ticket, view_by_cookie
from app.web.ticket_api import say_once
from app.web.ticket_shapes import page_of
from app.wording import N_

router = APIRouter(include_in_schema=False)

SAID = {
    "opened": N_("We have your request. Nothing more to do: you find the reply here."),
    "message": N_("Your message has reached us."),
    "solved": N_("Good to hear. The ticket is marked as solved."),
    "reopened": N_("The ticket is open again."),
    "withdrawn": N_("The ticket is closed. Nobody will write to you about it any more."),
}
"""What the page says after something was done, by the word in its address."""


class MessageForm(SentForm):
    """More from the requester."""

    text: str = ""
    key: str | None = None


class SolutionForm(SentForm):
    """Is it solved, or not?"""

    solved: str = ""


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A ticket that this browser may see, and the page it is shown on."""

    view: RequesterView
    page: Page
    services: Services


def _open(request: Request, services: ServicesOf, number: str) -> OpenTicket:
    view = view_by_cookie(request, services, number)
    asked = normalize(request.query_params.get("language", "")[:20])
    # Without a wish, the language in which they wrote to us: whoever opens a saved link finds their own.
    return OpenTicket(view, Page(services.pages, request, asked or view.language), services)


OpenTicketOf = Annotated[OpenTicket, Depends(_open)]


@router.get("/tickets/{number}")
def ticket_page(request: Request, services: ServicesOf, number: str, done: str = "") -> Response:
    """The page. A private link (`?token=…`) is taken out of the address at once; a wrong one is no page at all."""
    clean = read_number(number)
    if clean is None:
        raise NotFound
    token = request.query_params.get("token")
    if token is None and clean == number:
        return _show(_open(request, services, number), done=done)
    response = RedirectResponse(_address(clean, request), 303, NEVER_KEPT)
    if token is not None:
        services.desk.view_for_requester(clean, token, services.clock())
        keep_ticket(response, request, clean, token)
    return response


@router.post("/tickets/{number}/messages", dependencies=[limited("write")])
def add_message(ticket: OpenTicketOf, form: Annotated[MessageForm, Form()]) -> Response:
    """The requester says more. What cannot be taken stays in the field."""
    text = plain_lines(form.text)
    try:
        say_once(ticket.services, ticket.view.number, text, form.key or None)
    except Invalid:
        fault = ticket.page.text(N_("Please write something, at most 20,000 characters."))
        return _show(ticket, status=422, draft=text, faults={"text": fault})
    except Unavailable as refusal:
        fault = ticket.page.text(
            N_(
                "We cannot take your message at this moment. It is still in the field: please send it again soon."
            )
        )
        return with_patience(_show(ticket, status=503, draft=text, fault=fault), refusal)
    return _back(ticket, "message", "#latest")


@router.post("/tickets/{number}/solution", dependencies=[limited("write")])
def put_solution(ticket: OpenTicketOf, form: Annotated[SolutionForm, Form()]) -> Response:
    """It is solved, or it is not."""
    desk, number, now = ticket.services.desk, ticket.view.number, ticket.services.clock()
    if form.solved == "yes":
        desk.accept_solution(number, now)
        return _back(ticket, "solved")
    try:
        desk.reject_solution(number, now)
    except Conflict:
        return _back(ticket)  # open already: somebody pressed twice
    return _back(ticket, "reopened")


@router.post("/tickets/{number}/withdrawals", dependencies=[limited("write")])
def withdraw(ticket: OpenTicketOf) -> Response:
    """The requester needs no answer any more."""
    ticket.services.desk.withdraw(ticket.view.number, ticket.services.clock())
    return _back(ticket, "withdrawn")


def _show(
    ticket: OpenTicket,
    *,
    status: int = 200,
    done: str = "",
    draft: str = "",
    fault: str = "",
    faults: dict[str, str] | None = None,
) -> Response:
    view, page = ticket.view, ticket.page
    response = page.render(
        "ticket.html",
        status=status,
        ticket=view,
        status_text=page.text(STATUS_WORDS[view.status]),
        tier_text=page.text(TIER_WORDS.get(view.tier, TIER_WORDS[1])),
        is_waiting=view.status not in (Status.SOLVED, Status.CLOSED),
        private_link=_private_link(page.request, ticket),
        entry_words=lambda entry: _entry_words(page, entry),
        said=page.text(SAID[done]) if done in SAID else "",
        draft=draft,
        fault=fault,
        faults=faults or {},
        new_key=new_key,
    )
    response.headers.update(NEVER_KEPT)
    return response


def _entry_words(page: Page, entry: TimelineEntry) -> str:
    if entry.kind == "replied":
        return entry.author if entry.by == "agent" and entry.author else page.text(BY_WORDS[entry.by])
    return page.text(TIMELINE_WORDS.get(entry.kind, entry.kind))


def _private_link(request: Request, ticket: OpenTicket) -> str:
    token = request.cookies.get(TICKET)
    return f"{ticket.page.pages.public_url}{page_of(ticket.view.number, token)}" if token else ""


def _back(ticket: OpenTicket, done: str = "", anchor: str = "") -> Response:
    address = f"{page_of(ticket.view.number)}?language={ticket.page.language}"
    return RedirectResponse(f"{address}{'&done=' + done if done else ''}{anchor}", 303, NEVER_KEPT)


def _address(number: str, request: Request) -> str:
    """The clean address; a language that was asked for is kept."""
    language = normalize(request.query_params.get("language", "")[:20])
    return f"{page_of(number)}?language={language}" if language else page_of(number)
