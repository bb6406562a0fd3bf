"""Passwords are kept as salted argon2id hashes, and nobody learns who exists from the time it takes."""

import time

import pytest

from app.errors import Invalid
from app.people.passwords import LONGEST, hash_password, matches, new_password


def test_only_the_right_password_matches() -> None:
    kept = hash_password("correct horse 電池 staple")
    assert kept.startswith("$argon2id$")
    assert kept != hash_password("correct horse 電池 staple")
    assert matches("correct horse 電池 staple", kept)
    for wrong in ("", "correct horse 電池 stapl", "Correct horse 電池 staple", "\ud800", "x" * 10_000):
        assert not matches(wrong, kept)


def test_the_tail_of_a_long_password_counts() -> None:
    kept = hash_password("x" * LONGEST)
    assert matches("x" * LONGEST, kept)
    assert not matches("x" * (LONGEST + 1), kept)


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 257, "lone surrogate \ud800"])
def test_passwords_that_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        hash_password(password)
    assert [problem.field for problem in refused.value.problems] == ["password"]


def test_a_damaged_hash_matches_nothing() -> None:
    assert not matches("correct horse", "no hash at all")


def test_nobody_has_no_password_and_takes_as_long() -> None:
    """P14: the ratio of two times in one run, never a time."""
    kept = hash_password("correct horse battery")
    assert not matches("anything", None)

    def quickest(password_hash: str | None) -> float:
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            matches("wrong password", password_hash)
            times.append(time.perf_counter() - begun)
        return min(times)

    assert 0.4 < quickest(None) / quickest(kept) < 2.5


def test_new_passwords_are_long_and_never_the_same() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    assert all(matches(one, hash_password(one)) for one in list(made)[:1])
    assert all(len(one) == 24 for one in made)
