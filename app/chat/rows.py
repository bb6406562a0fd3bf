"""Conversations and turns as rows, and back."""

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import RowMapping

from app.chat.confidence import Confidence
from app.chat.conversation import (
    Choice,
    Citation,
    Contact,
    Conversation,
    Handoff,
    HandoffReason,
    Turn,
    TurnKind,
)


def of_conversation(conversation: Conversation) -> dict[str, Any]:
    """The columns of a conversation, without those that are kept beside it."""
    return {
        "id": conversation.id,
        "language": conversation.language,
        "page_language": conversation.page_language,
        "time_zone": conversation.time_zone,
        "ticket_number": conversation.ticket_number,
        "opened_at": conversation.opened_at,
        "contact_email": conversation.contact.email,
        "contact_name": conversation.contact.name,
        "contact_phone": conversation.contact.phone,
    }


def to_conversation(row: RowMapping, turns: tuple[Turn, ...]) -> Conversation:
    """A row of `conversations` with its turns."""
    return Conversation(
        id=row["id"],
        language=row["language"],
        page_language=row["page_language"],
        time_zone=row["time_zone"],
        ticket_number=row["ticket_number"],
        opened_at=row["opened_at"],
        contact=Contact(row["contact_email"], row["contact_name"], row["contact_phone"]),
        turns=turns,
    )


def of_turn(turn: Turn) -> dict[str, Any]:
    """The columns of a turn. The token of a ticket is never among them."""
    return {
        "id": turn.id,
        "question": turn.question,
        "kind": turn.kind.value,
        "language": turn.language,
        "text": turn.text,
        "html": turn.html,
        "payload": _payload(turn),
        "generation": turn.generation,
        "at": turn.at,
    }


def to_turn(row: RowMapping) -> Turn:
    """A row of `turns`, with `helpful` from its vote."""
    payload = row["payload"]
    confidence, handoff, offer = payload["confidence"], payload["handoff"], payload["offer"]
    return Turn(
        id=row["id"],
        kind=TurnKind(row["kind"]),
        language=row["language"],
        text=row["text"],
        html=row["html"],
        question=row["question"],
        at=row["at"],
        citations=tuple(Citation(**citation) for citation in payload["citations"]),
        confidence=Confidence(**confidence) if confidence else None,
        choices=tuple(Choice(**choice) for choice in payload["choices"]),
        handoff=Handoff(HandoffReason(handoff["reason"]), handoff["ticket_number"]) if handoff else None,
        degraded=tuple(payload["degraded"]),
        generation=row["generation"],
        searched=payload["searched"],
        offer=HandoffReason(offer) if offer else None,
        small_talk=payload["small_talk"],
        helpful=row["helpful"],
    )


def _payload(turn: Turn) -> dict[str, Any]:
    handoff = replace(turn.handoff, token="") if turn.handoff else None
    return {
        "citations": [asdict(citation) for citation in turn.citations],
        "confidence": asdict(turn.confidence) if turn.confidence else None,
        "choices": [asdict(choice) for choice in turn.choices],
        "handoff": asdict(handoff) if handoff else None,
        "degraded": list(turn.degraded),
        "searched": turn.searched,
        "offer": turn.offer,
        "small_talk": turn.small_talk,
    }
