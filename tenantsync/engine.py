"""The one loop that syncs any resource: fetch a page while the last one is written, then checkpoint, then go on.

A slice is bounded by pages and seconds. It never sleeps and never retries by itself: it says what should happen next,
and the orchestration waits with a durable timer. Everything it needs to go on is in the checkpoint.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from tenantsync import logs, metrics
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConflictError, NotLicensedError, TenantSyncError
from tenantsync.recovery import recover
from tenantsync.resources.spec import ResourceSpec
from tenantsync.slices.advance import add_throttled
from tenantsync.slices.certifying import certify
from tenantsync.slices.counting import count
from tenantsync.slices.ending import settle
from tenantsync.slices.listing import catch_up, list_pages
from tenantsync.slices.sweeping import sweep
from tenantsync.slices.work import SliceTools, SliceWork
from tenantsync.store.progress import Phase, ResourceState, StoredProgress
from tenantsync.store.runs import WaitReason

_CONFLICT_DELAY_SECONDS: Final = 5
_ASKS: Final = frozenset({Phase.LISTING, Phase.CATCHING_UP, Phase.CERTIFYING})
"""The phases that ask Microsoft something; the others only work on the store."""
_STEPS: Final[Mapping[str, Callable[[SliceWork], float | None]]] = {
    Phase.LISTING: list_pages,
    Phase.CATCHING_UP: catch_up,
    Phase.COUNTING: count,
    Phase.CERTIFYING: certify,
    Phase.SWEEPING: sweep,
}
"""Each gives None when its phase has reached its end, else the seconds after which another slice goes on."""


@dataclass(frozen=True, slots=True)
class SliceOutcome:
    """What the orchestration does next: call again, after `delay_seconds`; or nothing, when the resource has ended."""

    is_ended: bool
    delay_seconds: float = 0.0
    reason: str = field(default="", compare=False)
    """Why there is a delay, for people who read histories: a WaitReason, `retry`, `conflict`, `catch_up` or `rest`."""
    pages: int = field(default=0, compare=False)
    """How many pages this slice has stored, for the same people."""

    def to_json(self) -> dict[str, Any]:
        told = {"reason": self.reason, "pages": self.pages}
        known = {name: value for name, value in told.items() if value}
        return {"ended": self.is_ended, "delaySeconds": self.delay_seconds, **known}


_GIVES_WAY: Final = SliceOutcome(is_ended=False, delay_seconds=_CONFLICT_DELAY_SECONDS, reason="conflict")


def sync_slice(spec: ResourceSpec, stored: StoredProgress, tools: SliceTools) -> SliceOutcome:
    """Moves a resource on from its checkpoint; safe to run again, or twice at once (one of the two gives way)."""
    work = SliceWork(spec, stored, tools)
    try:
        outcome = _run(work)
    except ConflictError:
        return _GIVES_WAY
    except TenantSyncError as failure:
        outcome = _recover(work, failure)
    return replace(outcome, pages=work.pages)


def _run(work: SliceWork) -> SliceOutcome:
    if work.progress.is_ended:
        settle(work)
        return SliceOutcome(is_ended=True)
    if work.progress.phase in _ASKS:
        closed, workload = work.find_closed()
        if closed:
            return _wait_at_gate(work, closed, workload)
    work.save(state=ResourceState.RUNNING, waiting_reason="", waiting_until="")
    while not work.progress.is_ended:
        pause = _STEPS[work.progress.phase](work)
        if pause is not None:
            return SliceOutcome(is_ended=False, delay_seconds=pause, reason="catch_up" if pause else "")
    return SliceOutcome(is_ended=True)


def _wait_at_gate(work: SliceWork, seconds: int, workload: str) -> SliceOutcome:
    """Another resource was throttled: this one waits with it, without an attempt of its own."""
    work.save(
        state=ResourceState.WAITING,
        waiting_reason=WaitReason.THROTTLED,
        waiting_until=_after(work, seconds),
        **add_throttled(work.progress, workload, seconds, own=work.spec.workload),
    )
    metrics.THROTTLED.note(seconds, resource=work.spec.key)
    return SliceOutcome(is_ended=False, delay_seconds=seconds, reason=WaitReason.THROTTLED)


def _recover(work: SliceWork, failure: TenantSyncError) -> SliceOutcome:
    """Decides what the failure means for this resource and checkpoints that."""
    if work.progress.is_ended:  # only what follows from the end has failed: the next slice does it
        return _GIVES_WAY
    if failure.cause.status in work.spec.absent_statuses:
        failure = NotLicensedError("not_licensed", failure.detail, cause=failure.cause)
    recovery = recover(work.progress, failure, in_window=work.tools.in_propagation_window)
    changes, delay = dict(recovery.changes), recovery.delay_seconds
    is_throttled = changes.get("waiting_reason") == WaitReason.THROTTLED
    if is_throttled:
        workload = failure.cause.workload or work.spec.workload
        changes |= add_throttled(work.progress, workload, round(delay), own=work.spec.workload)
        work.close_gate(workload, delay)
    if changes.get("waiting_reason"):
        changes["waiting_until"] = _after(work, delay)
    try:
        work.save(**changes)
    except ConflictError:
        return _GIVES_WAY
    if is_throttled:
        metrics.THROTTLED.note(delay, resource=work.spec.key)
    _log(work, failure)
    return SliceOutcome(work.progress.is_ended, delay, changes.get("waiting_reason") or ("retry" if delay else ""))


def _after(work: SliceWork, seconds: float) -> str:
    return to_rfc3339(work.tools.clock.now() + timedelta(seconds=seconds))


def _log(work: SliceWork, failure: TenantSyncError) -> None:
    logs.event(
        "slice_failed",
        run_id=work.progress.run_id,
        resource=work.spec.key,
        problem=failure.code,
        status=failure.cause.status,
        provider_code=failure.cause.provider_code,
        request_id=failure.cause.request_id,
        outcome=work.progress.state,
    )
