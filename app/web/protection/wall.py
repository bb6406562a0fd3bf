"""The one middleware: every request passes these checks, every answer gets these headers."""

import secrets
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import HandrailError, Malformed, NotFound
from app.web.protection.bodies import guard_body
from app.web.protection.cross_site import check_cross_site
from app.web.protection.headers import add_headers
from app.web.protection.hosts import check_host
from app.web.protection.proxies import TrustedProxies

log = structlog.get_logger()


class Wall:
    """ASGI middleware. `answer` turns an error into a response (a page or problem+json)."""

    def __init__(
        self,
        app: ASGIApp,
        public_url: str,
        proxies: TrustedProxies,
        answer: Callable[[Request, Exception], Response],
    ) -> None:
        self._app, self._public_url, self._proxies, self._answer = app, public_url, proxies, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = scope.setdefault("state", {})["nonce"] = secrets.token_urlsafe(16)
        sender = _Sender(send, nonce, scope)
        try:
            receive = await self._check(scope, receive)
            await self._app(scope, receive, sender)
        except HandrailError as error:
            await sender.refuse(self._answer(Request(scope), error), receive)
        except Exception as error:  # the outermost edge: whatever it was, the caller gets a designed answer
            log.exception("unexpected", path=scope["path"], method=scope["method"])
            await sender.refuse(self._answer(Request(scope), error), receive)

    async def _check(self, scope: Scope, receive: Receive) -> Receive:
        self._proxies.apply(scope)
        headers = Headers(scope=scope)
        check_host(headers, self._public_url)
        _check_address(scope)
        check_cross_site(scope["method"], headers)
        guarded = await guard_body(scope, receive)
        if scope["method"] == "HEAD":
            scope["method"] = "GET"  # every page answers HEAD; the sender keeps the body back
        return guarded


class _Sender:
    """Adds the headers to the answer's start, keeps the body of a HEAD back, knows whether it has started."""

    def __init__(self, send: Send, nonce: str, scope: Scope) -> None:
        self._send, self._nonce, self._scope = send, nonce, scope
        self._started, self._head = False, scope["method"] == "HEAD"

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            add_headers(MutableHeaders(scope=message), self._nonce, https=self._scope["scheme"] == "https")
        elif message["type"] == "http.response.body" and self._head:
            message = {**message, "body": b""}
        await self._send(message)

    async def refuse(self, response: Response, receive: Receive) -> None:
        """Sends the refusal, unless an answer is already on its way; then the connection can only break off."""
        if self._started:
            raise ConnectionResetError("the answer had already started")
        await response(self._scope, receive, self)


def _check_address(scope: Scope) -> None:
    if "\x00" in scope["path"]:
        raise NotFound
    if b"%00" in scope.get("query_string", b""):
        raise Malformed("The address contains characters that are not allowed.")
