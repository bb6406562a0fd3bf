"""Ids, slugs and hosts that are none (promises.md 4)."""

from urllib.parse import quote

import pytest

from tests.faults.cast import Belongings, Cast
from tests.faults.routes import Call, all_routes, described, filled, sample
from tests.faults.stored import everything
from tests.web.site import Site
from tests.web.support import HTML, browser, hidden, signed_in

IDS = [
    "0", "-1", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e3", "１２", "1%00", "%00", "1%0a",
    "%0d%0aX-Evil: 1",
    "NaN", "null", "undefined", "true", "1.5", "0x10", "' OR '1'='1", "1; DROP TABLE tickets", "%2e%2e", "*", "%25", "{}", "[]",
    "H-2N7K4%0A", "h-2n7k4'--", "H-", "H-" + "Z" * 300, "a" * 5_000, "🙂", "\u202e", "%ed%a0%80", "%ff", "٣", " ", "%20",
    "%3Cscript%3E",
]  # fmt: skip
TRAVERSALS = [
    "..%2f..%2fetc%2fpasswd", "..%5c..%5cetc%5cpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%252f..%252fetc%252fpasswd",
    "%2fetc%2fpasswd",
    "....%2f%2fetc", "..%c0%afetc", "charged-twice%2f..%2frefund-timing", "charged-twice%00", "charged-twice.md%00.html",
    "file:%2f%2f%2fetc%2fpasswd",
    "CHARGED-TWICE", "charged-twice%20", "charged_twice", "con", "~root", "charged-twice.json", ".md", "..md", "%2e%2e.md",
]  # fmt: skip
NUMBERS = [
    "-1",
    "1e3",
    "１２",
    "9223372036854775808",
    "2147483648",
    "1%00",
    "x",
    "1.5",
    "9" * 4_000,
    "9" * 5_000,
]
HOLES = ("number", "conversation_id", "turn_id")
SCHEMAS = {str(call): call.schema for call in described()}
OF_AN_OBJECT = [call for call in all_routes() if any(f"{{{hole}}}" in call.path for hole in HOLES)]


@pytest.fixture
def people(strict_site: Site) -> Cast:
    return Cast(strict_site)


def test_ids_that_are_none(people: Cast) -> None:
    """404 or 422 for whoever holds a good proof of something else, on the database that minds; nothing applied."""
    owned = people.owner
    agent, requester = (people.browser_of(role, owned) for role in ("agent", "owner"))
    before = everything(people.site.services.database)
    for call in OF_AN_OBJECT:
        for odd in IDS:
            path = filled(call.path, owned.path_values | dict.fromkeys(HOLES, quote(odd, safe="%")))
            client = agent if path.startswith("/workspace") else requester
            answer = client.request(call.method, path, headers=owned.bearer(path), **_body(call))
            assert answer.status_code in (404, 405, 422), (str(call), odd, answer.status_code)
    assert everything(people.site.services.database) == before


def test_numbers_that_are_none(people: Cast) -> None:
    """In queries 422, as the version of a ticket 412 or 422; and the ticket is as it was."""
    owned = people.owner
    agent, requester = (people.browser_of(role, owned) for role in ("agent", "owner"))
    before = everything(people.site.services.database)
    for odd in NUMBERS:
        for path in (
            f"/api/conversations/{owned.chat.id}/messages?after={odd}",
            f"/en/chat/messages?after={odd}",
            f"/api/search?q=a&limit={odd}",
        ):
            assert requester.get(path, headers=owned.chat.bearer).status_code in (400, 422), path
        for verb in ("replies", "assignments", "solutions", "reopenings"):
            form = {"version": odd} | ({"text": "x"} if verb == "replies" else {})
            answer = agent.post(
                f"/workspace/tickets/{owned.ticket['number']}/{verb}", data=form, headers=HTML
            )
            assert answer.status_code in (412, 422), (verb, odd)
    assert everything(people.site.services.database) == before


