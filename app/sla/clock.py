"""`Clock`: one promise running on one ticket. Every change gives a new clock; nothing here reads the time."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

AT_RISK_SHARE = 0.2  # at risk: less than a fifth of the time is left


class Metric(StrEnum):
    """What is measured."""

    FIRST_RESPONSE = "first_response"


class ClockState(StrEnum):
    """A clock runs until it is fulfilled, or cancelled because nobody waits any more."""

    RUNNING = "running"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise: due at `due_at`, on calendar time."""

    metric: Metric
    started_at: datetime
    due_at: datetime
    state: ClockState = ClockState.RUNNING
    fulfilled_at: datetime | None = None

    def fulfil(self, now: datetime) -> "Clock":
        """The promised thing happened. Only the first time counts."""
        if self.state is not ClockState.RUNNING:
            return self
        return replace(self, state=ClockState.FULFILLED, fulfilled_at=now)

    def cancel(self) -> "Clock":
        """Nobody waits any more; a fulfilled promise stays fulfilled."""
        return replace(self, state=ClockState.CANCELLED) if self.state is ClockState.RUNNING else self

    def is_breached(self, now: datetime) -> bool:
        """Whether the promise was broken: still running past its moment, or fulfilled after it."""
        if self.state is ClockState.CANCELLED:
            return False
        return (self.fulfilled_at or now) > self.due_at

    def is_at_risk(self, now: datetime) -> bool:
        """Whether it runs, is not yet due, and less than a fifth of the time is left."""
        whole, left = self.due_at - self.started_at, self.due_at - now
        return self.state is ClockState.RUNNING and timedelta() <= left < whole * AT_RISK_SHARE


def start(metric: Metric, target: timedelta, now: datetime) -> Clock:
    """A clock that is due `target` from now, in elapsed time."""
    at = now.astimezone(UTC)  # adding to a local time would be an hour off across a clock change
    return Clock(metric, started_at=at, due_at=at + target)
