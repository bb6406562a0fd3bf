"""Keeps what comes of a text: a turn, a ticket, or a message on the ticket; each in one transaction."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.chat import store
from app.chat.answer import notice_html
from app.chat.bot import PersonDue
from app.chat.conversation import Conversation, Turn, TurnKind
from app.chat.handover import HandoffRequest, Handover
from app.chat.repeats import Claim
from app.chat.replies import Replies
from app.errors import Unavailable
from app.events import log
from app.events.event import SYSTEM, Event
from app.storage.database import Database, Transaction
from app.tickets.desk import Desk
from app.tickets.opening import give_link

# So long an answer waits for a database that is busy; then the visitor gets it unkept, within two seconds in all (P7).
PATIENCE_S = 1.5
_HAPPENED: Mapping[TurnKind, str] = {
    TurnKind.ANSWER: "answered",
    TurnKind.CLARIFICATION: "asked_back",
    TurnKind.HANDOFF: "handed_off",
    TurnKind.NOTICE: "noticed",
}


class Records:
    """Writes turns and opens tickets.

    Every method locks the conversation first: whatever two requests do at once, the bot says nothing after a handoff
    and a conversation has one ticket.
    """

    def __init__(self, database: Database, desk: Desk, handover: Handover, replies: Replies) -> None:
        self._database = database
        self._desk = desk
        self._handover = handover
        self._replies = replies

    def keep(self, conversation: Conversation, turn: Turn, typed: str, claim: Claim) -> Turn:
        """Keep a turn of the bot. If the database cannot write, the visitor gets it all the same, marked so (P7)."""
        if not claim.stores:
            return _unkept(turn)  # what could not be claimed a moment ago could not be kept either
        try:
            with self._database.transaction(wait_s=PATIENCE_S) as tx:
                current = store.get(tx, conversation.id, lock=True)
                if current.ticket_number:
                    return self._pass_on(tx, current, typed, turn.at, claim)
                _add_turn(tx, conversation.id, turn)
                claim.keep(tx, {"turn": turn.id})
        except Unavailable:
            return _unkept(turn)
        return turn

    def hand_off(
        self,
        conversation: Conversation,
        due: PersonDue,
        request: HandoffRequest,
        now: datetime,
        claim: Claim,
    ) -> Turn:
        """Open the ticket and keep the turn that tells of it: both or neither."""
        claim.require()
        with self._database.transaction() as tx:
            current = store.get(tx, conversation.id, lock=True)
            if current.ticket_number:
                return self._add_to_ticket(tx, current, due.said, request, now, claim)
            whole = replace(current, turns=tuple(turn for _, turn in store.all_turns(tx, current.id)))
            opened = self._desk.open(self._handover.draft(whole, due, request, now), now, tx)
            turn = self._handover.turn(due, opened, now)
            _add_turn(tx, current.id, turn)
            store.change(tx, current.id, ticket_number=opened.ticket.number)
            claim.keep(tx, {"turn": turn.id})
        return self._handover.opened_up(turn, opened.token)

    def pass_on(self, conversation: Conversation, typed: str, now: datetime, claim: Claim) -> Turn:
        """The visitor's words become a message on the ticket."""
        claim.require()
        with self._database.transaction() as tx:
            return self._pass_on(tx, conversation, typed, now, claim)

    def again(self, answered: Mapping[str, Any], now: datetime) -> Turn:
        """What was answered before, for the same request come again (P11)."""
        if "turn" not in answered:
            return _acknowledgement(answered, now)
        with self._database.reading() as tx:
            turn = store.turn(tx, answered["turn"])
        if turn.handoff is None:
            return turn
        with self._database.transaction() as tx:
            # Tokens are kept as digests, so the visitor whose first answer was lost gets a new one.
            return self._handover.opened_up(turn, give_link(tx, turn.handoff.ticket_number, now))

    def _pass_on(
        self, tx: Transaction, conversation: Conversation, typed: str, now: datetime, claim: Claim
    ) -> Turn:
        number = conversation.ticket_number or ""
        self._desk.requester_message(number, typed, now, tx)
        text = self._replies.passed_on(conversation.language, number)
        return self._acknowledge(tx, conversation, text, now, claim)

    def _add_to_ticket(
        self,
        tx: Transaction,
        conversation: Conversation,
        typed: str,
        request: HandoffRequest,
        now: datetime,
        claim: Claim,
    ) -> Turn:
        number = conversation.ticket_number or ""
        if typed.strip():
            self._desk.requester_message(number, typed, now, tx)
        if request.contact.is_given:
            self._desk.add_contact(number, request.contact.requester, now, tx)
        text = self._replies.ready(conversation.language, number)
        return self._acknowledge(tx, conversation, text, now, claim)

    def _acknowledge(
        self, tx: Transaction, conversation: Conversation, text: str, now: datetime, claim: Claim
    ) -> Turn:
        answer = {"id": secrets.token_hex(12), "language": conversation.language, "acknowledged": text}
        claim.keep(tx, answer)
        return _acknowledgement(answer, now)


def _unkept(turn: Turn) -> Turn:
    return replace(turn, degraded=(*turn.degraded, "database"))


def _acknowledgement(answer: Mapping[str, Any], now: datetime) -> Turn:
    """Not said by the bot and not kept as a message: the sign that words reached the ticket."""
    text = answer["acknowledged"]
    return Turn(
        answer["id"], TurnKind.NOTICE, answer["language"], text, notice_html(text), question="", at=now
    )


def _add_turn(tx: Transaction, conversation_id: str, turn: Turn) -> None:
    store.add_turn(tx, conversation_id, turn)
    facts = {
        "turn": turn.id,
        "language": turn.language,
        "band": turn.confidence.band if turn.confidence else None,
        "families": [citation.family for citation in turn.citations],
        "reason": turn.handoff.reason.value if turn.handoff else None,
        "ticket": turn.handoff.ticket_number if turn.handoff else None,
        "degraded": list(turn.degraded),
    }
    happened = f"conversation.{_HAPPENED[turn.kind]}"
    log.append(tx, Event(turn.at, happened, "conversation", conversation_id, SYSTEM, facts))
