"""How a draft becomes a ticket: number, team, person, priority, promise, link and trail, in one transaction."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.errors import Conflict, Unavailable
from app.events import log
from app.events.event import REQUESTER, SYSTEM, Event
from app.people.directory import Directory
from app.sla.clock import Clock, Metric, start
from app.sla.policy import Policies
from app.storage.database import Transaction
from app.tickets import store
from app.tickets.draft import TicketDraft, check_draft, known_zone
from app.tickets.lifecycle import UNSOLVED
from app.tickets.numbers import LENGTH, hash_token, new_number, new_token
from app.tickets.routing import Routing, choose_assignee
from app.tickets.ticket import Status, Ticket

LINK_LASTS = timedelta(days=90)
_TRIES = 12


@dataclass(frozen=True, slots=True)
class OpenedTicket:
    """A new ticket. `token` opens the requester's page; it is told once, the database keeps its hash."""

    ticket: Ticket
    token: str = field(repr=False)  # must not reach a log
    first_response_due_at: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """The rules by which tickets are opened."""

    directory: Directory
    routing: Routing
    policies: Policies

    def open(self, tx: Transaction, draft: TicketDraft, now: datetime) -> OpenedTicket:
        """Open a ticket; `Invalid` names wrong fields, `Conflict` a conversation that has a ticket already."""
        check_draft(draft)
        ticket = _numbered(tx, self._routed(tx, draft, now))
        clock = start(Metric.FIRST_RESPONSE, self.policies.first_response[ticket.priority], now)
        store.add_clock(tx, ticket.number, clock)
        token = give_link(tx, ticket.number, now)
        _tell(tx, ticket, clock, now)
        return OpenedTicket(ticket, token, clock.due_at)

    def _routed(self, tx: Transaction, draft: TicketDraft, now: datetime) -> Ticket:
        team = self.routing.team(draft.topic, draft.language)
        unsolved = store.unsolved_by_assignee(tx, UNSOLVED)
        assignee = choose_assignee(team, draft.language, self.directory.everyone(tx), unsolved)
        return Ticket(
            number="",
            version=1,
            status=Status.NEW,
            priority=self.routing.priority(draft.topic, draft.reason),
            tier=team.tier,
            team=team.key,
            assignee_id=assignee.id if assignee else None,
            subject=draft.subject,
            body=draft.body,
            language=draft.language,
            topic=draft.topic,
            channel=draft.channel,
            reason=draft.reason,
            requester=draft.requester,
            time_zone=known_zone(draft.time_zone),
            order=draft.order,
            transcript=draft.transcript,
            conversation_id=draft.conversation_id,
            opened_at=now,
            updated_at=now,
        )


def give_link(tx: Transaction, number: str, now: datetime) -> str:
    """A new token that opens this ticket for `LINK_LASTS`."""
    token = new_token()
    store.add_link(tx, number, hash_token(token), now, now + LINK_LASTS)
    return token


def _numbered(tx: Transaction, ticket: Ticket) -> Ticket:
    for attempt in range(_TRIES):
        # Numbers grow by a letter when the short ones are so many that several in a row are taken.
        numbered = replace(ticket, number=new_number(LENGTH + attempt // 4))
        if store.add(tx, numbered):
            return numbered
        if store.conversation_has_ticket(tx, ticket.conversation_id):
            raise Conflict("This conversation has a ticket already.")
    raise Unavailable("No ticket number could be found.", retry_after_s=1)


def _tell(tx: Transaction, ticket: Ticket, clock: Clock, now: datetime) -> None:
    facts = {
        "channel": ticket.channel.value,
        "language": ticket.language,
        "topic": ticket.topic,
        "priority": ticket.priority.value,
        "team": ticket.team,
        "tier": ticket.tier,
        "assignee": ticket.assignee_id,
        "reason": ticket.reason,
        "conversation": ticket.conversation_id,
    }
    log.append(tx, Event(now, "ticket.opened", "ticket", ticket.number, REQUESTER, facts))
    promise = {"metric": clock.metric.value, "due_at": clock.due_at.isoformat()}
    log.append(tx, Event(now, "clock.started", "ticket", ticket.number, SYSTEM, promise))
