"""The event log keeps what it is told, in order, and only that."""

from datetime import UTC, datetime, timedelta

import pytest

from app.events import log
from app.events.event import Event
from app.storage.database import Database

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_events_of_one_thing_come_back_in_the_order_they_were_written(database: Database) -> None:
    with database.transaction() as tx:
        later = log.append(
            tx, Event(AT + timedelta(hours=1), "ticket.opened", "ticket", "H-AAAAA", "requester")
        )
        earlier = log.append(tx, Event(AT, "ticket.solved", "ticket", "H-AAAAA", "staff:1", {"n": [1, "é"]}))
        log.append(tx, Event(AT, "ticket.opened", "ticket", "H-BBBBB", "requester"))
        log.append(tx, Event(AT, "staff.created", "staff", "H-AAAAA", "system"))
    with database.reading() as tx:
        assert log.of_subject(tx, "ticket", "H-AAAAA") == (later, earlier)
    assert 0 < later.id < earlier.id
    assert earlier.data == {"n": [1, "é"]}


def test_an_event_leaves_with_the_transaction_that_wrote_it(database: Database) -> None:
    class Stop(Exception):
        pass

    def write_and_stop() -> None:
        with database.transaction() as tx:
            log.append(tx, Event(AT, "ticket.opened", "ticket", "H-AAAAA", "requester"))
            raise Stop

    with pytest.raises(Stop):
        write_and_stop()
    with database.reading() as tx:
        assert log.of_subject(tx, "ticket", "H-AAAAA") == ()


@pytest.mark.parametrize(
    "kind", ["", "opened", "Ticket.opened", "ticket.", "ticket opened", "ticket.opened.twice"]
)
def test_a_kind_reads_thing_and_what_happened(kind: str) -> None:
    with pytest.raises(ValueError, match="event kind"):
        Event(AT, kind, "ticket", "H-AAAAA", "system")
