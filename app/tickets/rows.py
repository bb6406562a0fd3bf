"""Tickets, messages and clocks as rows, and back."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping

from app.people.plain_text import writable
from app.sla.clock import Clock, ClockState, Metric
from app.sla.policy import Priority
from app.storage.tables.tickets import ticket_clocks
from app.tickets.queues import QueueRow
from app.tickets.ticket import (
    By,
    Channel,
    Money,
    OrderFacts,
    Requester,
    Source,
    Status,
    Ticket,
    TicketMessage,
    TranscriptLine,
)

CLOCK_COLUMNS = (ticket_clocks.c.metric, ticket_clocks.c.state, ticket_clocks.c.started_at,
                 ticket_clocks.c.due_at, ticket_clocks.c.fulfilled_at)  # fmt: skip


def of_ticket(ticket: Ticket) -> dict[str, Any]:
    """The row of a ticket."""
    plain = ("number", "version", "tier", "team", "assignee_id", "subject", "body", "language", "topic", "reason",
             "time_zone", "conversation_id", "opened_at", "updated_at")  # fmt: skip
    return {
        **{name: getattr(ticket, name) for name in plain},
        "status": ticket.status.value,
        "priority": ticket.priority.value,
        "channel": ticket.channel.value,
        "requester_email": ticket.requester.email,
        "requester_name": ticket.requester.name,
        "requester_phone": ticket.requester.phone,
        "order": _of_order(ticket.order) if ticket.order else None,
        "transcript": [_of_line(line) for line in ticket.transcript],
    }


def to_ticket(row: RowMapping) -> Ticket:
    """The ticket of a row."""
    return Ticket(
        number=row["number"],
        version=row["version"],
        status=Status(row["status"]),
        priority=Priority(row["priority"]),
        tier=row["tier"],
        team=row["team"],
        assignee_id=row["assignee_id"],
        subject=row["subject"],
        body=row["body"],
        language=row["language"],
        topic=row["topic"],
        channel=Channel(row["channel"]),
        reason=row["reason"],
        requester=Requester(row["requester_email"], row["requester_name"], row["requester_phone"]),
        time_zone=row["time_zone"],
        order=_to_order(row["order"]) if row["order"] else None,
        transcript=tuple(_to_line(line) for line in row["transcript"]),
        conversation_id=row["conversation_id"],
        opened_at=row["opened_at"],
        updated_at=row["updated_at"],
    )


def of_message(number: str, message: TicketMessage) -> dict[str, Any]:
    """The row of a message on ticket `number`."""
    return {
        "ticket_number": number,
        "ordinal": message.ordinal,
        "at": message.at,
        "by": message.by.value,
        "author_id": message.author_id,
        "author": message.author,
        "text": message.text,
        "is_note": message.is_note,
    }


def to_message(row: RowMapping) -> TicketMessage:
    """The message of a row."""
    return TicketMessage(
        row["ordinal"], row["at"], By(row["by"]), row["author"], row["text"], row["is_note"], row["author_id"]
    )


def of_clock(number: str, clock: Clock) -> dict[str, Any]:
    """The row of a clock of ticket `number`."""
    return {
        "ticket_number": number,
        "metric": clock.metric.value,
        "state": clock.state.value,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "fulfilled_at": clock.fulfilled_at,
    }


def to_clock(row: RowMapping) -> Clock:
    """The clock of a row."""
    return Clock(
        Metric(row["metric"]), row["started_at"], row["due_at"], ClockState(row["state"]), row["fulfilled_at"]
    )


def to_queue_row(row: RowMapping, now: datetime) -> QueueRow:
    """A ticket with its running clock, if any, as it stands `now`."""
    clock = to_clock(row) if row["metric"] else None
    return QueueRow(
        number=row["number"],
        subject=row["subject"],
        status=Status(row["status"]),
        priority=Priority(row["priority"]),
        tier=row["tier"],
        team=row["team"],
        language=row["language"],
        topic=row["topic"],
        requester_name=row["requester_name"],
        assignee_id=row["assignee_id"],
        assignee_name=row["assignee_name"],
        opened_at=row["opened_at"],
        updated_at=row["updated_at"],
        due_at=clock.due_at if clock else None,
        is_at_risk=clock is not None and clock.is_at_risk(now),
        is_breached=clock is not None and clock.is_breached(now),
    )


def _of_order(order: OrderFacts) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "amount": {"minor": order.amount.minor, "currency": order.amount.currency} if order.amount else None,
        "tracking_number": order.tracking_number,
        "delivered_on": order.delivered_on.isoformat() if order.delivered_on else None,
    }


def _to_order(kept: dict[str, Any]) -> OrderFacts:
    return OrderFacts(
        kept["order_id"],
        Money(**kept["amount"]) if kept["amount"] else None,
        kept["tracking_number"],
        date.fromisoformat(kept["delivered_on"]) if kept["delivered_on"] else None,
    )


def _of_line(line: TranscriptLine) -> dict[str, Any]:
    return {
        "at": line.at.isoformat(),
        "by": line.by.value,
        "text": writable(line.text),  # a fault in an old turn must not keep a ticket from being opened
        "kind": line.kind,
        "sources": [{"title": source.title, "url": source.url} for source in line.sources],
    }


def _to_line(kept: dict[str, Any]) -> TranscriptLine:
    sources = tuple(Source(**source) for source in kept["sources"])
    return TranscriptLine(
        datetime.fromisoformat(kept["at"]), By(kept["by"]), kept["text"], kept["kind"], sources
    )
