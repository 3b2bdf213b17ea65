"""Ends what is being done for a tenant: its link, or its run with every orchestration behind it."""

from dataclasses import replace

from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConflictError
from tenantsync.orchestrations import Orchestrations, terminate_run
from tenantsync.services import Services
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.runs import ACTIVE_RUN_STATES, ResourceState, RunState


def cancel_work(connection: Connection, services: Services, orchestrations: Orchestrations) -> bool:
    """Cancels the connection's link or run; False when there is nothing to cancel. Repeating it is harmless."""
    if not connection.run_id:
        return _cancel_link(connection, services)
    run = services.runs.read(connection.run_id)
    if run is None or run.state not in ACTIVE_RUN_STATES:
        return False
    now = to_rfc3339(services.clock.now())
    services.runs.change(
        run.run_id, state=RunState.CANCELLED, finished_at=now, updated_at=now, waiting_reason="", waiting_until=""
    )
    keys = [item.resource for item in services.runs.read_resources(run.run_id)]
    terminate_run(orchestrations, run.run_id, keys)
    for key in keys:
        _end_resource(run.run_id, key, services, now)
    return True


def _cancel_link(connection: Connection, services: Services) -> bool:
    if connection.state != ConnectionState.AWAITING_CONSENT:
        return False
    now = to_rfc3339(services.clock.now())
    services.connections.update(replace(connection, state=ConnectionState.CANCELLED, updated_at=now))
    return True


def _end_resource(run_id: str, resource: str, services: Services, now: str) -> None:
    stored = services.runs.read_resource(run_id, resource)
    if stored is None or stored.progress.is_ended:
        return
    ended = replace(
        stored.progress,
        state=ResourceState.FAILED,
        reached=1.0,
        updated_at=now,
        waiting_reason="",
        waiting_until="",
        problem_code="cancelled",
    )
    try:
        services.runs.checkpoint(ended, stored.etag)
    except ConflictError:  # a worker has just stored a page; it finds the run cancelled before the next one
        _end_resource(run_id, resource, services, now)
