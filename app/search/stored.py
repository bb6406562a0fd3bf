"""Frozen dataclasses to JSON and back, exactly, guided by their annotations.

JSON and not pickle: a generation is data from a disk, and reading data must never run code.
"""

from typing import TypeVar

import msgspec

T = TypeVar("T")


def to_bytes(value: object) -> bytes:
    """The JSON of `value`; equal values give equal bytes. Numbers must be finite, integers of at most 64 bits."""
    return msgspec.json.encode(value, order="sorted")


def from_bytes(kind: type[T], data: bytes) -> T:
    """What `to_bytes` wrote, as a `kind` (a dataclass, or a tuple of them); `ValueError` when it is not one."""
    try:
        value = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"not a stored {kind}: {error}") from error
    # Fields that this version does not know are passed over in silence, but they are not written again.
    if to_bytes(value) != data:
        raise ValueError(f"not a stored {kind} of this version")
    return value
