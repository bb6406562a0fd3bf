"""One verb on one ticket: lock it, check version and status, write ticket and event, and keep its clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from app.errors import NotFound, StaleVersion
from app.events import log
from app.events.event import SYSTEM, Event
from app.sla.clock import Clock, ClockState, Metric, start
from app.storage.database import Transaction
from app.tickets import store
from app.tickets.lifecycle import Verb, next_status
from app.tickets.numbers import read_number
from app.tickets.ticket import Ticket, TicketMessage

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does what to which ticket, and when. `version` is the one they read; None if they do not care."""

    verb: Verb
    number: str
    actor: str
    now: datetime
    version: int | None = None


def begin(tx: Transaction, deed: Deed) -> Ticket:
    """Lock the ticket. `NotFound`, `StaleVersion`, or `Conflict` when its status does not allow the verb."""
    ticket = store.get(tx, known_number(deed.number), lock=True)
    if deed.version is not None and deed.version != ticket.version:
        raise StaleVersion("Somebody changed this ticket since you read it.")
    next_status(deed.verb, ticket.status)
    return ticket


def finish(
    tx: Transaction,
    deed: Deed,
    old: Ticket,
    facts: Mapping[str, Any] = _NOTHING,
    changes: Mapping[str, Any] = _NOTHING,
) -> Ticket:
    """Write the ticket with the verb's status and `changes`, and the event with `facts`."""
    wanted = {"status": next_status(deed.verb, old.status), **changes}
    new = replace(old, **wanted, version=old.version + 1, updated_at=deed.now)
    store.change(tx, old, new)
    told = {**facts, "from": old.status.value, "to": new.status.value}
    log.append(tx, Event(deed.now, f"ticket.{deed.verb}", "ticket", old.number, deed.actor, told))
    return new


def say(tx: Transaction, ticket: Ticket, message: TicketMessage) -> TicketMessage:
    """Append a message to a locked ticket; returns it with the ordinal it got."""
    said = replace(message, ordinal=store.next_ordinal(tx, ticket.number))
    store.add_message(tx, ticket.number, said)
    return said


def fulfil_clock(tx: Transaction, ticket: Ticket, now: datetime) -> None:
    """A person has answered in public: the first-response promise is kept, or was broken (R2.2)."""
    clock = store.clock(tx, ticket.number, Metric.FIRST_RESPONSE)
    if clock.state is not ClockState.FULFILLED:
        running = replace(
            clock, state=ClockState.RUNNING
        )  # answered after all, though nobody waited any more
        _keep(tx, ticket, running.fulfil(now), now)


def cancel_clock(tx: Transaction, ticket: Ticket, now: datetime) -> None:
    """The requester waits no longer."""
    clock = store.clock(tx, ticket.number, Metric.FIRST_RESPONSE)
    if clock.state is ClockState.RUNNING:
        _keep(tx, ticket, clock.cancel(), now)


def restart_clock(tx: Transaction, ticket: Ticket, target: timedelta, now: datetime) -> None:
    """The requester waits again, and no person has answered yet: a new promise."""
    if store.clock(tx, ticket.number, Metric.FIRST_RESPONSE).state is ClockState.CANCELLED:
        _keep(tx, ticket, start(Metric.FIRST_RESPONSE, target, now), now)


def known_number(text: str) -> str:
    """The ticket number in `text`; `NotFound` when it is none."""
    number = read_number(text)
    if number is None:
        raise NotFound
    return number


def _keep(tx: Transaction, ticket: Ticket, clock: Clock, now: datetime) -> None:
    store.change_clock(tx, ticket.number, clock)
    happened = "started" if clock.state is ClockState.RUNNING else clock.state.value
    facts = {
        "metric": clock.metric.value,
        "due_at": clock.due_at.isoformat(),
        "breached": clock.is_breached(now),
    }
    log.append(tx, Event(now, f"clock.{happened}", "ticket", ticket.number, SYSTEM, facts))
