"""An acknowledged ticket survives the process, and no ticket is half there (P1)."""

import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from app.errors import NotFound
from app.people.directory import Directory
from app.sla.policy import read_policies
from app.storage.database import Database
from app.tickets.desk import Desk
from app.tickets.routing import read_routing

PROJECT = Path(__file__).parents[2]
KILLS = 12
AT_LEAST = 100  # acknowledged tickets, so that "0 lost" says something


def _strace_works() -> bool:
    found = shutil.which("strace")
    return (
        found is not None
        and subprocess.run([found, "-e", "trace=none", "true"], check=False, capture_output=True).returncode
        == 0
    )


@pytest.mark.slow
def test_no_acknowledged_ticket_is_lost_and_none_is_half(database_url: str) -> None:
    """P1: `kill -9` at a random moment, twelve times, on both databases."""
    moments = random.Random(1)  # the moments of the kills, not a secret
    acknowledged: list[tuple[str, str]] = []
    for _ in range(KILLS):
        acknowledged += _opened_before_the_kill(database_url, moments.uniform(0.05, 0.4))
    database = Database(database_url)
    assert len(acknowledged) >= AT_LEAST
    assert _lost(database, acknowledged) == []
    assert _half_tickets(database) == []
    assert _loose_rows(database) == {}
    database.close()


@pytest.mark.skipif(not _strace_works(), reason="strace is not installed or may not trace here")
def test_every_acknowledgement_comes_after_the_disk_has_the_ticket(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    """P2: between two acknowledgements the write-ahead log was synced, every time."""
    path, trace = tmp_path / "handrail.sqlite3", tmp_path / "trace"
    shutil.copyfile(migrated_sqlite, path)
    opener = [sys.executable, "-m", "tests.faults.ticket_opener", f"sqlite:///{path}", "20"]
    strace = ["strace", "-f", "-y", "-e", "trace=fdatasync,fsync,write", "-o", str(trace)]
    subprocess.run([*strace, *opener], check=True, capture_output=True, cwd=PROJECT)
    synced, unsynced, told = False, 0, 0
    for line in trace.read_text().splitlines():
        if "sync(" in line and "handrail.sqlite3-wal" in line and line.endswith("= 0"):
            synced = True
        elif "write(1<" in line and '"H-' in line:
            told += 1
            unsynced += not synced
            synced = False
    assert (told, unsynced) == (20, 0)


def _opened_before_the_kill(url: str, lives_s: float) -> list[tuple[str, str]]:
    """Let a process open tickets for `lives_s` after its first acknowledgement; what it acknowledged in its life."""
    command = [sys.executable, "-m", "tests.faults.ticket_opener", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) as process:
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(lives_s)
        process.kill()
        told = (first + process.stdout.read()).decode()
    # A line without its end was cut by the kill: nobody has been told that number.
    return [(number, token) for number, _, token in (line.partition(" ") for line in told.split("\n")[:-1])]


def _lost(database: Database, acknowledged: list[tuple[str, str]]) -> list[str]:
    """Numbers that were told to somebody but cannot be opened with their link."""
    desk = Desk(database, Directory(database), read_routing(), read_policies())
    return [number for number, token in acknowledged if not _opens(desk, number, token)]


def _opens(desk: Desk, number: str, token: str) -> bool:
    try:
        return desk.view_for_requester(number, token, datetime.now(UTC)).number == number
    except NotFound:
        return False


def _half_tickets(database: Database) -> list[str]:
    """Tickets, acknowledged or not, that lack their clock, link or events, or have one of them twice."""
    query = text("""
        SELECT number FROM tickets WHERE NOT (
            1 = (SELECT count(*) FROM ticket_clocks WHERE ticket_number = number)
            AND 1 = (SELECT count(*) FROM ticket_links WHERE ticket_number = number)
            AND 1 = (SELECT count(*) FROM events WHERE subject_id = number AND kind = 'ticket.opened')
            AND 1 = (SELECT count(*) FROM events WHERE subject_id = number AND kind = 'clock.started'))
    """)
    with database.reading() as tx:
        return list(tx.scalars(query))


def _loose_rows(database: Database) -> dict[str, int]:
    """Rows without their ticket, by table."""
    with database.reading() as tx:
        counts = {
            "ticket_clocks": tx.scalar(text("SELECT count(*) FROM ticket_clocks WHERE ticket_number NOT IN (SELECT number FROM tickets)")),
            "ticket_links": tx.scalar(text("SELECT count(*) FROM ticket_links WHERE ticket_number NOT IN (SELECT number FROM tickets)")),
            "events": tx.scalar(text("SELECT count(*) FROM events WHERE subject_id NOT IN (SELECT number FROM tickets)")),
        }  # fmt: skip
    return {table: count for table, count in counts.items() if count}
