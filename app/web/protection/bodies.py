"""No request is too big to refuse (P10): every body is measured while it arrives, and read whole before a route runs."""

import asyncio
from collections.abc import Sequence
from urllib.parse import unquote

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from app.errors import Malformed, TooLarge, WrongType
from app.web.protection.strict_json import check_depth, check_json, check_text

JSON_LIMIT = 64 * 1024
FORM_LIMIT = 64 * 1024
UPLOAD_LIMIT = 11 * 1024 * 1024  # one attachment of 10 MiB with its envelope
# So much of a refused body is still read, or a client that is mid-sentence would never hear the refusal.
COURTESY = 1024 * 1024
PATIENCE_S = 15.0

JSON, FORM, UPLOAD = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"


async def guard_body(scope: Scope, receive: Receive) -> Receive:
    """A `receive` for the app whose body is complete, within its limit and well formed.

    Uploads keep streaming, counted. Raises `TooLarge`, `WrongType`, `Malformed`.
    """
    headers = Headers(scope=scope)
    if not _has_body(headers):
        return receive
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    _check_kind(kind, scope["path"])
    if kind == UPLOAD:
        _check_charset(headers)
        return _counted(receive, headers, UPLOAD_LIMIT)
    limit = JSON_LIMIT if kind == JSON else FORM_LIMIT
    try:
        body, whole = await asyncio.wait_for(_read(receive, limit), PATIENCE_S)
    except TimeoutError:
        raise Malformed("The request took too long to arrive.") from None
    if kind == JSON:
        _check_json(body, whole)
    if not whole:
        raise TooLarge(f"The body is larger than {limit // 1024} KiB.")
    if kind == FORM:
        check_text(unquote(body.decode("latin-1"), encoding="utf-8", errors="replace"))
    return _replay(body, receive)


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip() not in ("", "0")


def _check_kind(kind: str, path: str) -> None:
    understood: Sequence[str] = (JSON, UPLOAD) if path.startswith("/api/") else (JSON, FORM, UPLOAD)
    if kind not in understood:
        raise WrongType(f"Send {' or '.join(understood)} here.")


def _check_charset(headers: Headers) -> None:
    # Any codec of Python could be named here, also those that make NUL or half a surrogate pair of innocent bytes.
    named = parse_options_header(headers.get("content-type"))[1].get(b"charset", b"utf-8")
    if named.lower() not in (b"utf-8", b"utf8"):
        raise WrongType("Send forms as UTF-8.")


def _check_json(body: bytes, whole: bool) -> None:
    if whole:
        check_json(body)
    else:  # a bomb is called a bomb, not merely large
        check_depth(body)


async def _read(receive: Receive, limit: int) -> tuple[bytes, bool]:
    """The body up to `limit` and whether that was all of it."""
    parts: list[bytes] = []
    size, more = 0, True
    while more and size <= limit + COURTESY:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("The request ended before its body did.")
        part = message.get("body", b"")
        if size <= limit:
            parts.append(part)
        size += len(part)
        more = message.get("more_body", False)
    return b"".join(parts)[:limit], size <= limit


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hands the body out once, then listens on (the next message is the client's going away)."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


def _counted(receive: Receive, headers: Headers, limit: int) -> Receive:
    announced = headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced[:12]) > limit:
        raise TooLarge(f"The body is larger than {limit // 1024 // 1024} MiB.")
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            # FastAPI passes this class through while it parses a form; it would call any other error a 400.
            raise HTTPException(413, f"The body is larger than {limit // 1024 // 1024} MiB.")
        return message

    return counted
