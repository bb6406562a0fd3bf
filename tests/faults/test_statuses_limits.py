"""P10 on the real routes: what is too large is 413, is not read to its end, and leaves nothing behind."""

import asyncio

import pytest
from starlette.types import Message

from app.web.protection.bodies import FORM_LIMIT, JSON_LIMIT, UPLOAD_LIMIT
from tests.faults.cast import Cast
from tests.faults.routes import Call, all_routes, taking_json
from tests.faults.stored import everything

WRITING_FORMS = [call for call in all_routes() if call.method == "POST" and not call.path.startswith("/api/")]
PART = b'--b\r\ncontent-disposition: form-data; name="body"%b\r\n\r\n'
AMOUNTS = [
    "99999999999999999999999999", "1e400", "1e999999", "1e3", "-1", "0", "0.00", "10.005", "1,000", "1.000,00", "NaN", "sNaN",
    "Infinity", "1_000", "0x10", "9" * 5_000, "1.", "²",
]  # fmt: skip
MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("call", taking_json(), ids=str)
def test_json_over_its_limit(call: Call, cast: Cast) -> None:
    """64 KiB and not one byte more; what is just within the limit is judged for what it says."""
    owned = cast.owner
    path, before = call.at(owned.path_values), everything(cast.site.services.database)
    headers = {**owned.bearer(path), "content-type": "application/json"}
    for size, statuses in (
        (JSON_LIMIT, (422,)),
        (JSON_LIMIT + 1, (413,)),
        (MEBIBYTE, (413,)),
        (3 * MEBIBYTE, (413,)),
    ):
        body = b'{"nonsense": "%b"}' % (b"x" * (size - len(b'{"nonsense": ""}')))
        answer = cast.site.client.request(call.method, path, content=body, headers=headers)
        assert (answer.status_code in statuses, len(body)) == (True, size)
    assert everything(cast.site.services.database) == before


@pytest.mark.parametrize("call", WRITING_FORMS, ids=str)
def test_forms_over_their_limit(call: Call, cast: Cast) -> None:
    owned = cast.owner
    client = cast.browser_of("agent" if call.path.startswith("/workspace") else "owner", owned)
    path, before = call.at(owned.path_values), everything(cast.site.services.database)
    body = b"text=" + b"x" * FORM_LIMIT
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post(path, content=body, headers=kind).status_code == 413
    assert everything(cast.site.services.database) == before


@pytest.mark.parametrize("named", [b"", b'; filename="a.bin"'], ids=["text", "file"])
@pytest.mark.parametrize(
    "path", ["/en/contact", "/sign-in", "/en/chat/turns", "/api/tickets", "/api/conversations"]
)
def test_a_gibibyte_is_not_read(path: str, named: bytes, cast: Cast) -> None:
    """At most 11 MiB and what was on its way; text is refused sooner than files."""
    before = everything(cast.site.services.database)
    status, taken = asyncio.run(_pour(cast, path, PART % named))
    assert status == (413 if named or path.startswith("/api/") else status)
    assert status in (400, 413)
    assert taken <= UPLOAD_LIMIT + 2 * MEBIBYTE
    assert everything(cast.site.services.database) == before


def test_numbers_and_lists_are_bounded(cast: Cast) -> None:
    mine = cast.owner
    vote = {"helpful": False, "reasons": ["other"] * 7}
    answer = cast.site.client.post(f"/api/turns/{mine.turn}/votes", json=vote, headers=mine.chat.bearer)
    assert answer.status_code == 422
    order = {"order_id": "1", "amount": {"minor": 10**12 + 1, "currency": "EUR"}}
    body = {"subject": "s", "body": "b", "email": "a@x.test", "order": order}
    assert cast.site.client.post("/api/tickets", json=body).status_code == 422
    for amount in AMOUNTS:
        form = {
            "subject": "s",
            "body": "b",
            "email": "a@x.test",
            "order_id": "1",
            "currency": "EUR",
            "amount": amount,
        }
        assert cast.site.client.post("/en/contact", data=form).status_code == 422, amount


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "x" * 401,
        "q=" + "%F0%9F%98%80" * 401,
        "q=",
        "q=%20",
        "",
        "q=a&limit=0",
        "q=a&limit=21",
        "q=a&limit=1e1",
        "q=a&kind=book",
        "q=a&language=xx",
        "q=a&topic=none",
        "q=a&sort=all",
        "q=a&q=b&unknown",
    ],
)
def test_searches_that_are_refused(query: str, cast: Cast) -> None:
    """422, named, for the endpoints; the page answers with what it understood."""
    answer = cast.site.client.get(f"/api/search?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]
    assert cast.site.client.get(f"/en/search?{query}").status_code == 200


async def _pour(cast: Cast, path: str, head: bytes) -> tuple[int, int]:
    """Send one endless part; the status, and how much was taken before the refusal."""
    taken, said = 0, list[Message]()
    chunk = b"x" * 65_536

    async def receive() -> Message:
        nonlocal taken
        body = head if taken == 0 else chunk
        taken += len(body)
        return {"type": "http.request", "body": body, "more_body": taken < 1024**3}

    async def send(message: Message) -> None:
        said.append(message)

    headers = [
        (b"host", b"localhost"),
        (b"transfer-encoding", b"chunked"),
        (b"content-type", b"multipart/form-data; boundary=b"),
    ]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers, "client": ("10.0.0.7", 1),
        "server": ("localhost", 80),
    }  # fmt: skip
    await cast.site.client.app(scope, receive, send)
    return said[0]["status"], taken
