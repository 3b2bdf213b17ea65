"""Tells whether a run stands still, and why: from its checkpoints, and from what Durable says of its instances."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tenantsync.clock import parse_rfc3339
from tenantsync.errors import TransientError
from tenantsync.orchestrations import Orchestrations
from tenantsync.store.progress import ResourceState
from tenantsync.store.runs import WholeRun

STALLED_AFTER: Final = timedelta(minutes=5)
"""Without a checkpoint, or beyond the end of a wait. Durable gives a lost worker's activity to another one by then."""
_FAILED: Final = "Failed"
_SUSPENDED: Final = "Suspended"


class StallReason(StrEnum):
    """Why a run stands still; what to do about each is in docs/operations.md."""

    INSTANCE_LOST = "instance_lost"
    """No orchestration, or one that has ended before its run."""
    INSTANCE_FAILED = "instance_failed"
    INSTANCE_SUSPENDED = "instance_suspended"
    RESOURCE_LOST = "resource_lost"
    """The orchestration waits for resources of which none is under way."""
    NO_WORKER = "no_worker"
    """The orchestrations are under way, and nobody takes up their work."""
    HOST_DOWN = "host_down"
    """The app itself did not run until just now."""
    DURABLE_UNREACHABLE = "durable_unreachable"


NEEDS_START: Final = frozenset({StallReason.INSTANCE_LOST, StallReason.INSTANCE_FAILED})
MAY_HANG: Final = frozenset({StallReason.RESOURCE_LOST, StallReason.NO_WORKER})
"""Durable believes that the run is under way, which may be true or may never end."""


def last_checkpoint(whole: WholeRun) -> datetime:
    """When anything of the run was last stored."""
    updates = [whole.run.updated_at, *(item.updated_at for item in whole.resources)]
    return max(parse_rfc3339(update) for update in updates if update)


def waits_until(whole: WholeRun) -> datetime | None:
    """The end of the longest wait that was begun and is noted, also when it is over."""
    waits = [item.waiting_until for item in whole.resources if item.state == ResourceState.WAITING]
    known = [parse_rfc3339(until) for until in (whole.run.waiting_until, *waits) if until]
    return max(known, default=None)


def is_stalled(whole: WholeRun, now: datetime) -> bool:
    """Whether nothing was stored for long, although no wait goes on."""
    moved = max(last_checkpoint(whole), waits_until(whole) or last_checkpoint(whole))
    return now - moved > STALLED_AFTER


def find_reason(whole: WholeRun, orchestrations: Orchestrations, *, was_down: bool) -> StallReason:
    """Why a stalled run stands still. `was_down`: the app did not run for a while until just now."""
    try:
        status = orchestrations.find(whole.run.run_id)
        if status is None:
            return StallReason.INSTANCE_LOST
        if status.is_ended:
            return StallReason.INSTANCE_FAILED if status.state == _FAILED else StallReason.INSTANCE_LOST
        if status.state == _SUSPENDED:
            return StallReason.INSTANCE_SUSPENDED
        if was_down:
            return StallReason.HOST_DOWN
        are_lost = _are_lost(status.children, whole, orchestrations)
    except TransientError:
        return StallReason.DURABLE_UNREACHABLE
    return StallReason.RESOURCE_LOST if are_lost else StallReason.NO_WORKER


def _are_lost(children: Sequence[str], whole: WholeRun, orchestrations: Orchestrations) -> bool:
    """Whether none of the children is under way, although one is missing or a resource has not ended."""
    statuses = [orchestrations.find(child) for child in children]
    if any(status and not status.is_ended for status in statuses):
        return False
    return bool(children) and (None in statuses or not all(item.is_ended for item in whole.resources))
