"""People for the tests of chat, tickets and workspace: visitors and agents, each with a browser of their own."""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from starlette.testclient import TestClient

from app.people.person import NewPerson, Role
from tests.web.site import NOW, Site

PASSWORD = "a long enough password"
HTML = {"accept": "text/html"}
CHARGED = "I was charged twice, how do I recognise a double charge?"
UNANSWERABLE = "Can I feed my parrot with uranium on the moon?"
TICKET = {"subject": "Charged twice", "body": "Two payments for one invoice.", "email": "partner@example.com"}


def browser(site: Site) -> TestClient:
    """A browser without JavaScript that nobody has used before."""
    return TestClient(site.client.app, follow_redirects=False)


def hire(site: Site, email: str = "ana@handrail.example", role: Role = Role.AGENT) -> None:
    """Somebody starts to work here."""
    new = NewPerson(email, f"{email.partition('@')[0].title()} Ruiz", role, ("en", "ja", "ar"))
    with site.services.database.transaction() as tx:
        site.services.directory.create(tx, new, PASSWORD, NOW)


def signed_in(site: Site, email: str = "ana@handrail.example", role: Role = Role.AGENT) -> TestClient:
    """The browser of a new colleague who has signed in."""
    hire(site, email, role)
    client = browser(site)
    answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


@dataclass(frozen=True)
class Visitor:
    """A program that talks to the chat: one conversation and its token."""

    client: TestClient
    id: str
    token: str
    opened: dict[str, Any]

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def say(self, text: str, **headers: str) -> Any:
        path = f"/api/conversations/{self.id}/turns"
        return self.client.post(path, json={"text": text}, headers={**self.bearer, **headers})

    def hand_off(self, **asked: object) -> Any:
        path = f"/api/conversations/{self.id}/handoff"
        return self.client.post(path, json=asked, headers=self.bearer)

    def messages(self, after: int = 0) -> list[dict[str, Any]]:
        path = f"/api/conversations/{self.id}/messages"
        answer = self.client.get(path, params={"after": after}, headers=self.bearer)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["messages"])


def visitor(site: Site, language: str = "en", **asked: object) -> Visitor:
    """A new conversation."""
    client = browser(site)
    answer = client.post("/api/conversations", json={"language": language, **asked})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    return Visitor(client, body["id"], body["token"], body)


def ticket(site: Site, **asked: object) -> dict[str, Any]:
    """A new ticket as its requester gets it, with its token."""
    answer = browser(site).post("/api/tickets", json={**TICKET, **asked})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def by_link(site: Site, opened: dict[str, Any]) -> TestClient:
    """The browser of somebody who has followed a ticket's private link."""
    client = browser(site)
    answer = client.get(f"/tickets/{opened['number']}?token={opened['token']}", headers=HTML)
    assert answer.status_code == 303, answer.text
    return client


def make_read_only(site: Site) -> None:
    """From now on the database answers but takes nothing more, as on a full or read-only disk."""
    engine = site.services.database.engine
    sqlalchemy.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
    engine.dispose()


def hidden(page: str, name: str) -> str:
    """The value of the last hidden field of that name."""
    return re.findall(rf'name="{name}" value="([^"]*)"', page)[-1]


def version_of(agent: TestClient, number: str) -> str:
    """The version of the ticket that an agent has before their eyes."""
    return hidden(agent.get(f"/workspace/tickets/{number}", headers=HTML).text, "version")
