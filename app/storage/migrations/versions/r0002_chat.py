"""What the chat keeps: conversations, turns, votes; and answers to requests that may come again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sa.Text()
_MOMENT = sa.DateTime(timezone=True)
_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _conversations()
    _turns()
    _votes()
    _idempotency()


def downgrade() -> None:
    """Drop them; what was in them is lost."""
    for table in ("idempotency", "votes", "turns", "conversations"):
        op.drop_table(table)


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("token_hash", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=False),
        sa.Column("page_language", _TEXT, nullable=True),
        sa.Column("page_url", _TEXT, nullable=True),
        sa.Column("time_zone", _TEXT, nullable=True),
        sa.Column("ticket_number", _TEXT, nullable=True),
        sa.Column("contact_email", _TEXT, nullable=True),
        sa.Column("contact_name", _TEXT, nullable=True),
        sa.Column("contact_phone", _TEXT, nullable=True),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("last_turn_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["ticket_number"], ["tickets.number"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ticket_number"),
        sa.UniqueConstraint("token_hash"),
    )


def _turns() -> None:
    op.create_table(
        "turns",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("conversation_id", _TEXT, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("question", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.Column("html", _TEXT, nullable=False),
        sa.Column("payload", _JSON, nullable=False),
        sa.Column("generation", _TEXT, nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('answer', 'clarification', 'handoff', 'notice')", name="kind"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "ordinal"),
    )
    op.create_index("ix_turns_at", "turns", ["at"])


def _votes() -> None:
    op.create_table(
        "votes",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("turn_id", _TEXT, nullable=True),
        sa.Column("family", _TEXT, nullable=True),
        sa.Column("language", _TEXT, nullable=True),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("reasons", _JSON, nullable=False),
        sa.Column("comment", _TEXT, nullable=True),
        sa.Column("visitor", _TEXT, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint("(family IS NULL) = (language IS NULL)", name="whole_article"),
        sa.CheckConstraint("(turn_id IS NULL) <> (family IS NULL)", name="one_thing"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("family", "language", "visitor"),
        sa.UniqueConstraint("turn_id", "visitor"),
    )


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("scope", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("body_hash", _TEXT, nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("response", _JSON, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('running', 'done')", name="status"),
        sa.PrimaryKeyConstraint("scope", "key"),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])
