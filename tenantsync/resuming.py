"""Finds runs that nobody works on, and starts their orchestration: it was never started, or ended before its run."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tenantsync import logs
from tenantsync.cancelling import withdraw_run
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.orchestrations import Orchestrations, start_run
from tenantsync.services import Services
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run, RunState
from tenantsync.store.tenants import LEAVING

_STALLED_AFTER: Final = timedelta(minutes=5)
_FORGOTTEN_AFTER: Final = timedelta(days=1)
"""A run that belongs to no connection by then was given up in a crash, before anything followed from it."""
_STEP: Final = 200


def resume_stalled(services: Services, orchestrations: Orchestrations) -> int:
    """Starts what has made no step for minutes; one that is only waiting is there already and left alone."""
    resumed = 0
    for run in _runs_under_way(services):
        if _is_wanted(run, services) and _is_stalled(run, services):
            logs.event("run_resumed", run_id=run.run_id, tenant_id=run.tenant_id)
            start_run(orchestrations, run, again_at=to_rfc3339(services.clock.now()))
            resumed += 1
    return resumed


def _runs_under_way(services: Services) -> Iterator[Run]:
    after, now = "", services.clock.now()
    while found := services.runs.list_under_way(after, _STEP):
        after = max(found)
        for run_id, since in found.items():
            run = services.runs.read(run_id)
            if run and run.state in ACTIVE_RUN_STATES:
                yield run
            elif run or now - parse_rfc3339(since) > _FORGOTTEN_AFTER:
                services.runs.forget_under_way(run_id)


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


def _is_stalled(run: Run, services: Services) -> bool:
    updates = [run.updated_at, *(item.updated_at for item in services.runs.read_resources(run.run_id))]
    latest = max(parse_rfc3339(update) for update in updates if update)
    return services.clock.now() - latest > _STALLED_AFTER
