"""All tables, loaded: what Alembic and the tests compare a migrated database with."""

from app.storage.tables import chat, events, idempotency, people, tickets
from app.storage.tables.columns import metadata

__all__ = ["chat", "events", "idempotency", "metadata", "people", "tickets"]
