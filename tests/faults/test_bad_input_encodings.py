"""Forms whose bytes are no text, or text in an encoding that hides what no database keeps (promises.md 4)."""

import pytest

from tests.faults.cast import Cast
from tests.faults.stored import everything
from tests.web.site import Site
from tests.web.support import HTML, TICKET

# With these, a multipart form would be decoded into NUL or half a surrogate pair, or into an error of the codec itself.
CHARSETS = [
    "utf-8", "latin-1", "ascii", "utf-16", "utf-16-le", "utf-32", "utf-7", "cp037", "idna", "punycode", "unicode_escape",
    "raw_unicode_escape",
    "utf-8-sig", "undefined", "rot13", "hex", "zlib", "base64", "mbcs", "nothing-known", "x" * 5_000, "utf-8;q=1", '"', "\\",
]  # fmt: skip
VALUES = [
    b"a\x00b",
    b"a\\x00b",
    b"a\\ud800b",
    b"\xed\xa0\x80",
    b"\xff\xfe",
    b"+2AA-",
    b"\xc0\x80",
    b"xn--a-\x80",
    b"plain",
]
BODY = b'--b\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n--b--\r\n'
FIELDS = {
    "/en/contact": b"body", "/sign-in": b"email", "/en/chat/turns": b"text", "/en/chat/handoffs": b"key",
    "/en/chat/contact": b"email",
    "/en/billing/charged-twice/votes": b"comment", "/en/chat/votes": b"turn",
}  # fmt: skip


@pytest.mark.parametrize("charset", CHARSETS)
def test_no_charset_smuggles_anything_in(charset: str, site: Site) -> None:
    """A designed refusal or a page, never a 500: nothing that cannot be kept or shown comes out of a decoder."""
    client = site.client
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    for path, field in FIELDS.items():
        for value in VALUES:
            answer = client.post(path, content=BODY % (field, value), headers={**HTML, "content-type": kind})
            assert answer.status_code < 500, (path, value)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"--b", b"--b\r\n\r\n", b"--b--", b"--c\r\n", b'--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\ncontent-disposition: form-data; name="text"; filename="a.txt"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\ncontent-disposition: form-data; name="text"; filename="../../etc/passwd"\r\n\r\nx\r\n--b--\r\n',
        b"--b\r\n" + b"x: y\r\n" * 10_000 + b"\r\nx\r\n--b--\r\n",
        b"--b\r\ncontent-disposition: " + b"x" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\ncontent-disposition: form-data; name="text"\r\n\r\nx\r\n' * 3_000 + b"--b--\r\n",
        b"\x00" * 1_000, b"\r\n" * 1_000,
    ],
    ids=lambda body: repr(body[:40]),
)  # fmt: skip
def test_forms_in_parts_that_are_none(body: bytes, cast: Cast) -> None:
    before = everything(cast.site.services.database)
    for path in ("/en/contact", "/sign-in", "/en/chat/votes", "/en/billing/charged-twice/votes"):
        for kind in (
            "multipart/form-data; boundary=b",
            "multipart/form-data",
            'multipart/form-data; boundary=""',
            "multipart/form-data; boundary=" + "b" * 500,
        ):
            answer = cast.site.client.post(path, content=body or b"x", headers={**HTML, "content-type": kind})
            assert 400 <= answer.status_code < 500, (path, kind)
    assert everything(cast.site.services.database) == before


@pytest.mark.parametrize(
    "body",
    [b"text=%00", b"text=%ff%fe", b"text=%ed%a0%80", b"text=a%", b"text=%zz", b"=&=&=", b"&" * 5_000, b"text" * 5_000, b"a=1&" * 5_000, b"text=\xff\x00", b"%00=1", b"\x00"],
)  # fmt: skip
def test_forms_that_are_none(body: bytes, cast: Cast) -> None:
    before = everything(cast.site.services.database)
    for path in ("/en/contact", "/sign-in", "/en/chat/votes", "/en/billing/charged-twice/votes"):
        kind = "application/x-www-form-urlencoded"
        answer = cast.site.client.post(path, content=body, headers={**HTML, "content-type": kind})
        assert 400 <= answer.status_code < 500, path
    assert everything(cast.site.services.database) == before


def test_headers_and_cookies_that_are_none(strict_site: Site) -> None:
    """What stands in a header reaches the database too: tokens, keys, zones, the browser's name."""
    cast = Cast(strict_site)
    odd = [
        b"\xff\xfe",
        b"a" * 8_000,
        b"%00",
        b"%ff",
        b"%ed%a0%80",
        b"=;=;",
        b'"',
        b"../..",
        b"'; DROP TABLE staff; --",
        b"\x7f",
        b"0",
        b"{}",
        b"\xed\xa0\x80",
    ]
    for value in odd:
        headers = [
            (
                b"cookie",
                b"handrail_chat=%b; handrail_staff=%b; handrail_ticket=%b; handrail_zone=%b" % ((value,) * 4),
            ),
            *[
                (name, value)
                for name in (
                    b"accept-language",
                    b"user-agent",
                    b"idempotency-key",
                    b"if-none-match",
                    b"range",
                    b"referer",
                    b"x-forwarded-for",
                )
            ],
            (b"accept", b"text/html"),
        ]
        client, number = strict_site.client, cast.owner.ticket["number"]
        for path in (
            "/",
            "/en/chat",
            "/en/contact",
            "/workspace",
            f"/tickets/{number}",
            "/media/film.webm",
            "/en/billing/charged-twice",
            "/sign-in",
        ):
            assert client.get(path, headers=headers).status_code < 500, (path, value)
        for path, body in (
            ("/api/tickets", TICKET),
            ("/api/conversations", {"time_zone": "x", "page_url": "http://[::1"}),
        ):
            assert client.post(path, json=body, headers=headers).status_code < 500, (path, value)
        for path, form in (
            ("/en/billing/charged-twice/votes", {"helpful": "yes"}),
            ("/sign-out", {}),
            ("/en/chat/turns", {"text": "Hello", "key": "k"}),
        ):
            assert client.post(path, data=form, headers=headers).status_code < 500, (path, value)
        client.cookies.clear()
