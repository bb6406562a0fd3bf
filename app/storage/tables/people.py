"""`staff` and `sign_ins` (owner: `app/people/directory.py`)."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Table, Text

from app.storage.tables.columns import Json, metadata, moment, text

staff = Table(
    "staff",
    metadata,
    Column("id", Text(), primary_key=True),
    Column("email", Text(), nullable=False, unique=True),  # lower case
    text("name"),
    text("role"),
    Column("languages", Json, nullable=False),  # list of tags
    Column("teams", Json, nullable=False),  # list of team keys of routing.toml
    text("password_hash"),
    Column("is_active", Boolean(), nullable=False),
    moment("created_at"),
    CheckConstraint("role IN ('agent', 'specialist', 'lead', 'editor', 'admin')", name="role"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", Text(), primary_key=True),
    Column("staff_id", Text(), ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    Column("token_hash", Text(), nullable=False, unique=True),
    moment("created_at"),
    moment("expires_at"),
    moment("revoked_at", nullable=True),
    Index(None, "staff_id"),
)
