"""P15: what opens a ticket, a conversation or the workspace is long, kept as a digest, ends, and is told to nobody else."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from app.tickets.opening import LINK_LASTS
from tests.faults.cast import Cast
from tests.faults.stored import dump, everything
from tests.web.site import NOW, Site, SiteMaker
from tests.web.support import HTML, PASSWORD, TICKET, browser, by_link, signed_in, ticket, visitor

START_LIMIT_S = 60


def test_proofs_are_long_and_kept_as_digests(any_site: Site) -> None:
    """At least 128 bits each; neither they nor the password stand anywhere in the database."""
    chat, opened, agent = visitor(any_site), ticket(any_site), signed_in(any_site)
    handed = chat.hand_off().json()["handoff"]["ticket"]["token"]
    retried = (
        browser(any_site).post("/api/tickets", json=TICKET, headers={"idempotency-key": "k"}).json()["token"]
    )
    staff = agent.cookies["handrail_staff"]
    proofs = [chat.token, opened["token"], handed, retried, staff]
    assert len(set(proofs)) == len(proofs)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22,}", proof) for proof in proofs)
    kept = dump(any_site.services.database)
    for secret in (*proofs, PASSWORD):
        assert secret not in kept and secret.encode().hex() not in kept


def test_looking_consumes_nothing_and_writes_nothing(any_site: Site) -> None:
    """A GET or HEAD changes no row, however often, from however many browsers: mail scanners open every link."""
    cast = Cast(any_site)
    opened, number = cast.owner.ticket, cast.owner.ticket["number"]
    agent, requester = cast.browser_of("agent", cast.owner), by_link(any_site, opened)
    before = everything(any_site.services.database)
    for _ in range(3):
        for method in ("GET", "HEAD"):
            fresh = browser(any_site)
            assert (
                fresh.request(method, f"/tickets/{number}?token={opened['token']}", headers=HTML).status_code
                == 303
            )
            assert fresh.request(method, f"/tickets/{number}", headers=HTML).status_code == 200
            assert (
                requester.request(method, f"/tickets/{number}?done=solved", headers=HTML).status_code == 200
            )
            assert agent.request(method, f"/workspace/tickets/{number}", headers=HTML).status_code == 200
            for path in (
                "/en/chat",
                "/en/chat?q=a",
                "/en/contact",
                "/sign-in",
                "/en/search?q=a",
                "/en/billing/charged-twice?voted=yes",
                "/workspace",
            ):
                assert agent.request(method, path, headers=HTML).status_code == 200
    assert everything(any_site.services.database) == before


def test_a_link_ends(own_site: Site) -> None:
    """After its time, and when it is rotated; then it is as one that never was."""
    opened, number = ticket(own_site), None
    number, app = opened["number"], own_site.client.app
    bearer = {"authorization": f"Bearer {opened['token']}"}
    wrong = own_site.client.get(f"/api/tickets/{number}", headers={"authorization": "Bearer " + "x" * 43})
    services = app.state.services
    for after, status in (
        (LINK_LASTS - timedelta(seconds=1), 200),
        (LINK_LASTS, 404),
        (LINK_LASTS + timedelta(days=999), 404),
    ):
        app.state.services = replace(services, clock=lambda after=after: NOW + after)
        answer = own_site.client.get(f"/api/tickets/{number}", headers=bearer)
        assert answer.status_code == status
        assert status == 200 or answer.content == wrong.content
    app.state.services = services
    requester = by_link(own_site, opened)
    cast = Cast(own_site)
    token = services.desk.rotate_link(number, cast.person("agent"), NOW)
    assert own_site.client.get(f"/api/tickets/{number}", headers=bearer).content == wrong.content
    assert requester.get(f"/tickets/{number}", headers=HTML).status_code == 404
    assert (
        own_site.client.get(
            f"/api/tickets/{number}", headers={"authorization": f"Bearer {token}"}
        ).status_code
        == 200
    )


def test_pages_behind_a_link_go_nowhere(cast: Cast) -> None:
    """Not into caches, not into the Referer, not into an index, and not by links on the page to strangers."""
    mine = cast.owner
    requester = cast.browser_of("owner", mine)
    for client, path in (
        (requester, f"/tickets/{mine.ticket['number']}"),
        (cast.browser_of("agent", mine), "/workspace"),
        (requester, "/en/chat"),
    ):
        answer = client.get(path, headers=HTML)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        hosts = set(re.findall(r'(?:href|src|action)="https?://([^/"]+)', answer.text))
        assert hosts <= {"127.0.0.1:8000"}
    for path in (f"/api/tickets/{mine.ticket['number']}", f"/api/conversations/{mine.chat.id}/messages"):
        answer = requester.get(path, headers=mine.bearer(path))
        assert answer.headers["cache-control"] == "no-store"
        assert mine.ticket["token"] not in answer.text and mine.chat.token not in answer.text


@pytest.mark.timeout(180)
def test_no_proof_reaches_a_log(site_maker: SiteMaker, tmp_path: Path) -> None:
    """The real server, with canaries in links, headers, cookies, forms and in a failure that it did not foresee."""
    folder = tmp_path / "site"
    made = site_maker.make(folder)
    made.services.database.close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "HANDRAIL_DATA_DIR": str(folder), "HANDRAIL_INDEX_DIR": str(site_maker.index), "HANDRAIL_CONTENT_DIR": str(made.content),
        "HANDRAIL_LOG_LEVEL": "debug", "HANDRAIL_SECRET_KEY": "canary-of-the-secret", "NO_COLOR": "1",
    }  # fmt: skip
    log = tmp_path / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)]
        server = subprocess.Popen(
            command, env=environment, stdout=out, stderr=out, cwd=Path(__file__).parents[2]
        )
        try:
            canaries = _talk(f"http://127.0.0.1:{port}", folder / "handrail.sqlite3")
        finally:
            server.terminate()
            server.wait(timeout=30)
    told = log.read_text(encoding="utf-8")
    assert "unexpected" in told  # the failure is there, with its place in the code …
    for canary in ("canary-of-the-secret", *canaries):
        assert canary not in told  # … and without what it was about


def _talk(url: str, database: Path) -> list[str]:
    """Do everything that has a secret in it; returns the secrets."""
    with httpx2.Client(base_url=url, timeout=30) as client:
        _wait_for(client)
        chat = client.post("/api/conversations", json={}).json()
        opened = client.post(
            "/api/tickets",
            json={**TICKET, "body": "canary-of-the-body"},
            headers={"idempotency-key": "canary-of-the-key"},
        ).json()
        number, token = opened["number"], opened["token"]
        bearer = {"authorization": f"Bearer {token}"}
        said = {"text": "canary-of-the-question about a parrot"}
        client.post(
            f"/api/conversations/{chat['id']}/turns",
            json=said,
            headers={"authorization": f"Bearer {chat['token']}"},
        )
        client.post("/sign-in", data={"email": "canary@x.test", "password": "canary-of-the-password"})
        for path in (
            f"/tickets/{number}?token={token}",
            f"/tickets/{number}?token=canary-of-a-wrong-link",
            f"/tickets/{number}",
            "/en/search?q=canary-of-a-search",
        ):
            client.get(path, headers=HTML)
        client.cookies.set("handrail_staff", "canary-of-a-cookie")
        client.get("/workspace", headers=HTML)
        with sqlite3.connect(database) as direct:
            direct.execute("""UPDATE tickets SET "transcript" = '{broken', body = 'canary-of-the-body'""")
        direct.close()
        for answer in (
            client.get(f"/api/tickets/{number}", headers=bearer),
            client.get(f"/tickets/{number}", headers=HTML),
        ):
            assert answer.status_code == 500
            assert "Traceback" not in answer.text and ".py" not in answer.text and "broken" not in answer.text
        return [
            token,
            chat["token"],
            *(
                f"canary-of-{what}"
                for what in (
                    "the-body",
                    "the-key",
                    "the-question",
                    "the-password",
                    "a-wrong-link",
                    "a-search",
                    "a-cookie",
                )
            ),
        ]


def _wait_for(client: httpx2.Client) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    pytest.fail("the server did not start")


def test_an_echoed_error_names_no_secret(cast: Cast) -> None:
    """A refused body is not repeated: what somebody put into it by mistake stays theirs."""
    answer = cast.site.client.post("/api/tickets", json={**TICKET, "email": ["canary"], "password": "canary"})
    assert answer.status_code == 422
    assert "canary" not in json.dumps(answer.json())
