"""`/{language}/chat`: in a browser without JavaScript, and as the page's script uses it."""

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.site import Site
from tests.web.support import (
    CHARGED,
    HTML,
    UNANSWERABLE,
    browser,
    hidden,
    make_read_only,
    signed_in,
    version_of,
)

STREAM = {"accept": "text/event-stream"}


def say(client: TestClient, text: str, language: str = "en", **more: str) -> str:
    """Send the form and follow to the page."""
    answer = client.post(f"/{language}/chat/turns", data={"text": text, **more})
    assert answer.status_code == 303, answer.text
    return str(client.get(answer.headers["location"], headers=HTML).text)


def streamed(answer: Any) -> dict[str, Any]:
    """The last event of a stream: the new messages."""
    name, data = answer.text.strip().split("\n\n")[-1].split("\n")
    assert name == "event: messages"
    return dict(json.loads(data.removeprefix("data: ")))


def test_looking_begins_no_conversation(own_site: Site) -> None:
    client = browser(own_site)
    page = client.get("/en/chat?q=Where is my %3Crefund%3E", headers=HTML)
    assert page.status_code == 200 and "set-cookie" not in page.headers
    assert "Where is my &lt;refund&gt;</textarea>" in page.text
    assert "Talk to a person" in page.text and 'role="log" aria-live="polite"' in page.text
    with own_site.services.database.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM conversations").scalar() == 0


def test_ask_without_javascript(own_site: Site) -> None:
    """An answer with numbered links, votes, and the token in a cookie that no script reads."""
    client = browser(own_site)
    answer = client.post("/en/chat/turns", data={"text": CHARGED, "time_zone": "Asia/Tokyo"})
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 303 and answer.headers["location"].startswith("/en/chat#message-")
    assert "handrail_chat=" in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie
    page = client.get("/en/chat", headers=HTML)
    assert page.headers["cache-control"] == "no-store"
    assert re.search(r'<a href="/en/billing/charged-twice[^"]*">\[1\] <span lang="en"', page.text)
    assert 'action="/en/chat/votes"' in page.text and "Talk to a person" in page.text
    token = client.cookies["handrail_chat"].partition(".")[2]
    assert token and token not in page.text


def test_what_is_typed_stays_text(own_site: Site) -> None:
    """P17."""
    page = say(browser(own_site), "<img src=x onerror=alert(1)> {{7*7}} How do I recognise a double charge?")
    assert "&lt;img src=x onerror=alert(1)&gt; {{7*7}}" in page and "<img src=x" not in page


def test_a_vote_and_its_reasons(own_site: Site) -> None:
    client = browser(own_site)
    page = say(client, CHARGED)
    turn, message = hidden(page, "turn"), hidden(page, "message")
    answer = client.post("/en/chat/votes", data={"turn": turn, "message": message, "helpful": "no"})
    page = client.get(answer.headers["location"], headers=HTML).text
    assert "What was wrong with it?" in page and 'value="no" aria-describedby' in page
    told = {
        "turn": turn,
        "message": message,
        "helpful": "no",
        "reasons": ["outdated", "other"],
        "comment": "Old.",
    }
    answer = client.post("/en/chat/votes", data=told)
    assert "The editors read what you tell them." in client.get(answer.headers["location"], headers=HTML).text
    with own_site.services.database.reading() as tx:
        kept = tx.exec_driver_sql("SELECT helpful, reasons, comment FROM votes").all()
    assert [tuple(row) for row in kept] == [(0, '["other", "outdated"]', "Old.")]
    assert browser(own_site).post("/en/chat/votes", data=told).status_code == 404


def test_the_script_gets_the_vote_form_in_place(own_site: Site) -> None:
    client = browser(own_site)
    page = say(client, CHARGED)
    form = {"turn": hidden(page, "turn"), "message": hidden(page, "message"), "helpful": "yes"}
    answer = client.post("/en/chat/votes", data=form, headers={"accept": "application/json"})
    html = answer.json()["html"]
    assert (
        'value="yes" aria-describedby' in html
        and 'aria-pressed="true"' in html
        and "Good to know that it helped." in html
    )


def test_the_script_streams_the_same_answer(own_site: Site) -> None:
    client = browser(own_site)
    answer = client.post("/en/chat/turns", data={"text": CHARGED, "after": "0"}, headers=STREAM)
    assert answer.headers["content-type"].startswith("text/event-stream") and "set-cookie" in answer.headers
    assert answer.text.startswith("event: delta\n")
    new = streamed(answer)
    assert (new["last"], new["with_person"]) == (2, False)
    assert 'id="message-1"' in new["html"] and 'id="message-2"' in new["html"]
    later = client.get("/en/chat/messages?after=2").json()
    assert (later["last"], later["html"].strip(), later["with_person"]) == (2, "", False)


