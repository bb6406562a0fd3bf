"""From bot to person: the ticket's draft with the transcript copied into it, and the turn that tells of it."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.chat.answer import notice_html
from app.chat.bot import PersonDue
from app.chat.conversation import Contact, Conversation, Handoff, HandoffReason, Turn, TurnKind
from app.chat.phrases import Phrasebook
from app.chat.replies import Promise, Replies
from app.people.plain_text import one_line
from app.tickets.draft import TicketDraft
from app.tickets.opening import OpenedTicket
from app.tickets.ticket import By, Channel, Requester, Source, TranscriptLine

# The absolute address of a ticket's page; with a token, one that opens it.
TicketLink = Callable[[str, str | None], str]

# How many of the articles found are shown to the agent as what the bot had at hand.
TRIED = 3
_ABOUT_EARLIER = (HandoffReason.ASKED_FOR_PERSON, HandoffReason.ANSWER_REJECTED)


@dataclass(frozen=True, slots=True)
class HandoffRequest:
    """A visitor's wish for a person now, with what they want to tell it."""

    note: str | None = None
    contact: Contact = field(default_factory=Contact)
    channel: Channel = Channel.CHAT
    time_zone: str | None = None


class Handover:
    """Writes drafts and handoff turns."""

    def __init__(self, replies: Replies, phrases: Phrasebook, ticket_link: TicketLink) -> None:
        self._replies = replies
        self._phrases = phrases
        self._link = ticket_link

    def draft(
        self, conversation: Conversation, due: PersonDue, request: HandoffRequest, now: datetime
    ) -> TicketDraft:
        """The ticket to open, with everything that was said; `conversation` holds all its turns."""
        question = self._question(conversation, due)
        also = [text for text in (request.note, due.text) if text and text.strip() and text != question]
        ours, theirs = conversation.contact, request.contact
        return TicketDraft(
            subject=one_line(question),
            body="\n\n".join(dict.fromkeys([question, *also])),
            language=due.language,
            requester=Requester(
                theirs.email or ours.email, theirs.name or ours.name, theirs.phone or ours.phone
            ),
            channel=request.channel,
            topic=_topic(conversation, due),
            time_zone=request.time_zone or conversation.time_zone,
            transcript=_transcript(conversation.turns, due, now),
            conversation_id=conversation.id,
            reason=due.reason.value,
        )

    def turn(self, due: PersonDue, opened: OpenedTicket, now: datetime) -> Turn:
        """The turn that names number, moment and link, as it is kept: without what opens the ticket."""
        ticket = opened.ticket
        link = self._link(ticket.number, None)
        promise = Promise(ticket.number, opened.first_response_due_at, ticket.time_zone, link)
        topic = self._phrases.sensitive_topic(due.text)
        text = self._replies.handed_off(due.language, due.reason, promise, topic)
        return Turn(
            id=secrets.token_hex(12),
            kind=TurnKind.HANDOFF,
            language=due.language,
            text=text,
            html=notice_html(text, link),
            question=due.said,
            at=now,
            confidence=due.found.confidence if due.found else None,
            handoff=Handoff(due.reason, ticket.number),
            degraded=due.found.results.degraded if due.found else (),
            generation=due.found.results.generation if due.found else None,
        )

    def opened_up(self, turn: Turn, token: str) -> Turn:
        """The turn as the visitor gets it: its link opens the ticket."""
        if turn.handoff is None:
            return turn
        number = turn.handoff.ticket_number
        link = self._link(number, token)
        text = turn.text.replace(self._link(number, None), link)
        return replace(
            turn, text=text, html=notice_html(text, link), handoff=replace(turn.handoff, token=token)
        )

    def _question(self, conversation: Conversation, due: PersonDue) -> str:
        """What the ticket is about: what they asked before, if now they only say that they want a person."""
        earlier = [turn.asked for turn in conversation.turns if turn.question.strip() and not turn.small_talk]
        says_nothing = not due.text.strip() or self._phrases.is_whole("person", due.text)
        if earlier and (says_nothing or due.reason in _ABOUT_EARLIER):
            return earlier[-1]
        return due.text if due.text.strip() else self._replies.no_question(due.language)


def _transcript(turns: Sequence[Turn], due: PersonDue, now: datetime) -> tuple[TranscriptLine, ...]:
    lines = [line for turn in turns for line in _lines(turn)]
    if due.said.strip():
        lines.append(TranscriptLine(now, By.REQUESTER, due.said))
    if due.found and due.found.results.hits:
        tried = tuple(Source(hit.title, hit.url) for hit in due.found.results.hits[:TRIED])
        lines.append(TranscriptLine(now, By.BOT, due.reason.value, TurnKind.HANDOFF.value, tried))
    return tuple(lines)


def _lines(turn: Turn) -> list[TranscriptLine]:
    sources = tuple(Source(citation.title, citation.url) for citation in turn.citations)
    said = [TranscriptLine(turn.at, By.REQUESTER, turn.question)] if turn.question.strip() else []
    return [*said, TranscriptLine(turn.at, By.BOT, turn.text, turn.kind.value, sources)]


def _topic(conversation: Conversation, due: PersonDue) -> str | None:
    """The shelf of the best article at hand: that of the question now, else of the latest answer."""
    if due.found and due.found.results.hits:
        return due.found.results.hits[0].topic
    cited = [turn.citations[0].family for turn in conversation.turns if turn.citations]
    return cited[-1].partition("/")[0] if cited else None
