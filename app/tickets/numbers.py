"""Ticket numbers, which people read out, and link tokens, which open a ticket.

A number is random so that it tells nothing about others, but it is no secret; the token is (P15).
"""

import hashlib
import re
import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # base 32 without I, L, O and U (Crockford)
LENGTH = 5
_NUMBER = re.compile(rf"H-[{CROCKFORD}]{{5,8}}")
_MISREAD = str.maketrans("ILO", "110")


def new_number(length: int = LENGTH) -> str:
    """A random number such as `H-2N7K4`: 33 million of them at five letters."""
    return "H-" + "".join(secrets.choice(CROCKFORD) for _ in range(length))


def read_number(text: str) -> str | None:
    """The number that somebody typed (`h-2n7k4`, with O for 0 and I or L for 1), or None."""
    upper = text.upper() if text.isascii() else ""
    number = upper[:2] + upper[2:].translate(_MISREAD)
    return number if _NUMBER.fullmatch(number) else None


def new_token() -> str:
    """A link token of 256 random bits."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What the database keeps of a token. A plain digest is enough for 256 random bits."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
