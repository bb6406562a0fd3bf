"""The migrations make exactly the tables that the code describes, on both databases."""

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from app.storage.database import Database
from app.storage.schema import metadata

VERSIONS = Path(__file__).parents[2] / "app/storage/migrations/versions"


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


def test_a_database_that_is_up_to_date_is_seen_without_alembic(database: Database) -> None:
    """A start does not wait for what it does not need; files are numbered as their revisions are."""
    with database.reading() as tx:
        found = tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    code = (
        "import sys; from app.storage.database import Database; "
        "Database(sys.argv[1]).migrate(); sys.exit('alembic' in sys.modules)"
    )
    url = database.url.render_as_string(hide_password=False)
    assert found == max(path.stem for path in VERSIONS.glob("r*_*.py"))[1:5]
    assert subprocess.run([sys.executable, "-c", code, url], check=False).returncode == 0


def _tables(database: Database) -> set[str]:
    with database.reading() as tx:
        return set(inspect(tx).get_table_names())
