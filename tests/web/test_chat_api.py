"""`/api/conversations`, `/api/turns/…/votes`: exactly as `api.md` fixes them."""

import json
from typing import Any

import pytest

from tests.web.site import Site
from tests.web.support import CHARGED, UNANSWERABLE, Visitor, browser, signed_in, version_of, visitor

TURN = {"id", "kind", "language", "text", "html", "citations", "confidence", "choices", "handoff", "degraded"}
CITATION = {"number", "family", "language", "title", "url", "quote", "is_fallback", "is_stale"}


def events(text: str) -> list[tuple[str, Any]]:
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_a_conversation_begins_with_a_greeting_and_real_titles(own_site: Site) -> None:
    opened = visitor(own_site, "ja", page_url="https://partner.example/ja/billing").opened
    assert set(opened) == {"id", "token", "language", "greeting", "starters"}
    assert opened["language"] == "ja"
    assert opened["starters"] == ["二重に請求された場合"]


def test_a_conversation_needs_no_body(own_site: Site) -> None:
    answer = browser(own_site).post("/api/conversations", headers={"accept-language": "ar"})
    assert (answer.status_code, answer.json()["language"]) == (201, "ar")


def test_an_answer_has_the_published_shape_and_rests_on_citations(own_site: Site) -> None:
    answer = visitor(own_site).say(CHARGED)
    turn = answer.json()
    assert answer.status_code == 201
    assert set(turn) == TURN
    assert turn["kind"] == "answer"
    assert {frozenset(one) for one in turn["citations"]} == {frozenset(CITATION)}
    assert turn["citations"][0]["family"] == "billing/charged-twice"
    assert turn["citations"][0]["quote"] in turn["text"].replace(" [1]", "")
    assert set(turn["confidence"]) == {"probability", "band"}
    assert answer.headers["x-index-generation"] == own_site.services.snapshot.generation
    assert answer.headers["cache-control"] == "no-store"


def test_text_stays_text(own_site: Site) -> None:
    """P17: what an article or a visitor writes is never markup in the chat."""
    chat = visitor(own_site)
    turn = chat.say("How do I recognise a double charge? <img src=x onerror=alert(1)>").json()
    assert "<script>" not in turn["html"] and "<img" not in turn["html"]
    mine = chat.messages()[0]
    assert mine["by"] == "visitor" and mine["html"] == ""


def test_the_same_turn_as_events(own_site: Site) -> None:
    answer = visitor(own_site).say(CHARGED, accept="text/event-stream")
    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith("text/event-stream")
    streamed = events(answer.text)
    assert [name for name, _ in streamed[:-1]] == ["delta"] * (len(streamed) - 1)
    name, turn = streamed[-1]
    assert (name, set(turn)) == ("turn", TURN)
    assert "".join(data["text"] for _, data in streamed[:-1]) == turn["text"]


def test_what_cannot_be_answered_becomes_a_ticket(own_site: Site) -> None:
    """The ticket exists at once; number, due moment in the visitor's zone and link stand in the text."""
    chat = visitor(own_site, time_zone="Asia/Tokyo")
    turn = chat.say(UNANSWERABLE).json()
    handoff = turn["handoff"]
    assert (turn["kind"], turn["citations"]) == ("handoff", [])
    assert handoff["reason"] in ("LOW_CONFIDENCE", "NO_ARTICLE")
    number, token = handoff["ticket"]["number"], handoff["ticket"]["token"]
    assert number in turn["text"] and "(Tokyo)" in turn["text"] and f"/tickets/{number}" in turn["text"]
    seen = browser(own_site).get(f"/api/tickets/{number}", headers={"authorization": f"Bearer {token}"})
    assert seen.json() == {key: value for key, value in handoff["ticket"].items() if key != "token"}


def test_a_person_at_once_and_silence_afterwards(own_site: Site) -> None:
    """product.md 2 and 3: a person can be chosen at the start, and the bot says nothing after it."""
    chat = visitor(own_site)
    turn = chat.hand_off(
        note="Please call me.", phone="+34 600 000 000", channel="phone", time_zone="Europe/Madrid"
    )
    assert turn.status_code == 201
    assert turn.json()["handoff"]["reason"] == "ASKED_FOR_PERSON"
    said = chat.say(CHARGED).json()
    assert (said["kind"], said["citations"]) == ("notice", [])
    assert [one["by"] for one in chat.messages()][-1] == "visitor"
    agent = own_site.services.desk.view(turn.json()["handoff"]["ticket"]["number"])
    assert (agent.requester.phone, agent.time_zone) == ("+34 600 000 000", "Europe/Madrid")


def test_the_agents_reply_is_heard_with_name_and_time_but_no_note(own_site: Site) -> None:
    chat = visitor(own_site)
    number = chat.hand_off().json()["handoff"]["ticket"]["number"]
    agent = signed_in(own_site)
    last = chat.messages()[-1]["number"]
    agent.post(f"/workspace/tickets/{number}/notes", data={"text": "Looks like fraud."})
    version = version_of(agent, number)
    agent.post(
        f"/workspace/tickets/{number}/replies", data={"text": "Hello, I look at it.", "version": version}
    )
    [heard] = chat.messages(after=last)
    assert (heard["by"], heard["author"], heard["text"]) == ("agent", "Ana Ruiz", "Hello, I look at it.")
    assert heard["at"].startswith("2026-11-24T10:00:00") and heard["turn"] is None


