"""`Person`: somebody of the staff."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.events.event import STAFF


class Role(StrEnum):
    """What somebody is here; `permissions.py` says what that allows."""

    AGENT = "agent"
    SPECIALIST = "specialist"
    LEAD = "lead"
    EDITOR = "editor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody about to join: `languages` are site tags, `teams` are keys of `tickets/routing.toml`."""

    email: str
    name: str
    role: Role
    languages: tuple[str, ...]
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the staff. `email` is in lower case and theirs alone."""

    id: str
    email: str
    name: str
    role: Role
    languages: tuple[str, ...]
    teams: tuple[str, ...]
    is_active: bool
    created_at: datetime

    @property
    def actor(self) -> str:
        """How the event log calls them."""
        return f"{STAFF}{self.id}"
