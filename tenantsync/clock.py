"""The only place that asks what time it is, so that everything else can be tested at any time."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the current time as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def to_rfc3339(moment: datetime) -> str:
    """`2026-11-24T09:00:00.123Z`: UTC with milliseconds, the one time format of rows and answers."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> datetime:
    """The inverse of `to_rfc3339`."""
    return datetime.fromisoformat(text)


def age_seconds(at: str, now: datetime) -> float:
    """How long ago a time was; 0 for an empty one, and for one that lies ahead."""
    return max(0.0, (now - parse_rfc3339(at)).total_seconds()) if at else 0.0
