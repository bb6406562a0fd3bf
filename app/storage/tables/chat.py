"""`conversations`, `turns` and `votes` (owner: `app/chat/store.py`)."""

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

from app.storage.tables.columns import Json, metadata, moment, text

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text(), primary_key=True),
    Column("token_hash", Text(), nullable=False, unique=True),
    text("language"),
    text("page_language", nullable=True),
    text("page_url", nullable=True),
    text("time_zone", nullable=True),
    Column("ticket_number", Text(), ForeignKey("tickets.number"), nullable=True, unique=True),
    text("contact_email", nullable=True),
    text("contact_name", nullable=True),
    text("contact_phone", nullable=True),
    moment("opened_at"),
    moment("last_turn_at", nullable=True),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Text(), primary_key=True),
    Column("conversation_id", Text(), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer(), nullable=False),  # 1, 2, 3 … within the conversation
    text("question"),
    text("kind"),
    text("language"),
    text("text"),
    text("html"),
    Column("payload", Json, nullable=False),  # citations, confidence, choices, handoff, degraded
    text("generation", nullable=True),
    moment("at"),
    UniqueConstraint("conversation_id", "ordinal"),
    CheckConstraint("kind IN ('answer', 'clarification', 'handoff', 'notice')", name="kind"),
    Index(None, "at"),
)

votes = Table(
    "votes",
    metadata,
    Column("id", Text(), primary_key=True),
    Column("turn_id", Text(), ForeignKey("turns.id", ondelete="CASCADE"), nullable=True),
    text("family", nullable=True),
    text("language", nullable=True),
    Column("helpful", Boolean(), nullable=False),
    Column("reasons", Json, nullable=False),
    text("comment", nullable=True),
    text("visitor"),  # a hashed key of who voted: one vote each, a second one replaces the first
    moment("at"),
    UniqueConstraint("turn_id", "visitor"),
    UniqueConstraint("family", "language", "visitor"),
    CheckConstraint("(turn_id IS NULL) <> (family IS NULL)", name="one_thing"),
    CheckConstraint("(family IS NULL) = (language IS NULL)", name="whole_article"),
)
