"""How long a server asks us to wait."""

import email.utils
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

_LONGEST_WAIT_SECONDS: Final = 3600.0


def parse_retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds of a Retry-After header, given in seconds or as an HTTP date; None when missing or unreadable."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now or _date_of(headers))
    return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS) if math.isfinite(seconds) else None


def _seconds_until(http_date: str, now: datetime) -> float:
    try:
        moment = email.utils.parsedate_to_datetime(http_date)
    except ValueError:
        return float("nan")
    return (moment.astimezone(UTC) - now).total_seconds()


def _date_of(headers: Mapping[str, str]) -> datetime:
    """The server's own clock, so that ours being wrong does not change the wait."""
    try:
        return email.utils.parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)
