"""P11 in a storm: a hundred retries of one key at once, on both databases, come to one ticket."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import httpx2
import pytest

from tests.faults.stored import count, everything
from tests.web.site import Site
from tests.web.support import TICKET, UNANSWERABLE, browser, ticket, visitor

RETRIES = 100
FEWER = 25
Send = Callable[[httpx2.AsyncClient], Coroutine[Any, Any, httpx2.Response]]


@pytest.mark.timeout(120)
def test_a_ticket(any_site: Site) -> None:
    """201 with one number and one token, or 409 while the first still runs; never a second ticket."""
    answers = storm(
        any_site,
        lambda client: client.post("/api/tickets", json=TICKET, headers={"idempotency-key": "k"}),
        RETRIES,
    )
    _one_answer(answers)
    assert count(any_site.services.database, "tickets") == 1
    assert count(any_site.services.database, "ticket_links") == 1
    kinds = Counter(row[2] for row in everything(any_site.services.database)["events"])
    assert kinds == {"ticket.opened": 1, "clock.started": 1}


def test_a_turn_that_hands_over(any_site: Site) -> None:
    """One ticket, one turn, and the visitor's words stand there once."""
    chat = visitor(any_site)
    path, headers = f"/api/conversations/{chat.id}/turns", {**chat.bearer, "idempotency-key": "k"}
    answers = storm(
        any_site, lambda client: client.post(path, json={"text": UNANSWERABLE}, headers=headers), RETRIES
    )
    # On a slow machine the last in the queue hear 503: a turn waits for a busy database for a moment only (P7).
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    assert answers[-1].status_code == 201
    turns = [answer.json() for answer in answers if answer.status_code == 201]
    assert len({turn["id"] for turn in turns}) == 1
    assert len({turn["handoff"]["ticket"]["number"] for turn in turns}) == 1
    assert (count(any_site.services.database, "tickets"), count(any_site.services.database, "turns")) == (
        1,
        1,
    )


def test_handing_over_without_a_key(any_site: Site) -> None:
    """Two dozen clicks on "a person, please" open one ticket: a conversation has no second one."""
    chat = visitor(any_site)
    path = f"/api/conversations/{chat.id}/handoff"
    answers = storm(any_site, lambda client: client.post(path, json={}, headers=chat.bearer))
    assert {answer.status_code for answer in answers} == {201}
    assert Counter(answer.json()["kind"] for answer in answers) == {"handoff": 1, "notice": FEWER}
    assert count(any_site.services.database, "tickets") == 1


def test_a_message_on_a_ticket(any_site: Site) -> None:
    opened = ticket(any_site)
    path, headers = (
        f"/api/tickets/{opened['number']}/messages",
        {"authorization": f"Bearer {opened['token']}", "idempotency-key": "k"},
    )
    answers = storm(
        any_site, lambda client: client.post(path, json={"text": "One more fact."}, headers=headers)
    )
    _one_answer(answers)
    assert count(any_site.services.database, "ticket_messages") == 1


def test_the_contact_form(any_site: Site) -> None:
    """The key in the form does for people what the header does for programs."""
    form = {"subject": "s", "body": "b", "email": "a@x.test", "key": "k"}
    answers = storm(any_site, lambda client: client.post("/en/contact", data=form))
    assert {answer.status_code for answer in answers} <= {303, 409}
    assert len({answer.headers["location"] for answer in answers if answer.status_code == 303}) == 1
    assert count(any_site.services.database, "tickets") == 1


def test_a_vote(any_site: Site) -> None:
    """One reader, one vote, however often and at once."""
    storm(any_site, lambda client: client.post("/en/billing/charged-twice/votes", data={"helpful": "yes"}))
    assert count(any_site.services.database, "votes") == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "é"])
def test_keys_that_are_none(key: str, own_site: Site) -> None:
    """422, and no ticket: a key that cannot be kept protects nobody."""
    answer = browser(own_site).post(
        "/api/tickets", json=TICKET, headers={"idempotency-key": key.encode("latin-1")}
    )
    assert answer.status_code == 422
    assert count(own_site.services.database, "tickets") == 0


def test_a_key_belongs_to_caller_and_route(own_site: Site) -> None:
    """The same key elsewhere is another key: it neither finds nor blocks anything."""
    one, other = ticket(own_site), ticket(own_site)
    texts = []
    for opened in (one, other):
        headers = {"authorization": f"Bearer {opened['token']}", "idempotency-key": "k"}
        sent = browser(own_site).post(
            f"/api/tickets/{opened['number']}/messages", json={"text": opened["number"]}, headers=headers
        )
        texts.append(sent.json()["text"])
    assert texts == [one["number"], other["number"]]
    assert (
        browser(own_site).post("/api/tickets", json=TICKET, headers={"idempotency-key": "k"}).status_code
        == 201
    )


def storm(site: Site, send: Send, times: int = FEWER) -> list[httpx2.Response]:
    """All at once, as impatient programs do; and once more when they are done."""

    async def run() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(site.client.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answers = await asyncio.gather(*(send(client) for _ in range(times)))
            return [*answers, await send(client)]

    return asyncio.run(run())


def _one_answer(answers: list[Any]) -> None:
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert answers[-1].status_code == 201  # sent after the storm
