"""Who may do what: one table."""

from collections.abc import Mapping
from enum import StrEnum

from app.errors import NotAllowed
from app.people.person import Person, Role


class Action(StrEnum):
    """Something that needs permission."""

    READ_TICKETS = "read tickets"
    ANSWER_TICKETS = "answer tickets"
    ASSIGN_TICKETS = "assign tickets"
    MANAGE_STAFF = "manage staff"


_DESK = frozenset({Action.READ_TICKETS, Action.ANSWER_TICKETS, Action.ASSIGN_TICKETS})

ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.AGENT: _DESK,
    Role.SPECIALIST: _DESK,
    Role.LEAD: _DESK,
    Role.EDITOR: frozenset(),  # editors work on articles; what partners write is not theirs to read
    Role.ADMIN: _DESK | {Action.MANAGE_STAFF},
}


def may(person: Person, action: Action) -> bool:
    """Whether `person` may do it; somebody who left may do nothing."""
    return person.is_active and action in ALLOWED[person.role]


def require(person: Person, action: Action) -> None:
    """Raise `NotAllowed` unless `person` may do it."""
    if not may(person, action):
        raise NotAllowed(f"Your role ({person.role}) may not {action}.")
