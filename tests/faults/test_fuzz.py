"""P23: nothing crashes it. `HANDRAIL_FUZZ=20000` asks for more requests, `HANDRAIL_FUZZ_SEED` for other ones."""

import asyncio
import os
import re
from collections import Counter

import httpx2
import pytest

from tests.faults.cast import Cast
from tests.faults.odd_requests import OddRequest, OddRequests
from tests.web.site import Site

REQUESTS = int(os.environ.get("HANDRAIL_FUZZ", "2000"))
SEED = int(os.environ.get("HANDRAIL_FUZZ_SEED", "7731"))
# Of the inside, none of which any request holds: traces, paths, SQL, modules.
INSIDE = re.compile(
    rb'Traceback|File "|line \d+, in |sqlalchemy|psycopg|sqlite3?\.|pydantic_core|starlette|Error\b\(|0x[0-9a-f]{8,}'
    rb"|\bSELECT .* FROM\b|INSERT INTO|UPDATE \w+ SET|/site-packages/|/app/\w+/|/tmp/|/work/"
)


@pytest.mark.timeout(3600)
def test_nothing_crashes_it(any_site: Site) -> None:
    """0 responses of 500 or more except a designed 503, and nothing of the inside in any body; half on each database."""
    source = OddRequests(Cast(any_site), SEED)
    statuses, faults = asyncio.run(_run(any_site, source, REQUESTS // 2))
    assert faults == []
    assert sum(statuses.values()) == REQUESTS // 2
    # The requests reach what they are meant for: enough of them are taken, and most kinds of refusal occur.
    assert sum(count for status, count in statuses.items() if status < 400) > REQUESTS // 20
    assert {400, 401, 404, 405, 413, 415, 422} <= set(statuses)


async def _run(site: Site, source: OddRequests, times: int) -> tuple[Counter[int], list[str]]:
    statuses, faults = Counter[int](), list[str]()
    transport = httpx2.ASGITransport(site.client.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        for number in range(times):
            odd = source.next()
            answer = await client.request(odd.method, odd.url, headers=odd.headers, content=odd.content)
            client.cookies.clear()
            statuses[answer.status_code] += 1
            if fault := _fault(odd, answer):
                faults.append(f"request {number}: {fault}")
    return statuses, faults[:5]


def _fault(odd: OddRequest, answer: httpx2.Response) -> str:
    designed = answer.status_code == 503 and "retry-after" in answer.headers
    if answer.status_code >= 500 and not designed:
        return f"{answer.status_code} to {odd!r:.2000}"
    if found := INSIDE.search(answer.content):
        return f"{found[0]!r} in the answer to {odd!r:.2000}"
    return ""
