"""Ends what is being done for a tenant: its link, or its run with every orchestration behind it."""

from dataclasses import dataclass, replace
from typing import Final

from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConflictError
from tenantsync.orchestrations import Orchestrations, terminate_run
from tenantsync.runs.admission import release
from tenantsync.services import Services
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.progress import ResourceState
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run, RunState
from tenantsync.store.tenants import TenantState
from tenantsync.ticket_texts import link_closed, outcome
from tenantsync.tickets import Step, tell_ticket, tell_ticket_of

_UNDER_WAY: Final = frozenset({ConnectionState.AWAITING_CONSENT, *ACTIVE_RUN_STATES})


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was cancelled, the link or the run, and when; `is_run` tells which."""

    key: str
    at: str
    is_run: bool


def cancel_work(connection: Connection, services: Services, orchestrations: Orchestrations) -> Cancelled | None:
    """Cancels the connection's link or run; None when there is nothing to cancel.

    Repeating it finishes what a crash has interrupted, and gives the same answer.
    """
    while not connection.run_id:
        cancelled = _cancel_link(connection, services)
        current = services.connections.read(connection.msp_id, connection.connection_id)
        if cancelled or current is None or not current.run_id:
            return cancelled
        connection = current  # the administrator has signed in at this very moment
    return end_run(connection.run_id, services, orchestrations)


def end_run(
    run_id: str, services: Services, orchestrations: Orchestrations, *, problem_code: str = ""
) -> Cancelled | None:
    """Ends the run as cancelled, with the problem that says why; None when it has ended otherwise, or is not there."""
    now = to_rfc3339(services.clock.now())
    run = services.runs.change(
        run_id,
        state=RunState.CANCELLED,
        finished_at=now,
        updated_at=now,
        waiting_reason="",
        waiting_until="",
        problem_code=problem_code,
    )
    if run is None or run.state != RunState.CANCELLED:
        return None
    keys = [item.resource for item in services.runs.read_resources(run_id)]
    terminate_run(orchestrations, run_id, keys)
    for key in keys:
        _end_resource(run, key, services)
        services.scratch_for(run_id, key).clear()
    release(run, services, has_settled=False)
    tell_ticket_of(run, Step.OUTCOME, outcome(run, {}, ()), services)
    return Cancelled(run_id, run.finished_at, is_run=True)


def note_cancelled(connection: Connection, services: Services) -> None:
    """Lists show the tenant as cancelled, unless something else has become of it meanwhile."""
    services.note_state(
        connection.msp_id,
        connection.tenant_id,
        TenantState.CANCELLED,
        when=lambda tenant: tenant.connection_id == connection.connection_id and tenant.state in _UNDER_WAY,
    )


def withdraw_run(connection: Connection, run: Run, services: Services) -> None:
    """Ends a run that must not start: its connection was replaced, or its tenant is let go."""
    now = to_rfc3339(services.clock.now())
    services.runs.change(run.run_id, state=RunState.CANCELLED, finished_at=now, updated_at=now)
    services.connections.change(
        connection.msp_id, connection.connection_id, state=ConnectionState.CANCELLED, run_id="", updated_at=now
    )


def _cancel_link(connection: Connection, services: Services) -> Cancelled | None:
    now, waiting = to_rfc3339(services.clock.now()), ConnectionState.AWAITING_CONSENT
    if connection.state == waiting:
        try:
            connection = services.connections.change(
                connection.msp_id,
                connection.connection_id,
                only_in=waiting,
                state=ConnectionState.CANCELLED,
                updated_at=now,
            )
        except ConflictError:
            return None
    if connection.state != ConnectionState.CANCELLED:
        return None
    tell_ticket(connection, Step.OUTCOME, link_closed(connection), services)
    return Cancelled(connection.connection_id, connection.updated_at, is_run=False)


def _end_resource(run: Run, resource: str, services: Services) -> None:
    stored = services.runs.read_resource(run.run_id, resource)
    if stored is None or stored.progress.is_ended:
        return
    ended = replace(
        stored.progress,
        state=ResourceState.FAILED,
        reached=1.0,
        updated_at=run.finished_at,
        waiting_reason="",
        waiting_until="",
        problem_code="cancelled",
    )
    try:
        services.runs.checkpoint(ended, stored.etag)
    except ConflictError:  # a worker has just stored a page; it finds the run cancelled before the next one
        _end_resource(run, resource, services)
