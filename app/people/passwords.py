"""Passwords: argon2id, with the parameters that OWASP recommends (Password Storage Cheat Sheet, 2023: 19 MiB, 2, 1)."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import Invalid

SHORTEST = 12
LONGEST = 256  # a longer one only keeps the processor busy
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """The salted hash to keep; `Invalid` when the password is too short, too long or no text."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid.field("password", f"must have {SHORTEST} to {LONGEST} characters")
    try:
        return _hasher.hash(password)
    except UnicodeEncodeError:
        raise Invalid.field("password", "must be text") from None


def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of that hash. Without a hash it takes as long and says no (P14)."""
    try:
        right = _hasher.verify(password_hash or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
    return right and password_hash is not None and len(password) <= LONGEST


def new_password() -> str:
    """A password of 96 random bits that can be read out on the phone: `k7x2-…`, four letters in five groups."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(5))


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex())
