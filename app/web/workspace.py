"""`/workspace`: where people answer tickets. A list by due time; one ticket with all that was said and tried."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from babel.dates import format_timedelta
from babel.numbers import format_currency, get_currency_precision
from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.chat.conversation import HandoffReason
from app.errors import Conflict, HandrailError, Invalid, StaleVersion, Unavailable
from app.languages import site_language
from app.people.permissions import Action, require
from app.people.person import Person
from app.sla.clock import ClockState
from app.tickets.numbers import read_number
from app.tickets.queues import QueueFilter, QueueRow
from app.tickets.ticket import Status
from app.tickets.views import AgentView
from app.tickets.words import BY_WORDS, CHANNEL_WORDS
from app.web.context import PageAnywhere, Services, ServicesOf, limited
from app.web.cookies import NEVER_KEPT, zone_of
from app.web.form_words import SentForm, plain_lines
from app.web.pages import Page
from app.web.problems import status_of, with_patience
from app.web.sign_in import SignedIn
from app.wording import N_

router = APIRouter(prefix="/workspace", include_in_schema=False)

SAID = {
    "replied": N_("Your reply is on its way: the requester sees it in the chat and on the ticket page."),
    "noted": N_("Your note is kept. Only colleagues see it."),
    "taken": N_("It is yours."),
    "solved": N_("Solved. The requester can still say that it is not."),
    "reopened": N_("The ticket is open again."),
    "replied-and-solved": N_("Your reply is on its way, and the ticket is solved."),
}
REASONS = {
    HandoffReason.LOW_CONFIDENCE: N_("It was not sure enough of its answer"),
    HandoffReason.NO_ARTICLE: N_("No article fits the question"),
    HandoffReason.ASKED_FOR_PERSON: N_("The requester asked for a person"),
    HandoffReason.ANSWER_REJECTED: N_("The requester said that the answer did not help"),
    HandoffReason.REPEATED_QUESTION: N_("The same question came again"),
    HandoffReason.SENSITIVE_TOPIC: N_("The subject is a matter for a person"),
    HandoffReason.COMPOSER_FAILED: N_("It could not put an answer together"),
}
STALE = N_("Somebody changed this ticket meanwhile. Look at what is new; your words are still in the field.")
NOT_NOW = N_("That cannot be done while the ticket is in this state.")
EMPTY = N_("Please write something, at most 20,000 characters.")
AWAY = N_("The database does not answer. Your words are still in the field: please send them again soon.")


class WriteForm(SentForm):
    """A reply or a note. `then` is `solve` when the reply ends the matter."""

    text: str = ""
    version: int = 0
    then: str = "wait"


class VersionForm(SentForm):
    """The version of the ticket that the agent had before their eyes."""

    version: int = 0


@dataclass(frozen=True, slots=True)
class Desktop:
    """One agent at one page."""

    services: Services
    page: Page
    person: Person

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.services.clock()

    def from_now(self, at: datetime) -> str:
        """How long until then, or since: `in 3 hours`, `20 minutes ago`."""
        locale = self.services.wording.locale(self.page.language)
        return str(format_timedelta(at - self.now, add_direction=True, threshold=1.2, locale=locale))

    def render(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A staff page: never cached, and its address goes nowhere."""
        zone = zone_of(self.page.request)
        values |= {"person": self.person, "now": self.now, "time_zone": zone}
        response = self.page.render(template, status=status, **values)
        response.headers.update(NEVER_KEPT)
        return response

    def back(self, number: str, done: str) -> Response:
        """To the ticket, which says what was done."""
        address = f"/workspace/tickets/{number}?language={self.page.language}&done={done}#latest"
        return RedirectResponse(address, 303, NEVER_KEPT)


def _desktop(person: SignedIn, services: ServicesOf, page: PageAnywhere) -> Desktop:
    require(person, Action.READ_TICKETS)  # before anything that was sent is looked at
    return Desktop(services, page, person)


DesktopOf = Annotated[Desktop, Depends(_desktop)]


@router.get("")
def queue(desktop: DesktopOf, show: str = "open") -> HTMLResponse:
    """Tickets by the moment their reply is due. `show`: open, mine, languages or solved."""
    person, solved = desktop.person, (Status.SOLVED, Status.CLOSED)
    wanted = QueueFilter(statuses=solved) if show == "solved" else QueueFilter()
    if show == "mine":
        wanted = QueueFilter(assignee_id=person.id)
    rows: tuple[QueueRow, ...] = desktop.services.desk.queue(person, desktop.now, wanted)
    if show == "languages":
        rows = tuple(row for row in rows if row.language in person.languages)
    shown = show if show in ("mine", "languages", "solved") else "open"
    return desktop.render(
        "workspace.html",
        tickets=rows,
        show=shown,
        team_name=desktop.services.desk.team_name,
        from_now=desktop.from_now,
    )


