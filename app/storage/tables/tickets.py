"""`tickets`, their links, messages and clocks (owner: `app/tickets/store.py`)."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from app.storage.tables.columns import Json, RowNumber, metadata, moment, text

tickets = Table(
    "tickets",
    metadata,
    Column("number", Text(), primary_key=True),
    Column("version", Integer(), nullable=False),  # grows by one with every change
    text("status"),
    text("priority"),
    Column("tier", Integer(), nullable=False),
    text("team"),
    Column("assignee_id", Text(), ForeignKey("staff.id"), nullable=True),
    text("subject"),
    text("body"),
    text("language"),
    text("topic", nullable=True),
    text("channel"),
    text("reason", nullable=True),  # why the bot handed off
    text("requester_email", nullable=True),
    text("requester_name", nullable=True),
    text("requester_phone", nullable=True),
    text("time_zone"),
    Column("order", Json, nullable=True),
    Column("transcript", Json, nullable=False),
    # Support does not know chat, so there is no foreign key; UNIQUE keeps one handoff from making two tickets.
    Column("conversation_id", Text(), nullable=True, unique=True),
    moment("opened_at"),
    moment("updated_at"),
    CheckConstraint("status IN ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')", name="status"),
    CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="priority"),
    CheckConstraint("version >= 1", name="version"),
    Index(None, "status", "opened_at"),
    Index(None, "assignee_id"),
)

ticket_links = Table(
    "ticket_links",
    metadata,
    Column("token_hash", Text(), primary_key=True),
    Column("ticket_number", Text(), ForeignKey("tickets.number"), nullable=False),
    moment("created_at"),
    moment("expires_at"),
    moment("revoked_at", nullable=True),
    Index(None, "ticket_number"),
)

ticket_messages = Table(
    "ticket_messages",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("ticket_number", Text(), ForeignKey("tickets.number"), nullable=False),
    Column("ordinal", Integer(), nullable=False),
    moment("at"),
    text("by"),
    Column("author_id", Text(), ForeignKey("staff.id"), nullable=True),
    text("author"),
    text("text"),
    Column("is_note", Boolean(), nullable=False),
    UniqueConstraint("ticket_number", "ordinal"),
    CheckConstraint("\"by\" IN ('requester', 'agent', 'system', 'bot')", name="by"),
)

ticket_clocks = Table(
    "ticket_clocks",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("ticket_number", Text(), ForeignKey("tickets.number"), nullable=False),
    text("metric"),
    text("state"),
    moment("started_at"),
    moment("due_at"),
    moment("fulfilled_at", nullable=True),
    UniqueConstraint("ticket_number", "metric"),
    CheckConstraint("state IN ('running', 'fulfilled', 'cancelled')", name="state"),
    Index(None, "state", "due_at"),
)
