"""How many searches a second a whole server answers over HTTP: `http_speed.py CONTENT INDEX`, as for `search_speed.py`.

Starts `handrail serve` on one core (`taskset -c 0`) with an empty database, asks `GET /api/search` over a few kept connections
from another core, and prints for the best of three rounds the requests a second, the median and the 99th percentile of a request, and the server's memory.
"""

import argparse
import http.client
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

SERVER_CORE, CLIENT_CORE = 0, 1
CONNECTIONS, ASKED, WARM_UP, ROUNDS = 4, 2000, 200, 3
START_TIMEOUT_S = 60


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("content", type=Path)
    parser.add_argument("index", type=Path)
    options = parser.parse_args()
    lines = (options.content / "questions.tsv").read_text(encoding="utf-8").splitlines()
    random.Random(1).shuffle(lines)  # noqa: S311  # no secret
    paths = [
        "/api/search?" + urlencode({"q": text[:400], "language": language})
        for language, text in (line.split("\t") for line in lines)
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.sched_setaffinity(0, {CLIENT_CORE})
    with tempfile.TemporaryDirectory() as data:
        began = time.perf_counter()
        server = _served(options, Path(data), port)
        try:
            _first_answer(port, paths[0])
            print(f"first answer {time.perf_counter() - began:.1f} s after the start of the process")
            _ask(port, (paths * 10)[:WARM_UP])
            rounds = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                times = _ask(port, [paths[at % len(paths)] for at in range(WARM_UP, WARM_UP + ASKED)])
                rounds.append((time.perf_counter() - began, times))
            wall, times = min(rounds)
            p99 = statistics.quantiles(times, n=100)[98]
            print(f"{ASKED / wall:.0f} requests/s over {CONNECTIONS} connections")
            print(f"median {1000 * statistics.median(times):.1f} ms, 99th percentile {1000 * p99:.1f} ms")
            print(f"server resident {_resident(server.pid):.0f} MB")
        finally:
            server.terminate()
            server.wait()


def _served(options: argparse.Namespace, data: Path, port: int) -> "subprocess.Popen[bytes]":
    places = {
        "HANDRAIL_CONTENT_DIR": str(options.content), "HANDRAIL_INDEX_DIR": str(options.index), "HANDRAIL_DATA_DIR": str(data),
        "HANDRAIL_RATE_LIMITS": "off",
    }  # fmt: skip
    handrail = Path(sys.executable).parent / "handrail"
    command = ["taskset", "-c", str(SERVER_CORE), str(handrail), "serve", "--port", str(port)]
    return subprocess.Popen(command, env=os.environ | places, stdout=subprocess.DEVNULL)  # our own


def _first_answer(port: int, path: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            _ask(port, [path])
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit("The server did not answer.")


def _ask(port: int, paths: list[str]) -> list[float]:
    """Asks everything over a few connections at once; the seconds each answer took."""
    times: list[float] = []
    shares = [paths[at::CONNECTIONS] for at in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for share in threads.map(lambda one: _ask_one_by_one(port, one), shares):
            times += share
    return times


def _ask_one_by_one(port: int, paths: list[str]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times = []
    try:
        for path in paths:
            at = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            times.append(time.perf_counter() - at)
            if answer.status != http.client.OK or b'"hits"' not in body:
                raise SystemExit(f"{answer.status} for {path}: {body[:200]!r}")
    finally:
        connection.close()
    return times


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


if __name__ == "__main__":
    main()
