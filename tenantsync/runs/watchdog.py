"""Watches the runs under way by their progress: says why one stands still, goes on from its checkpoint, alerts.

A pass may be missed, repeated, or made twice at once: a finding is noted in the run's row by its ETag, and only who has
noted it acts on it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Final

from tenantsync import logs, metrics
from tenantsync.clock import age_seconds, parse_rfc3339, to_rfc3339
from tenantsync.errors import ConflictError, TenantSyncError
from tenantsync.notifications import Event
from tenantsync.orchestrations import Orchestrations, terminate_run
from tenantsync.runs.cancelling import withdraw_run
from tenantsync.runs.stalls import (
    MAY_HANG,
    NEEDS_START,
    STALLED_AFTER,
    find_reason,
    is_stalled,
    last_checkpoint,
    waits_until,
)
from tenantsync.runs.starting import start_unless_paused
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.progress import ResourceProgress
from tenantsync.store.records import left_to_newer_release
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run, RunState, UnderWay, WaitReason, WholeRun
from tenantsync.store.tenants import LEAVING

RUN_STUCK: Final = "run_stuck"
"""The log event an alert rule matches on: infra/app/monitoring.bicep."""
ALERTED_AT: Final = 2
ENDED_AT: Final = 3
"""So often a run must be found with its instance under way and no step made before that instance is ended."""

_FORGOTTEN_AFTER: Final = timedelta(days=1)
"""A run that belongs to no connection by then was given up in a crash, before anything followed from it."""
_FORGIVEN_AFTER: Final = timedelta(minutes=15)
"""So long a run must have moved until an earlier stall does not count any more."""
_COUNTED_AGAIN_AFTER: Final = timedelta(minutes=4)
"""The timer's passes are five minutes apart; a pass that is repeated finds nothing new."""
_DOWN_AFTER: Final = timedelta(minutes=10)
"""Without a pass for so long, the app did not run."""
_LONGEST_PASS: Final = timedelta(minutes=4)
_MOST_A_PASS: Final = 100
_STEP: Final = 200


@dataclass(slots=True)
class _Pass:
    """What one pass has seen."""

    started: datetime
    was_down: bool
    under_way: int = 0
    waiting: int = 0
    stalled: int = 0
    resumed: int = 0
    queued_since: str = ""
    """Since when the run waits that has waited longest for its place."""


def watch_runs(services: Services, orchestrations: Orchestrations) -> int:
    """One pass over all runs under way; gives how many were started again.

    At most a hundred runs that stand still are looked into, the ones first that were not looked at for longest.
    """
    seen = _begin_pass(services)
    stalled = nsmallest(_MOST_A_PASS, _find_stalled(seen, services), key=lambda whole: whole.run.stalled_at)
    logs.event("runs_under_way", count=seen.under_way, waiting=seen.waiting, stalled=seen.stalled)
    metrics.QUEUE_AGE.note(age_seconds(seen.queued_since, seen.started), queue="admission")
    for whole in stalled:
        if services.clock.now() - seen.started > _LONGEST_PASS:
            break
        with logs.correlated(whole.run.correlation_id):
            try:
                if _is_wanted(whole.run, services):
                    seen.resumed += _treat(whole, seen, services, orchestrations)
            except TenantSyncError as failure:  # the others are not to wait for this one
                logs.event("run_not_watched", run_id=whole.run.run_id, problem=failure.code)
    return seen.resumed


def _begin_pass(services: Services) -> _Pass:
    now = services.clock.now()
    before = services.runs.note_watch(to_rfc3339(now))
    return _Pass(now, was_down=bool(before) and now - parse_rfc3339(before) > _DOWN_AFTER)


def _find_stalled(seen: _Pass, services: Services) -> Iterator[WholeRun]:
    """The runs to look into: the ones that stand still, and the ones that were held back."""
    for whole in _runs_under_way(services):
        seen.under_way += 1
        if whole.run.waiting_reason == WaitReason.QUEUED:
            seen.queued_since = min(seen.queued_since or whole.run.started_at, whole.run.started_at)
        if whole.run.waiting_reason == WaitReason.PAUSED:
            yield whole
        elif is_stalled(whole, seen.started):
            seen.stalled += 1
            if _is_looked_into(whole.run, seen.started):
                yield whole
        elif seen.started - last_checkpoint(whole) > STALLED_AFTER:
            seen.waiting += 1
            logs.event("run_waiting", run_id=whole.run.run_id, until=to_rfc3339(waits_until(whole) or seen.started))
        elif whole.run.stalls:
            _forgive(whole, services)


def _runs_under_way(services: Services) -> Iterator[WholeRun]:
    after, now = "", services.clock.now()
    while found := services.runs.list_under_way(after, _STEP):
        after = found[-1].run_id
        for noted in found:
            whole = None
            with left_to_newer_release(run_id=noted.run_id):
                whole = _read_under_way(noted, now, services)
            if whole:
                yield whole


