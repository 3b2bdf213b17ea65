"""Finds runs that nobody works on, and starts their orchestration: it was never started, or the host has lost it."""

from datetime import timedelta
from typing import Final

from tenantsync import logs
from tenantsync.clock import parse_rfc3339
from tenantsync.orchestrations import Orchestrations, start_run
from tenantsync.services import Services
from tenantsync.store.connections import ConnectionState
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run
from tenantsync.store.tenants import ManagedTenant

_STALLED_AFTER: Final = timedelta(minutes=5)
_OPEN: Final = frozenset({ConnectionState.AWAITING_CONSENT, *ACTIVE_RUN_STATES})


def resume_stalled(services: Services, orchestrations: Orchestrations) -> int:
    """Starts what has made no step for minutes; one that is only waiting is there already and left alone."""
    resumed = 0
    for tenant in services.tenants.all():
        run = _stalled_run(tenant, services) if tenant.state in _OPEN else None
        if run:
            logs.event("run_resumed", run_id=run.run_id, tenant_id=run.tenant_id)
            start_run(orchestrations, run)
            resumed += 1
    return resumed


def _stalled_run(tenant: ManagedTenant, services: Services) -> Run | None:
    connection = services.connections.read(tenant.msp_id, tenant.connection_id)
    run = services.runs.read(connection.run_id) if connection and connection.run_id else None
    if run is None or run.state not in ACTIVE_RUN_STATES:
        return None
    updates = [run.updated_at, *(item.updated_at for item in services.runs.read_resources(run.run_id))]
    latest = max(parse_rfc3339(update) for update in updates if update)
    return run if services.clock.now() - latest > _STALLED_AFTER else None
