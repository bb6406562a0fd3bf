"""`Policies`: the promises, read from `policies.toml` and checked before anything is promised."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from app.errors import SettingRefused

POLICIES = Path(__file__).with_name("policies.toml")
LONGEST_FIRST_RESPONSE = timedelta(hours=24)  # R2.2: within 24 hours, holidays included
_DURATION = re.compile(r"([1-9][0-9]{0,3})([mh])")


class Priority(StrEnum):
    """How pressing a ticket is, the most pressing first."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Policies:
    """The targets: how long a requester waits at most for a person's first reply, in calendar time."""

    first_response: Mapping[Priority, timedelta]


def read_policies(path: Path = POLICIES) -> Policies:
    """Read and check the file; `SettingRefused` names file and key of the first fault."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingRefused(f"{path}: cannot be read: {fault}.") from fault
    if unknown := sorted(tables.keys() - {"first_response"}):
        raise SettingRefused(f"{path}: {unknown[0]}: there is no such policy.")
    return Policies(_targets(path, tables.get("first_response")))


def _targets(path: Path, table: object) -> Mapping[Priority, timedelta]:
    if not isinstance(table, dict):
        raise SettingRefused(f"{path}: first_response: must be a table of priorities.")
    names = {priority.value for priority in Priority}
    if wrong := sorted(table.keys() ^ names):
        fault = "is missing" if wrong[0] in names else f"is no priority; they are {', '.join(Priority)}"
        raise SettingRefused(f"{path}: first_response.{wrong[0]}: {fault}.")
    targets = {priority: _duration(path, priority, table[priority]) for priority in Priority}
    for pressing, calm in zip(Priority, list(Priority)[1:], strict=False):
        if targets[pressing] > targets[calm]:
            raise SettingRefused(f"{path}: first_response.{pressing}: must not be longer than {calm}.")
    return targets


def _duration(path: Path, priority: Priority, value: object) -> timedelta:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise SettingRefused(f'{path}: first_response.{priority}: must be like "45m" or "8h", not {value!r}.')
    number = int(found[1])
    length = timedelta(hours=number) if found[2] == "h" else timedelta(minutes=number)
    if length > LONGEST_FIRST_RESPONSE:
        raise SettingRefused(f"{path}: first_response.{priority}: must be at most 24h (R2.2).")
    return length
