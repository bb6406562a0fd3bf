"""Conversations, turns and messages as JSON, exactly as `api.md` names them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from app.chat.conversation import HandoffReason, Message, OpenedConversation, Turn
from app.web.ticket_shapes import OpenedTicketShown, Shape

_QUOTE = "Refunds reach your account within 14 days."
_EXAMPLE: dict[str, Any] = {
    "id": "5f0c7e2ab1d94c6f8a3e1b20",
    "kind": "answer",
    "language": "en",
    "text": f"{_QUOTE} [1]",
    "html": f'<p>{_QUOTE} <a href="/en/billing/refund-timing">[1]</a></p>',
    "citations": [
        {
            "number": 1,
            "family": "billing/refund-timing",
            "language": "en",
            "title": "When does my refund arrive?",
            "url": "/en/billing/refund-timing",
            "quote": _QUOTE,
            "is_fallback": False,
            "is_stale": False,
        }
    ],
    "confidence": {"probability": 0.91, "band": "high"},
    "choices": [],
    "handoff": None,
    "degraded": [],
}


class ConversationShown(Shape):
    """A new conversation. The token is told here and never again."""

    id: str
    token: str
    language: str
    greeting: str
    starters: list[str]


class CitationShown(Shape):
    """The passage an answer rests on; `quote` stands in the article word for word."""

    number: int
    family: str
    language: str
    title: str
    url: str
    quote: str
    is_fallback: bool
    is_stale: bool


class ConfidenceShown(Shape):
    """The calibrated chance that the answer is right."""

    probability: float
    band: Literal["high", "middling", "low"]


class ChoiceShown(Shape):
    """One thing that may be meant: send `text` to choose it."""

    label: str
    family: str
    text: str


class HandoffShown(Shape):
    """Why a person takes over, and the ticket that holds it now."""

    reason: HandoffReason
    ticket: OpenedTicketShown


class TurnShown(Shape):
    """What the assistant said to one thing the visitor said. Only an answer carries citations, and it always does."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    id: str
    kind: Literal["answer", "clarification", "handoff", "notice"]
    language: str
    text: str
    html: str
    citations: list[CitationShown]
    confidence: ConfidenceShown | None
    choices: list[ChoiceShown]
    handoff: HandoffShown | None
    degraded: list[str]


class MessageShown(Shape):
    """One thing said in a conversation."""

    number: int = Field(description="Grows; ask for what comes after it with `?after=`.")
    at: datetime
    by: Literal["visitor", "bot", "agent"]
    author: str
    text: str
    html: str = Field(description="The assistant's words as safe markup; empty for what people wrote.")
    turn: TurnShown | None


class MessagesShown(Shape):
    """Everything said on both sides, oldest first."""

    messages: list[MessageShown]


def conversation_shape(opened: OpenedConversation) -> ConversationShown:
    """A conversation that has just begun."""
    return ConversationShown(
        id=opened.id,
        token=opened.token,
        language=opened.language,
        greeting=opened.greeting,
        starters=list(opened.starters),
    )


def turn_shape(turn: Turn, ticket: OpenedTicketShown | None) -> TurnShown:
    """A turn; `ticket` is that of its handoff, if it is one."""
    handoff = HandoffShown(reason=turn.handoff.reason, ticket=ticket) if turn.handoff and ticket else None
    return TurnShown(
        id=turn.id,
        kind=turn.kind.value,
        language=turn.language,
        text=turn.text,
        html=turn.html,
        citations=[_citation(turn, at) for at in range(len(turn.citations))],
        confidence=ConfidenceShown(probability=turn.confidence.probability, band=turn.confidence.band)
        if turn.confidence
        else None,
        choices=[ChoiceShown(label=one.label, family=one.family, text=one.text) for one in turn.choices],
        handoff=handoff,
        degraded=list(turn.degraded),
    )


def message_shape(message: Message, turn: TurnShown | None) -> MessageShown:
    """One message with the turn that said it, if the assistant did."""
    return MessageShown(
        number=message.number,
        at=message.at,
        by=message.by,  # type: ignore[arg-type]  # checked by pydantic itself
        author=message.author,
        text=message.text,
        html=message.html,
        turn=turn,
    )


def _citation(turn: Turn, at: int) -> CitationShown:
    one = turn.citations[at]
    return CitationShown(
        number=one.number,
        family=one.family,
        language=one.language,
        title=one.title,
        url=one.url,
        quote=one.quote,
        is_fallback=one.is_fallback,
        is_stale=one.is_stale,
    )
