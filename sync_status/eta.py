"""How long it will still take: from counts and the pace so far, before that from the plan."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Any, Final

from tenantsync.clock import parse_rfc3339
from tenantsync.store.progress import Mode, ResourceProgress, ResourceState

_AT_ONCE: Final = 3
"""The lanes of a run; an estimate goes by it, nothing else does."""
_SECONDS_A_MINUTE: Final = 60


def eta_seconds(resources: Sequence[ResourceProgress], now: datetime) -> int | None:
    """Seconds until the slowest resource is through; None while nothing can be said.

    Waits that may come are not foreseen: throttling, tries again, rests for other tenants.
    """
    estimates = [_eta(item, now) for item in resources if not item.is_ended]
    known = [estimate for estimate in estimates if estimate is not None]
    return round(max(*known, sum(known) / _AT_ONCE)) if known else None


def describe_plan(resources: Sequence[ResourceProgress]) -> dict[str, Any] | None:
    """What was foreseen before the run began: objects where a number is known, and minutes, rounded up."""
    planned = [item for item in resources if item.planned_seconds is not None]
    if not planned:
        return None
    seconds = [item.planned_seconds or 0 for item in planned]
    return {
        "objects": sum(item.planned or 0 for item in planned),
        "minutes": ceil(max(*seconds, sum(seconds) / _AT_ONCE) / _SECONDS_A_MINUTE),
        "isWhole": all(item.planned is not None for item in planned),
    }


def _eta(item: ResourceProgress, now: datetime) -> float | None:
    waits = 0.0
    if item.state == ResourceState.WAITING and item.waiting_until:
        waits = max(0.0, (parse_rfc3339(item.waiting_until) - now).total_seconds())
    if not item.started_at or not item.reached:
        return None if item.planned_seconds is None else waits + item.planned_seconds
    worked = item.read_worked()
    if item.mode == Mode.DELTA:  # how much has changed nobody knows beforehand
        return waits + max(1.0, (item.planned_seconds or 0) - worked)
    if not (item.expected or item.planned):
        return None
    return waits + max(0.0, worked / item.reached * (1 - item.reached))
