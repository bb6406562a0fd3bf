"""A process that opens tickets: `python -m tests.faults.ticket_opener URL [COUNT]`, without a count until it is killed.

Each number goes to standard output in one write once `Desk.open` has returned: that is the acknowledgement.
"""

import os
import sys
import threading
from datetime import UTC, datetime

from app.people.directory import Directory
from app.sla.policy import read_policies
from app.storage.database import Database
from app.tickets.desk import Desk
from app.tickets.draft import TicketDraft
from app.tickets.routing import read_routing
from app.tickets.ticket import Channel, Requester

THREADS = 3


def main(url: str, count: int | None) -> None:
    """Open `count` tickets one after the other, or tickets in several threads for ever."""
    database = Database(url)
    desk = Desk(database, Directory(database), read_routing(), read_policies())
    if count is not None:
        _open_tickets(desk, count)
        return
    for _ in range(THREADS):
        threading.Thread(target=_open_tickets, args=(desk, sys.maxsize)).start()


def _open_tickets(desk: Desk, count: int) -> None:
    draft = TicketDraft(
        "Charged twice", "x" * 5_000, "en", Requester("pat@shop.test"), Channel.IN_APP, topic="billing"
    )
    for _ in range(count):
        opened = desk.open(draft, datetime.now(UTC))
        os.write(1, f"{opened.ticket.number} {opened.token}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
