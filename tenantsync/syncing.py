"""Further syncs of a tenant that is connected: begun by people, or when they are due."""

from datetime import timedelta
from typing import Any, Final

from tenantsync import logs
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.orchestrations import Orchestrations
from tenantsync.services import Services
from tenantsync.starting import start_unless_paused
from tenantsync.store.audit import SYSTEM
from tenantsync.store.connections import Connection
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run, RunState
from tenantsync.store.tenants import ConsentState, ManagedTenant, TenantState
from tenantsync.tenant_state import SETTLED
from tenantsync.wire import resync_id

DELTA: Final = "delta"
FULL: Final = "full"
_MOST_AT_ONCE: Final = 100
"""What one pass of the timer starts; the next one goes on, so a night's syncs do not begin in one moment."""
_DUE_STATES: Final = frozenset({*SETTLED, RunState.FAILED, TenantState.NEEDS_RECONSENT})


def begin_sync(connection: Connection, kind: str, services: Services) -> Run | None:
    """The run to start: the one that is under way, else a new one; None when the tenant is leaving.

    A new run's id counts up, so that of two requests at once one makes it and the other finds it.
    """
    running = services.runs.read(connection.run_id)
    if running and running.state in ACTIVE_RUN_STATES:
        return running
    now, number = to_rfc3339(services.clock.now()), connection.syncs + 1
    run = Run(
        run_id=resync_id(connection.connection_id, number),
        msp_id=connection.msp_id,
        tenant_id=connection.tenant_id,
        customer_id=connection.customer_id,
        connection_id=connection.connection_id,
        kind=kind,
        started_at=now,
        updated_at=now,
    )
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
    return run


def start_due(services: Services, orchestrations: Orchestrations) -> int:
    """Starts the syncs that are due; gives how many, none while syncs are paused. Repeating it starts nothing twice."""
    if services.settings.is_sync_paused:
        return 0
    started = 0
    for tenant in services.tenants.all():
        if started == _MOST_AT_ONCE:
            break
        if _is_due(tenant, services) and _start(tenant, services, orchestrations):
            started += 1
    return started


def _is_due(tenant: ManagedTenant, services: Services) -> bool:
    is_ready = tenant.state in _DUE_STATES and tenant.consent == ConsentState.GRANTED
    if not (is_ready and tenant.sync_every_hours and tenant.synced_at):
        return False
    passed = services.clock.now() - parse_rfc3339(tenant.synced_at)
    return passed >= timedelta(hours=tenant.sync_every_hours)


def _start(tenant: ManagedTenant, services: Services, orchestrations: Orchestrations) -> bool:
    owner = services.owners.read(tenant.tenant_id)
    if owner is None or owner.msp_id != tenant.msp_id:
        return False
    connection = services.connections.read(owner.msp_id, owner.connection_id)
    run = begin_sync(connection, DELTA, services) if connection else None
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
