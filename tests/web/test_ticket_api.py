"""`/api/tickets`: exactly as `api.md` fixes it."""

import pytest

from app.people.person import Role
from tests.web.site import Site
from tests.web.support import TICKET, browser, hire, signed_in, ticket

SHAPE = {
    "number", "status", "status_text", "tier", "tier_text", "subject", "language", "topic", "opened_at",
    "promise", "timeline", "decision", "links",
}  # fmt: skip
ORDER = {
    "order_id": "A-1", "amount": {"minor": 12345, "currency": "EUR"}, "tracking_number": "T-1", "delivered_on": "2026-11-20",
}  # fmt: skip


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_ticket_has_the_published_shape(own_site: Site) -> None:
    """R2.2: the promise is at most 24 hours away, and named in the requester's zone."""
    asked = {
        **TICKET,
        "name": "Bo",
        "language": "es",
        "time_zone": "Europe/Madrid",
        "topic": "billing",
        "order": ORDER,
    }
    answer = browser(own_site).post("/api/tickets", json=asked)
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/tickets/{body['number']}"
    assert set(body) == SHAPE | {"token"}
    assert (body["status"], body["language"], body["topic"]) == ("new", "es", "billing")
    assert body["links"]["page"] == f"/tickets/{body['number']}"
    assert set(body["promise"]) == {
        "first_response_due_at", "first_responded_at", "next_update_due_at", "due_text",
    }  # fmt: skip
    assert body["promise"]["first_response_due_at"] <= "2026-11-25T10:00:00Z"
    assert "(Madrid)" in body["promise"]["due_text"]
    assert [entry["kind"] for entry in body["timeline"]] == ["opened"]
    kept = own_site.services.desk.view(body["number"])
    assert kept.subject == TICKET["subject"]


def test_the_bearer_sees_it_and_nobody_else(own_site: Site) -> None:
    """P14: another's ticket is as absent as one that does not exist, byte for byte."""
    opened, other = ticket(own_site), ticket(own_site)
    client = browser(own_site)
    path = f"/api/tickets/{opened['number']}"
    seen = client.get(path, headers=bearer(opened["token"]))
    assert seen.json() == {key: value for key, value in opened.items() if key != "token"}
    assert seen.headers["cache-control"] == "no-store"
    for method, rest, body in (
        ("GET", "", None), ("POST", "/messages", {"text": "x"}), ("PUT", "/solution", None), ("DELETE", "/solution", None),
    ):  # fmt: skip
        denied = client.request(method, path + rest, json=body, headers=bearer(other["token"]))
        absent = client.request(
            method, f"/api/tickets/H-00000{rest}", json=body, headers=bearer(other["token"])
        )
        assert (denied.status_code, denied.content) == (404, absent.content)
        assert {k: v for k, v in denied.headers.items() if k != "content-security-policy"} == {
            k: v for k, v in absent.headers.items() if k != "content-security-policy"
        }
        assert client.request(method, path + rest, json=body).status_code == 401
    assert len(own_site.services.desk.view(opened["number"]).timeline) == 1


def test_staff_who_are_signed_in_see_it_and_editors_do_not(own_site: Site) -> None:
    opened = ticket(own_site)
    path = f"/api/tickets/{opened['number']}"
    assert signed_in(own_site).get(path).json()["number"] == opened["number"]
    editor = signed_in(own_site, "ed@handrail.example", Role.EDITOR)
    assert editor.get(path).status_code == 404


def test_more_words_and_the_solution(own_site: Site) -> None:
    opened = ticket(own_site)
    client, mine = browser(own_site), bearer(opened["token"])
    path = f"/api/tickets/{opened['number']}"
    said = client.post(f"{path}/messages", json={"text": "It is invoice 7."}, headers=mine)
    assert said.status_code == 201
    assert (said.json()["kind"], said.json()["by"], said.json()["text"]) == (
        "replied",
        "requester",
        "It is invoice 7.",
    )
    assert client.delete(f"{path}/solution", headers=mine).status_code == 409
    assert [client.put(f"{path}/solution", headers=mine).json()["status"] for _ in range(2)] == ["solved"] * 2
    assert client.delete(f"{path}/solution", headers=mine).json()["status"] == "open"


def test_retrying_is_safe(own_site: Site) -> None:
    """P11: 100 retries of one key, one ticket, one answer; another body is 422; another caller's key is another key."""
    client = browser(own_site)
    key = {"Idempotency-Key": "a-key"}
    answers = [client.post("/api/tickets", json=TICKET, headers=key) for _ in range(100)]
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    assert client.post("/api/tickets", json={**TICKET, "subject": "Other"}, headers=key).status_code == 422
    hire(own_site)
    ana = own_site.services.directory.sign_in(
        "ana@handrail.example", "a long enough password", own_site.services.clock()
    )
    assert len(own_site.services.desk.queue(ana.person, own_site.services.clock())) == 1


def test_what_a_retry_finds_is_not_kept_in_plain(own_site: Site) -> None:
    """P15: the token is kept as a digest, and masked where an answer is kept for retries."""
    answer = browser(own_site).post("/api/tickets", json=TICKET, headers={"Idempotency-Key": "k"})
    token = answer.json()["token"]
    assert len(token) >= 22
    with own_site.services.database.reading() as tx:
        names = tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        dump = "\n".join(str(tx.exec_driver_sql(f'SELECT * FROM "{name}"').all()) for name in names)
    assert answer.json()["number"] in dump
    assert token not in dump and token.encode().hex() not in dump


@pytest.mark.parametrize(
    "change",
    [
        {"subject": ""}, {"subject": " "}, {"subject": "a\r\nBcc: b@evil.test"}, {"subject": "a\u2028b"}, {"subject": "x" * 201},
        {"body": ""}, {"body": "x" * 20_001}, {"email": "a@x.test, b@evil.test"}, {"email": "a@x.test\r\nb@evil.test"},
        {"email": None}, {"email": "nobody"}, {"name": "a\nb"}, {"language": "xx"}, {"channel": "pigeon"}, {"channel": "phone"},
        {"phone": "call me"}, {"topic": "../etc"}, {"order": {"order_id": ""}},
        {"order": {**ORDER, "amount": {"minor": -1, "currency": "EUR"}}}, {"order": {**ORDER, "amount": {"minor": 10.005, "currency": "EUR"}}},
        {"order": {**ORDER, "amount": {"minor": 1, "currency": "euro"}}}, {"order": {**ORDER, "delivered_on": "2026-02-30"}},
        {"status": "solved"}, {"tier": 4}, {"sla_due_at": "2030-01-01"}, {"internal": True}, {"role": "admin"}, {"created_at": "2020-01-01"},
    ],
)  # fmt: skip
def test_drafts_that_are_refused(own_site: Site, change: dict[str, object]) -> None:
    """promises.md 4: unknown, protected and wrong fields are 422, each named, and nothing is stored."""
    answer = browser(own_site).post("/api/tickets", json={**TICKET, **change})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]
    with own_site.services.database.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM tickets").scalar() == 0


def test_an_odd_time_zone_costs_nobody_a_ticket(own_site: Site) -> None:
    assert "(UTC)" in ticket(own_site, time_zone="Mars/Olympus")["promise"]["due_text"]


@pytest.mark.parametrize(
    "number", ["0", "-1", "9223372036854775808", "1e3", "１２", "H-2N7K4%0A", "h-2n7k4'--"]
)
def test_odd_numbers_are_not_found(own_site: Site, number: str) -> None:
    answer = browser(own_site).get(f"/api/tickets/{number}", headers=bearer("x" * 43))
    assert answer.status_code in (404, 422)
