"""A desk with two people at it, on a fresh database."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import insert

from app.people.directory import Directory
from app.people.person import Person, Role
from app.sla.policy import read_policies
from app.storage.database import Database
from app.storage.tables.people import staff as staff_table
from app.tickets.desk import Desk
from app.tickets.routing import read_routing
from tests.tickets.drafts import NOW


@dataclass(frozen=True, slots=True)
class Staff:
    """Ana speaks English and Spanish, Kenji Japanese; Eva edits articles."""

    ana: Person
    kenji: Person
    eva: Person


@pytest.fixture
def directory(database: Database) -> Directory:
    return Directory(database)


@pytest.fixture
def staff(database: Database, directory: Directory) -> Staff:
    rows = [
        _row("ana", Role.AGENT, "en", "es"),
        _row("kenji", Role.LEAD, "ja"),
        _row("eva", Role.EDITOR, "en", "fr"),
    ]
    with database.transaction() as tx:
        tx.execute(insert(staff_table), rows)
        return Staff(*(directory.by_id(tx, row["id"]) for row in rows))


def _row(name: str, role: Role, *languages: str) -> dict[str, Any]:
    # Straight into the table: hashing a password for each of hundreds of tests takes longer than the tests.
    return {
        "id": name, "email": f"{name}@example.test", "name": name.title(), "role": role.value, "languages": list(languages),
        "teams": [], "password_hash": "none", "is_active": True, "created_at": NOW,
    }  # fmt: skip


@pytest.fixture
def desk(database: Database, directory: Directory, staff: Staff) -> Desk:
    return Desk(database, directory, read_routing(), read_policies())
