"""The staff directory on both databases: accounts, sign-ins, and their end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.errors import Conflict, Invalid, NotFound, NotSignedIn
from app.events import log
from app.people.directory import SIGN_IN_LASTS, Directory, SignIn
from app.people.person import NewPerson, Person, Role
from app.storage.database import Database

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PASSWORD = "correct horse battery"
ANA = NewPerson("Ana@Example.test", "Ana Ruiz", Role.AGENT, ("en", "es"), ("billing",))


@pytest.fixture
def directory(database: Database) -> Directory:
    return Directory(database)


@pytest.fixture
def ana(database: Database, directory: Directory) -> Person:
    with database.transaction() as tx:
        return directory.create(tx, ANA, PASSWORD, NOW)


def _sign_in(directory: Directory) -> SignIn:
    return directory.sign_in("ana@example.test", PASSWORD, NOW)


def test_a_person_comes_back_as_created(database: Database, directory: Directory, ana: Person) -> None:
    with database.reading() as tx:
        assert directory.by_id(tx, ana.id) == ana
        assert directory.by_email(tx, "ANA@example.TEST") == ana
        assert directory.by_email(tx, "nobody@example.test") is None
        assert directory.everyone(tx) == (ana,)
        with pytest.raises(NotFound):
            directory.by_id(tx, "nobody")
        assert [event.kind for event in log.of_subject(tx, "staff", ana.id)] == ["staff.created"]
    assert (ana.email, ana.languages, ana.teams) == ("ana@example.test", ("en", "es"), ("billing",))


def test_an_address_is_given_once(database: Database, directory: Directory, ana: Person) -> None:
    with pytest.raises(Conflict), database.transaction() as tx:
        directory.create(tx, replace(ANA, email="ANA@EXAMPLE.TEST"), PASSWORD, NOW)
    with database.reading() as tx:
        assert len(directory.everyone(tx)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "a@x.test, b@evil.test"}, "email"),
        ({"name": "Ana\u2028Ruiz"}, "name"),
        ({"name": ""}, "name"),
        ({"languages": ()}, "languages"),
        ({"languages": ("en", "tlh")}, "languages"),
    ],
)
def test_wrong_fields_are_named(
    database: Database, directory: Directory, change: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused, database.transaction() as tx:
        directory.create(tx, replace(ANA, **change), PASSWORD, NOW)
    assert [problem.field for problem in refused.value.problems] == [field]
    with database.reading() as tx:
        assert directory.everyone(tx) == ()


def test_signing_in_tells_a_token_whose_hash_alone_is_kept(
    database: Database, directory: Directory, ana: Person
) -> None:
    signed_in = _sign_in(directory)
    assert signed_in.person == ana
    assert len(signed_in.token) >= 43  # 256 bits
    assert signed_in.token not in repr(signed_in)
    assert directory.who(signed_in.token, NOW) == ana
    with database.reading() as tx:
        kept = tx.execute(text("SELECT * FROM sign_ins")).all()
        told = log.of_subject(tx, "staff", ana.id)
    assert signed_in.token not in str(kept)
    assert signed_in.token not in str(told)
    assert told[-1].kind == "staff.signed_in"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ana@example.test", "wrong password"),
        ("nobody@example.test", PASSWORD),
        ("", ""),
        ("ana@example.test\x00", PASSWORD),
        ("ana@example.test", "\ud800"),
        ("' OR 1=1 --", PASSWORD),
    ],
)
def test_every_wrong_sign_in_is_refused_in_the_same_words(
    directory: Directory, ana: Person, email: str, password: str
) -> None:
    with pytest.raises(NotSignedIn) as refused:
        directory.sign_in(email, password, NOW)
    assert refused.value.detail == "The e-mail address or the password is wrong."


def test_a_sign_in_ends_by_time(directory: Directory, ana: Person) -> None:
    token = _sign_in(directory).token
    assert directory.who(token, NOW + SIGN_IN_LASTS - timedelta(seconds=1)) == ana
    assert directory.who(token, NOW + SIGN_IN_LASTS) is None


def test_a_sign_in_ends_by_signing_out_and_others_go_on(
    database: Database, directory: Directory, ana: Person
) -> None:
    here, there = _sign_in(directory).token, _sign_in(directory).token
    directory.sign_out(here, NOW)
    directory.sign_out(here, NOW)
    directory.sign_out("no such token \ud800", NOW)
    assert directory.who(here, NOW) is None
    assert directory.who(there, NOW) == ana
    with database.reading() as tx:
        kinds = [event.kind for event in log.of_subject(tx, "staff", ana.id)]
    assert kinds.count("staff.signed_out") == 1


def test_who_left_is_out_at_once(database: Database, directory: Directory, ana: Person) -> None:
    token = _sign_in(directory).token
    with database.transaction() as tx:
        directory.disable(tx, ana, "system", NOW)
    assert directory.who(token, NOW) is None
    with pytest.raises(NotSignedIn):
        _sign_in(directory)
    with database.reading() as tx:
        assert directory.everyone(tx) == ()


def test_demo_staff_is_made_once_and_speaks_every_language(database: Database, directory: Directory) -> None:
    with database.transaction() as tx:
        accounts = directory.create_demo_staff(tx, NOW)
        assert directory.create_demo_staff(tx, NOW) == ()
    assert [account.person.role for account in accounts] == [Role.AGENT, Role.LEAD]
    spoken = {language for account in accounts for language in account.person.languages}
    assert spoken == {"en", "es", "de", "fr", "ja", "zh-Hans", "ar", "pt-BR"}
    for account in accounts:
        assert directory.sign_in(account.person.email, account.password, NOW).person == account.person
        assert account.password not in repr(account)
