"""What the two sides see of a ticket: the requester's view has no notes, the agent's has everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.events.event import STAFF, SYSTEM, Event
from app.people.person import Person
from app.sla.clock import Clock
from app.tickets.lifecycle import Verb
from app.tickets.ticket import By, Requester, Status, Ticket, TicketMessage

OPENED = "opened"
# Messages tell their own story; these events become entries beside them.
SHOWN = (
    OPENED,
    *(verb.value for verb in (Verb.ASSIGN, Verb.SOLVE, Verb.REOPEN, Verb.WITHDRAW, Verb.ADD_CONTACT)),
)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing the requester is told. `kind` is a key of `words.TIMELINE_WORDS`; `text` is what a person wrote, or empty."""

    at: datetime
    kind: str
    by: By
    text: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class RequesterView:
    """A ticket as its requester sees it: nothing in it moves when staff write a note.

    `next_update_due_at` is None: no rhythm of updates is promised yet.
    """

    number: str
    status: Status
    tier: int
    subject: str
    language: str
    topic: str | None
    time_zone: str
    requester: Requester
    opened_at: datetime
    updated_at: datetime
    first_response_due_at: datetime
    first_responded_at: datetime | None
    next_update_due_at: datetime | None
    timeline: tuple[TimelineEntry, ...]


@dataclass(frozen=True, slots=True)
class AgentView:
    """A ticket as staff see it: `messages` with notes, `events` as its audit trail, `ticket.transcript` what the bot tried."""

    ticket: Ticket
    team_name: str
    assignee: Person | None
    clock: Clock
    messages: tuple[TicketMessage, ...]
    events: tuple[Event, ...]


def requester_view(
    ticket: Ticket, clock: Clock, messages: Sequence[TicketMessage], events: Sequence[Event]
) -> RequesterView:
    """Put the requester's view together; notes among `messages` are left out."""
    told = timeline(ticket, messages, events)
    return RequesterView(
        number=ticket.number,
        status=ticket.status,
        tier=ticket.tier,
        subject=ticket.subject,
        language=ticket.language,
        topic=ticket.topic,
        time_zone=ticket.time_zone,
        requester=ticket.requester,
        opened_at=ticket.opened_at,
        updated_at=max(entry.at for entry in told),
        first_response_due_at=clock.due_at,
        first_responded_at=clock.fulfilled_at,
        next_update_due_at=None,
        timeline=told,
    )


def timeline(
    ticket: Ticket, messages: Sequence[TicketMessage], events: Sequence[Event]
) -> tuple[TimelineEntry, ...]:
    """Public messages and what was done, in the order of the event log."""
    written = {message.ordinal: message for message in messages if not message.is_note}
    entries = []
    for event in events:
        kind = event.kind.removeprefix("ticket.")
        message = written.get(_ordinal(event))
        if message is not None:
            entries.append(TimelineEntry(message.at, "replied", message.by, message.text, message.author))
        elif kind in SHOWN:
            entries.append(TimelineEntry(event.at, kind, _by(event), ticket.body if kind == OPENED else ""))
    return tuple(entries)


def _ordinal(event: Event) -> int:
    ordinal = event.data.get("message")
    return ordinal if isinstance(ordinal, int) else 0


def _by(event: Event) -> By:
    if event.actor.startswith(STAFF):
        return By.AGENT
    return By.SYSTEM if event.actor == SYSTEM else By.REQUESTER
