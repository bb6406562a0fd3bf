"""Conversations as JSON and as event streams, exactly as `api.md` names them."""

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app.chat.conversation import Contact, Conversation, Turn, deltas
from app.chat.dialogue import LONGEST_TEXT
from app.chat.handover import HandoffRequest
from app.chat.votes import LONGEST_COMMENT, VoteReason
from app.errors import Invalid, NotSignedIn
from app.languages import TAGS, normalize
from app.tickets.ticket import Channel
from app.web.chat_shapes import (
    ConversationShown,
    MessagesShown,
    TurnShown,
    conversation_shape,
    message_shape,
    turn_shape,
)
from app.web.context import Services, ServicesOf, limited
from app.web.cookies import NEVER_KEPT
from app.web.ticket_access import bearer_of
from app.web.ticket_api import IdempotencyKey
from app.web.ticket_shapes import OpenedTicketShown, opened_ticket_shape

router = APIRouter(prefix="/api", tags=["chat"])

EVENT_STREAM = "text/event-stream"
_STREAMED = {
    201: {
        "model": TurnShown,
        "description": "The turn; with `Accept: text/event-stream` as events `delta` …, then `turn`.",
        "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
    }
}


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ConversationAsked(_Asked):
    """What `POST /api/conversations` takes; all of it may be left out."""

    language: str | None = Field(default=None, max_length=20, examples=["es"])
    page_url: str | None = Field(default=None, max_length=2000, examples=["https://partner.example/billing"])
    identity: str | None = Field(
        default=None, max_length=4096, description="A signed identity (JWT) of the visitor."
    )
    time_zone: str | None = Field(default=None, max_length=64, examples=["Europe/Madrid"])


class TurnAsked(_Asked):
    """What the visitor says."""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT, examples=["Why was I charged twice?"])


class ContactAsked(_Asked):
    """How a person may reach the visitor."""

    email: str | None = Field(default=None, max_length=254, examples=["partner@example.com"])
    name: str | None = Field(default=None, max_length=100)
    phone: str | None = Field(default=None, max_length=40)

    def contact(self) -> Contact:
        """The same, as the chat knows it."""
        return Contact(self.email, self.name, self.phone)


class HandoffAsked(ContactAsked):
    """A person, now; all of it may be left out."""

    note: str | None = Field(default=None, max_length=LONGEST_TEXT)
    channel: Channel = Field(default=Channel.CHAT, strict=False)
    time_zone: str | None = Field(default=None, max_length=64, examples=["Europe/Madrid"])


class VoteAsked(_Asked):
    """Whether a turn helped, and if not, what was wrong with it."""

    helpful: bool
    reasons: list[Annotated[VoteReason, Field(strict=False)]] = Field(default=[], max_length=len(VoteReason))
    comment: str | None = Field(default=None, max_length=LONGEST_COMMENT)


def _token(request: Request) -> str:
    token = bearer_of(request)
    if token is None:
        raise NotSignedIn("Send the conversation's token as Authorization: Bearer.")
    return token


def _of_conversation(
    services: ServicesOf, conversation_id: str, token: Annotated[str, Depends(_token)]
) -> Conversation:
    return services.dialogue.authorize(conversation_id, token)


def _of_turn(services: ServicesOf, turn_id: str, token: Annotated[str, Depends(_token)]) -> Conversation:
    return services.dialogue.authorize_turn(turn_id, token)


ConversationOf = Annotated[Conversation, Depends(_of_conversation)]


@router.post("/conversations", status_code=201, dependencies=[limited("conversation")])
def open_conversation(
    request: Request, response: Response, services: ServicesOf, asked: ConversationAsked | None = None
) -> ConversationShown:
    """Begin a conversation. The token goes with all further calls, as `Authorization: Bearer …`."""
    asked = asked or ConversationAsked()
    if asked.identity is not None:
        # No site key is known to this server, so no signature can be right (P16).
        raise NotSignedIn("The identity could not be verified.")
    if asked.language is not None and normalize(asked.language) is None:
        raise Invalid.field("language", f"one of {', '.join(TAGS)}")
    accepts = request.headers.get("accept-language", "")
    opened = services.dialogue.open(
        asked.language, asked.page_url, accepts, asked.time_zone, services.clock()
    )
    response.headers.update(NEVER_KEPT)
    return conversation_shape(opened)


