"""A conversation is one visitor's chat; a turn is one thing they said with what the bot said to it."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.chat.confidence import Confidence
from app.tickets.ticket import Requester

# Pieces of a streamed turn end where a sentence or a line does; "2." before a step is no sentence.
_PIECE = re.compile(r".+?(?:(?<!\d)[.!?…؟]+(?=\s)|[。！？]+|(?=\n)|$)\s*", re.DOTALL)


class TurnKind(StrEnum):
    """What the bot's side of a turn is. Only an answer carries citations, and it always does."""

    ANSWER = "answer"
    CLARIFICATION = "clarification"
    HANDOFF = "handoff"
    NOTICE = "notice"


class HandoffReason(StrEnum):
    """Why a person takes over; decided in code, never inside generated text."""

    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    NO_ARTICLE = "NO_ARTICLE"
    ASKED_FOR_PERSON = "ASKED_FOR_PERSON"
    ANSWER_REJECTED = "ANSWER_REJECTED"
    REPEATED_QUESTION = "REPEATED_QUESTION"
    SENSITIVE_TOPIC = "SENSITIVE_TOPIC"
    COMPOSER_FAILED = "COMPOSER_FAILED"


@dataclass(frozen=True, slots=True)
class Citation:
    """The passage an answer rests on. `quote` stands in the article word for word; `number` counts from 1.

    `is_fallback`: the article is in another language than the turn. `is_stale`: it is marked as out of date.
    """

    number: int
    family: str
    language: str
    title: str
    url: str
    quote: str
    is_fallback: bool
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing the visitor may mean: `text` is what to send to choose it. `family` is "" where no article is meant."""

    label: str
    family: str
    text: str


@dataclass(frozen=True, slots=True)
class Handoff:
    """Bot to person: why, and the number of the ticket that holds it now.

    `token` opens the ticket's page; it is told when the handoff is, and "" whenever the turn is read again.
    """

    reason: HandoffReason
    ticket_number: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """`question` is what the visitor said ("" when they pressed a button), `text` and `html` what they are shown.

    `text` is plain, `html` the same content as safe markup. `confidence` is None where nothing was searched.
    `searched` is the text that was searched, when it is not the question alone. `offer` is set when a person is
    offered: the reason to give once the visitor accepts. `small_talk` says what the visitor's words were when they
    were no question. `helpful` is the visitor's vote.
    """

    id: str
    kind: TurnKind
    language: str
    text: str
    html: str
    question: str
    at: datetime
    citations: tuple[Citation, ...] = ()
    confidence: Confidence | None = None
    choices: tuple[Choice, ...] = ()
    handoff: Handoff | None = None
    degraded: tuple[str, ...] = ()
    generation: str | None = None
    searched: str = ""
    offer: HandoffReason | None = None
    small_talk: str = ""
    helpful: bool | None = None

    @property
    def asked(self) -> str:
        """What was looked for in this turn, for a follow-up to build on."""
        return self.searched or self.question


@dataclass(frozen=True, slots=True)
class Contact:
    """How a person may reach the visitor. None means not told."""

    email: str | None = None
    name: str | None = None
    phone: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether anything is told."""
        return bool(self.email or self.name or self.phone)

    @property
    def requester(self) -> Requester:
        """The same, as a ticket knows it."""
        return Requester(self.email or None, self.name or None, self.phone or None)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One visitor's chat. `turns` are the latest ones, oldest first. `language` is that of the latest turn.

    `ticket_number` is set once a person has it; from then on the bot is silent.
    """

    id: str
    language: str
    page_language: str | None
    time_zone: str | None
    ticket_number: str | None
    opened_at: datetime
    contact: Contact = field(default_factory=Contact)
    turns: tuple[Turn, ...] = ()

    @property
    def last(self) -> Turn | None:
        """The latest turn, if there is one."""
        return self.turns[-1] if self.turns else None


@dataclass(frozen=True, slots=True)
class OpenedConversation:
    """What a visitor gets at the start. `token` is told here and never again; only its hash is kept."""

    id: str
    token: str
    language: str
    greeting: str
    starters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said in a conversation. `number` grows; `by` is `visitor`, `bot` or `agent`.

    `html` is "" for people's words: they are text and stay text. `turn` is the bot's turn that said it.
    """

    number: int
    at: datetime
    by: str
    author: str
    text: str
    html: str = ""
    turn: Turn | None = None


def deltas(turn: Turn) -> list[str]:
    """The turn's text in pieces of about a sentence, for a stream; joined they are the text."""
    return _PIECE.findall(turn.text)
