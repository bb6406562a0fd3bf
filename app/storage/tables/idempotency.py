"""`idempotency`: what was answered to a request that may come again (owner: `app/chat/store.py`; P11)."""

from sqlalchemy import CheckConstraint, Column, Index, Table, Text

from app.storage.tables.columns import Json, metadata, moment, text

idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", Text(), primary_key=True),  # caller and route
    Column("key", Text(), primary_key=True),
    text("body_hash"),
    text("status"),
    Column("response", Json, nullable=True),
    moment("created_at"),
    CheckConstraint("status IN ('running', 'done')", name="status"),
    Index(None, "created_at"),
)
