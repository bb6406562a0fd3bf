"""A request's head must be short and arrive soon (P9, P10): the parser itself would wait for ever and keep whatever comes."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# What browsers, proxies and other servers agree on is far below; h11 had the same limit.
HEAD_LIMIT = 64 * 1024
HEAD_PATIENCE_S = 15.0


class GuardedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol on llhttp, which closes a connection whose first line and headers are too long, or that has not
    finished a head which it began. Nothing has reached the application then."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._heads = self._head_bytes = 0
        self._impatience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Also starts the clock: a connection that never says anything is closed, too."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Also stops the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Also counts what belongs to a head: no more than its limit is read before it is complete."""
        while data and not self.transport.is_closing():
            heads, is_awaited = self._heads, self._impatience is not None
            room = HEAD_LIMIT - self._head_bytes if is_awaited else len(data)
            if not room:
                self._stop_clock()
                self.transport.write(_TOO_LONG)
                self.transport.close()
                return
            is_idle = self.timeout_keep_alive_task is not None
            super().data_received(data[:room])
            if (
                is_idle and heads == self._heads
            ):  # line breaks before a head: they must not keep a connection either
                self._expect_head()
            # Where a new head began in it, some of it belonged to the request before; it is not held against the new one.
            if is_awaited and heads == self._heads:
                self._head_bytes += len(data[:room])
            data = data[room:]

    def on_message_begin(self) -> None:
        """A head begins, perhaps the next one on a kept connection."""
        super().on_message_begin()
        if self._impatience is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is there; bodies are somebody else's (`bodies.py`)."""
        self._stop_clock()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._heads += 1
        self._head_bytes = 0
        self._impatience = self.loop.call_later(HEAD_PATIENCE_S, self._give_up)

    def _stop_clock(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None

    def _give_up(self) -> None:
        self._impatience = None
        self.transport.close()


_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 29\r\nconnection: close\r\n\r\n"
    b"The request's head is too big"
)
