"""Everything that can be refused, as one tree.

    HandrailError
    ├── Malformed        the request cannot be read at all
    ├── Invalid          it can be read, but a field is wrong or unknown
    ├── NotSignedIn      nobody is signed in
    ├── NotFound         it does not exist, or you may not see it (the two are told apart nowhere)
    ├── NotAllowed       you may see it, but not do this
    ├── Conflict         the thing is in a state in which this cannot be done
    │   ├── StaleVersion     somebody changed it since you read it
    │   └── BuildRunning     another index build holds the lock
    ├── TooLarge, WrongType, TooMany
    ├── Unavailable      a dependency is down or the house is full; try again
    ├── ContentRefused   articles with faults, each with file, line and field
    ├── IndexRefused     a generation that must not be served
    └── SettingRefused   an environment variable with a wrong value

Only `web/problems.py` knows HTTP status codes and only `cli.py` knows exit codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field: `field` as the caller named it, `message` in plain words."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, order=True)
class ContentFault:
    """One fault in the content folder. `path` is relative to it; `line` counts from 1."""

    path: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"{self.path}:{self.line}: {field}{self.message}"


class HandrailError(Exception):
    """The root. `detail` is one sentence that a person may read."""

    def __init__(self, detail: str, *, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)


class Malformed(HandrailError):
    """The request cannot be read at all."""


class Invalid(HandrailError):
    """A field is wrong, missing or unknown; `problems` names each."""

    @classmethod
    def field(cls, field: str, message: str) -> "Invalid":
        """The common case of one wrong field."""
        return cls(f"{field}: {message}", problems=[FieldProblem(field, message)])


class NotSignedIn(HandrailError):
    """Nobody is signed in."""


class NotFound(HandrailError):
    """It does not exist, or the caller may not see it."""

    def __init__(self, detail: str = "There is nothing here that you may see.") -> None:
        # One sentence for every case, so that a refusal tells nothing about what exists (P14).
        super().__init__(detail)


class NotAllowed(HandrailError):
    """The caller may see it, but may not do this."""


class Conflict(HandrailError):
    """The thing is in a state in which this cannot be done."""


class StaleVersion(Conflict):
    """Somebody changed it since the caller read it."""


class BuildRunning(Conflict):
    """Another index build holds the writer lock."""


class TooLarge(HandrailError):
    """The body is over its limit."""


class WrongType(HandrailError):
    """The body has a media type that is not understood here."""


class _Later(HandrailError):
    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooMany(_Later):
    """Too many requests from this caller; `retry_after_s` seconds from now it may go on."""


class Unavailable(_Later):
    """A dependency is down or the house is full; `retry_after_s` is when to try again."""


class ContentRefused(HandrailError):
    """The content folder has faults; nothing was built. `faults` lists every one of them."""

    def __init__(self, faults: Sequence[ContentFault]) -> None:
        self.faults = tuple(sorted(faults))
        many = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"{many} in the content: " + "; ".join(str(fault) for fault in self.faults[:3]))


class IndexRefused(HandrailError):
    """A generation that must not be served: damaged, incomplete, or made by another encoder."""


class SettingRefused(HandrailError):
    """An environment variable with a wrong value, named in the sentence."""
