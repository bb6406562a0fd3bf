"""Opening a ticket: everything it needs, or nothing."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.errors import Conflict, Invalid
from app.sla.policy import Priority
from app.storage.database import Database
from app.tickets import opening
from app.tickets.desk import Desk
from app.tickets.opening import OpenedTicket
from app.tickets.ticket import Requester, Status
from tests.tickets.conftest import Staff
from tests.tickets.drafts import NOW, PLAIN, WHOLE, draft

TABLES = ("tickets", "ticket_links", "ticket_clocks", "ticket_messages", "events")


def _counts(database: Database) -> dict[str, int]:
    with database.reading() as tx:
        return {table: tx.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES}


def test_a_whole_draft_comes_back_as_it_was_sent(desk: Desk, staff: Staff) -> None:
    opened = desk.open(WHOLE, NOW)
    ticket = desk.view_for_agent(opened.ticket.number, staff.ana).ticket
    assert ticket == opened.ticket
    for name in (
        "subject",
        "body",
        "language",
        "requester",
        "channel",
        "topic",
        "time_zone",
        "transcript",
        "order",
    ):
        assert getattr(ticket, name) == getattr(WHOLE, name), name
    assert (ticket.status, ticket.version, ticket.reason) == (Status.NEW, 1, "LOW_CONFIDENCE")


def test_it_is_routed_to_a_team_and_to_somebody_who_speaks_the_language(desk: Desk, staff: Staff) -> None:
    """R1.9, P24."""
    japanese = desk.open(WHOLE, NOW)
    assert (japanese.ticket.team, japanese.ticket.assignee_id) == ("billing", staff.kenji.id)
    assert desk.open(draft(language="es"), NOW).ticket.assignee_id == staff.ana.id
    nobody_answers_in_it = desk.open(draft(language="fr"), NOW).ticket
    assert (nobody_answers_in_it.team, nobody_answers_in_it.assignee_id) == ("front-line", None)


@pytest.mark.parametrize(
    ("topic", "reason", "priority", "hours"),
    [
        (None, None, Priority.NORMAL, 24),
        ("billing", None, Priority.HIGH, 8),
        (None, "SENSITIVE_TOPIC", Priority.URGENT, 4),
    ],
)
def test_the_promise_follows_the_priority(
    desk: Desk, topic: str | None, reason: str | None, priority: Priority, hours: int
) -> None:
    """R2.2: never more than 24 hours."""
    opened = desk.open(draft(topic=topic, reason=reason), NOW)
    assert opened.ticket.priority is priority
    assert opened.first_response_due_at == NOW + timedelta(hours=hours)
    assert desk.view(opened.ticket.number).first_response_due_at == opened.first_response_due_at


def test_a_refused_draft_leaves_nothing(database: Database, desk: Desk) -> None:
    before = _counts(database)
    with pytest.raises(Invalid):
        desk.open(draft(requester=Requester("a@x.test, b@evil.test")), NOW)
    assert _counts(database) == before


def test_the_callers_transaction_takes_everything_back(database: Database, desk: Desk) -> None:
    """Promises §5.1: the chat marks its conversation in the same transaction."""
    before = _counts(database)

    def open_and_stop() -> None:
        with database.transaction() as tx:
            opened = desk.open(PLAIN, NOW, tx)
            assert desk.view(opened.ticket.number, tx).number == opened.ticket.number
            raise RuntimeError

    with pytest.raises(RuntimeError):
        open_and_stop()
    assert _counts(database) == before


def test_one_conversation_makes_one_ticket(database: Database, desk: Desk) -> None:
    desk.open(WHOLE, NOW)
    before = _counts(database)
    with pytest.raises(Conflict, match="conversation"):
        desk.open(WHOLE, NOW)
    assert _counts(database) == before


def test_one_conversation_handed_off_by_many_at_once_makes_one_ticket(database: Database, desk: Desk) -> None:
    """P21, P24: a race, on both databases."""
    opened: list[OpenedTicket] = []
    refused: list[Conflict] = []

    def hand_off() -> None:
        try:
            opened.append(desk.open(WHOLE, NOW))
        except Conflict as conflict:
            refused.append(conflict)

    _at_once(hand_off, 12)
    assert (len(opened), len(refused)) == (1, 11)
    assert _counts(database)["tickets"] == 1


def test_a_number_that_is_taken_is_not_given_again(
    database: Database, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.open(PLAIN, NOW).ticket.number
    numbers = iter([first, first, "H-ZZZZZ"])
    monkeypatch.setattr(opening, "new_number", lambda _length: next(numbers))
    assert desk.open(replace(PLAIN, conversation_id="c9"), NOW).ticket.number == "H-ZZZZZ"
    assert _counts(database)["tickets"] == 2


def test_tokens_are_kept_as_hashes_only(database: Database, desk: Desk) -> None:
    """P15: a canary: the token is in no table and in no repr."""
    opened = desk.open(WHOLE, NOW)
    with database.reading() as tx:
        kept = str([tx.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES])
    assert opened.ticket.number in kept
    assert opened.token not in kept
    assert opened.token not in repr(opened)


def _at_once(act: Callable[[], None], times: int) -> None:
    gate = threading.Barrier(times)

    def wait_and_act() -> None:
        gate.wait()
        act()

    threads = [threading.Thread(target=wait_and_act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
