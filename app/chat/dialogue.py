"""`Dialogue`: everything that can be done with a conversation. A question in; an answer out, or a person."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlsplit

from app.chat import confidence, store
from app.chat.bot import Assess, Bot, PersonDue
from app.chat.composer import Composer, ExtractiveComposer
from app.chat.conversation import Contact, Conversation, HandoffReason, Message, OpenedConversation, Turn
from app.chat.handover import HandoffRequest, Handover, TicketLink
from app.chat.phrases import Phrasebook, read_phrasebook
from app.chat.records import PATIENCE_S, Records
from app.chat.repeats import claimed
from app.chat.replies import Replies
from app.chat.starters import starters
from app.chat.transcript import messages_of
from app.chat.visitors import authorize, digest, known_id, new_id, new_token
from app.chat.votes import Ballot, Votes
from app.errors import Invalid, NotFound
from app.events import log
from app.events.event import REQUESTER, Event
from app.languages import TAGS, negotiate, normalize
from app.people.plain_text import text_fault
from app.search.searcher import Publication, Searcher
from app.storage.database import Database
from app.tickets.desk import Desk
from app.tickets.draft import contact_faults, known_zone, refuse
from app.tickets.opening import give_link
from app.tickets.views import RequesterView
from app.wording import Wording

LONGEST_TEXT = 4000
LONGEST_ADDRESS = 2000
# What the visitor asked for, or is in need of, needs no second question.
_AT_ONCE = (HandoffReason.ASKED_FOR_PERSON, HandoffReason.SENSITIVE_TOPIC)


@dataclass(frozen=True)
class Dialogue:
    """The conversations of one database. `asks_first`: offer a person before a ticket is opened.

    `ticket_link(number, token)` is the absolute address of a ticket's page, with a token one that opens it.
    """

    database: Database
    searcher: Searcher
    publication: Publication
    desk: Desk
    wording: Wording
    ticket_link: TicketLink
    asks_first: bool = False
    composer: Composer | None = None
    assess: Assess = confidence.assess

    # What a visitor does. Callers check the token with `authorize` or `authorize_turn` first.

    def open(
        self,
        language: str | None,
        page_url: str | None,
        accept_language: str,
        time_zone: str | None,
        now: datetime,
    ) -> OpenedConversation:
        """A new conversation in the language asked for, else that of the page, else one the browser prefers."""
        url = _usable_url(page_url)
        page_language = _page_language(url)
        chosen = normalize((language or "")[:40]) or page_language or negotiate(accept_language)
        zone = known_zone(time_zone) if time_zone else None
        token = new_token()
        conversation = Conversation(new_id(), chosen, page_language, zone, None, now)
        with self.database.transaction() as tx:
            store.add(tx, conversation, digest(token), url)
            opened = Event(
                now,
                "conversation.opened",
                "conversation",
                conversation.id,
                REQUESTER,
                {"language": chosen},
            )
            log.append(tx, opened)
        titles = starters(self.searcher.snapshot, self.publication, chosen)
        return OpenedConversation(conversation.id, token, chosen, self._replies.greeting(chosen), titles)

    def authorize(self, conversation_id: str, token: str) -> Conversation:
        """The conversation, for the bearer of its token; `NotFound` otherwise, whatever is wrong (P14)."""
        with self.database.reading() as tx:
            authorize(tx, known_id(conversation_id), token)
            return store.get(tx, conversation_id)

    def authorize_turn(self, turn_id: str, token: str) -> Conversation:
        """The conversation that a turn belongs to, for the bearer of its token; `NotFound` otherwise."""
        with self.database.reading() as tx:
            conversation_id = store.conversation_of(tx, known_id(turn_id))
        return self.authorize(conversation_id or "", token)

    def take_turn(
        self, conversation_id: str, text: str, now: datetime, idempotency_key: str | None = None
    ) -> Turn:
        """A question in; an answer out, or a person. After a handoff the text goes to the ticket and the bot is silent.

        `Invalid` for an empty text, one over 4,000 characters, or a key that came with another text before; `Conflict`
        while the first request with that key still runs.
        """
        refuse({"text": text_fault(text, LONGEST_TEXT)})
        scope = f"turn:{conversation_id}"
        with claimed(self.database, scope, idempotency_key, text, now, PATIENCE_S) as claim:
            if claim.answered is not None:
                return self._records.again(claim.answered, now)
            conversation = self._read(conversation_id)
            if conversation.ticket_number:
                return self._records.pass_on(conversation, text, now, claim)
            reply = self._bot.reply(conversation, text, now)
            if isinstance(reply, PersonDue) and self._asks_first_for(reply):
                reply = self._bot.offer(reply, now)
            if isinstance(reply, PersonDue):
                return self._records.hand_off(conversation, reply, HandoffRequest(), now, claim)
            return self._records.keep(conversation, reply, text, claim)

    def hand_off(
        self,
        conversation_id: str,
        request: HandoffRequest,
        now: datetime,
        idempotency_key: str | None = None,
    ) -> Turn:
        """A person, now, whatever the bot thinks. Asked for again, what is new goes to the ticket there is."""
        note = request.note or ""
        refuse({"note": text_fault(note, LONGEST_TEXT) if note.strip() else None})
        with claimed(
            self.database, f"handoff:{conversation_id}", idempotency_key, repr(request), now
        ) as claim:
            if claim.answered is not None:
                return self._records.again(claim.answered, now)
            conversation = self._read(conversation_id)
            due = PersonDue(HandoffReason.ASKED_FOR_PERSON, conversation.language, note, note, is_agreed=True)
            return self._records.hand_off(conversation, due, request, now, claim)

    def add_contact(self, conversation_id: str, contact: Contact, now: datetime) -> None:
        """Add or correct an address, name or phone number, on the ticket too if there is one."""
        if not contact.is_given:
            raise Invalid("Give an e-mail address, a name or a phone number.")
        refuse(contact_faults(contact.requester))
        given = {
            f"contact_{name}": value
            for name in ("email", "name", "phone")
            if (value := getattr(contact, name))
        }
        with self.database.transaction() as tx:
            conversation = store.get(tx, known_id(conversation_id), lock=True)
            store.change(tx, conversation.id, **given)
            if conversation.ticket_number:
                self.desk.add_contact(conversation.ticket_number, contact.requester, now, tx)

    def messages(self, conversation_id: str, after: int = 0) -> tuple[Message, ...]:
        """Everything said with a number above `after`: by visitor and bot, then by agents in public. Never notes."""
        with self.database.reading() as tx:
            conversation = store.get(tx, known_id(conversation_id))
            turns = store.all_turns(tx, conversation.id)
            number = conversation.ticket_number
            said = self.desk.public_messages(number, 0, tx) if number else ()
        return tuple(message for message in messages_of(turns, said) if message.number > after)

    def vote(
        self, turn_id: str, helpful: bool, reasons: tuple[str, ...], comment: str | None, now: datetime
    ) -> None:
        """Whether a turn helped; a second vote replaces the first."""
        self.votes.on_turn(known_id(turn_id), Ballot(helpful, reasons, comment), now)

    @cached_property
    def votes(self) -> Votes:
        """The votes, also those on articles."""
        return Votes(self.database)

    # What its ticket is, for a caller that has checked the token.

    def ticket(self, conversation_id: str) -> RequesterView | None:
        """The conversation's ticket as the visitor sees it, if a person has it."""
        number = self._read(conversation_id).ticket_number
        return self.desk.view(number) if number else None

    def ticket_address(self, conversation_id: str, now: datetime) -> str:
        """A new link that opens the conversation's ticket; `NotFound` if there is none."""
        with self.database.transaction() as tx:
            number = store.get(tx, known_id(conversation_id)).ticket_number
            if number is None:
                raise NotFound
            return self.ticket_link(number, give_link(tx, number, now))

    def _read(self, conversation_id: str) -> Conversation:
        with self.database.reading() as tx:
            return store.get(tx, known_id(conversation_id))

    def _asks_first_for(self, due: PersonDue) -> bool:
        return self.asks_first and not due.is_agreed and due.reason not in _AT_ONCE

    @cached_property
    def _phrases(self) -> Phrasebook:
        return read_phrasebook()

    @cached_property
    def _replies(self) -> Replies:
        return Replies(self.wording)

    @cached_property
    def _bot(self) -> Bot:
        composer = self.composer or ExtractiveComposer(self.wording)
        return Bot(self.searcher, self.assess, composer, self._phrases, self._replies)

    @cached_property
    def _records(self) -> Records:
        handover = Handover(self._replies, self._phrases, self.ticket_link)
        return Records(self.database, self.desk, handover, self._replies)


def _usable_url(url: str | None) -> str | None:
    """An http address as it is; None for anything else, which is nobody's loss."""
    if not url or len(url) > LONGEST_ADDRESS or not url.isprintable():
        return None
    return url if url.startswith(("http://", "https://", "/")) else None


def _page_language(url: str | None) -> str | None:
    try:
        first = urlsplit(url or "").path.split("/")[1:2]
    except ValueError:
        return None
    return first[0] if first and first[0] in TAGS else None
