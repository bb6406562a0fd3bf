"""`/{language}/chat`: the full-page chat. Each form works by itself; the page's script sends the same forms and streams."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from pydantic import Field

from app.chat.conversation import Contact, Turn, deltas
from app.chat.dialogue import LONGEST_TEXT
from app.chat.handover import HandoffRequest
from app.chat.replies import Replies
from app.chat.starters import starters
from app.errors import Conflict, Invalid, Unavailable
from app.web.chat_api import EVENT_STREAM, event, wants_stream
from app.web.chat_room import Room, RoomOf, common_values, news, shown_unkept
from app.web.contact_form import FAULTS
from app.web.context import limited
from app.web.cookies import CHAT, NEVER_KEPT, forget, zone_of
from app.web.form_words import SentForm, plain_lines
from app.web.problems import status_of, with_patience
from app.wording import N_

router = APIRouter(include_in_schema=False)

TOO_LONG = N_("Please write between 1 and 4,000 characters.")
AWAY = N_("We cannot take that at this moment. Your words are still here: please send them again soon.")


class TextForm(SentForm):
    """What the visitor says. `after` is the last message the page shows."""

    text: str = ""
    key: str = ""
    time_zone: str = ""
    after: int = 0


class HandoffForm(SentForm):
    """A person, please."""

    key: str = ""
    time_zone: str = ""


class ContactForm(SentForm):
    """Where a reply may be sent."""

    email: str = ""
    name: str = ""
    phone: str = ""


class VoteForm(SentForm):
    """Did it help?"""

    turn: str = ""
    message: int = 0
    helpful: str = ""
    reasons: list[str] = Field(default_factory=list)
    comment: str = ""


@router.get("/{language}/chat")
def chat(room: RoomOf, q: str = "", voted: str = "", told: str = "") -> HTMLResponse:
    """The page. `q` is a question that another page brings along; the visitor sends it."""
    return _page(room, draft=q[:LONGEST_TEXT], voted=voted, told=told)


@router.post("/{language}/chat/turns", dependencies=[limited("chat")])
def take_turn(room: RoomOf, form: Annotated[TextForm, Form()]) -> Response:
    """The visitor says something. Events for the script, else the page again, at the new answer."""
    text = plain_lines(form.text)
    try:
        if not 0 < len(text) <= LONGEST_TEXT:
            raise Invalid.field("text", f"must have 1 to {LONGEST_TEXT} characters")
        room = room.entered(form.time_zone)
        turn = room.services.dialogue.take_turn(
            room.known().id, text, room.services.clock(), form.key or None
        )
    except (Invalid, Conflict, Unavailable) as refusal:
        if wants_stream(room.request):
            raise
        words = room.page.text(TOO_LONG if isinstance(refusal, Invalid) else AWAY)
        page = _page(room, status=status_of(refusal), draft=text, fault=words)
        return with_patience(page, refusal)
    if wants_stream(room.request):
        stream = StreamingResponse(_events(room, turn, form.after), 201, NEVER_KEPT, EVENT_STREAM)
        return room.after(turn, stream)
    if "database" in turn.degraded:  # it could not be kept, but it can be read (P7)
        return room.after(turn, _page(room, unkept=turn))
    return room.after(turn, _to_newest(room))


@router.post("/{language}/chat/handoffs", dependencies=[limited("chat")])
def hand_off(room: RoomOf, form: Annotated[HandoffForm, Form()]) -> Response:
    """A person, now: one click, and the ticket exists."""
    try:
        room = room.entered(form.time_zone)
        wish = HandoffRequest(time_zone=form.time_zone or zone_of(room.request))
        turn = room.services.dialogue.hand_off(room.known().id, wish, room.services.clock(), form.key or None)
    except (Conflict, Unavailable) as refusal:
        page = _page(room, status=status_of(refusal), fault=room.page.text(AWAY))
        return with_patience(page, refusal)
    return room.after(turn, _to_newest(room))


@router.post("/{language}/chat/contact", dependencies=[limited("write")])
def put_contact(room: RoomOf, form: Annotated[ContactForm, Form()]) -> Response:
    """Where a reply may be sent."""
    contact = Contact(form.email.strip() or None, form.name.strip() or None, form.phone.strip() or None)
    try:
        room.services.dialogue.add_contact(room.known().id, contact, room.services.clock())
    except Invalid as refusal:
        wrong = [one.field for one in refusal.problems] or ["email"]
        faults = {name: room.page.text(FAULTS[name][1]) for name in wrong if name in FAULTS}
        return _page(room, status=422, contact=contact, contact_faults=faults)
    return _to_newest(room)


@router.post("/{language}/chat/votes", dependencies=[limited("vote")])
def vote(room: RoomOf, form: Annotated[VoteForm, Form()]) -> Response:
    """Whether an answer helped; after a no, what was wrong with it."""
    conversation = room.services.dialogue.authorize_turn(form.turn, room.token)
    comment, number = plain_lines(form.comment) or None, form.message
    reasons = tuple(form.reasons)
    room.services.dialogue.vote(form.turn, form.helpful == "yes", reasons, comment, room.services.clock())
    told = form.turn if reasons or comment else ""
    if "application/json" in room.request.headers.get("accept", ""):
        room = Room(room.page, room.request, room.services, conversation, room.token)
        one = [message for message in room.messages(number - 1) if message.number == number]
        return JSONResponse(news(room, one, number, voted=form.turn, told=told), headers=dict(NEVER_KEPT))
    return RedirectResponse(room.path(f"?voted={form.turn}&told={told}#message-{number}"), 303, NEVER_KEPT)


@router.get("/{language}/chat/messages")
def messages(room: RoomOf, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0) -> JSONResponse:
    """What was said after a message, as the page shows it: how the script hears from a person."""
    room.known()
    return JSONResponse(news(room, room.messages(after), after), headers=dict(NEVER_KEPT))


@router.get("/{language}/chat/ticket")
def ticket(room: RoomOf) -> Response:
    """To the page of the conversation's ticket, by a link of its own."""
    address = urlsplit(room.services.dialogue.ticket_address(room.known().id, room.services.clock()))
    return RedirectResponse(f"{address.path}?{address.query}&language={room.page.language}", 303, NEVER_KEPT)