def test_retrying_is_safe(own_site: Site) -> None:
    """P11: one key, one ticket; with another text 422."""
    chat = visitor(own_site)
    key = {"Idempotency-Key": "retry-1"}
    tickets = {chat.say(UNANSWERABLE, **key).json()["handoff"]["ticket"]["number"] for _ in range(5)}
    assert len(tickets) == 1
    assert len([one for one in chat.messages() if one["by"] == "visitor"]) == 1
    assert chat.say("something else", **key).status_code == 422


def test_contact_can_be_added_and_corrected(own_site: Site) -> None:
    chat = visitor(own_site)
    number = chat.hand_off().json()["handoff"]["ticket"]["number"]
    path = f"/api/conversations/{chat.id}/contact"
    assert chat.client.patch(path, json={"email": "a@example.com"}, headers=chat.bearer).status_code == 204
    assert chat.client.patch(path, json={"email": "b@example.com"}, headers=chat.bearer).status_code == 204
    assert own_site.services.desk.view(number).requester.email == "b@example.com"
    evil = {"email": "a@x.test, b@evil.test"}
    assert chat.client.patch(path, json=evil, headers=chat.bearer).status_code == 422
    assert own_site.services.desk.view(number).requester.email == "b@example.com"


def test_votes(own_site: Site) -> None:
    chat = visitor(own_site)
    turn = chat.say(CHARGED).json()["id"]
    path = f"/api/turns/{turn}/votes"
    vote = {"helpful": False, "reasons": ["outdated", "other"], "comment": "Old."}
    assert chat.client.post(path, json=vote, headers=chat.bearer).status_code == 204
    assert chat.client.post(path, json={"helpful": True}, headers=chat.bearer).status_code == 204
    wrong = {"helpful": False, "reasons": ["because"]}
    assert chat.client.post(path, json=wrong, headers=chat.bearer).status_code == 422
    assert visitor(own_site).client.post(path, json=vote, headers=visitor(own_site).bearer).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {}, {"text": ""}, {"text": "   "}, {"text": "x" * 4001}, {"text": None}, {"text": 5},
        {"text": "a", "status": "solved"}, {"text": "a", "language": "en"}, [], "text",
    ],
)  # fmt: skip
def test_turns_that_are_refused(own_site: Site, body: object) -> None:
    """promises.md 4: empty, too long, and unknown fields are 422 and leave nothing behind."""
    chat = visitor(own_site)
    answer = chat.client.post(f"/api/conversations/{chat.id}/turns", json=body, headers=chat.bearer)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert chat.messages() == []


@pytest.mark.parametrize(
    "text", ["x" * 4000, "🙂🙂🙂", "\u202eתשובה", "Wie hoch ist die Rate?", "¿Cuánto tarda un reembolso?"]
)
def test_odd_but_fair_texts_get_an_answer_or_a_person(own_site: Site, text: str) -> None:
    answer = visitor(own_site).say(text)
    assert answer.status_code == 201
    assert answer.json()["kind"] in ("answer", "clarification", "handoff", "notice")


@pytest.mark.parametrize(
    "asked", [{"language": "xx"}, {"site": "demo"}, {"page_url": "x" * 2001}, {"language": 1}]
)
def test_conversations_that_are_refused(own_site: Site, asked: dict[str, object]) -> None:
    assert browser(own_site).post("/api/conversations", json=asked).status_code == 422


@pytest.mark.parametrize("token", ["", "x", "e30.e30.", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_no_identity_is_taken_on_trust(own_site: Site, token: str) -> None:
    """P16: a token that nobody here can verify is refused, never ignored."""
    answer = browser(own_site).post("/api/conversations", json={"identity": token})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def _denials(chat: Visitor, other: Visitor) -> list[tuple[str, str, object]]:
    mine = f"/api/conversations/{chat.id}"
    return [
        ("POST", f"{mine}/turns", {"text": "hello"}),
        ("POST", f"{mine}/handoff", {}),
        ("PATCH", f"{mine}/contact", {"name": "Eve"}),
        ("GET", f"{mine}/messages", None),
    ]


def test_a_conversation_is_its_bearers_alone(own_site: Site) -> None:
    """P14: another's conversation and one that does not exist are told apart by nothing."""
    chat, other = visitor(own_site), visitor(own_site)
    for method, path, body in _denials(chat, other):
        absent = path.replace(chat.id, "0" * 24)
        answers = [
            other.client.request(method, where, json=body, headers=other.bearer) for where in (path, absent)
        ]
        assert [one.status_code for one in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        assert other.client.request(method, path, json=body).status_code == 401
    assert chat.messages() == []
