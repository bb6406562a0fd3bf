"""Which team and person get a ticket, and how pressing it is: `routing.toml`, read and checked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.errors import SettingRefused
from app.languages import TAGS
from app.people.permissions import Action, may
from app.people.person import Person
from app.sla.policy import Priority

ROUTING = Path(__file__).with_name("routing.toml")


@dataclass(frozen=True, slots=True)
class Team:
    """A group of agents. Empty `topics` or `languages` mean all."""

    key: str
    name: str
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    tier: int

    def takes(self, topic: str | None, language: str) -> bool:
        """Whether tickets of this topic and language are theirs."""
        return (not self.topics or topic in self.topics) and (
            not self.languages or language in self.languages
        )


@dataclass(frozen=True, slots=True)
class Routing:
    """The rules. The last team takes everything."""

    teams: tuple[Team, ...]
    default_priority: Priority
    topic_priorities: Mapping[str, Priority]
    reason_priorities: Mapping[str, Priority]

    def team(self, topic: str | None, language: str) -> Team:
        """The first team that takes both."""
        return next(team for team in self.teams if team.takes(topic, language))

    def priority(self, topic: str | None, reason: str | None) -> Priority:
        """The most pressing of what topic and reason ask for."""
        asked = (self.topic_priorities.get(topic or ""), self.reason_priorities.get(reason or ""))
        named = [priority for priority in asked if priority]
        return min(named, key=list(Priority).index) if named else self.default_priority

    def name_of(self, team_key: str) -> str:
        """The team's name; its key when the team is no longer in the file."""
        return next((team.name for team in self.teams if team.key == team_key), team_key)


def choose_assignee(
    team: Team, language: str, staff: tuple[Person, ...], unsolved: Mapping[str, int]
) -> Person | None:
    """Who speaks `language` and has the fewest unsolved tickets, the team's own people first (R1.9)."""
    able = [one for one in staff if may(one, Action.ANSWER_TICKETS) and language in one.languages]
    own = [one for one in able if team.key in one.teams]
    return min(own or able, key=lambda one: (unsolved.get(one.id, 0), one.created_at, one.id), default=None)


def read_routing(path: Path = ROUTING) -> Routing:
    """Read and check the file; `SettingRefused` names file and key of every fault."""
    try:
        file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise SettingRefused(f"{path}: cannot be read: {fault}.") from fault
    except ValidationError as fault:
        raise SettingRefused(f"{path}: " + "; ".join(_sentences(fault)) + ".") from fault
    teams = tuple(Team(one.key, one.name, one.topics, one.languages, one.tier) for one in file.teams)
    return Routing(teams, file.priority.default, file.priority.topics, file.priority.reasons)


_Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Team(_Table):
    key: _Key
    name: Annotated[str, Field(min_length=1)]
    topics: tuple[_Key, ...] = ()
    languages: tuple[str, ...] = ()
    tier: Annotated[int, Field(ge=1, le=4)] = 1

    @model_validator(mode="after")
    def _known_languages(self) -> Self:
        if unknown := sorted(set(self.languages) - set(TAGS)):
            raise ValueError(f"languages: {unknown[0]} is no language of this site")
        return self


class _Priorities(_Table):
    default: Priority
    topics: dict[_Key, Priority] = {}
    reasons: dict[str, Priority] = {}


class _File(_Table):
    teams: Annotated[tuple[_Team, ...], Field(min_length=1)]
    priority: _Priorities

    @model_validator(mode="after")
    def _whole(self) -> Self:
        keys = [team.key for team in self.teams]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            raise ValueError(f"teams: {twice} is there twice")
        if self.teams[-1].topics or self.teams[-1].languages:
            raise ValueError(f"teams: the last one ({keys[-1]}) must take every topic and language")
        return self


def _sentences(fault: ValidationError) -> list[str]:
    return [_sentence([str(part) for part in error["loc"]], error["msg"]) for error in fault.errors()]


def _sentence(place: list[str], message: str) -> str:
    plain = message.removeprefix("Value error, ")
    return f"{'.'.join(place)}: {plain}" if place else plain
