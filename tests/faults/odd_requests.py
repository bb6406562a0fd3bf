"""Requests that nobody in their right mind would send, made from `openapi.json` and the forms, by a seed."""

import json
import random
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.faults.cast import Cast
from tests.faults.routes import Call, all_routes, described, filled, resolved, sample

ODD_TEXTS = [
    "", " ", "\n", "\x00", "\x7f", "\x1b[2J", "a" * 70_000, "a" * 4_001, "'", '"', "';--", "' OR 1=1 --", "\\", "%00", "%",
    "%s%n", "{{7*7}}", "${x}", "{0}", "<script>", "../" * 20,
    "\u202e", "\u2028", "\ud7ff", "\ufeff", "\uffff", "🙂", "👩‍👩‍👧", "é" * 500, "ﷺ", "１２", "٣", "-1", "0", "1e999", "NaN",
    "null", "true", "[]", "{}", "2030-01-01", "9" * 5_000, "en", "ja",
    "H-2N7K4", "0" * 24, "a@x.test", "a@x.test, b@x.test", "billing", "http://[::1", "//evil.test", "Europe/Madrid", "EUR",
    "chat", "phone", "faq", "yes", "no", "refund", "charged twice",
]  # fmt: skip
ODD_VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    10**24,
    1.5,
    -0.0,
    1e308,
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"a": {"b": []}},
    [1] * 1_000,
    *ODD_TEXTS,
]
ODD_BODIES = [
    b"", b"{", b"[" * 1_000, b"null", b"0", b'""', b"[]", b"{}", b'{"a":1,"a":2}', b'{"text":NaN}', b'{"text":"\\ud800"}',
    b"\xff\xfe\x00", b"\x1f\x8b\x08\x00", b"--b\r\n",
    b"text=a&text=b", b"%00=%00", b"a" * 70_000, b'{"text": ' + b"1" * 10_000 + b"}",
]  # fmt: skip
KINDS = [
    "application/json",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "text/plain",
    "",
    "*/*",
    "a/b;" * 50,
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"]
HEADERS = [
    "accept", "accept-language", "idempotency-key", "range", "if-none-match", "if-modified-since", "origin", "sec-fetch-site",
    "x-forwarded-for", "forwarded", "user-agent",
    "referer", "cookie", "content-encoding", "expect", "if-match", "accept-encoding", "x-http-method-override",
]  # fmt: skip
FORM_FIELDS = [
    "text", "key", "version", "then", "email", "name", "phone", "subject", "body", "topic", "channel", "order_id", "amount",
    "currency", "delivered_on", "time_zone", "helpful",
    "reasons", "comment", "turn", "message", "after", "password", "next", "solved", "unknown",
]  # fmt: skip


@dataclass(frozen=True)
class OddRequest:
    """One request as it goes out."""

    method: str
    url: str
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    content: bytes = b""


class OddRequests:
    """A source of requests. The same seed over the same site makes the same ones."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self._cast, self._random = cast, random.Random(seed)
        described_calls = {str(call): call for call in described()}
        self._calls = [described_calls.get(str(call), call) for call in all_routes()]
        # The described endpoints twice as often: they take the most.
        self._calls += 2 * list(described_calls.values())

    def next(self) -> OddRequest:
        """The next one: mostly right, and wrong somewhere."""
        call = self._random.choice(self._calls)
        method = call.method if self._now(0.93) else self._random.choice(METHODS)
        headers, content = self._headers(call), b""
        if method not in ("GET", "HEAD", "OPTIONS", "TRACE"):
            kind, content = self._body(call)
            headers.append((b"content-type", kind.encode()))
        return OddRequest(method, self._path(call) + self._query(call), headers, content)

    def _now(self, chance: float) -> bool:
        return self._random.random() < chance

    def _text(self) -> str:
        if self._now(0.8):
            return self._random.choice(ODD_TEXTS)
        letters = [chr(self._random.randrange(0x20, 0xD7FF)) for _ in range(self._random.randrange(1, 60))]
        return "".join(letters)

    def _path(self, call: Call) -> str:
        right = self._cast.owner.path_values
        values = {
            name: quote(value if self._now(0.75) else self._text()[:300], safe="")
            for name, value in right.items()
        }
        return filled(call.path, values)

    def _query(self, call: Call) -> str:
        names = [one["name"] for one in call.parameters if one["in"] == "query"]
        names += (
            ["language", "done", "voted", "q", "token", "next", "show", "after", "unknown"]
            if self._now(0.25)
            else []
        )
        chosen = [name for name in names if self._now(0.7)]
        pairs = [f"{name}={quote(self._text()[:600], safe='')}" for name in chosen]
        if self._now(0.03):
            pairs.append(
                self._random.choice(["%ff", "&&==", "q=%ed%a0%80", "q[]=1", "q=a;b=c", "%00", "a" * 9_000])
            )
        return f"?{'&'.join(pairs)}" if pairs else ""

    def _headers(self, call: Call) -> list[tuple[bytes, bytes]]:
        headers = [(name.encode(), self._text()[:900].encode("utf-8")) for name in HEADERS if self._now(0.05)]
        headers = [
            (name, bytes(byte for byte in value if byte not in (0, 10, 13))) for name, value in headers
        ]
        owned = self._cast.owner
        if self._now(0.8):
            name, value = next(iter(owned.bearer(call.path).items()))
            headers.append(
                (
                    name.encode(),
                    (value if self._now(0.9) else f"Bearer {self._text()[:50]}")
                    .encode()
                    .translate(None, b"\x00\n\r"),
                )
            )
        if self._now(0.5):
            staff = self._cast.browser_of("agent", owned).cookies["handrail_staff"]
            cookie = f"handrail_staff={staff}; handrail_chat={owned.chat.id}.{owned.chat.token}; handrail_ticket={owned.ticket['token']}"
            headers.append((b"cookie", cookie.encode()))
        headers.append(
            (
                b"accept",
                self._random.choice([b"application/json", b"text/html", b"text/event-stream", b"*/*"]),
            )
        )
        return headers

    def _body(self, call: Call) -> tuple[str, bytes]:
        if self._now(0.1):
            return self._random.choice(KINDS), self._random.choice(ODD_BODIES)
        if call.schema is not None:
            return "application/json", json.dumps(
                self._mutated(call.schema), ensure_ascii=self._now(0.5)
            ).encode()
        chosen = [name for name in FORM_FIELDS if self._now(0.2)]
        form = "&".join(f"{name}={quote(self._text()[:70_000], safe='')}" for name in chosen)
        return "application/x-www-form-urlencoded", form.encode()

    def _mutated(self, schema: dict[str, Any]) -> Any:
        """A body that fits, with some of its fields made odd, left out or added."""
        body = sample(schema, everything=self._now(0.5))
        for name in resolved(schema)["properties"]:
            if self._now(0.3):
                body[name] = self._random.choice(ODD_VALUES)
            if self._now(0.05):
                body.pop(name, None)
        if self._now(0.1):
            body[self._text()[:30]] = self._random.choice(ODD_VALUES)
        return body
