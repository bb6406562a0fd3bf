"""Votes: helpful or not, on a turn of the chat or on an article. One visitor, one vote on each; a later one replaces it."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.chat import store
from app.errors import FieldProblem, Invalid, NotFound
from app.events import log
from app.events.event import REQUESTER, Event
from app.people.plain_text import text_fault
from app.storage.database import Database

LONGEST_COMMENT = 2000


class VoteReason(StrEnum):
    """What was wrong with it."""

    INACCURATE = "inaccurate"
    OUTDATED = "outdated"
    CONFUSING = "confusing"
    NOT_MY_QUESTION = "not_my_question"
    WRONG_LANGUAGE = "wrong_language"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Ballot:
    """One vote. `reasons` are names of `VoteReason`."""

    helpful: bool
    reasons: Sequence[str] = ()
    comment: str | None = None


class Votes:
    """Keeps votes; a voter is known by a digest only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def on_turn(self, turn_id: str, ballot: Ballot, now: datetime) -> None:
        """A vote on what the bot said; `NotFound` without such a turn, `Invalid` for wrong fields."""
        _check(ballot)
        with self._database.transaction() as tx:
            conversation_id = store.conversation_of(tx, turn_id)
            if conversation_id is None:
                raise NotFound
            values = _values(ballot, f"conversation:{conversation_id}", now) | {"turn_id": turn_id}
            store.put_vote(tx, values, ("turn_id", "visitor"))
            facts = {"turn": turn_id, "helpful": ballot.helpful, "reasons": sorted(set(ballot.reasons))}
            log.append(
                tx, Event(now, "conversation.voted", "conversation", conversation_id, REQUESTER, facts)
            )

    def on_article(self, family: str, language: str, voter: str, ballot: Ballot, now: datetime) -> None:
        """A vote on an article, which the caller knows to exist; `voter` is anything that stays the same for one reader."""
        _check(ballot)
        values = _values(ballot, f"reader:{voter}", now) | {"family": family, "language": language}
        facts = {"language": language, "helpful": ballot.helpful, "reasons": sorted(set(ballot.reasons))}
        with self._database.transaction() as tx:
            store.put_vote(tx, values, ("family", "language", "visitor"))
            log.append(tx, Event(now, "article.voted", "article", family, REQUESTER, facts))


def _check(ballot: Ballot) -> None:
    problems = []
    if unknown := sorted(set(ballot.reasons) - set(VoteReason)):
        problems.append(FieldProblem("reasons", f"{unknown[0]!r} is none of {', '.join(VoteReason)}"))
    if ballot.comment is not None and (fault := text_fault(ballot.comment, LONGEST_COMMENT)):
        problems.append(FieldProblem("comment", fault))
    if problems:
        raise Invalid(f"{problems[0].field}: {problems[0].message}", problems=problems)


def _values(ballot: Ballot, voter: str, now: datetime) -> dict[str, object]:
    return {
        "id": secrets.token_hex(12),
        "helpful": ballot.helpful,
        "reasons": sorted(set(ballot.reasons)),
        "comment": ballot.comment,
        "visitor": hashlib.sha256(voter.encode("utf-8", "replace")).hexdigest(),
        "at": now,
    }
