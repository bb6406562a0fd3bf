"""The one `metadata` all tables belong to, and the column types both databases understand."""

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Integer, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

# Constraints carry names so that a later migration can address them on SQLite too.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment: UTC in the database, UTC on the way out; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment of any zone into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        at = value.astimezone(UTC)
        # SQLite keeps text without a zone; leaving the zone off makes its text sort by time.
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  # SQLAlchemy passes it by name
    ) -> datetime | None:
        """Give the moment back as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""An object or a list; a Python `None` is SQL NULL, never the JSON word null."""

RowNumber = BigInteger().with_variant(Integer(), "sqlite")
"""A counted key: 64 bits on PostgreSQL, SQLite's rowid there."""


def text(name: str, *, nullable: bool = False) -> Column[str]:
    """A text column."""
    return Column(name, Text(), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    """A column for an aware UTC moment."""
    return Column(name, Moment(), nullable=nullable)
