"""The first tables: events, staff, tickets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    "events",
    "staff",
    "sign_ins",
    "tickets",
    "ticket_links",
    "ticket_messages",
    "ticket_clocks",
)
_TEXT = sa.Text()
_MOMENT = sa.DateTime(timezone=True)
_JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and the triggers that keep `events` append-only."""
    _events()
    _staff()
    _sign_ins()
    _tickets()
    _ticket_links()
    _ticket_messages()
    _ticket_clocks()
    _keep_events()


def downgrade() -> None:
    """Drop everything; what was in it is lost."""
    for table in reversed(_TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_event_change")


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("subject_type", _TEXT, nullable=False),
        sa.Column("subject_id", _TEXT, nullable=False),
        sa.Column("actor", _TEXT, nullable=False),
        sa.Column("data", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_events_kind_at", "events", ["kind", "at"])
    op.create_index("ix_events_subject_type_subject_id_id", "events", ["subject_type", "subject_id", "id"])


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("email", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("role", _TEXT, nullable=False),
        sa.Column("languages", _JSON, nullable=False),
        sa.Column("teams", _JSON, nullable=False),
        sa.Column("password_hash", _TEXT, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.CheckConstraint("role IN ('agent', 'specialist', 'lead', 'editor', 'admin')", name="role"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )


def _sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("staff_id", _TEXT, nullable=False),
        sa.Column("token_hash", _TEXT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_sign_ins_staff_id", "sign_ins", ["staff_id"])


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("priority", _TEXT, nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("team", _TEXT, nullable=False),
        sa.Column("assignee_id", _TEXT, nullable=True),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("body", _TEXT, nullable=False),
        sa.Column("language", _TEXT, nullable=False),
        sa.Column("topic", _TEXT, nullable=True),
        sa.Column("channel", _TEXT, nullable=False),
        sa.Column("reason", _TEXT, nullable=True),
        sa.Column("requester_email", _TEXT, nullable=True),
        sa.Column("requester_name", _TEXT, nullable=True),
        sa.Column("requester_phone", _TEXT, nullable=True),
        sa.Column("time_zone", _TEXT, nullable=False),
        sa.Column("order", _JSON, nullable=True),
        sa.Column("transcript", _JSON, nullable=False),
        sa.Column("conversation_id", _TEXT, nullable=True),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="priority"),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')", name="status"
        ),
        sa.CheckConstraint("version >= 1", name="version"),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("conversation_id"),
    )
    op.create_index("ix_tickets_assignee_id", "tickets", ["assignee_id"])
    op.create_index("ix_tickets_status_opened_at", "tickets", ["status", "opened_at"])


def _ticket_links() -> None:
    op.create_table(
        "ticket_links",
        sa.Column("token_hash", _TEXT, nullable=False),
        sa.Column("ticket_number", _TEXT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["ticket_number"], ["tickets.number"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_ticket_links_ticket_number", "ticket_links", ["ticket_number"])


def _ticket_messages() -> None:
    op.create_table(
        "ticket_messages",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("ticket_number", _TEXT, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", _TEXT, nullable=False),
        sa.Column("author_id", _TEXT, nullable=True),
        sa.Column("author", _TEXT, nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.Column("is_note", sa.Boolean(), nullable=False),
        sa.CheckConstraint("\"by\" IN ('requester', 'agent', 'system', 'bot')", name="by"),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["ticket_number"], ["tickets.number"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ticket_number", "ordinal"),
    )


def _ticket_clocks() -> None:
    op.create_table(
        "ticket_clocks",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("ticket_number", _TEXT, nullable=False),
        sa.Column("metric", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("fulfilled_at", _MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('running', 'fulfilled', 'cancelled')", name="state"),
        sa.ForeignKeyConstraint(["ticket_number"], ["tickets.number"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ticket_number", "metric"),
    )
    op.create_index("ix_ticket_clocks_state_due_at", "ticket_clocks", ["state", "due_at"])


def _keep_events() -> None:
    refusal = "events are only appended"
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events"
                f" BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()"
    )
