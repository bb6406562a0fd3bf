"""`TicketDraft`: a ticket before it has a number, and the check of everything a person wrote in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import FieldProblem, Invalid
from app.languages import TAGS
from app.people.plain_text import LONGEST_NAME, address_fault, line_fault, phone_fault, text_fault
from app.tickets.ticket import Channel, OrderFacts, Requester, TranscriptLine

_TOPIC = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LARGEST_AMOUNT = 10**12  # minor units


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """What somebody asks for. `reason` says why the bot handed off; `conversation_id` makes a second one a conflict."""

    subject: str
    body: str
    language: str
    requester: Requester
    channel: Channel
    topic: str | None = None
    time_zone: str | None = None
    transcript: tuple[TranscriptLine, ...] = ()
    conversation_id: str | None = None
    reason: str | None = None
    order: OrderFacts | None = None


def check_draft(draft: TicketDraft) -> None:
    """Raise `Invalid` with every wrong field, named as in the JSON interface."""
    faults = {
        "subject": line_fault(draft.subject),
        "body": text_fault(draft.body),
        "language": None if draft.language in TAGS else "must be a language of this site",
        "topic": _topic_fault(draft.topic),
        **contact_faults(draft.requester),
        **_order_faults(draft.order),
    }
    if draft.channel is Channel.PHONE and not draft.requester.phone:
        faults["phone"] = "is needed for a call back"
    refuse(faults)


def contact_faults(requester: Requester) -> dict[str, str | None]:
    """What is wrong with an address, name or phone number, by field; parts that are None are left out."""
    return {
        "email": address_fault(requester.email) if requester.email is not None else None,
        "name": line_fault(requester.name, LONGEST_NAME) if requester.name is not None else None,
        "phone": phone_fault(requester.phone) if requester.phone is not None else None,
    }


def refuse(faults: Mapping[str, str | None]) -> None:
    """Raise `Invalid` with every fault that is one."""
    problems = [FieldProblem(field, message) for field, message in faults.items() if message]
    if problems:
        raise Invalid(f"{problems[0].field}: {problems[0].message}", problems=problems)


def known_zone(name: str | None) -> str:
    """The IANA name if it is one, else `UTC`: a browser's odd time zone must not cost anybody a ticket."""
    try:
        return ZoneInfo(name).key if name else "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def _topic_fault(topic: str | None) -> str | None:
    return None if topic is None or _TOPIC.fullmatch(topic) else "must be a topic such as billing"


def _order_faults(order: OrderFacts | None) -> dict[str, str | None]:
    if order is None:
        return {}
    amount, tracking = order.amount, order.tracking_number
    return {
        "order.order_id": line_fault(order.order_id, 100),
        "order.tracking_number": line_fault(tracking, 100) if tracking is not None else None,
        "order.amount.minor": "must be an amount above zero"
        if amount and not 0 < amount.minor <= _LARGEST_AMOUNT
        else None,
        "order.amount.currency": "must be a currency such as EUR"
        if amount and not _CURRENCY.fullmatch(amount.currency)
        else None,
    }
