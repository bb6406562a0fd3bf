"""What a database holds, whole: to see that a refusal left nothing behind."""

from typing import Any

from sqlalchemy import select

from app.storage.database import Database
from app.storage.schema import metadata


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in an order that does not change."""
    with database.reading() as tx:
        return {
            table.name: sorted((tuple(row) for row in tx.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def dump(database: Database) -> str:
    """The same as one text, for whoever looks for a word in it."""
    return repr(everything(database))


def count(database: Database, table: str) -> int:
    """How many rows a table has."""
    return len(everything(database)[table])
