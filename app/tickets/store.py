"""The SQL of tickets. Owns `tickets`, `ticket_links`, `ticket_messages` and `ticket_clocks`.

Nothing here decides anything; every function runs in the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.errors import NotFound, StaleVersion
from app.sla.clock import Clock, ClockState, Metric
from app.storage.database import Transaction
from app.storage.tables.people import staff
from app.storage.tables.tickets import ticket_clocks, ticket_links, ticket_messages, tickets
from app.tickets import rows
from app.tickets.queues import QueueFilter, QueueRow
from app.tickets.ticket import Status, Ticket, TicketMessage


def add(tx: Transaction, ticket: Ticket) -> bool:
    """Insert a ticket; False when its number or its conversation is taken (the transaction goes on)."""
    try:
        with tx.begin_nested():
            tx.execute(insert(tickets).values(rows.of_ticket(ticket)))
    except IntegrityError:
        return False
    return True


def conversation_has_ticket(tx: Transaction, conversation_id: str | None) -> bool:
    """Whether a conversation was handed off before."""
    mine = tickets.c.conversation_id == conversation_id
    return conversation_id is not None and tx.scalar(select(tickets.c.number).where(mine)) is not None


def get(tx: Transaction, number: str, *, lock: bool = False) -> Ticket:
    """The ticket of that number, `NotFound` otherwise; `lock` keeps others from changing it meanwhile."""
    query = select(tickets).where(tickets.c.number == number)
    row = tx.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise NotFound
    return rows.to_ticket(row)


def change(tx: Transaction, old: Ticket, new: Ticket) -> None:
    """Replace `old` by `new`, which has the next version; `StaleVersion` when somebody was quicker."""
    mine = (tickets.c.number == old.number) & (tickets.c.version == old.version)
    if tx.execute(update(tickets).where(mine).values(rows.of_ticket(new))).rowcount != 1:
        raise StaleVersion("Somebody changed this ticket since you read it.")


def add_message(tx: Transaction, number: str, message: TicketMessage) -> None:
    """Append a message; the ticket must be locked, so that its ordinal is free."""
    tx.execute(insert(ticket_messages).values(rows.of_message(number, message)))


def messages(tx: Transaction, number: str, *, with_notes: bool, after: int = 0) -> tuple[TicketMessage, ...]:
    """The messages with an ordinal above `after`, in order."""
    wanted = (ticket_messages.c.ticket_number == number) & (ticket_messages.c.ordinal > after)
    if not with_notes:
        wanted &= ticket_messages.c.is_note.is_(False)
    found = tx.execute(select(ticket_messages).where(wanted).order_by(ticket_messages.c.ordinal)).mappings()
    return tuple(rows.to_message(row) for row in found)


def next_ordinal(tx: Transaction, number: str) -> int:
    """The number of the ticket's next message."""
    mine = ticket_messages.c.ticket_number == number
    return 1 + (tx.scalar(select(func.max(ticket_messages.c.ordinal)).where(mine)) or 0)


def add_clock(tx: Transaction, number: str, clock: Clock) -> None:
    """Start to keep a clock."""
    tx.execute(insert(ticket_clocks).values(rows.of_clock(number, clock)))


def clock(tx: Transaction, number: str, metric: Metric) -> Clock:
    """The ticket's clock of that metric."""
    row = tx.execute(select(ticket_clocks).where(_clock_is(number, metric))).mappings().one()
    return rows.to_clock(row)


def change_clock(tx: Transaction, number: str, new: Clock) -> None:
    """Replace the clock of the same metric."""
    tx.execute(update(ticket_clocks).where(_clock_is(number, new.metric)).values(rows.of_clock(number, new)))


def add_link(tx: Transaction, number: str, token_hash: str, now: datetime, expires_at: datetime) -> None:
    """Let the bearer of a token see this ticket until `expires_at`."""
    values = {"token_hash": token_hash, "ticket_number": number, "created_at": now, "expires_at": expires_at}
    tx.execute(insert(ticket_links).values(values))


def revoke_links(tx: Transaction, number: str, now: datetime) -> None:
    """End all links of a ticket."""
    running = (ticket_links.c.ticket_number == number) & ticket_links.c.revoked_at.is_(None)
    tx.execute(update(ticket_links).where(running).values(revoked_at=now))


def link_opens(tx: Transaction, number: str, token_hash: str, now: datetime) -> bool:
    """Whether that token opens that ticket now. One look-up whatever is wrong, so that all refusals take as long."""
    valid = (
        (ticket_links.c.token_hash == token_hash)
        & (ticket_links.c.ticket_number == number)
        & (ticket_links.c.expires_at > now)
        & ticket_links.c.revoked_at.is_(None)
    )
    return tx.scalar(select(ticket_links.c.ticket_number).where(valid)) is not None


def unsolved_by_assignee(tx: Transaction, statuses: Sequence[Status]) -> Mapping[str, int]:
    """How many tickets in these statuses each person has."""
    query = (
        select(tickets.c.assignee_id, func.count())
        .where(tickets.c.status.in_(statuses) & tickets.c.assignee_id.is_not(None))
        .group_by(tickets.c.assignee_id)
    )
    return {assignee: count for assignee, count in tx.execute(query)}


def queue(tx: Transaction, wanted: QueueFilter, now: datetime, limit: int) -> tuple[QueueRow, ...]:
    """Tickets by the moment their running promise is due, then those without one by age."""
    due_at = ticket_clocks.c.due_at
    query = (
        select(tickets, staff.c.name.label("assignee_name"), *rows.CLOCK_COLUMNS)
        .join(ticket_clocks, _clock_of_ticket() & (ticket_clocks.c.state == ClockState.RUNNING), isouter=True)
        .join(staff, staff.c.id == tickets.c.assignee_id, isouter=True)
        .where(_wanted(wanted))
        .order_by(due_at.asc().nulls_last(), tickets.c.opened_at, tickets.c.number)
        .limit(limit)
    )
    return tuple(rows.to_queue_row(row, now) for row in tx.execute(query).mappings())


def _clock_is(number: str, metric: Metric) -> ColumnElement[bool]:
    return (ticket_clocks.c.ticket_number == number) & (ticket_clocks.c.metric == metric)


def _clock_of_ticket() -> ColumnElement[bool]:
    same = ticket_clocks.c.ticket_number == tickets.c.number
    return same & (ticket_clocks.c.metric == Metric.FIRST_RESPONSE)


def _wanted(wanted: QueueFilter) -> ColumnElement[bool]:
    matching: ColumnElement[bool] = tickets.c.status.in_(wanted.statuses)
    for column, value in (
        ("team", wanted.team),
        ("assignee_id", wanted.assignee_id),
        ("language", wanted.language),
    ):
        if value is not None:
            matching &= tickets.c[column] == value
    return matching