def test_a_person_is_one_click_away_and_the_address_comes_after(own_site: Site) -> None:
    """product.md 3: number, due time in the visitor's zone, link; the agent's reply with name and time."""
    client = browser(own_site)
    answer = client.post("/en/chat/handoffs", data={"time_zone": "Asia/Tokyo"})
    page = client.get(answer.headers["location"], headers=HTML).text
    number = re.search(r"H-[0-9A-Z]{5}", page)
    assert number and "(Tokyo)" in page and "Add your address" in page
    faulty = client.post("/en/chat/contact", data={"email": "a@x.test, b@evil.test"}, headers=HTML)
    assert faulty.status_code == 422 and 'aria-invalid="true"' in faulty.text and "b@evil.test" in faulty.text
    assert client.post("/en/chat/contact", data={"email": "bo@example.com"}).status_code == 303
    assert own_site.services.desk.view(number[0]).requester.email == "bo@example.com"
    agent = signed_in(own_site)
    reply = {"text": "Hello Bo.", "version": version_of(agent, number[0])}
    agent.post(f"/workspace/tickets/{number[0]}/replies", data=reply)
    page = client.get("/en/chat", headers=HTML).text
    assert re.search(r"<strong>Ana Ruiz</strong>.*Support.*\(Tokyo\).*Hello Bo\.", page, re.S)
    assert 'id="message-' in client.get("/en/chat/messages?after=2").json()["html"]


def test_the_ticket_opens_from_the_chat(own_site: Site) -> None:
    client = browser(own_site)
    say(client, UNANSWERABLE)
    link = client.get("/en/chat/ticket", headers=HTML)
    clean = client.get(link.headers["location"], headers=HTML)
    assert (link.status_code, clean.status_code) == (303, 303)
    assert link.headers["referrer-policy"] == "no-referrer"
    page = client.get(clean.headers["location"], headers=HTML)
    assert page.status_code == 200 and "parrot" in page.text
    assert browser(own_site).get("/en/chat/ticket").status_code == 404


def test_the_bare_link_in_the_chat_opens_too(own_site: Site) -> None:
    """The handoff left the ticket's cookie in this browser; the text that is kept holds no token."""
    client = browser(own_site)
    page = say(client, UNANSWERABLE)
    bare = re.search(r'href="http://[^/"]*(/tickets/H-[0-9A-Z]+)"', page)
    assert bare and "token=" not in page
    assert client.get(bare[1], headers=HTML).status_code == 200
    assert browser(own_site).get(bare[1], headers=HTML).status_code == 404


def test_sending_twice_is_safe(own_site: Site) -> None:
    """P11 for people: a double click."""
    client = browser(own_site)
    key = hidden(say(client, CHARGED), "key")
    for _ in range(3):
        page = say(client, "How long does a refund take?", key=key)
    assert page.count("How long does a refund take?</p>") == 1


def test_start_over(own_site: Site) -> None:
    client = browser(own_site)
    assert "Start over" in say(client, CHARGED)
    client.post("/en/chat/ends")
    assert "Start over" not in client.get("/en/chat", headers=HTML).text


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_what_cannot_be_said_stays_in_the_field(own_site: Site, text: str) -> None:
    client = browser(own_site)
    page = client.post("/en/chat/turns", data={"text": text}, headers=HTML)
    assert page.status_code == 422 and "between 1 and 4,000 characters" in page.text
    assert text.strip() in page.text
    assert client.post("/en/chat/turns", data={"text": text}, headers=STREAM).status_code == 422


def test_a_broken_or_foreign_cookie_begins_anew(own_site: Site) -> None:
    """P14: another's conversation is not shown, whatever the cookie says."""
    owner = browser(own_site)
    say(owner, CHARGED)
    theirs = owner.cookies["handrail_chat"].partition(".")[0]
    for value in (f"{theirs}.wrong", "nonsense", "." * 5, f"{theirs}."):
        client = browser(own_site)
        client.cookies.set("handrail_chat", value)
        page = client.get("/en/chat", headers=HTML)
        assert page.status_code == 200 and "double charge?</p>" not in page.text
        assert client.get("/en/chat/messages").status_code == 404


def test_an_answer_is_given_while_the_database_cannot_write(own_site: Site) -> None:
    """P7: the visitor of an open conversation is answered all the same."""
    client = browser(own_site)
    say(client, "hello")
    make_read_only(own_site)
    answer = client.post("/en/chat/turns", data={"text": CHARGED, "after": "2"}, headers=STREAM)
    new = streamed(answer)
    assert answer.status_code == 201 and new["last"] == 2
    assert "same invoice number" in new["html"] and CHARGED in new["html"] and "data-vote" not in new["html"]
    page = client.post("/en/chat/turns", data={"text": CHARGED}, headers=HTML)
    assert page.status_code == 200 and "same invoice number" in page.text


def test_a_person_is_promised_only_when_the_ticket_is_kept(own_site: Site) -> None:
    """P7: without a database there is no ticket, and the visitor's words stay in the field."""
    client = browser(own_site)
    say(client, "hello")
    make_read_only(own_site)
    page = client.post("/en/chat/turns", data={"text": UNANSWERABLE}, headers=HTML)
    assert page.status_code == 503 and f"{UNANSWERABLE}</textarea>" in page.text
    assert "H-" not in page.text.split('role="log"')[1]
    assert client.post("/en/chat/handoffs", headers=HTML).status_code == 503
    stranger = browser(own_site).post("/en/chat/turns", data={"text": CHARGED}, headers=HTML)
    assert stranger.status_code == 503 and CHARGED in stranger.text


@pytest.mark.parametrize(("language", "direction"), [("ja", "ltr"), ("ar", "rtl")])
def test_other_languages(own_site: Site, language: str, direction: str) -> None:
    question = {"ja": "二重請求の見分け方を教えてください", "ar": "تم تحصيل الرسوم مرتين"}[language]
    page = say(browser(own_site), question, language)
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert f'lang="{language}" dir="{direction}">' in page.split('id="message-2"')[1]
