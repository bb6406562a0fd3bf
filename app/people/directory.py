"""The staff directory: who works here, and their sign-ins. Owns `staff` and `sign_ins`."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, func, insert, select, update

from app.errors import Conflict, FieldProblem, Invalid, NotFound, NotSignedIn
from app.events import log
from app.events.event import STAFF, SYSTEM, Event
from app.languages import TAGS
from app.people.passwords import hash_password, matches, new_password
from app.people.person import NewPerson, Person, Role
from app.people.plain_text import LONGEST_NAME, address_fault, line_fault
from app.storage.database import Database, Transaction
from app.storage.tables.people import sign_ins, staff

SIGN_IN_LASTS = timedelta(hours=12)
DEMO_STAFF = (
    NewPerson("agent@handrail.example", "Ana Ruiz", Role.AGENT, ("en", "es", "de", "fr", "pt-BR")),
    NewPerson("lead@handrail.example", "Kenji Mori", Role.LEAD, ("en", "ja", "zh-Hans", "ar")),
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A fresh sign-in. `token` is told once; the database keeps its hash."""

    person: Person
    token: str = field(repr=False)  # must not reach a log
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A demo account with the password that is shown once."""

    person: Person
    password: str = field(repr=False)


class Directory:
    """Staff and sign-ins of one database.

    Signing in opens transactions of its own, because checking a password is slow and must not hold the write lock.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, tx: Transaction, new: NewPerson, password: str, now: datetime) -> Person:
        """Add somebody; `Invalid` names wrong fields, `Conflict` an address that is taken."""
        _check(new)
        email = new.email.lower()
        if self.by_email(tx, email):
            raise Conflict(f"{email} already has an account.")
        person = Person(
            secrets.token_hex(16), email, new.name, new.role, new.languages, new.teams, True, created_at=now
        )
        tx.execute(insert(staff).values(_row(person, hash_password(password))))
        log.append(tx, Event(now, "staff.created", "staff", person.id, SYSTEM, {"role": person.role.value}))
        return person

    def create_demo_staff(self, tx: Transaction, now: datetime) -> tuple[DemoAccount, ...]:
        """An agent and a lead with new passwords, told once; nothing when anybody works here already."""
        if tx.scalar(select(func.count()).select_from(staff)):
            return ()
        passwords = [new_password() for _ in DEMO_STAFF]
        return tuple(
            DemoAccount(self.create(tx, new, password, now), password)
            for new, password in zip(DEMO_STAFF, passwords, strict=True)
        )

    def by_id(self, tx: Transaction, person_id: str) -> Person:
        """The person of that id; `NotFound` otherwise."""
        row = tx.execute(select(staff).where(staff.c.id == person_id)).mappings().first()
        if row is None:
            raise NotFound
        return _person(row)

    def by_email(self, tx: Transaction, email: str) -> Person | None:
        """Whoever has that address, in whatever case it is written."""
        row = tx.execute(select(staff).where(staff.c.email == email.lower())).mappings().first()
        return _person(row) if row else None

    def everyone(self, tx: Transaction) -> tuple[Person, ...]:
        """All who work here now, by name."""
        rows = tx.execute(
            select(staff).where(staff.c.is_active).order_by(staff.c.name, staff.c.id)
        ).mappings()
        return tuple(_person(row) for row in rows)

    def disable(self, tx: Transaction, person: Person, by: str, now: datetime) -> None:
        """They left: no sign-in from this moment on."""
        tx.execute(update(staff).where(staff.c.id == person.id).values(is_active=False))
        self._revoke(tx, sign_ins.c.staff_id == person.id, now)
        log.append(tx, Event(now, "staff.disabled", "staff", person.id, by))

    def sign_in(self, email: str, password: str, now: datetime) -> SignIn:
        """Check a password and begin a sign-in; `NotSignedIn` tells not which of the two was wrong."""
        known = self._credentials(email)
        if not matches(password, known[1] if known else None) or known is None:
            raise NotSignedIn("The e-mail address or the password is wrong.")
        return self._begin(known[0], now)

    def who(self, token: str, now: datetime) -> Person | None:
        """Whose token this is; None when it is unknown, expired, revoked, or its owner has left."""
        valid = (
            (sign_ins.c.token_hash == _hash(token)) & (sign_ins.c.expires_at > now)
            & sign_ins.c.revoked_at.is_(None) & staff.c.is_active
        )  # fmt: skip
        with self._database.reading() as tx:
            row = tx.execute(select(staff).join(sign_ins).where(valid)).mappings().first()
        return _person(row) if row else None

    def sign_out(self, token: str, now: datetime) -> None:
        """End one sign-in; an unknown token is no fault."""
        with self._database.transaction() as tx:
            for owner in self._revoke(tx, sign_ins.c.token_hash == _hash(token), now):
                log.append(tx, Event(now, "staff.signed_out", "staff", owner, f"{STAFF}{owner}"))

    def _credentials(self, email: str) -> tuple[Person, str] | None:
        if address_fault(email):
            return None  # some of these no database can even look up
        with self._database.reading() as tx:
            mine = (staff.c.email == email.lower()) & staff.c.is_active
            row = tx.execute(select(staff).where(mine)).mappings().first()
        return (_person(row), row["password_hash"]) if row else None

    def _begin(self, person: Person, now: datetime) -> SignIn:
        sign_in = SignIn(person, secrets.token_urlsafe(32), now + SIGN_IN_LASTS)
        values = {
            "id": secrets.token_hex(16),
            "staff_id": person.id,
            "token_hash": _hash(sign_in.token),
            "created_at": now,
            "expires_at": sign_in.expires_at,
        }
        with self._database.transaction() as tx:
            tx.execute(insert(sign_ins).values(values))
            log.append(tx, Event(now, "staff.signed_in", "staff", person.id, person.actor))
        return sign_in

    def _revoke(self, tx: Transaction, which: ColumnElement[bool], now: datetime) -> Sequence[str]:
        running = which & sign_ins.c.revoked_at.is_(None)
        revoked = update(sign_ins).where(running).values(revoked_at=now).returning(sign_ins.c.staff_id)
        return tx.scalars(revoked).all()


def _check(new: NewPerson) -> None:
    faults = {
        "email": address_fault(new.email),
        "name": line_fault(new.name, LONGEST_NAME),
        "languages": None
        if new.languages and set(new.languages) <= set(TAGS)
        else f"must be among {', '.join(TAGS)}",
    }
    if problems := [FieldProblem(field, message) for field, message in faults.items() if message]:
        raise Invalid(f"{problems[0].field}: {problems[0].message}", problems=problems)


def _hash(token: str) -> str:
    # The token has 256 random bits, so a plain digest is enough; "replace" keeps a lone surrogate from raising.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _row(person: Person, password_hash: str) -> dict[str, object]:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "role": person.role.value,
        "languages": list(person.languages),
        "teams": list(person.teams),
        "password_hash": password_hash,
        "is_active": person.is_active,
        "created_at": person.created_at,
    }


def _person(row: RowMapping) -> Person:
    return Person(
        row["id"],
        row["email"],
        row["name"],
        Role(row["role"]),
        tuple(row["languages"]),
        tuple(row["teams"]),
        row["is_active"],
        row["created_at"],
    )
