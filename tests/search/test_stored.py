"""What is stored comes back equal; what does not fit is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.stored import from_bytes, to_bytes


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    took: timedelta | None
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outer:
    text: str
    number: int
    share: float
    is_on: bool
    colour: Colour
    day: date | None
    moment: datetime
    pair: tuple[str, int]
    inner: tuple[Inner, ...]


_text = st.text(st.characters(exclude_categories=["Cs"]))
_inner = st.builds(
    Inner,
    st.none() | st.integers(0, 10**6).map(lambda s: timedelta(seconds=s)),
    st.dictionaries(_text, _text, max_size=3),
)
_outer = st.builds(
    Outer,
    text=_text,
    number=st.integers(-(2**63), 2**63 - 1),
    share=st.floats(allow_nan=False, allow_infinity=False),
    is_on=st.booleans(),
    colour=st.sampled_from(Colour),
    day=st.none() | st.dates(),
    moment=st.datetimes(timezones=st.just(UTC)),
    pair=st.tuples(_text, st.integers(-(2**63), 2**63 - 1)),
    inner=st.lists(_inner, max_size=3).map(tuple),
)


@given(_outer)
def test_everything_comes_back_equal(value: Outer) -> None:
    assert from_bytes(Outer, to_bytes(value)) == value


@given(_outer)
def test_equal_values_give_equal_bytes(value: Outer) -> None:
    """The hash of a manifest depends on it."""
    assert to_bytes(from_bytes(Outer, to_bytes(value))) == to_bytes(value)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b"null", b'{"took": null}', b'{"took": null, "words": {}, "more": 1}', b'{"took": "x", "words": {}}',
        b'{"took": null, "words": []}', b'{"took": null, "words": {"a": 1}}', b"\xff", b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_bytes(Inner, data)