@router.post(
    "/conversations/{conversation_id}/turns",
    status_code=201,
    responses=_STREAMED,  # type: ignore[arg-type]  # a plain dict literal is inferred too narrowly
    response_model=TurnShown,
    dependencies=[limited("chat")],
)
def take_turn(
    asked: TurnAsked,
    conversation: ConversationOf,
    request: Request,
    services: ServicesOf,
    key: IdempotencyKey = None,
) -> Response:
    """The visitor says something: an answer, a question back, a person, or a few words."""
    turn = services.dialogue.take_turn(conversation.id, asked.text, services.clock(), key)
    shown = turn_json(services, turn)
    headers = dict(NEVER_KEPT) | ({"x-index-generation": turn.generation} if turn.generation else {})
    if wants_stream(request):
        return StreamingResponse(_events(turn, shown), 201, headers, media_type=EVENT_STREAM)
    return JSONResponse(shown.model_dump(mode="json"), 201, headers)


@router.post("/conversations/{conversation_id}/handoff", status_code=201, dependencies=[limited("chat")])
def hand_off(
    conversation: ConversationOf,
    response: Response,
    services: ServicesOf,
    asked: HandoffAsked | None = None,
    key: IdempotencyKey = None,
) -> TurnShown:
    """A person, now. The ticket exists when this returns."""
    asked = asked or HandoffAsked()
    wish = HandoffRequest(asked.note, asked.contact(), asked.channel, asked.time_zone)
    turn = services.dialogue.hand_off(conversation.id, wish, services.clock(), key)
    response.headers.update(NEVER_KEPT)
    return turn_json(services, turn)


@router.patch("/conversations/{conversation_id}/contact", status_code=204, dependencies=[limited("write")])
def put_contact(asked: ContactAsked, conversation: ConversationOf, services: ServicesOf) -> None:
    """Add or correct the visitor's address, on the ticket too if there is one."""
    services.dialogue.add_contact(conversation.id, asked.contact(), services.clock())


@router.get("/conversations/{conversation_id}/messages")
def messages(
    conversation: ConversationOf,
    response: Response,
    services: ServicesOf,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The last number you know.")] = 0,
) -> MessagesShown:
    """Everything said on both sides after a number, agents included."""
    response.headers.update(NEVER_KEPT)
    said = services.dialogue.messages(conversation.id, after)
    shown = [message_shape(one, turn_json(services, one.turn) if one.turn else None) for one in said]
    return MessagesShown(messages=shown)


@router.post("/turns/{turn_id}/votes", status_code=204, dependencies=[limited("vote")])
def vote(
    asked: VoteAsked, turn_id: str, _: Annotated[Conversation, Depends(_of_turn)], services: ServicesOf
) -> None:
    """Whether a turn helped. A second vote replaces the first."""
    reasons = tuple(reason.value for reason in asked.reasons)
    services.dialogue.vote(turn_id, asked.helpful, reasons, asked.comment, services.clock())


def turn_json(services: Services, turn: Turn) -> TurnShown:
    """The turn with the whole ticket of its handoff."""
    ticket: OpenedTicketShown | None = None
    if turn.handoff:
        view = services.desk.view(turn.handoff.ticket_number)
        ticket = opened_ticket_shape(view, services.wording, turn.handoff.token or None)
    return turn_shape(turn, ticket)


def wants_stream(request: Request) -> bool:
    """Whether the caller asked for events."""
    return EVENT_STREAM in request.headers.get("accept", "")


def event(name: str, data: object) -> str:
    """One server-sent event; its data is JSON on one line."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _events(turn: Turn, shown: TurnShown) -> Iterator[str]:
    for piece in deltas(turn):
        yield event("delta", {"text": piece})
    yield event("turn", shown.model_dump(mode="json"))
