"""`Desk`: everything that requesters and staff do with tickets.

Each verb is one transaction: the ticket, its clock and an event, all or nothing. It returns after the commit, so what it
returns may be acknowledged (P1). A verb that is handed a transaction joins it, and then the caller commits.

Requesters are let in by `view_for_requester`, which checks their link; their verbs trust that this was done.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

from app.errors import Conflict, Invalid, NotFound
from app.events import log
from app.events.event import REQUESTER
from app.people.directory import Directory
from app.people.permissions import Action, may, require
from app.people.person import Person
from app.people.plain_text import text_fault
from app.sla.clock import ClockState, Metric
from app.sla.policy import Policies
from app.storage.database import Database, Transaction
from app.tickets import deeds, store
from app.tickets.deeds import Deed, known_number
from app.tickets.draft import TicketDraft, contact_faults, refuse
from app.tickets.lifecycle import Verb
from app.tickets.numbers import hash_token, read_number
from app.tickets.opening import OpenedTicket, Opening, give_link
from app.tickets.queues import QueueFilter, QueueRow
from app.tickets.routing import Routing
from app.tickets.ticket import By, Requester, Status, Ticket, TicketMessage
from app.tickets.views import AgentView, RequesterView, requester_view

LONGEST_QUEUE = 200
ALL_UNSOLVED = QueueFilter()


class Desk:
    """The verbs of one database's tickets."""

    def __init__(
        self, database: Database, directory: Directory, routing: Routing, policies: Policies
    ) -> None:
        self._database = database
        self._directory = directory
        self._routing = routing
        self._policies = policies
        self._opening = Opening(directory, routing, policies)

    # What requesters do.

    def open(self, draft: TicketDraft, now: datetime, tx: Transaction | None = None) -> OpenedTicket:
        """Open a ticket; `Invalid` names wrong fields, `Conflict` a conversation that has a ticket already."""
        with self._writing(tx) as own:
            return self._opening.open(own, draft, now)

    def requester_message(
        self, number: str, text: str, now: datetime, tx: Transaction | None = None
    ) -> TicketMessage:
        """The requester says more. A ticket that waited for them, or was solved, is open again."""
        _check_text(text)
        deed = Deed(Verb.MESSAGE, number, REQUESTER, now)
        with self._writing(tx) as own:
            ticket = deeds.begin(own, deed)
            said = deeds.say(own, ticket, _written(ticket.requester, text, now))
            deeds.finish(own, deed, ticket, {"message": said.ordinal})
            self._promise_again(own, ticket, now)
            return said

    def add_contact(
        self, number: str, contact: Requester, now: datetime, tx: Transaction | None = None
    ) -> Ticket:
        """Add or correct the requester's address, name or phone number; parts that are None stay as they are."""
        refuse(contact_faults(contact))
        given = {field: value for field in ("email", "name", "phone") if (value := getattr(contact, field))}
        if not given:
            raise Invalid("Give an e-mail address, a name or a phone number.")
        deed = Deed(Verb.ADD_CONTACT, number, REQUESTER, now)
        with self._writing(tx) as own:
            ticket = deeds.begin(own, deed)
            changes = {"requester": replace(ticket.requester, **given)}
            return deeds.finish(own, deed, ticket, {"fields": sorted(given)}, changes)

    def accept_solution(self, number: str, now: datetime) -> Ticket:
        """The requester says it is solved; saying so twice changes nothing."""
        deed = Deed(Verb.SOLVE, number, REQUESTER, now)
        with self._database.transaction() as tx:
            ticket = store.get(tx, known_number(number), lock=True)
            if ticket.status is Status.SOLVED:
                return ticket
            ticket = deeds.begin(tx, deed)
            deeds.cancel_clock(tx, ticket, now)
            return deeds.finish(tx, deed, ticket)

    def reject_solution(self, number: str, now: datetime) -> Ticket:
        """The requester says it is not solved; `Conflict` unless it was."""
        return self._reopen(Deed(Verb.REOPEN, number, REQUESTER, now))

    def withdraw(self, number: str, now: datetime, tx: Transaction | None = None) -> Ticket:
        """The requester needs no answer any more."""
        deed = Deed(Verb.WITHDRAW, number, REQUESTER, now)
        with self._writing(tx) as own:
            ticket = deeds.begin(own, deed)
            deeds.cancel_clock(own, ticket, now)
            return deeds.finish(own, deed, ticket)

    # What staff do. `version` is the one they read; `StaleVersion` when somebody was quicker.

    def reply(
        self, number: str, author: Person, text: str, now: datetime, *, version: int | None = None
    ) -> Ticket:
        """Answer in public. The ticket waits for the requester then; the first reply keeps the promise."""
        _check_text(text)
        deed = _deed(Verb.REPLY, number, author, now, version)
        with self._database.transaction() as tx:
            ticket = deeds.begin(tx, deed)
            said = deeds.say(tx, ticket, _written(author, text, now))
            deeds.fulfil_clock(tx, ticket, now)
            changes = {"assignee_id": ticket.assignee_id or author.id}
            return deeds.finish(tx, deed, ticket, {"message": said.ordinal}, changes)

    def note(self, number: str, author: Person, text: str, now: datetime) -> Ticket:
        """Write something down for colleagues only. It keeps no promise and changes no status."""
        _check_text(text)
        deed = _deed(Verb.NOTE, number, author, now)
        with self._database.transaction() as tx:
            ticket = deeds.begin(tx, deed)
            said = deeds.say(tx, ticket, _written(author, text, now, is_note=True))
            return deeds.finish(tx, deed, ticket, {"message": said.ordinal})

    def assign(
        self, number: str, by: Person, assignee: Person, now: datetime, *, version: int | None = None
    ) -> Ticket:
        """Give the ticket to somebody who may answer it."""
        require(by, Action.ASSIGN_TICKETS)
        if not may(assignee, Action.ANSWER_TICKETS):
            raise Invalid.field("assignee", "must be somebody who may answer tickets")
        deed = _deed(Verb.ASSIGN, number, by, now, version)
        with self._database.transaction() as tx:
            ticket = deeds.begin(tx, deed)
            return deeds.finish(tx, deed, ticket, {"assignee": assignee.id}, {"assignee_id": assignee.id})

    def hold(self, number: str, by: Person, now: datetime, *, version: int | None = None) -> Ticket:
        """The ticket waits for somebody outside; `Conflict` once it is solved."""
        deed = _deed(Verb.HOLD, number, by, now, version)
        with self._database.transaction() as tx:
            return deeds.finish(tx, deed, deeds.begin(tx, deed))

    def solve(self, number: str, by: Person, now: datetime, *, version: int | None = None) -> Ticket:
        """It is solved; `Conflict` while no person has answered, because every decision is explained (R1.6)."""
        deed = _deed(Verb.SOLVE, number, by, now, version)
        with self._database.transaction() as tx:
            ticket = deeds.begin(tx, deed)
            clock = store.clock(tx, ticket.number, Metric.FIRST_RESPONSE)
            if clock.state is not ClockState.FULFILLED:
                raise Conflict("Reply first: the requester has had no answer from a person yet.")
            return deeds.finish(tx, deed, ticket)

    def reopen(self, number: str, by: Person, now: datetime, *, version: int | None = None) -> Ticket:
        """It is not solved after all."""
        return self._reopen(_deed(Verb.REOPEN, number, by, now, version))

    def rotate_link(self, number: str, by: Person, now: datetime) -> str:
        """End all links of the ticket and make a new one; returns its token, once (P15)."""
        deed = _deed(Verb.ROTATE_LINK, number, by, now)
        with self._database.transaction() as tx:
            ticket = deeds.begin(tx, deed)
            store.revoke_links(tx, ticket.number, now)
            deeds.finish(tx, deed, ticket)
            return give_link(tx, ticket.number, now)

    # What they see.

    def view_for_requester(self, number: str, token: str, now: datetime) -> RequesterView:
        """The ticket as the bearer of its link sees it. Every other token, and every other number, is `NotFound` (P14)."""
        with self._database.reading() as tx:
            if not store.link_opens(tx, read_number(number) or "", hash_token(token), now):
                raise NotFound
            return self.view(number, tx)

    def view(self, number: str, tx: Transaction | None = None) -> RequesterView:
        """The ticket as its requester sees it, for a caller that knows whose it is, as the chat does."""
        with self._reading(tx) as own:
            ticket = store.get(own, known_number(number))
            clock = store.clock(own, ticket.number, Metric.FIRST_RESPONSE)
            messages = store.messages(own, ticket.number, with_notes=False)
            return requester_view(ticket, clock, messages, log.of_subject(own, "ticket", ticket.number))

    def public_messages(
        self, number: str, after: int = 0, tx: Transaction | None = None
    ) -> tuple[TicketMessage, ...]:
        """What was said in public after message `after`. Notes are numbered too, so there may be gaps."""
        with self._reading(tx) as own:
            return store.messages(own, known_number(number), with_notes=False, after=after)

    def view_for_agent(self, number: str, person: Person) -> AgentView:
        """The whole ticket, with notes and audit trail."""
        require(person, Action.READ_TICKETS)
        with self._database.reading() as tx:
            ticket = store.get(tx, known_number(number))
            return AgentView(
                ticket=ticket,
                team_name=self._routing.name_of(ticket.team),
                assignee=self._directory.by_id(tx, ticket.assignee_id) if ticket.assignee_id else None,
                clock=store.clock(tx, ticket.number, Metric.FIRST_RESPONSE),
                messages=store.messages(tx, ticket.number, with_notes=True),
                events=log.of_subject(tx, "ticket", ticket.number),
            )

    def queue(
        self, person: Person, now: datetime, wanted: QueueFilter = ALL_UNSOLVED, limit: int = LONGEST_QUEUE
    ) -> tuple[QueueRow, ...]:
        """Tickets, the next promise first."""
        require(person, Action.READ_TICKETS)
        with self._database.reading() as tx:
            return store.queue(tx, wanted, now, min(limit, LONGEST_QUEUE))

    def team_name(self, key: str) -> str:
        """What a team is called."""
        return self._routing.name_of(key)

    def _reopen(self, deed: Deed) -> Ticket:
        with self._database.transaction() as tx:
            ticket = deeds.begin(tx, deed)
            self._promise_again(tx, ticket, deed.now)
            return deeds.finish(tx, deed, ticket)

    def _promise_again(self, tx: Transaction, ticket: Ticket, now: datetime) -> None:
        deeds.restart_clock(tx, ticket, self._policies.first_response[ticket.priority], now)

    def _writing(self, tx: Transaction | None) -> AbstractContextManager[Transaction]:
        return nullcontext(tx) if tx is not None else self._database.transaction()

    def _reading(self, tx: Transaction | None) -> AbstractContextManager[Transaction]:
        return nullcontext(tx) if tx is not None else self._database.reading()


def _deed(verb: Verb, number: str, by: Person, now: datetime, version: int | None = None) -> Deed:
    require(by, Action.ANSWER_TICKETS)
    return Deed(verb, number, by.actor, now, version)


def _written(author: Person | Requester, text: str, now: datetime, *, is_note: bool = False) -> TicketMessage:
    if isinstance(author, Person):
        return TicketMessage(0, now, By.AGENT, author.name, text, is_note, author.id)
    return TicketMessage(0, now, By.REQUESTER, author.name or "", text, is_note)


def _check_text(text: str) -> None:
    refuse({"text": text_fault(text)})
