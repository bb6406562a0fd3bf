"""P17: text stays text. Payloads × everything that a stranger can write × everywhere it is shown (promises.md 4)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from app.people.person import NewPerson, Role
from tests.faults.cast import Cast
from tests.faults.page_reader import PageReader
from tests.web.site import NOW
from tests.web.support import HTML, PASSWORD, browser, by_link, ticket, visitor

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title></textarea></script><script>alert(1)</script>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1)) ![x](//evil.test/x.png)",
    "<style>@import '//evil.test/x.css'</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<form id=cookie><input name=parentNode><a id=defaultView>",
    "<base href=//evil.test/><meta http-equiv=refresh content=0>",
    "<!--><img src=x onerror=alert(1)>-->",
    "x' onmouseover='alert(1)' style='position:fixed' y='",
    'x" autofocus onfocus="alert(1)',
    "&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;",
    "\u202e<b>\u2066gnp.exe",
    "{{7*7}} {%print(7*7)%} {#x#} ${7*7} #{7*7} <%=7*7%>",
    "%(x)s %s %n {0} {number} {0.__class__} {moment!r} $x",
    "{{ config }} {{ self.__init__.__globals__ }} {{''.__class__}}",
    "<template><iframe srcdoc='<script>alert(1)</script>'>",
]
# Words in an address that choose something and are not shown.
IN_ADDRESSES = [
    ("/en/billing/charged-twice", "voted"), ("/en/", "a"), ("/en/chat", "voted"), ("/sign-in", "next"), ("/en/contact", "topic"),
    ("/en/search", "kind"), ("/nothing", "language"), ("/workspace", "show"),
]  # fmt: skip
FIELDS = (
    "subject", "body", "email", "name", "phone", "order_id", "tracking_number", "amount", "currency", "delivered_on",
    "time_zone", "key",
)  # fmt: skip


@pytest.fixture(scope="module")
def colleague(cast: Cast) -> TestClient:
    return cast.browser_of("agent", cast.owner)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_ticket_is_text(payload: str, cast: Cast, colleague: TestClient) -> None:
    """Subject, body, name, order, message, reply and note; on the requester's page and in the workspace."""
    order = {"order_id": payload, "tracking_number": payload}
    opened = ticket(
        cast.site, subject=payload, body=payload, name=payload, order=order, time_zone=payload[:64]
    )
    requester, number = by_link(cast.site, opened), opened["number"]
    requester.post(f"/tickets/{number}/messages", data={"text": payload})
    cast.site.services.desk.reply(number, replace(cast.person("agent"), name=payload), payload, NOW)
    cast.site.services.desk.note(number, cast.person("agent"), payload, NOW)
    colleague.cookies.set("handrail_zone", "%22%3E%3Cscript%3E")
    pages = (
        (requester, f"/tickets/{number}?done={payload}"),
        (colleague, "/workspace"),
        (colleague, f"/workspace/tickets/{number}?done={payload}&language={payload}"),
    )
    for client, path in pages:
        _check(client.get(path, headers=HTML).text, payload)
    shown = requester.get(
        f"/api/tickets/{number}", headers={"authorization": f"Bearer {opened['token']}"}
    ).json()
    assert shown["subject"] == payload
    assert [entry["text"] for entry in shown["timeline"] if entry["text"]] == [payload] * 3


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_chat_is_text(payload: str, cast: Cast, colleague: TestClient) -> None:
    """What a visitor and an agent say; in the JSON, the page, the script's news, the events, and the transcript."""
    chat = visitor(cast.site, page_url=f"/en/{payload}", time_zone=payload[:64])
    chat.say(payload)
    chat.say(payload, accept="text/event-stream")
    chat.hand_off(note=payload, name=payload)
    number = cast.site.services.dialogue.ticket(chat.id).number
    chat.say(payload)
    agent = replace(cast.person("agent"), name=payload)
    cast.site.services.desk.reply(number, agent, payload, NOW)
    client = browser(cast.site)
    client.cookies.set("handrail_chat", f"{chat.id}.{chat.token}")
    _check(client.get("/en/chat", headers=HTML).text, payload)
    news = client.get("/en/chat/messages").json()
    _check(news["html"], payload)
    for message in chat.messages():
        _check_markup(message["html"])
        assert message["html"] == "" or message["by"] == "bot"
    assert {one["text"] for one in chat.messages() if one["by"] == "agent"} == {payload}
    _check(colleague.get(f"/workspace/tickets/{number}", headers=HTML).text, payload)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_echoed_is_text(payload: str, cast: Cast) -> None:
    """Search, drafts that come back, sign-in, and words in an address."""
    client = browser(cast.site)
    for page in _echoes(client, payload):
        _check(page, payload)
    for path, name in IN_ADDRESSES:
        _check_markup(client.get(path, params={name: payload}, headers=HTML).text)
    _check_markup(client.get(f"/en/{quote(payload, safe='')}/x", headers=HTML).text)


def test_a_colleagues_name_is_text(cast: Cast) -> None:
    """In the workspace's header and among those who have a ticket."""
    services, client = cast.site.services, browser(cast.site)
    with services.database.transaction() as tx:
        new = NewPerson("odd@handrail.example", PAYLOADS[1], Role.AGENT, ("en",))
        services.directory.create(tx, new, PASSWORD, NOW)
    client.post("/sign-in", data={"email": "odd@handrail.example", "password": PASSWORD})
    opened = ticket(cast.site)
    client.post(f"/workspace/tickets/{opened['number']}/assignments", data={"version": 1})
    for path in ("/workspace", "/workspace?show=mine", f"/workspace/tickets/{opened['number']}"):
        _check(client.get(path, headers=HTML).text, PAYLOADS[1])


def test_json_is_never_taken_for_a_page(cast: Cast) -> None:
    """Whatever a browser sniffs, an echo in JSON stays JSON."""
    answer = cast.site.client.get("/api/search", params={"q": PAYLOADS[0], "language": "en"}, headers=HTML)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert json.loads(answer.text)["query"] == PAYLOADS[0]


@pytest.mark.parametrize("payload", [one for one in PAYLOADS if "<" in one and "<%" not in one])
def test_the_reader_has_teeth(payload: str) -> None:
    """Printed as they are, these would be found: as something that does not belong there, or not as text."""
    for page in (f"<p>{payload}</p>", f"<p title='{payload}'>", f'<p title="{payload}">'):
        reader = PageReader(page)
        if reader.wrong or not reader.shows(payload):
            return
    pytest.fail("not found")


def _echoes(client: TestClient, payload: str) -> Iterator[str]:
    yield client.get("/en/search", params={"q": payload}, headers=HTML).text
    yield client.get(
        "/ar/search", params={"q": payload, "kind": payload, "topic": payload}, headers=HTML
    ).text
    yield client.get("/en/chat", params={"q": payload, "voted": payload, "told": payload}, headers=HTML).text
    yield client.get("/en/contact", params={"subject": payload}, headers=HTML).text
    yield client.post("/en/contact", data=dict.fromkeys(FIELDS, payload), headers=HTML).text
    yield client.post(
        "/sign-in", data={"email": payload, "password": payload, "next": payload}, headers=HTML
    ).text
    yield client.post("/en/chat/turns", data={"text": payload + "x" * 4_001}, headers=HTML).text


def _check(page: str, payload: str) -> None:
    reader = PageReader(page)
    assert reader.wrong == []
    assert reader.shows(payload)


def _check_markup(html: str) -> None:
    assert PageReader(html).wrong == []
