"""P9, P10: a head that is too long or too slow costs its own connection, and nobody else's. Raw sockets, a real server."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.web.protection import heads
from app.web.protection.heads import HEAD_LIMIT, GuardedProtocol

PATIENCE_S = 0.5
HELLO = b"GET /hello HTTP/1.1\r\nhost: x.test\r\n\r\n"


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as listener:
        patch.setattr(heads, "HEAD_PATIENCE_S", PATIENCE_S)
        server = uvicorn.Server(
            uvicorn.Config(_hello, http=GuardedProtocol, log_level="error", lifespan="off")
        )
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield listener.getsockname()
        server.should_exit = True
        thread.join(timeout=10)


def _connected(address: tuple[str, int]) -> "closing[socket.socket]":
    return closing(socket.create_connection(address, timeout=10))


def _until_closed(connection: socket.socket) -> bytes:
    read = b""
    try:
        while more := connection.recv(65536):
            read += more
    except ConnectionResetError:  # closed while we were still talking
        pass
    return read


def test_one_connection_serves_many_requests_and_outlives_the_patience_between_them(
    address: tuple[str, int],
) -> None:
    with _connected(address) as connection:
        for _ in range(3):
            connection.sendall(HELLO)
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"hello")
            time.sleep(1.2 * PATIENCE_S)


def test_two_requests_in_one_packet_are_both_answered(address: tuple[str, int]) -> None:
    with _connected(address) as connection:
        connection.sendall(HELLO + HELLO.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        assert _until_closed(connection).count(b"hello") == 2


@pytest.mark.parametrize("part", [b"x-%d: y\r\n", b"%d" + b"z" * 4096])
def test_a_head_without_end_is_refused(address: tuple[str, int], part: bytes) -> None:
    """Many headers, or one."""
    with _connected(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x.test\r\nx: ")
        sent = 0
        try:
            while sent < 4 * HEAD_LIMIT:
                sent += connection.send(part.replace(b"%d", b"%d" % sent))
        except OSError:
            pass
        answer = _until_closed(connection)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431")
    _still_serves(address)


def test_a_head_too_long_is_refused_also_when_it_comes_at_once(address: tuple[str, int]) -> None:
    with _connected(address) as connection:
        filler = b"x: " + b"y" * HEAD_LIMIT + b"\r\n"
        connection.sendall(HELLO.replace(b"\r\n\r\n", b"\r\n" + filler + b"\r\n"))
        assert _until_closed(connection).startswith(b"HTTP/1.1 431")


def test_many_requests_at_once_are_no_long_head(address: tuple[str, int]) -> None:
    many = 2 * HEAD_LIMIT // len(HELLO)
    with _connected(address) as connection:
        sender = threading.Thread(
            target=connection.sendall,
            args=(HELLO * many + HELLO.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"),),
        )
        sender.start()
        assert _until_closed(connection).count(b"hello") == many + 1
        sender.join()


def test_a_long_head_within_the_limit_is_read(address: tuple[str, int]) -> None:
    with _connected(address) as connection:
        filler = b"x: " + b"y" * (HEAD_LIMIT - 1024) + b"\r\n"
        connection.sendall(HELLO.replace(b"\r\n\r\n", b"\r\n" + filler + b"\r\n"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("begun", [b"", b"GET /hel", HELLO[:-2], HELLO + HELLO[:-2], HELLO + b"\r\n"])
def test_a_head_that_does_not_come_is_not_waited_for(address: tuple[str, int], begun: bytes) -> None:
    with _connected(address) as connection:
        started = time.monotonic()
        answers = b""
        for at, request in enumerate(begun.split(HELLO)):
            if at:  # what follows comes on an idle connection
                connection.sendall(HELLO)
                answers += connection.recv(65536)
            connection.sendall(request)
        answers += _until_closed(connection)
        took = time.monotonic() - started
    assert answers.count(b"hello") == begun.count(b"\r\n\r\n")
    assert PATIENCE_S / 2 < took < 10 * PATIENCE_S


def test_a_head_that_drips_is_not_waited_for(address: tuple[str, int]) -> None:
    with _connected(address) as connection:
        started = time.monotonic()
        connection.sendall(HELLO[:-2])
        try:
            while time.monotonic() - started < 20 * PATIENCE_S:
                connection.sendall(b"x: y\r\n")
                time.sleep(PATIENCE_S / 5)
        except OSError:
            pass
        assert time.monotonic() - started < 10 * PATIENCE_S


def test_200_dripping_connections_cost_others_nothing(address: tuple[str, int]) -> None:
    dripping = [socket.create_connection(address, timeout=10) for _ in range(200)]
    try:
        for connection in dripping:
            connection.sendall(b"GET / HT")
        _still_serves(address)
        for connection in dripping:
            assert _until_closed(connection) == b""
    finally:
        for connection in dripping:
            connection.close()


@pytest.mark.parametrize(
    "nonsense",
    [b"\x00\x01\x02\r\n\r\n", HELLO.replace(b"host", b"ho st"), b"GET / HTTP/9.9\r\n\r\n"],
)
def test_nonsense_is_refused_at_once(address: tuple[str, int], nonsense: bytes) -> None:
    with _connected(address) as connection:
        connection.sendall(nonsense)
        assert _until_closed(connection).startswith(b"HTTP/1.1 400")


def _still_serves(address: tuple[str, int]) -> None:
    with _connected(address) as connection:
        connection.sendall(HELLO)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
