"""Which verb leads from which status to which: one table."""

from collections.abc import Mapping
from enum import StrEnum

from app.errors import Conflict
from app.tickets.ticket import Status


class Verb(StrEnum):
    """What can be done with a ticket, as its event says it happened."""

    REPLY = "replied"
    NOTE = "noted"
    MESSAGE = "messaged"
    ASSIGN = "assigned"
    HOLD = "held"
    SOLVE = "solved"
    REOPEN = "reopened"
    WITHDRAW = "withdrawn"
    ADD_CONTACT = "contact_added"
    ROTATE_LINK = "link_rotated"


_NEW, _OPEN, _PENDING, _ON_HOLD, _SOLVED, _CLOSED = Status
UNSOLVED = (_NEW, _OPEN, _PENDING, _ON_HOLD)

_UNCHANGED = {status: status for status in (*UNSOLVED, _SOLVED)}
_NEXT: Mapping[Verb, Mapping[Status, Status]] = {
    Verb.REPLY: dict.fromkeys(UNSOLVED, _PENDING),  # it waits for the requester then
    Verb.NOTE: _UNCHANGED | {_CLOSED: _CLOSED},
    Verb.MESSAGE: {_NEW: _NEW, _OPEN: _OPEN, _PENDING: _OPEN, _ON_HOLD: _OPEN, _SOLVED: _OPEN},
    Verb.ASSIGN: _UNCHANGED | {_NEW: _OPEN},
    Verb.HOLD: dict.fromkeys((_NEW, _OPEN, _PENDING), _ON_HOLD),
    Verb.SOLVE: dict.fromkeys(UNSOLVED, _SOLVED),
    Verb.REOPEN: {_SOLVED: _OPEN},
    Verb.WITHDRAW: dict.fromkeys((*UNSOLVED, _SOLVED), _CLOSED),
    Verb.ADD_CONTACT: _UNCHANGED,
    Verb.ROTATE_LINK: _UNCHANGED,
}


def next_status(verb: Verb, status: Status) -> Status:
    """The status after `verb`; `Conflict` when it cannot be done in this status."""
    try:
        return _NEXT[verb][status]
    except KeyError:
        raise Conflict(f"This cannot be done while the ticket is {status.replace('_', ' ')}.") from None
