"""`events`: what happened, appended and never changed (owner: `app/events/log.py`).

Triggers in the first migration refuse UPDATE and DELETE in both databases.
"""

from sqlalchemy import Column, Index, Table

from app.storage.tables.columns import Json, RowNumber, metadata, moment, text

events = Table(
    "events",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    moment("at"),
    text("kind"),
    text("subject_type"),
    text("subject_id"),
    text("actor"),
    Column("data", Json, nullable=False),
    Index(None, "subject_type", "subject_id", "id"),
    Index(None, "kind", "at"),
)
