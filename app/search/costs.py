"""What a wrong answer costs: read from `costs.toml`, which people edit, and checked before a curve is fitted."""

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from app.errors import SettingRefused

COSTS = Path(__file__).with_name("costs.toml")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a wrong answer costs, in handoffs: when no article answers the question, and when another article does.

    The second is the smaller harm: the reader sees that it is about something else, and a person is still called.
    """

    unanswerable: float
    other_article: float


@dataclass(frozen=True, slots=True)
class Costs:
    """An answer is given when it is expected to cost less than the handoff that it saves, which costs 1.

    `expected_unanswerable` is the share of real visitors' questions that no article answers.
    """

    expected_unanswerable: float
    plain: Cost
    hedged: Cost

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Costs":
        """From the JSON object of `asdict`."""
        return cls(stored["expected_unanswerable"], Cost(**stored["plain"]), Cost(**stored["hedged"]))


def read_costs(path: Path = COSTS) -> Costs:
    """Read and check the file; `SettingRefused` names file and field of the first fault."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingRefused(f"{path}: cannot be read: {fault}.") from fault
    _refuse_other_names(path, "", tables, [field.name for field in fields(Costs)])
    expected = _number(path, "expected_unanswerable", tables["expected_unanswerable"])
    if not 0 < expected < 1:
        raise SettingRefused(f"{path}: expected_unanswerable: must be between 0 and 1, not {expected:g}.")
    return Costs(expected, _cost(path, "plain", tables["plain"]), _cost(path, "hedged", tables["hedged"]))


def _cost(path: Path, name: str, table: object) -> Cost:
    if not isinstance(table, dict):
        raise SettingRefused(f"{path}: {name}: must be a table with two costs.")
    names = [field.name for field in fields(Cost)]
    _refuse_other_names(path, f"{name}.", table, names)
    return Cost(*(_number(path, f"{name}.{one}", table[one]) for one in names))


def _refuse_other_names(path: Path, prefix: str, table: Collection[str], names: list[str]) -> None:
    if wrong := sorted(set(table) ^ set(names)):
        fault = "is missing" if wrong[0] in names else f"is not known; there are {', '.join(names)}"
        raise SettingRefused(f"{path}: {prefix}{wrong[0]}: {fault}.")


def _number(path: Path, field: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingRefused(f"{path}: {field}: must be a number, not {value!r}.")
    if not math.isfinite(value) or value < 0:
        raise SettingRefused(f"{path}: {field}: must be 0 or more, not {value:g}.")
    return float(value)