def _read_under_way(noted: UnderWay, now: datetime, services: Services) -> WholeRun | None:
    """None for a run that has ended, which is no longer noted then."""
    whole = services.runs.read_whole(noted.run_id)
    if whole and whole.run.state in ACTIVE_RUN_STATES:
        if not noted.msp_id:  # begun by 0.1.0, perhaps only now
            services.runs.note_stuck(whole.run, is_stuck=bool(whole.run.stalls))
        return whole
    if whole or now - parse_rfc3339(noted.since) > _FORGOTTEN_AFTER:
        services.runs.forget_under_way(noted.run_id)
    return None


def _is_looked_into(run: Run, now: datetime) -> bool:
    return not run.stalled_at or now - parse_rfc3339(run.stalled_at) > _COUNTED_AGAIN_AFTER


def _is_wanted(run: Run, services: Services) -> bool:
    """Whether the run is its connection's; one whose tenant is let go, or that was replaced, ends here."""
    connection = services.connections.read(run.msp_id, run.connection_id)
    if connection is None or connection.run_id != run.run_id:
        return False
    tenant = services.tenants.read(run.msp_id, run.tenant_id)
    is_replaced = (
        run.state == RunState.VERIFYING and run.kind == "initial" and not services.connections.is_latest(connection)
    )
    if is_replaced or tenant is None or tenant.state in LEAVING:
        withdraw_run(connection, run, services)
        return False
    return True


def _treat(whole: WholeRun, seen: _Pass, services: Services, orchestrations: Orchestrations) -> bool:
    """Whether the run was started again."""
    if whole.run.waiting_reason == WaitReason.PAUSED:
        return start_unless_paused(whole.run, services, orchestrations, anew=True)
    reason = find_reason(whole, orchestrations, was_down=seen.was_down)
    run = _note_stall(whole, reason, services)
    if run is None:
        return False
    logs.event(
        "run_stalled",
        run_id=run.run_id,
        tenant_id=run.tenant_id,
        reason=reason,
        times=run.stalls,
        since=run.stalled_since,
    )
    if run.stalls >= ALERTED_AT:
        _alert(run, services)
    if reason in NEEDS_START:
        return start_unless_paused(run, services, orchestrations, anew=True)
    if reason in MAY_HANG and run.stalls >= ENDED_AT:
        _end_instances(run, whole.resources, orchestrations)
    return False


def _note_stall(whole: WholeRun, reason: str, services: Services) -> Run | None:
    """The run with the finding; None when it has moved, or another pass was first."""
    moved, now = to_rfc3339(last_checkpoint(whole)), to_rfc3339(services.clock.now())
    run = replace(whole.run, stalls=whole.run.stalls + 1, stall_reason=reason, stalled_since=moved, stalled_at=now)
    try:
        services.runs.replace(run, whole.etag)
    except ConflictError:
        return None
    services.runs.note_stuck(run, is_stuck=True)
    return run


def _forgive(whole: WholeRun, services: Services) -> None:
    """Forgets the stalls of a run that has moved for a while: what comes later has another cause."""
    run = whole.run
    if last_checkpoint(whole) - parse_rfc3339(run.stalled_at) < _FORGIVEN_AFTER:
        return
    logs.event("run_moves_again", run_id=run.run_id, tenant_id=run.tenant_id, stalls=run.stalls)
    services.runs.change(run.run_id, stalls=0, stall_reason="", stalled_since="", stalled_at="", is_stall_alerted=False)
    services.runs.note_stuck(run, is_stuck=False)


def _alert(run: Run, services: Services) -> None:
    """Tells operator and MSP once; the flag comes last, so that a crash in between repeats rather than loses it."""
    if run.is_stall_alerted:
        return
    logs.alert(RUN_STUCK, run_id=run.run_id, tenant_id=run.tenant_id, reason=run.stall_reason, times=run.stalls)
    services.audit.record(
        "sync_stuck",
        msp_id=run.msp_id,
        tenant_id=run.tenant_id,
        actor=SYSTEM,
        once=(f"{run.run_id}-stuck", run.stalled_since),
        detail={"runId": run.run_id, "reason": run.stall_reason},
    )
    tenant = services.tenants.read(run.msp_id, run.tenant_id)
    if tenant:
        moment = "".join(filter(str.isdigit, run.stalled_since))
        services.notifier.announce(Event.STUCK, tenant, f"{run.run_id}-{moment}", run.stalled_at)
    services.runs.change(run.run_id, is_stall_alerted=True)


def _end_instances(run: Run, resources: Sequence[ResourceProgress], orchestrations: Orchestrations) -> None:
    """Ends what Durable believes to be under way; the next pass finds it ended and starts anew from the checkpoint."""
    logs.event("run_instances_ended", run_id=run.run_id, tenant_id=run.tenant_id)
    terminate_run(orchestrations, run.run_id, [item.resource for item in resources])