@router.post("/{language}/chat/ends")
def end(room: RoomOf) -> Response:
    """Start over: this browser forgets the conversation. Its ticket, if it has one, stays."""
    response = RedirectResponse(room.path(), 303, NEVER_KEPT)
    forget(response, CHAT)
    return response


def _page(room: Room, *, status: int = 200, unkept: Turn | None = None, **more: Any) -> HTMLResponse:
    services, page = room.services, room.page
    said = room.messages()
    if unkept is not None:
        said += shown_unkept(unkept)
    language, is_new = page.language, not said
    titles: Sequence[str] = starters(services.snapshot, services.publication, language) if is_new else ()
    values = {
        **common_values(room, said, more.get("contact")),
        "messages": said,
        "last": max((one.number for one in said), default=0),
        "greeting": Replies(services.wording).greeting(language),
        "starters": titles,
        "draft": "",
        "fault": "",
        **more,
    }
    response = page.render("chat.html", status=status, **values)
    response.headers.update(NEVER_KEPT)
    return response


def _events(room: Room, turn: Turn, after: int) -> Iterator[str]:
    for piece in deltas(turn):
        yield event("delta", {"text": piece})
    said = room.messages(after)
    if "database" in turn.degraded:
        said += shown_unkept(turn)
    yield event("messages", news(room, said, after))


def _to_newest(room: Room) -> Response:
    said = room.messages()
    # The visitor reads on from their own last words.
    mine = [one.number for one in said if one.by == "visitor"]
    bots = [one.number for one in said if one.by == "bot"]
    number = max(mine[-1:] + bots[-1:], default=0)
    return RedirectResponse(room.path(f"#message-{number}"), 303, NEVER_KEPT)
