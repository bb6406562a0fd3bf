"""Builds an index in processes that can be killed, starved or failed at any file-system call.

Run as a program it is the stable: it imports everything once and forks one process for every order, so that a
hundred builds take seconds. Orders and outcomes are lines of JSON. Nothing of this is in the product: calls are
watched through an audit hook and one wrapped function inside the forked process.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NOW = datetime(2026, 11, 25, 15, 5, tzinfo=UTC)
SPEC = "hash:64"
WATCHED = {"os.rename", "os.mkdir", "os.remove", "os.rmdir"}


class Builder:
    """The stable, seen from a test: `order(...)` builds once and returns what became of it.

    Orders: `kill_at=n` (SIGKILL before the n-th call, from 0), `kill_after=seconds`, `fail_at=n` with `errno=e`,
    `file_limit=bytes`, `uid=n`, `hold=True` (keeps the lock until `release()`), or nothing. Outcomes:
    `{"generation": …}`, `{"refused": class, "detail": …}` or `{"killed": true}`; with `calls`, if it lived.
    """

    def __init__(self, content: Path, index: Path) -> None:
        command = [sys.executable, __file__, str(content), str(index)]
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def order(self, **order: Any) -> dict[str, Any]:
        self.send(**order)
        return self.outcome()

    def send(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def outcome(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the stable died"
        result: dict[str, Any] = json.loads(line)
        return result


class _Calls:
    """Counts the calls below the index folder and does at the chosen one what the order says."""

    def __init__(self, index: str, order: dict[str, Any]) -> None:
        self.count = 0
        self._index = index
        self._order = order
        fsync = os.fsync

        def watched_fsync(handle: int) -> None:
            self._met()
            fsync(handle)

        os.fsync = watched_fsync  # type: ignore[assignment]
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        is_ours = event == "open" and str(arguments[0]).startswith(self._index)
        if is_ours or event in WATCHED:
            self._met()

    def _met(self) -> None:
        at, self.count = self.count, self.count + 1
        if at == self._order.get("kill_at"):
            os.kill(os.getpid(), signal.SIGKILL)
        if at == self._order.get("fail_at"):
            raise OSError(self._order["errno"], os.strerror(self._order["errno"]))


def _build(content: Path, index: Path, order: dict[str, Any]) -> dict[str, Any]:
    from app.errors import HandrailError
    from app.search import vectors
    from app.search.encoder import open_encoder
    from app.search.indexer import build

    # The trial in a child process costs more than all the rest and touches nothing.
    vectors._try_in_a_child = lambda path, sha256: None
    if "file_limit" in order:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_limit"], order["file_limit"]))
    if "uid" in order:
        os.setuid(order["uid"])
    calls = _Calls(str(index), order)

    def held(snapshot: object) -> dict[str, Any]:
        _say({"holding": os.getpid()})
        time.sleep(600)
        return {}

    try:
        report = build(
            content, index, open_encoder(SPEC), now=NOW, calibrate=held if order.get("hold") else None
        )
    except HandrailError as refusal:
        return {"refused": type(refusal).__name__, "detail": refusal.detail, "calls": calls.count}
    return {"generation": report.generation, "calls": calls.count}


def _forked(content: Path, index: Path, order: dict[str, Any]) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            outcome = _build(content, index, order)
        except BaseException as error:  # reported to the test, which then fails
            outcome = {"crashed": repr(error)}
        os.write(writer, json.dumps(outcome).encode())
        os._exit(0)
    os.close(writer)
    if "kill_after" in order:
        time.sleep(order["kill_after"])
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    _say({"killed": True} if os.WIFSIGNALED(status) else json.loads(told))


def _say(outcome: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(outcome) + "\n")
    sys.stdout.flush()


def main() -> None:
    content, index = (Path(argument) for argument in sys.argv[1:])
    import app.search.hash_encoder
    import app.search.indexer  # noqa: F401

    for line in sys.stdin:
        _forked(content, index, json.loads(line))


if __name__ == "__main__":
    main()
