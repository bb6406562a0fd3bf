"""One visitor at the full-page chat: their conversation, if they have one, and its messages as the templates need them.

The conversation's token lives in a cookie that no script can read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from markupsafe import Markup

from app.chat.conversation import Contact, Conversation, Message, Turn
from app.errors import NotFound
from app.web.context import PageOf, Services, ServicesOf
from app.web.cookies import CHAT, CHAT_LASTS, keep, zone_of
from app.web.form_words import new_key
from app.web.pages import Page
from app.web.ticket_access import keep_ticket

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message with its words as the template needs them."""

    number: int
    at: datetime
    by: str
    author: str
    text: str
    html: Markup
    turn: Turn | None


@dataclass(frozen=True, slots=True)
class Room:
    """One visitor at the chat; `conversation` is None until they say something."""

    page: Page
    request: Request
    services: Services
    conversation: Conversation | None
    token: str = ""

    def entered(self, time_zone: str) -> "Room":
        """The same with a conversation, begun now if there is none."""
        if self.conversation is not None:
            return self
        dialogue, now = self.services.dialogue, self.services.clock()
        zone = time_zone or zone_of(self.request)
        opened = dialogue.open(self.page.language, str(self.request.url.path), "", zone, now)
        conversation = dialogue.authorize(opened.id, opened.token)
        return Room(self.page, self.request, self.services, conversation, opened.token)

    def known(self) -> Conversation:
        """The conversation; `NotFound` when there is none."""
        if self.conversation is None:
            raise NotFound
        return self.conversation

    def messages(self, after: int = 0) -> list[ShownMessage]:
        """What was said after a message, for the template."""
        if self.conversation is None:
            return []
        return [_shown(one) for one in self.services.dialogue.messages(self.conversation.id, after)]

    def remember(self, response: Response) -> None:
        """Let this browser come back to the conversation."""
        value = f"{self.known().id}.{self.token}"
        keep(response, self.request, CHAT, value, CHAT_LASTS)

    def after(self, turn: Turn, response: Response) -> Response:
        """The response with the cookies of conversation and ticket."""
        self.remember(response)
        if turn.handoff and turn.handoff.token:
            keep_ticket(response, self.request, turn.handoff.ticket_number, turn.handoff.token)
        return response

    def path(self, rest: str = "") -> str:
        """An address below this chat."""
        return f"/{self.page.language}/chat{rest}"


def _room(page: PageOf, request: Request, services: ServicesOf) -> Room:
    conversation_id, _, token = request.cookies.get(CHAT, "").partition(".")
    if token:
        try:
            return Room(page, request, services, services.dialogue.authorize(conversation_id, token), token)
        except NotFound:
            pass  # of another database, or long gone: a new conversation begins
    return Room(page, request, services, None)


RoomOf = Annotated[Room, Depends(_room)]


def common_values(room: Room, said: Sequence[ShownMessage], contact: Contact | None = None) -> dict[str, Any]:
    """What the pieces of a conversation need, on the page and on their own."""
    conversation = room.conversation
    ticket = room.services.dialogue.ticket(conversation.id) if conversation else None
    kept = conversation.contact if conversation else Contact()
    newest_bot = max((one.number for one in said if one.by == "bot"), default=0)
    return {
        "ticket": ticket,
        "with_person": ticket is not None,
        "contact": contact or kept,
        "contact_faults": _NONE,
        "time_zone": (conversation.time_zone if conversation else None) or zone_of(room.request),
        "newest_bot": newest_bot if said and said[-1].number == newest_bot else 0,
        "new_key": new_key,
        "voted": "",
        "told": "",
    }


def news(room: Room, said: Sequence[ShownMessage], after: int, **more: str) -> dict[str, Any]:
    """Messages as the page's script takes them: their HTML, the last number, and whether a person has the matter."""
    common = {**common_values(room, said), **more}
    html = room.page.pages.html("chat_messages.html", room.page.language, {**common, "messages": said})
    last = max([after, *(one.number for one in said)])
    return {"last": last, "html": html, "with_person": common["with_person"]}


def shown_unkept(turn: Turn) -> list[ShownMessage]:
    """Question and answer of a turn that the database could not keep: they have no number, and take no vote."""
    question = Message(0, turn.at, "visitor", "", turn.question)
    return [_shown(question), _shown(Message(0, turn.at, "bot", "", turn.text, turn.html, turn))]


def _shown(message: Message) -> ShownMessage:
    # The chat's own markup: four tags, everything else escaped when the turn was written (chat/answer.py).
    html = Markup(message.html)  # noqa: S704
    return ShownMessage(
        message.number, message.at, message.by, message.author, message.text, html, message.turn
    )
