"""What time it is. Everybody but the composition roots is handed a moment, never this module."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def clock_of(file: Path | None) -> Clock:
    """The clock that the settings name: the system's, or a file that tests step (`HANDRAIL_CLOCK_FILE`)."""
    return file_clock(file) if file else system_clock


def file_clock(path: Path) -> Clock:
    """A clock that tests step by writing an RFC 3339 moment into `path` (`HANDRAIL_CLOCK_FILE`).

    The file is read at every call; while it is missing or unreadable the system's time is told.
    """

    def read() -> datetime:
        try:
            moment = datetime.fromisoformat(path.read_text(encoding="utf-8").strip())
        except (OSError, ValueError):
            return system_clock()
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

    return read
