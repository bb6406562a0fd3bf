"""The migrations make exactly the tables that the code describes, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from app.storage.database import Database
from app.storage.schema import metadata


def test_migrated_schema_and_tables_agree(database: Database) -> None:
    """P24: nothing to add, nothing to drop, no other type, no other null."""
    with database.reading() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_names_of_all_constraints_agree(database: Database) -> None:
    """Alembic compares no CHECK constraints and no primary key names; a later migration needs both."""
    with database.reading() as tx:
        inspector = inspect(tx)
        for table in metadata.sorted_tables:
            described = {str(constraint.name) for constraint in table.constraints}
            found = {check["name"] for check in inspector.get_check_constraints(table.name)}
            found |= {unique["name"] for unique in inspector.get_unique_constraints(table.name)}
            found |= {foreign["name"] for foreign in inspector.get_foreign_keys(table.name)}
            found.add(inspector.get_pk_constraint(table.name)["name"])
            assert found == described, table.name


def test_migrating_twice_changes_nothing(database: Database) -> None:
    before = _tables(database)
    database.migrate()
    assert _tables(database) == before
    assert {table.name for table in metadata.sorted_tables} < before


def _tables(database: Database) -> set[str]:
    with database.reading() as tx:
        return set(inspect(tx).get_table_names())
