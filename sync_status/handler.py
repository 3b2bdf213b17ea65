"""The use case: one picture of a connection and its run, from the checkpoints alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from tenantsync.clock import parse_rfc3339
from tenantsync.identity.caller import Caller
from tenantsync.permissions import APPLICATION_PERMISSIONS
from tenantsync.problems import find_problem
from tenantsync.reach import find_connection
from tenantsync.services import Services
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.runs import ACTIVE_RUN_STATES, Mode, ResourceProgress, ResourceState, Run
from tenantsync.store.tenants import ManagedTenant, TenantState
from tenantsync.summary import build_summary
from tenantsync.tenant_state import OVERRIDING, shown_state
from tenantsync.wrong_tenant import describe_wrong_tenant

VOLATILE: Final = frozenset({"etaSeconds"})
"""Changes with the clock alone, so it is not part of the ETag."""

_POLL_SECONDS: Final = 2
_IDLE_POLL_SECONDS: Final = 10
_RUNNING: Final = frozenset({*ACTIVE_RUN_STATES, ConnectionState.AWAITING_CONSENT})


def read_status(tenant_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """The sync-status of the caller's own latest connection; raises RequestError `tenant_unknown`."""
    connection = find_connection(tenant_id, caller, services)
    run = services.runs.read(connection.run_id) if connection.run_id else None
    now = services.clock.now()
    if run is None:
        status = _before_the_run(connection, now, services.settings.client_id)
    else:
        status = _of_the_run(connection, run, services.runs.read_resources(run.run_id), now)
    tenant = services.tenants.read(connection.msp_id, connection.tenant_id)
    return {**status, **_of_the_tenant(tenant, status, now)} if tenant else status


def _of_the_tenant(tenant: ManagedTenant, status: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What is true of the tenant whatever its last run came to: disconnected, consent gone or no longer enough."""
    state = shown_state(tenant, now)
    if state not in OVERRIDING or status["state"] in ACTIVE_RUN_STATES:
        return {}
    problems = {TenantState.REVOKED: "consent_lost", TenantState.NEEDS_RECONSENT: "needs_reconsent"}
    code = problems.get(TenantState(state), "")
    missing = sorted(APPLICATION_PERMISSIONS.difference(tenant.app_permissions.split()))
    problem = _problem(code, ", ".join(missing), "") if code else None
    return {"state": state, "problem": status["problem"] or problem}


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
        "state": state,
        "percent": 0,
        "etaSeconds": None,
        "startedAt": connection.created_at,
        "updatedAt": connection.updated_at,
        "finishedAt": None if is_waiting else connection.updated_at,
        "waiting": None,
        "stalled": None,
        "problem": _problem(code, connection.problem_message, connection.problem_microsoft_code, connection, client_id),
        "resources": {},
        "summary": None,
    }


def _of_the_run(
    connection: Connection, run: Run, resources: Sequence[ResourceProgress], now: datetime
) -> dict[str, Any]:
    updates = [run.updated_at, *(item.updated_at for item in resources if item.updated_at)]
    is_active = run.state in ACTIVE_RUN_STATES
    summary = orjson.loads(run.summary) if run.summary else build_summary(resources) if resources else None
    return {
        **_identity(connection),
        "runId": run.run_id,
        "kind": run.kind,
        "state": run.state,
        "percent": percent_of(resources),
        "etaSeconds": eta_seconds(resources, now) if is_active else None,
        "startedAt": run.started_at,
        "updatedAt": max(updates),
        "finishedAt": run.finished_at or None,
        "waiting": _waiting(run, resources) if is_active else None,
        "stalled": _stalled(run, max(updates)) if is_active else None,
        "problem": _problem(run.problem_code, run.problem_message, run.problem_microsoft_code),
        "resources": {item.resource: _resource(item) for item in resources},
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


def percent_of(resources: Sequence[ResourceProgress]) -> int:
    """0 to 100 by the resources' weights; 100 only when every one has ended, and never less than before."""
    if not resources:
        return 0
    whole = sum(item.weight for item in resources)
    share = sum(item.weight * item.reached for item in resources) / whole
    return 100 if all(item.is_ended for item in resources) else min(99, int(share * 100))


def eta_seconds(resources: Sequence[ResourceProgress], now: datetime) -> int | None:
    """Seconds until the slowest resource is through at its pace so far; None while nothing can be said."""
    estimates = [_eta(item, now) for item in resources if not item.is_ended]
    known = [estimate for estimate in estimates if estimate is not None]
    return round(max(known)) if known else None


def _eta(progress: ResourceProgress, now: datetime) -> float | None:
    if not progress.started_at or not progress.reached or not progress.expected:
        return None
    elapsed = (now - parse_rfc3339(progress.started_at)).total_seconds()
    return max(0.0, elapsed / progress.reached * (1 - progress.reached))


def _waiting(run: Run, resources: Sequence[ResourceProgress]) -> dict[str, str] | None:
    if run.waiting_reason:
        return {"reason": run.waiting_reason, "until": run.waiting_until}
    waiting = [item for item in resources if item.state == ResourceState.WAITING]
    if not waiting:
        return None
    last = max(waiting, key=lambda item: item.waiting_until)
    return {"reason": last.waiting_reason, "until": last.waiting_until}


def _stalled(run: Run, moved_at: str) -> dict[str, Any] | None:
    """What the watchdog has found, as long as nothing has moved since."""
    if not run.stalls or moved_at > run.stalled_at:
        return None
    return {"reason": run.stall_reason, "since": run.stalled_since, "times": run.stalls}


def _resource(item: ResourceProgress) -> dict[str, Any]:
    return {
        "state": item.state,
        "mode": item.mode,
        "processed": _processed(item),
        "expected": item.expected,
        "pages": item.pages,
        "startedAt": item.started_at or None,
        "updatedAt": item.updated_at or None,
        "throttledSeconds": item.throttled_seconds,
        "retries": item.retries,
        "waiting": {"reason": item.waiting_reason, "until": item.waiting_until} if item.waiting_reason else None,
        "certificate": {
            "expected": item.expected,
            "received": item.received,
            "stored": item.stored,
            "duplicates": item.duplicates,
            "gone": item.gone,
            "verdict": item.verdict,
        },
        "problem": _problem(item.problem_code, item.problem_message, ""),
    }


def _processed(item: ResourceProgress) -> int:
    """Objects that are up to date: of a delta all that are stored, once it has ended."""
    if item.mode == Mode.DELTA:
        return item.stored if item.is_ended else 0
    return item.received - item.duplicates if item.is_ended else item.received


def _problem(
    code: str, message: str, microsoft_code: str, connection: Connection | None = None, client_id: str = ""
) -> dict[str, Any] | None:
    if not code:
        return None
    more = describe_wrong_tenant(connection, client_id) if connection else {}
    return {**find_problem(code, message, microsoft_code).to_json(), **more}
