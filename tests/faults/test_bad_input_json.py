"""JSON that is none, or that serves only harm, on every endpoint that takes JSON (promises.md 4, first row)."""

import json
import time

import pytest

from tests.faults.cast import Belongings, Cast
from tests.faults.routes import Call, first_text, sample, taking_json
from tests.faults.stored import everything

QUICKLY_S = 0.05

# What stands in place of one text field's value; the rest of the body is right.
VALUES = {
    "NaN": b"NaN",
    "Infinity": b"Infinity",
    "-Infinity": b"-Infinity",
    "1e999": b"1e999",
    "-1e999": b"-1e999",
    "half a surrogate pair": b'"\\ud800"',
    "the other half": b'"a\\udfffb"',
    "NUL": b'"a\\u0000b"',
    "raw control character": b'"a\x00b"',
    "5,000 digits": b"9" * 5_000,
    "5,000 digits after the point": b"0." + b"9" * 5_000,
    "65,000 digits": b"9" * 65_000,
    "100,000 deep": b"[" * 100_000,
    "100,000 deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects deep": b'{"a":' * 100_000,
    "40 deep": b"[" * 40 + b"]" * 40,
    "duplicate keys inside": b'{"a": 1, "a": 2}',
    "not UTF-8": b'"\xff\xfe"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "surrogate in UTF-8": b'"\xed\xa0\x80"',
    "octal": b"0777",
    "single quotes": b"'a'",
    "comment": b'"a" /* b */',
    "trailing comma": b'"a",',
}
# What is sent instead of the body.
BODIES = {
    "nothing but white space": b" \n\t ",
    "cut off": b'{"text": "a',
    "two values": b"{} {}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "UTF-32": '{"text": "a"}'.encode("utf-32-le"),
    "a list": b"[]",
    "a word": b'"text"',
    "a number": b"12",
    "a lone minus": b"-",
    "NUL only": b"\x00",
    "65,000 quotes": b'"' * 65_000,
    "65,000 commas": b"[" + b"," * 65_000,
    "20,000 keys": b"{" + b",".join(b'"k%d":0' % n for n in range(7_000)) + b"}",
}


@pytest.fixture(scope="module")
def owned(cast: Cast) -> Belongings:
    return cast.belongings()


@pytest.mark.parametrize("call", taking_json(), ids=str)
def test_no_malformed_body_gets_in(call: Call, cast: Cast, owned: Belongings) -> None:
    """400 or 422 (413 for what is too large to look at) in 50 ms; nothing is stored."""
    before = everything(cast.site.services.database)
    slow = []
    for name, body in [*_with_values(call), *BODIES.items()]:
        took = _sent(call, cast, owned, body, name)
        if took > QUICKLY_S:  # machines are shared: look again, beside the least that could be sent
            took = min(_sent(call, cast, owned, body, name) for _ in range(5))
            least = min(_sent(call, cast, owned, b"{", "least") for _ in range(5))
            slow += [(name, took)] if took > max(QUICKLY_S, 5 * least) else []
    assert slow == []
    assert everything(cast.site.services.database) == before


@pytest.mark.parametrize("call", taking_json(), ids=str)
def test_a_key_that_stands_twice_is_refused(call: Call, cast: Cast, owned: Belongings) -> None:
    """Parsers disagree on which one counts, so neither does."""
    before = everything(cast.site.services.database)
    right = json.dumps(sample(call.schema))[1:-1]
    field = json.dumps(first_text(call.schema))
    body = f"{{{right}{', ' if right else ''}{field}: null, {field}: null}}"
    assert _answer(call, cast, owned, body.encode()).status_code == 400
    assert everything(cast.site.services.database) == before


@pytest.mark.parametrize("call", taking_json(), ids=str)
def test_only_json_is_taken(call: Call, cast: Cast, owned: Belongings) -> None:
    """promises.md 2: 415 for another kind, whatever its bytes say."""
    before = everything(cast.site.services.database)
    body = json.dumps(sample(call.schema)).encode()
    for kind in ("", "text/plain", "application/x-www-form-urlencoded", "application/xml", "text/json"):
        answer = _answer(call, cast, owned, body, kind)
        assert answer.status_code == 415, kind
    multipart = _answer(call, cast, owned, body, "multipart/form-data; boundary=b")
    assert multipart.status_code in (400, 415, 422)
    assert everything(cast.site.services.database) == before


def _with_values(call: Call) -> list[tuple[str, bytes]]:
    field = first_text(call.schema)
    rest = {name: value for name, value in sample(call.schema).items() if name != field}
    start = json.dumps(rest)[:-1].encode() + (b", " if rest else b"")
    return [(name, start + b'"%s": ' % field.encode() + value + b"}") for name, value in VALUES.items()]


def _sent(call: Call, cast: Cast, owned: Belongings, body: bytes, name: str) -> float:
    began = time.perf_counter()
    answer = _answer(call, cast, owned, body)
    took = time.perf_counter() - began
    assert answer.status_code in (400, 413, 422), (name, answer.text)
    assert answer.headers["content-type"] == "application/problem+json", name
    return took


def _answer(call: Call, cast: Cast, owned: Belongings, body: bytes, kind: str = "application/json"):
    path = call.at(owned.path_values)
    headers = {**owned.bearer(path), "content-type": kind}
    return cast.site.client.request(call.method, path, content=body, headers=headers)
