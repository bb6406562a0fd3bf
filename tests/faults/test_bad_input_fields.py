"""Fields that nobody may send, and addresses and lines that would mean more than one thing (promises.md 4)."""

import json

import pytest

from tests.faults.cast import Cast
from tests.faults.routes import Call, all_routes, sample, taking_json
from tests.faults.stored import everything
from tests.web.support import TICKET

PROTECTED = {
    "status": "solved", "tier": 4, "sla_due_at": "2030-01-01T00:00:00Z", "internal": True, "role": "admin",
    "created_at": "2020-01-01T00:00:00Z",
    "id": "1", "number": "H-00000", "version": 99, "assignee_id": "x", "priority": "urgent", "team": "x", "is_note": True,
    "conversation_id": "x",
    "token": "x", "opened_at": "2020-01-01T00:00:00Z", "__proto__": {"admin": True}, "constructor": {}, "Subject": "x",
    "subject ": "x",
}  # fmt: skip
ADDRESSES = [
    "a@x.test, b@evil.test", "a@x.test,b@evil.test", "a@x.test;b@evil.test", "a@x.test b@evil.test", "Ana <a@x.test>",
    "<a@x.test>",
    "a@x.test\nBcc: b@evil.test", "a@x.test\r\nBcc: b@evil.test", "a@x.test\u2028b@evil.test", "a@x.test\u2029b",
    "a@x.test\x85b", "a@x.test\x0bb",
    "a\u200b@x.test", "a\u202e@x.test", "a@x", "@x.test", "a@", "a@@x.test", "a@x.test@evil.test", '"a b"@x.test',
    '"a@evil.test"@x.test', "a@[127.0.0.1]",
    "a@x..test", "a@-x.test", ".a@x.test", "a..b@x.test", "a(evil)@x.test", "mailto:a@x.test", "a@x.test?bcc=b@evil.test",
    "a@x.test%0aBcc:b",
    "a" * 65 + "@x.test", "a@" + "x" * 250 + ".test", "a@x.test.", "=?utf-8?q?a?=@x.test\r\nb", "a\\@x.test",
]  # fmt: skip
LINES = [
    "Ana\r\nBcc: b@evil.test",
    "Ana\nX: y",
    "Ana\rX",
    "Ana\u2028X",
    "Ana\u2029X",
    "Ana\x85X",
    "Ana\x0bX",
    "Ana\x0cX",
    "Ana\x1b[31m",
    "Ana\x7f",
    "x" * 101,
]
PHONES = [
    "call me",
    "+34 600\n000 000",
    "tel:+34600000000",
    "1",
    "+34600000000;ext=1",
    "+34600000000,,1",
    "<script>",
    "1" * 41,
]
CONTACT_FORM = {"subject": TICKET["subject"], "body": TICKET["body"], "email": TICKET["email"]}


@pytest.mark.parametrize("call", taking_json(), ids=str)
def test_unknown_and_protected_fields_are_refused(call: Call, cast: Cast) -> None:
    """422 on every endpoint, each alone beside a body that is right; nothing changes."""
    owned = cast.owner
    path, before = call.at(owned.path_values), everything(cast.site.services.database)
    properties = set(sample(call.schema, everything=True))
    for name, value in PROTECTED.items():
        if name in properties:
            continue
        body = sample(call.schema) | {name: value}
        answer = cast.site.client.request(call.method, path, json=body, headers=owned.bearer(path))
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), name
        assert [one["field"] for one in answer.json()["errors"]] == [name]
    assert everything(cast.site.services.database) == before


@pytest.mark.parametrize(
    "call",
    [call for call in all_routes() if call.method == "POST" and not call.path.startswith("/api/")],
    ids=str,
)
def test_forms_take_no_other_fields_either(call: Call, cast: Cast) -> None:
    """What a form did not ask for cannot be slipped in: refused where a form is taken, ignored where none is."""
    owned = cast.owner
    role = "agent" if call.path.startswith("/workspace") else "owner"
    client, path = cast.browser_of(role, owned), call.at(owned.path_values)
    if call.path.endswith(("/ends", "/withdrawals", "/sign-out")):
        return  # these read nothing at all
    before = everything(cast.site.services.database)
    form = {"status": "solved", "tier": "4", "role": "admin", "created_at": "2020-01-01"}
    right = {"helpful": "yes"} if call.path == "/{language}/{topic}/{slug}/votes" else {}
    for name, value in form.items():
        assert client.post(path, data={**right, name: value}).status_code == 422, name
    assert everything(cast.site.services.database) == before


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_exactly_one(address: str, cast: Cast) -> None:
    """Wherever an address can be given: endpoint, handoff, contact, form, and the chat page's form."""
    _refused_everywhere(cast, "email", address)


