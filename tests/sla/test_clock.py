"""A clock counts elapsed time, whatever the calendar and the wall clock do (R2.2, P20)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.sla.clock import ClockState, Metric, start

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY = timedelta(hours=24)


@pytest.mark.parametrize(
    "opened",
    [
        datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Madrid")),  # the next day has 23 hours
        datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/Madrid")),  # the next day has 25
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Madrid")),  # an hour that comes twice
        datetime(2026, 12, 24, 23, 59, tzinfo=ZoneInfo("America/Sao_Paulo")),  # a holiday
        datetime(2026, 4, 4, 12, tzinfo=ZoneInfo("Australia/Lord_Howe")),  # half an hour of clock change
    ],
)
def test_due_is_exactly_24_hours_later_in_elapsed_time(opened: datetime) -> None:
    clock = start(Metric.FIRST_RESPONSE, DAY, opened)
    assert clock.due_at.timestamp() - opened.timestamp() == DAY.total_seconds()
    assert clock.due_at.tzinfo is UTC


def test_a_clock_breaches_after_its_moment_not_at_it() -> None:
    clock = start(Metric.FIRST_RESPONSE, DAY, NOW)
    assert not clock.is_breached(NOW + DAY)
    assert clock.is_breached(NOW + DAY + timedelta(microseconds=1))


def test_only_the_first_fulfilment_counts_and_a_late_one_stays_late() -> None:
    clock = start(Metric.FIRST_RESPONSE, DAY, NOW)
    in_time = clock.fulfil(NOW + timedelta(hours=1))
    assert in_time.fulfil(NOW + 2 * DAY) == in_time
    assert in_time.state is ClockState.FULFILLED
    assert not in_time.is_breached(NOW + 9 * DAY)
    assert clock.fulfil(NOW + DAY + timedelta(seconds=1)).is_breached(NOW)


def test_a_cancelled_clock_breaks_no_promise_and_a_fulfilled_one_is_not_cancelled() -> None:
    clock = start(Metric.FIRST_RESPONSE, DAY, NOW)
    assert not clock.cancel().is_breached(NOW + 9 * DAY)
    assert clock.cancel().fulfil(NOW) == clock.cancel()
    assert clock.fulfil(NOW).cancel().state is ClockState.FULFILLED


def test_at_risk_is_the_last_fifth() -> None:
    clock = start(Metric.FIRST_RESPONSE, timedelta(hours=10), NOW)
    assert not clock.is_at_risk(NOW + timedelta(hours=8))
    assert clock.is_at_risk(NOW + timedelta(hours=8, seconds=1))
    assert clock.is_at_risk(NOW + timedelta(hours=10))
    assert not clock.is_at_risk(NOW + timedelta(hours=10, seconds=1))
    assert not clock.fulfil(NOW).is_at_risk(NOW + timedelta(hours=9))
