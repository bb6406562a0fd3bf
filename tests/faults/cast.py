"""Everybody who may come to a site, each with a browser of their own, and what belongs to one of them."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from starlette.testclient import TestClient

from app.people.person import Person, Role
from app.web.cookies import CHAT
from app.web.cookies import STAFF as STAFF_COOKIE
from tests.web.site import Site
from tests.web.support import CHARGED, Visitor, browser, by_link, signed_in, ticket, visitor

STAFF = tuple(role.value for role in Role)
NOBODY, OWNER, OTHER = "nobody", "owner", "other"
ROLES = (NOBODY, OWNER, OTHER, *STAFF)


@dataclass(frozen=True)
class Belongings:
    """What one requester has: a conversation with an answer in it, and a ticket; with the proofs of both."""

    chat: Visitor
    turn: str
    ticket: dict[str, Any]

    @property
    def path_values(self) -> dict[str, str]:
        """What the names in a path stand for."""
        return {
            "conversation_id": self.chat.id, "turn_id": self.turn, "number": self.ticket["number"],
            "language": "en", "topic": "billing", "slug": "charged-twice",
            "version": "0", "name": "film.webm", "name:path": "css/tokens.css",
        }  # fmt: skip

    def bearer(self, path: str) -> dict[str, str]:
        """The header that opens what a path names."""
        token = self.ticket["token"] if "/tickets" in path else self.chat.token
        return {"authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Cast:
    """One site and its people. `owner` and `other` are two partners who know nothing of one another."""

    site: Site
    _staff: dict[str, str] = field(default_factory=dict)

    @cached_property
    def other(self) -> Belongings:
        """Somebody else's things, with which they try to open those of the owner."""
        return self.belongings()

    @cached_property
    def owner(self) -> Belongings:
        """The things that the others try to open."""
        return self.belongings()

    def belongings(self) -> Belongings:
        """A new partner with a conversation and a ticket."""
        chat = visitor(self.site)
        turn = chat.say(CHARGED).json()["id"]
        return Belongings(chat, turn, ticket(self.site))

    def with_new_ticket(self) -> Belongings:
        """The owner's conversation, and a ticket to which nothing has happened yet."""
        return replace(self.owner, ticket=ticket(self.site))

    def person(self, role: str) -> Person:
        """Whoever works here in that role."""
        self._colleague(role)
        with self.site.services.database.reading() as tx:
            found = self.site.services.directory.by_email(tx, f"{role}@handrail.example")
        assert found is not None
        return found

    def browser_of(self, role: str, owned: Belongings) -> TestClient:
        """The browser of a role, with the cookies that it has."""
        if role in STAFF:
            return self._colleague(role)
        if role == NOBODY:
            return browser(self.site)
        mine = owned if role == OWNER else self.other
        client = by_link(self.site, mine.ticket)
        client.cookies.set(CHAT, f"{mine.chat.id}.{mine.chat.token}")
        return client

    def _colleague(self, role: str) -> TestClient:
        if role not in self._staff:
            self._staff[role] = signed_in(self.site, f"{role}@handrail.example", Role(role)).cookies[
                STAFF_COOKIE
            ]
        client = browser(self.site)
        client.cookies.set(STAFF_COOKIE, self._staff[role])
        return client

    def headers_of(self, role: str, path: str, owned: Belongings) -> dict[str, str]:
        """The proof that a role's program sends along."""
        if role in (OWNER, OTHER):
            return (owned if role == OWNER else self.other).bearer(path)
        return {}
