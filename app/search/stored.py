"""Frozen dataclasses to JSON and back, exactly, guided by their annotations.

JSON and not pickle: a generation is data from a disk, and reading data must never run code. Knows what articles,
passages and manifests are made of; a file that does not fit its annotations is a `ValueError`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_bytes(value: object) -> bytes:
    """The JSON of `value`; equal values give equal bytes."""
    plain = _plain(value)
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=None, sort_keys=True).encode()


def from_bytes(kind: type[T], data: bytes) -> T:
    """What `to_bytes` wrote, as a `kind` (a dataclass, or a tuple of them); `ValueError` when it is not one."""
    try:
        value: T = _typed(kind, json.loads(data))
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a stored {kind}: {error}") from error
    return value


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


def _typed(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _optional(kind, value)
    if origin is tuple:
        return _tuple(get_args(kind), value)
    if origin is not None:
        _, item = get_args(kind)
        return {key: _typed(item, one) for key, one in _checked(dict, value).items()}
    return _single(kind, value)


def _optional(kind: Any, value: Any) -> Any:
    if value is None and NoneType in get_args(kind):
        return None
    (inner,) = (one for one in get_args(kind) if one is not NoneType)
    return _typed(inner, value)


def _tuple(items: tuple[Any, ...], value: Any) -> Any:
    listed = _checked(list, value)
    if items[-1:] == (Ellipsis,):
        return tuple(_typed(items[0], one) for one in listed)
    return tuple(_typed(item, one) for item, one in zip(items, listed, strict=True))


def _single(kind: Any, value: Any) -> Any:
    if hasattr(kind, "__dataclass_fields__"):
        hints, stored = _hints(kind), _checked(dict, value)
        if hints.keys() != stored.keys():
            raise ValueError(f"not a stored {kind}: {sorted(hints.keys() ^ stored.keys())}")
        return kind(**{name: _typed(hint, stored[name]) for name, hint in hints.items()})
    if issubclass(kind, Enum):
        return kind(value)
    if issubclass(kind, date):
        return kind.fromisoformat(value)
    if kind is timedelta:
        return timedelta(seconds=value)
    return _checked(kind, value)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _checked(kind: Any, value: Any) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:  # isinstance would take true for 1
        raise ValueError(f"{value!r:.40} is no {kind.__name__}")
    return value