@pytest.mark.parametrize("slug", TRAVERSALS)
def test_slugs_are_looked_up_never_opened(slug: str, site: Site) -> None:
    for path in (
        f"/en/billing/{slug}", f"/en/billing/{slug}.md", f"/en/{slug}/charged-twice", f"/{slug}/billing/charged-twice",
        f"/en/{slug}/",
        f"/api/articles/en/billing/{slug}", f"/api/articles/en/{slug}/charged-twice",
        f"/api/articles/{slug}/billing/charged-twice",
        f"/media/{slug}", f"/static/0/{slug}", f"/static/{site.services.pages.static.version}/{slug}",
    ):  # fmt: skip
        answer = site.client.get(path)
        assert answer.status_code == 404, path
        assert "root:" not in answer.text
    assert site.client.post(f"/en/billing/{slug}/votes", data={"helpful": "yes"}).status_code == 404
    assert site.client.get("/api/search", params={"q": "refund", "topic": slug}).status_code == 422


@pytest.mark.parametrize("call", all_routes(), ids=str)
def test_no_route_answers_to_another_name(call: Call, cast: Cast) -> None:
    """`Host: evil.test` is 400, whoever asks for what; no link is ever built from it."""
    path = call.at(cast.owner.path_values)
    for host in ("evil.test", "testserver.evil.test", "testserver@evil.test", "evil.test:80"):
        headers = {"host": host, "x-forwarded-host": "testserver", **cast.owner.bearer(path)}
        answer = cast.site.client.request(call.method, path, headers=headers, **_body(call))
        assert answer.status_code == 400
        assert "evil" not in answer.text + str(answer.headers)


def test_a_forwarded_host_builds_no_link(site: Site) -> None:
    evil = {
        "x-forwarded-host": "evil.test",
        "forwarded": "host=evil.test",
        "x-original-url": "/workspace",
        "x-forwarded-proto": "https",
    }
    for path in (
        "/en/",
        "/en/billing/charged-twice",
        "/sitemap.xml",
        "/llms.txt",
        "/robots.txt",
        "/en/chat",
        "/sign-in",
    ):
        answer = site.client.get(path, headers=evil)
        assert answer.status_code == 200
        assert "evil.test" not in answer.text + str(answer.headers)
        assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize(
    "asked",
    [
        "//evil.test",
        "/\\evil.test",
        "https://evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
        "%2f%2fevil.test",
        "/\r\nSet-Cookie: a=b",
    ],
)
def test_next_leads_to_this_site(asked: str, own_site: Site) -> None:
    """`next=//evil.test` is `/`, in the form and after it."""
    form = browser(own_site).get("/sign-in", params={"next": asked}, headers=HTML).text
    assert hidden(form, "next") == "/"
    client = signed_in(own_site)
    answer = client.post(
        "/sign-in",
        data={"email": "ana@handrail.example", "password": "a long enough password", "next": asked},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_spoofed_address_is_nobodys(own_site: Site) -> None:
    """X-Forwarded-For from an unknown proxy changes neither whose key a retry has nor whose vote it is."""
    numbers, client = set(), browser(own_site)
    for spoofed in ("1.2.3.4", "5.6.7.8, 9.9.9.9", "'; --", "::1"):
        headers = {
            "x-forwarded-for": spoofed,
            "forwarded": f"for={spoofed}",
            "x-real-ip": spoofed,
            "idempotency-key": "k",
        }
        body = {"subject": "s", "body": "b", "email": "a@x.test"}
        numbers.add(client.post("/api/tickets", json=body, headers=headers).json()["number"])
        client.post("/en/billing/charged-twice/votes", data={"helpful": "yes"}, headers=headers)
    assert len(numbers) == 1
    assert len(everything(own_site.services.database)["votes"]) == 1


def _body(call: Call) -> dict[str, object]:
    if (schema := SCHEMAS.get(str(call))) is not None:
        return {"json": {"email": "a@x.test"} if call.path.endswith("/contact") else sample(schema)}
    return {"data": {"text": "Some words."}} if call.method == "POST" else {}


def test_the_table_has_teeth(people: Cast) -> None:
    """The same calls with the right id get in: what is refused above is refused for its id."""
    owned: Belongings = people.owner
    path = f"/api/tickets/{owned.ticket['number']}"
    assert people.site.client.get(path, headers=owned.bearer(path)).status_code == 200
    assert (
        people.site.client.get(
            f"/api/conversations/{owned.chat.id}/messages", headers=owned.chat.bearer
        ).status_code
        == 200
    )
