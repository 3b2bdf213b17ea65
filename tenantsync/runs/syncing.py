"""Further syncs of a tenant that is connected: begun by people, or when they are due."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tenantsync import logs
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.orchestrations import Orchestrations
from tenantsync.resources.registry import RESOURCES
from tenantsync.runs.starting import start_unless_paused
from tenantsync.runs.wishes import due_resources, read_wishes, shortest_interval
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.connections import Connection
from tenantsync.store.records import left_to_newer_release
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run, RunState
from tenantsync.store.tenants import ConsentState, ManagedTenant, TenantState
from tenantsync.tenant_state import SETTLED
from tenantsync.wire import resync_id

DELTA: Final = "delta"
FULL: Final = "full"
MOST_IN_LINE: Final = 100
"""What waits for a place after a pass of the timer; the next one goes on, so the line stays short all night."""
KEPT_RUNS: Final = 50
"""Of a connection; what an older one has certified is forgotten."""
_DUE_STATES: Final = frozenset({*SETTLED, RunState.FAILED, TenantState.NEEDS_RECONSENT})


def begin_sync(
    connection: Connection, kind: str, services: Services, *, only: str = "", is_scheduled: bool = False
) -> Run | None:
    """The run to start: the one that is under way, else a new one; None when the tenant is leaving.

    One that a timer has begun moves up when somebody asks for it. A new run's id counts up, so that of two requests
    at once one makes it and the other finds it. With `only`, keys separated by spaces, the other resources stay as
    they are.
    """
    running = services.runs.read(connection.run_id)
    if running and running.state in ACTIVE_RUN_STATES:
        is_hurried = running.is_scheduled and not is_scheduled
        return services.runs.change(running.run_id, is_scheduled=False) if is_hurried else running
    now, number = to_rfc3339(services.clock.now()), connection.syncs + 1
    run = replace(_next_run(connection, number, now), kind=kind, only=only, is_scheduled=is_scheduled)
    services.runs.create(run)
    changes: dict[str, Any] = {"run_id": run.run_id, "syncs": number, "updated_at": now}
    services.connections.make_latest(
        services.connections.change(connection.msp_id, connection.connection_id, **changes)
    )
    run = services.runs.read(run.run_id) or run
    noted = services.note_state(run.msp_id, run.tenant_id, run.state, connection_id=connection.connection_id)
    if noted is None:
        services.runs.change(run.run_id, state=RunState.CANCELLED, finished_at=now, updated_at=now)
        return None
    if number > KEPT_RUNS:
        services.runs.remove(resync_id(connection.connection_id, number - KEPT_RUNS))
    return run


def _next_run(connection: Connection, number: int, now: str) -> Run:
    return Run(
        run_id=resync_id(connection.connection_id, number),
        msp_id=connection.msp_id,
        tenant_id=connection.tenant_id,
        customer_id=connection.customer_id,
        connection_id=connection.connection_id,
        previous_run_id=connection.run_id,
        started_at=now,
        updated_at=now,
        correlation_id=logs.request_id(),
    )


def start_due(services: Services, orchestrations: Orchestrations) -> int:
    """Starts the syncs that are due; gives how many, none while syncs are paused. Repeating it starts nothing twice."""
    if services.are_syncs_paused():
        return 0
    started, wanted = 0, MOST_IN_LINE - len(services.places.read_line())
    for tenant in services.tenants.all():
        if started >= wanted:
            break
        with logs.correlated(logs.request_id()), left_to_newer_release(tenant_id=tenant.tenant_id):
            due = _due(tenant, services)
            if due and _start(tenant, due, services, orchestrations):
                started += 1
    return started


def _due(tenant: ManagedTenant, services: Services) -> list[str]:
    """The resources whose sync is due."""
    is_ready = tenant.state in _DUE_STATES and tenant.consent == ConsentState.GRANTED
    if not is_ready or not tenant.synced_at:
        return []
    now, keys = services.clock.now(), [spec.key for spec in RESOURCES]
    if not read_wishes(tenant):
        passed = now - parse_rfc3339(tenant.synced_at)
        is_due = tenant.sync_every_hours and passed >= timedelta(hours=tenant.sync_every_hours)
        return keys if is_due else []
    connection = services.connections.read(tenant.msp_id, tenant.connection_id)
    last = services.runs.read(connection.run_id) if connection else None
    if last is None:
        return []
    earlier = services.runs.read_resources(last.run_id)
    if not earlier and now - parse_rfc3339(last.finished_at or last.started_at) < shortest_interval(tenant, keys):
        return []  # it failed before anything was planned, and is not to be tried all the time
    earlier = earlier or services.runs.read_earlier(last)
    return due_resources(tenant, keys, {item.resource: item for item in earlier}, now)


def _start(tenant: ManagedTenant, due: list[str], services: Services, orchestrations: Orchestrations) -> bool:
    owner = services.owners.read(tenant.tenant_id)
    if owner is None or owner.msp_id != tenant.msp_id:
        return False
    connection = services.connections.read(owner.msp_id, owner.connection_id)
    only = "" if len(due) == len(RESOURCES) else " ".join(due)
    run = begin_sync(connection, DELTA, services, only=only, is_scheduled=True) if connection else None
    if run is None:
        return False
    services.audit.record(
        "sync_started",
        msp_id=run.msp_id,
        tenant_id=run.tenant_id,
        actor=SYSTEM,
        once=(f"{run.run_id}-started", run.started_at),
        detail={"runId": run.run_id},
    )
    start_unless_paused(run, services, orchestrations, anew=True)
    logs.event("sync_due", run_id=run.run_id, tenant_id=run.tenant_id)
    return True
