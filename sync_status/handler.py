"""The use case: one picture of a connection and its run, from the checkpoints alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import orjson

from sync_status.eta import describe_plan, eta_seconds
from sync_status.runs import find_run
from tenantsync.clock import parse_rfc3339
from tenantsync.identity.caller import Caller
from tenantsync.partner.describing import describe_tenant_access
from tenantsync.reach import find_connection
from tenantsync.runs.describing import (
    describe_problem,
    describe_resource,
    describe_stall,
    describe_waiting,
    percent_of,
    throttled_seconds,
    updated_at,
)
from tenantsync.runs.outcome import state_after
from tenantsync.runs.summary import build_summary
from tenantsync.services import Services
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.progress import ResourceProgress
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run
from tenantsync.store.tenants import ManagedTenant
from tenantsync.tenant_state import OVERRIDING, problem_of_state, shown_state
from tenantsync.tickets import describe_ticket
from tenantsync.wrong_tenant import describe_wrong_tenant

VOLATILE: Final = frozenset({"etaSeconds"})
"""Changes with the clock alone, so it is not part of the ETag."""

_POLL_SECONDS: Final = 2
_IDLE_POLL_SECONDS: Final = 5
_RUNNING: Final = frozenset({*ACTIVE_RUN_STATES, ConnectionState.AWAITING_CONSENT})


def read_status(tenant_id: str, run_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """The sync-status of the caller's own latest connection; raises RequestError `tenant_unknown`.

    With `run_id`, the status of that run of the connection; raises RequestError `run_unknown`.
    """
    connection = find_connection(tenant_id, caller, services)
    now = services.clock.now()
    ticket = {"ticket": describe_ticket(connection, services)}
    if run_id and run_id != connection.run_id:
        earlier = find_run(connection, run_id, services)
        return {**_of_the_run(connection, earlier, services.runs.read_resources(run_id), now), **ticket}
    run = services.runs.read(connection.run_id) if connection.run_id else None
    if run is None:
        status = _before_the_run(connection, now, services.settings.client_id)
    else:
        status = _of_the_run(connection, run, services.runs.read_resources(run.run_id), now)
    tenant = services.tenants.read(connection.msp_id, connection.tenant_id)
    if tenant is None:
        return {**status, **ticket, "access": None}
    told = _of_the_tenant(_as_after(run, tenant), status, now)
    return {**status, **told, **ticket, "access": describe_tenant_access(tenant)}


def _as_after(run: Run | None, tenant: ManagedTenant) -> ManagedTenant:
    """With the end of its run also in the moment before that is noted: what is told as an end must stay one."""
    if run is None or run.state in ACTIVE_RUN_STATES or tenant.state not in ACTIVE_RUN_STATES:
        return tenant
    return replace(tenant, state=state_after(run))


def _of_the_tenant(tenant: ManagedTenant, status: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What is true of the tenant whatever its last run came to: disconnected, consent gone or no longer enough."""
    state = shown_state(tenant, now)
    if state not in OVERRIDING or status["state"] in ACTIVE_RUN_STATES:
        return {}
    problem = problem_of_state(state, tenant)
    return {"state": state, "problem": status["problem"] or (problem.to_json() if problem else None)}


def poll_headers(status: Mapping[str, Any]) -> dict[str, str]:
    """Retry-After while there is something to wait for."""
    if status["state"] not in _RUNNING:
        return {}
    waits_for_people = status["state"] == ConnectionState.AWAITING_CONSENT
    return {"Retry-After": str(_IDLE_POLL_SECONDS if waits_for_people else _POLL_SECONDS)}


def _before_the_run(connection: Connection, now: datetime, client_id: str) -> dict[str, Any]:
    is_waiting = connection.state == ConnectionState.AWAITING_CONSENT
    state = "expired" if is_waiting and now >= parse_rfc3339(connection.expires_at) else connection.state
    code = "link_expired" if state == "expired" else connection.problem_code
    return {
        **_identity(connection),
        "runId": None,
        "kind": "initial",
        "only": [],
        "state": state,
        "percent": 0,
        "etaSeconds": None,
        "plan": None,
        "startedAt": connection.created_at,
        "updatedAt": connection.updated_at,
        "finishedAt": None if is_waiting else connection.updated_at,
        "waiting": None,
        "throttledSeconds": 0,
        "stalled": None,
        "problem": _problem(code, connection.problem_message, connection.problem_microsoft_code, connection, client_id),
        "resources": {},
        "summary": None,
    }


def _of_the_run(
    connection: Connection, run: Run, resources: Sequence[ResourceProgress], now: datetime
) -> dict[str, Any]:
    moved_at = updated_at(run, resources)
    is_active = run.state in ACTIVE_RUN_STATES
    summary = orjson.loads(run.summary) if run.summary else build_summary(resources) if resources else None
    return {
        **_identity(connection),
        "runId": run.run_id,
        "kind": run.kind,
        "only": run.only.split(),
        "state": run.state,
        "percent": percent_of(resources),
        "etaSeconds": eta_seconds(resources, now) if is_active else None,
        "plan": describe_plan(resources),
        "startedAt": run.started_at,
        "updatedAt": moved_at,
        "finishedAt": run.finished_at or None,
        "waiting": describe_waiting(run, resources) if is_active else None,
        "throttledSeconds": throttled_seconds(resources),
        "stalled": describe_stall(run, moved_at) if is_active else None,
        "problem": _problem(run.problem_code, run.problem_message, run.problem_microsoft_code),
        "resources": {item.resource: describe_resource(item) for item in resources},
        "summary": summary,
    }


def _identity(connection: Connection) -> dict[str, Any]:
    return {
        "tenantId": connection.tenant_id,
        "tenantDomain": connection.tenant_domain or None,
        "customerId": connection.customer_id,
        "connectionId": connection.connection_id,
        "returnUrl": connection.return_url or None,
    }


def _problem(
    code: str, message: str, microsoft_code: str, connection: Connection | None = None, client_id: str = ""
) -> dict[str, Any] | None:
    if not code:
        return None
    more = describe_wrong_tenant(connection, client_id) if connection else {}
    return {**(describe_problem(code, message, microsoft_code) or {}), **more}
