"""Numbers to read out, tokens to keep secret (P15)."""

import pytest

from app.tickets.numbers import hash_token, new_number, new_token, read_number


def test_numbers_are_random_and_read_back() -> None:
    numbers = {new_number() for _ in range(500)}
    assert len(numbers) >= 499
    assert all(read_number(number) == number for number in numbers)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("H-2N7K4", "H-2N7K4"), ("h-2n7k4", "H-2N7K4"), ("h-oil00", "H-01100"), ("H-2N7K4A", "H-2N7K4A")],
)
def test_numbers_as_people_type_them(typed: str, number: str) -> None:
    assert read_number(typed) == number


@pytest.mark.parametrize(
    "typed",
    ["", "0", "-1", "9223372036854775808", "1e3", "１２", "1%00", "H-２N7K4", "H-2N7K", "H-2N7K4\n", "H-U2345", "2N7K4", "H-2N7K4-"],
)  # fmt: skip
def test_what_is_no_number(typed: str) -> None:
    assert read_number(typed) is None


def test_tokens_have_256_bits_and_are_kept_hashed() -> None:
    """P15: at least 128 bits, hashed at rest."""
    token = new_token()
    assert len(token) >= 43
    assert token != new_token()
    assert token not in hash_token(token)
    assert hash_token("\ud800") != hash_token(token)
