"""The event log: `append` and read, nothing else. The database itself refuses changes and deletions."""

from dataclasses import replace

from sqlalchemy import RowMapping, insert, select

from app.events.event import Event
from app.storage.database import Transaction
from app.storage.tables.events import events


def append(tx: Transaction, event: Event) -> Event:
    """Write one event in the caller's transaction; returns it with its id."""
    values = {
        "at": event.at,
        "kind": event.kind,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
        "actor": event.actor,
        "data": dict(event.data),
    }
    number = tx.scalar(insert(events).values(values).returning(events.c.id))
    return replace(event, id=number or 0)


def of_subject(tx: Transaction, subject_type: str, subject_id: str) -> tuple[Event, ...]:
    """Everything that happened to one thing, oldest first."""
    mine = (events.c.subject_type == subject_type) & (events.c.subject_id == subject_id)
    rows = tx.execute(select(events).where(mine).order_by(events.c.id)).mappings()
    return tuple(_event(row) for row in rows)


def _event(row: RowMapping) -> Event:
    return Event(**row)