@pytest.mark.parametrize("line", LINES)
def test_a_name_and_a_subject_are_one_line(line: str, cast: Cast) -> None:
    """So that neither can ever add a header to a mail."""
    _refused_everywhere(cast, "name", line)
    before = everything(cast.site.services.database)
    subject = line if len(line) < 101 else "x" * 201
    assert cast.site.client.post("/api/tickets", json={**TICKET, "subject": subject}).status_code == 422
    assert cast.site.client.post("/en/contact", data={**CONTACT_FORM, "subject": subject}).status_code == 422
    for field in ("order_id", "tracking_number"):
        order = {"order_id": "1", field: line}
        assert cast.site.client.post("/api/tickets", json={**TICKET, "order": order}).status_code == 422
        assert cast.site.client.post("/en/contact", data={**CONTACT_FORM, **order}).status_code == 422
    assert everything(cast.site.services.database) == before


@pytest.mark.parametrize("phone", PHONES)
def test_a_phone_number_is_one(phone: str, cast: Cast) -> None:
    _refused_everywhere(cast, "phone", phone)


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "a\x00b", "a\x1bb", "x" * 4_001], ids=repr)
def test_words_that_are_none(text: str, cast: Cast) -> None:
    """Empty, with control characters, or too long: on every endpoint that takes words. A note may be empty."""
    mine, client = cast.owner, cast.site.client
    requester, agent = (cast.browser_of(role, mine) for role in ("owner", "agent"))
    before = everything(cast.site.services.database)
    chat, ticket = f"/api/conversations/{mine.chat.id}", f"/api/tickets/{mine.ticket['number']}/messages"
    long = text if len(text) < 4_001 else "x" * 20_001
    sent = [
        client.post(f"{chat}/turns", json={"text": text}, headers=mine.chat.bearer),
        client.post(ticket, json={"text": long}, headers=mine.bearer(ticket)),
        client.post("/api/tickets", json={**TICKET, "body": long}),
        client.post("/en/contact", data={**CONTACT_FORM, "body": long}),
        requester.post("/en/chat/turns", data={"text": text}),
        requester.post(f"/tickets/{mine.ticket['number']}/messages", data={"text": long}),
        agent.post(f"/workspace/tickets/{mine.ticket['number']}/replies", data={"text": long, "version": 1}),
        agent.post(f"/workspace/tickets/{mine.ticket['number']}/notes", data={"text": long}),
    ]
    if text.strip():
        sent.append(client.post(f"{chat}/handoff", json={"note": text}, headers=mine.chat.bearer))
        vote = {"helpful": False, "comment": text}
        sent.append(client.post(f"/api/turns/{mine.turn}/votes", json=vote, headers=mine.chat.bearer))
    assert {answer.status_code for answer in sent} <= ({400, 422} if "\x00" in text else {422})
    assert everything(cast.site.services.database) == before


def _refused_everywhere(cast: Cast, field: str, value: str) -> None:
    mine, client = cast.owner, cast.site.client
    before = everything(cast.site.services.database)
    chat = f"/api/conversations/{mine.chat.id}"
    sent = [
        client.post("/api/tickets", json={**TICKET, field: value}),
        client.post(f"{chat}/handoff", json={field: value}, headers=mine.chat.bearer),
        client.patch(f"{chat}/contact", json={field: value}, headers=mine.chat.bearer),
        client.post("/en/contact", data={**CONTACT_FORM, field: value}),
        cast.browser_of("owner", mine).post("/en/chat/contact", data={field: value}),
    ]
    assert [answer.status_code for answer in sent] == [422] * len(sent), json.dumps(value)
    assert everything(cast.site.services.database) == before
