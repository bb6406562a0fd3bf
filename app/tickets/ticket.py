"""What a ticket is made of. All of it is frozen; `desk.py` makes new ones."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.sla.policy import Priority


class Status(StrEnum):
    """Where a ticket stands: pending waits for the requester, on hold for somebody else."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


class By(StrEnum):
    """Who wrote or did something."""

    REQUESTER = "requester"
    AGENT = "agent"
    SYSTEM = "system"
    BOT = "bot"


class Channel(StrEnum):
    """How the requester came (R1.1); `phone` asks for a call back, `in_app` is the form on our pages."""

    CHAT = "chat"
    EMAIL = "email"
    PHONE = "phone"
    IN_APP = "in_app"


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks, as far as they said."""

    email: str | None = None
    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's smallest unit: 12345 EUR is 123.45 euros."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What a dispute about an order is answered with (R3.7)."""

    order_id: str
    amount: Money | None = None
    tracking_number: str | None = None
    delivered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """An article passage the bot showed."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One thing said in the chat before the handoff, copied. `kind` is what sort of turn the bot's was."""

    at: datetime
    by: By
    text: str
    kind: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request for a person. `version` grows with every change."""

    number: str
    version: int
    status: Status
    priority: Priority
    tier: int
    team: str
    assignee_id: str | None
    subject: str
    body: str
    language: str
    topic: str | None
    channel: Channel
    reason: str | None
    requester: Requester
    time_zone: str
    order: OrderFacts | None
    transcript: tuple[TranscriptLine, ...]
    conversation_id: str | None
    opened_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TicketMessage:
    """One message on a ticket. `ordinal` counts from 1; a note is for staff only."""

    ordinal: int
    at: datetime
    by: By
    author: str
    text: str
    is_note: bool
    author_id: str | None = None
