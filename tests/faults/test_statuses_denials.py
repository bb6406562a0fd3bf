"""P14: what is not yours and what does not exist cannot be told apart, in body or headers."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.faults.cast import NOBODY, Belongings, Cast
from tests.faults.routes import Call, all_routes, described, sample
from tests.faults.stored import everything
from tests.faults.test_statuses_roles import MATRIX
from tests.web.support import HTML

HOLES = {"number": "H-00000", "conversation_id": "0" * 24, "turn_id": "0" * 24}
SCHEMAS = {str(call): call.schema for call in described()}
POLICY = "content-security-policy"  # it holds the nonce
# In the workspace a role that may not enter learns nothing of what is in there either.
DENIALS = {False: (401, 404), True: (401, 403, 404)}
OF_AN_OBJECT = [call for call in all_routes() if any(f"{{{hole}}}" in call.path for hole in HOLES)]
# Besides the proofs that somebody else has: none, a wrong one, and the right one in the wrong place.
ODD_PROOFS = [
    "Bearer x",
    "Bearer",
    "Bearer  ",
    "Basic eDp4",
    "bearer " + "x" * 43,
    "Bearer " + "é" * 20,
    "Bearer a b",
]


@pytest.mark.parametrize("call", OF_AN_OBJECT, ids=str)
def test_a_denial_tells_nothing(call: Call, cast: Cast) -> None:
    """Whoever is denied the owner's object gets, byte for byte, what an object that never was would give."""
    denied = [
        role
        for role, status in MATRIX[str(call)].items()
        if status in DENIALS[call.path.startswith("/workspace")]
    ]
    browsers = {role: cast.browser_of(role, cast.owner) for role in denied}
    before = everything(cast.site.services.database)
    for role in denied:
        for accept in ("application/json", HTML["accept"]):
            headers = cast.headers_of(role, call.path, cast.other) | {"accept": accept}
            there, absent = (
                _asked(call, browsers[role], values, headers) for values in _addresses(cast.owner)
            )
            assert there == absent, role
            assert there[0] in (303, 401, 403, 404)
    assert everything(cast.site.services.database) == before


@pytest.mark.parametrize("call", [call for call in OF_AN_OBJECT if call.path.startswith("/api/")], ids=str)
def test_odd_proofs_are_no_proofs(call: Call, cast: Cast) -> None:
    """A header that is no bearer token is 401, a wrong token 404; both the same for what does not exist."""
    client = cast.browser_of(NOBODY, cast.owner)
    for proof in ODD_PROOFS:
        headers = {"authorization": proof.encode("latin-1")}
        there, absent = (_asked(call, client, values, headers) for values in _addresses(cast.owner))
        assert there == absent, proof
        assert there[0] in (401, 404)


def test_one_proof_opens_one_thing(cast: Cast) -> None:
    """The chat's token opens no ticket, the ticket's token no conversation, a cookie of one ticket no other."""
    mine, other = cast.owner, cast.other
    client = cast.browser_of(NOBODY, mine)
    ticket, chat = f"/api/tickets/{mine.ticket['number']}", f"/api/conversations/{mine.chat.id}/messages"
    assert client.get(ticket, headers=mine.chat.bearer).status_code == 404
    assert client.get(chat, headers=mine.bearer("/tickets")).status_code == 404
    assert client.get(ticket, headers=other.bearer("/tickets")).status_code == 404
    client.cookies.set("handrail_ticket", mine.ticket["token"])
    assert client.get(f"/tickets/{other.ticket['number']}", headers=HTML).status_code == 404
    assert client.get(f"/tickets/{mine.ticket['number']}", headers=HTML).status_code == 200
    client.cookies.set("handrail_staff", mine.ticket["token"])
    assert client.get("/workspace").status_code == 401


def test_nothing_lists_filters_or_includes_what_is_others(cast: Cast) -> None:
    """By filter, sort, include or bulk: parameters that do not exist open nothing."""
    mine, other = cast.owner, cast.other
    client = cast.browser_of(NOBODY, mine)
    path = f"/api/tickets/{mine.ticket['number']}"
    plain = client.get(path, headers=mine.bearer(path)).json()
    for query in (
        f"number={other.ticket['number']}",
        "include=notes",
        "filter=all",
        "sort=-opened_at",
        "ids=1,2",
        "fields=*",
    ):
        answer = client.get(f"{path}?{query}", headers=mine.bearer(path))
        assert answer.status_code in (200, 422)
        assert answer.status_code == 422 or answer.json() == plain
    for listing in (
        "/api/tickets",
        "/api/conversations",
        "/api/turns",
        "/tickets",
        "/tickets/",
        "/api/tickets/",
    ):
        assert client.get(listing, headers=mine.bearer(path)).status_code in (404, 405), listing


def _addresses(owned: Belongings) -> Iterator[dict[str, str]]:
    yield owned.path_values
    yield owned.path_values | HOLES


def _asked(
    call: Call, client: TestClient, values: dict[str, str], headers: dict[str, Any]
) -> tuple[Any, ...]:
    """Status, body and headers; the nonce, which is new each time, and the address asked for are blotted out."""
    path, sent = call.at(values), {}
    if (schema := SCHEMAS.get(str(call))) is not None:
        sent["json"] = {"email": "a@x.test"} if path.endswith("/contact") else sample(schema)
    elif call.method == "POST":
        sent["data"] = (
            {"text": "Some words.", "version": "1"} if "messages" not in path else {"text": "Some words."}
        )
    answer = client.request(call.method, path, headers=headers, **sent)
    asked_for = re.compile("|".join(re.escape(values[hole]) for hole in HOLES))
    kept = [(name, asked_for.sub("…", value)) for name, value in answer.headers.items() if name != POLICY]
    body = re.sub(r'nonce="[^"]*"', "", answer.text)
    return answer.status_code, asked_for.sub("…", body), kept
