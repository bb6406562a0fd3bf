"""Queues: ordered views of tickets, the next promise first."""

from dataclasses import dataclass
from datetime import datetime

from app.sla.policy import Priority
from app.tickets.lifecycle import UNSOLVED
from app.tickets.ticket import Status


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which tickets; None means any."""

    statuses: tuple[Status, ...] = UNSOLVED
    team: str | None = None
    assignee_id: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One ticket in a queue. `due_at` is None once a person has answered."""

    number: str
    subject: str
    status: Status
    priority: Priority
    tier: int
    team: str
    language: str
    topic: str | None
    requester_name: str | None
    assignee_id: str | None
    assignee_name: str | None
    opened_at: datetime
    updated_at: datetime
    due_at: datetime | None
    is_at_risk: bool
    is_breached: bool