@router.get("/tickets/{number}")
def ticket(desktop: DesktopOf, number: str, done: str = "") -> Response:
    """One ticket."""
    clean = read_number(number)
    if clean and clean != number:
        return RedirectResponse(f"/workspace/tickets/{clean}", 303, NEVER_KEPT)
    return _show(desktop, number, said=desktop.page.text(SAID[done]) if done in SAID else "")


@router.post("/tickets/{number}/replies", dependencies=[limited("write")])
def reply(desktop: DesktopOf, number: str, form: Annotated[WriteForm, Form()]) -> Response:
    """Answer in public; the draft stays in the field when it cannot be sent."""
    desk, person, text = desktop.services.desk, desktop.person, plain_lines(form.text)
    try:
        answered = desk.reply(number, person, text, desktop.now, version=form.version)
        if form.then == "solve":
            desk.solve(number, person, desktop.now, version=answered.version)
            return desktop.back(number, "replied-and-solved")
    except (Invalid, Conflict, Unavailable) as refusal:
        return _refused(desktop, number, refusal, reply_draft=text)
    return desktop.back(number, "replied")


@router.post("/tickets/{number}/notes", dependencies=[limited("write")])
def note(desktop: DesktopOf, number: str, form: Annotated[WriteForm, Form()]) -> Response:
    """Write something down for colleagues."""
    text = plain_lines(form.text)
    try:
        desktop.services.desk.note(number, desktop.person, text, desktop.now)
    except (Invalid, Conflict, Unavailable) as refusal:
        return _refused(desktop, number, refusal, note_draft=text)
    return desktop.back(number, "noted")


@router.post("/tickets/{number}/assignments", dependencies=[limited("write")])
def take(desktop: DesktopOf, number: str, form: Annotated[VersionForm, Form()]) -> Response:
    """Take the ticket."""
    person = desktop.person
    try:
        desktop.services.desk.assign(number, person, person, desktop.now, version=form.version)
    except Conflict as refusal:
        return _refused(desktop, number, refusal)
    return desktop.back(number, "taken")


@router.post("/tickets/{number}/solutions", dependencies=[limited("write")])
def solve(desktop: DesktopOf, number: str, form: Annotated[VersionForm, Form()]) -> Response:
    """Mark the ticket as solved."""
    try:
        desktop.services.desk.solve(number, desktop.person, desktop.now, version=form.version)
    except Conflict as refusal:
        return _refused(desktop, number, refusal)
    return desktop.back(number, "solved")


@router.post("/tickets/{number}/reopenings", dependencies=[limited("write")])
def reopen(desktop: DesktopOf, number: str, form: Annotated[VersionForm, Form()]) -> Response:
    """It is not solved after all."""
    try:
        desktop.services.desk.reopen(number, desktop.person, desktop.now, version=form.version)
    except Conflict as refusal:
        return _refused(desktop, number, refusal)
    return desktop.back(number, "reopened")


def _refused(
    desktop: Desktop, number: str, refusal: HandrailError, *, reply_draft: str = "", note_draft: str = ""
) -> Response:
    """The ticket as it is now, with what was typed and what to do about it."""
    say, faults = desktop.page.text, {}
    if isinstance(refusal, Invalid):
        faults = {"text": say(EMPTY)}
    words = {StaleVersion: STALE, Unavailable: AWAY}.get(type(refusal), NOT_NOW)
    shown = _show(
        desktop,
        number,
        status=status_of(refusal),
        fault="" if faults else say(words),
        reply_draft=reply_draft,
        note_draft=note_draft,
        reply_faults=faults if not note_draft else {},
        note_faults=faults if note_draft else {},
    )
    return with_patience(shown, refusal)


def _show(desktop: Desktop, number: str, *, status: int = 200, **more: Any) -> HTMLResponse:
    view: AgentView = desktop.services.desk.view_for_agent(number, desktop.person)
    say, ticket, reason = desktop.page.text, view.ticket, view.ticket.reason
    nothing = {"said": "", "fault": "", "reply_draft": "", "note_draft": ""}
    running = view.clock.state is ClockState.RUNNING
    return desktop.render(
        "workspace_ticket.html",
        status=status,
        view=view,
        ticket=ticket,
        due_at=view.clock.due_at if running else None,
        from_now=desktop.from_now,
        channel_text=say(CHANNEL_WORDS[ticket.channel]),
        reason_text=say(REASONS[HandoffReason(reason)]) if reason else "",
        reasons={one.value: say(words) for one, words in REASONS.items()},
        by_words={by.value: say(words) for by, words in BY_WORDS.items()},
        requester_language=site_language(ticket.language).autonym,
        amount_text=_amount(desktop, view),
        **nothing | {"reply_faults": {}, "note_faults": {}} | more,
    )


def _amount(desktop: Desktop, view: AgentView) -> str:
    money = view.ticket.order.amount if view.ticket.order else None
    if money is None:
        return ""
    locale = desktop.services.wording.locale(desktop.page.language)
    return str(
        format_currency(
            money.minor / 10 ** get_currency_precision(money.currency), money.currency, locale=locale
        )
    )
