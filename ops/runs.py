"""The use cases: runs in flight and recent ones, and one run with its resources, times and orchestration."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from ops.finding import Place, active_places, find_run, find_runs, is_active, is_stuck, places_of_tenant, recent_places
from ops.instances import describe_orchestration, management_of, read_orchestration
from ops.timeline import describe_timeline
from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import Orchestrations
from tenantsync.paging import read_cursor, read_top, write_cursor
from tenantsync.runs.describing import (
    describe_problem,
    describe_resource,
    describe_stall,
    describe_waiting,
    percent_of,
    throttled_seconds,
    updated_at,
)
from tenantsync.services import Services
from tenantsync.store.progress import ResourceProgress
from tenantsync.store.runs import WholeRun

_STATES: Final = ("active", "ended", "stuck")
_FITS: Final = {"active": is_active, "ended": lambda whole: not is_active(whole), "stuck": is_stuck}


def list_runs(params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, nextCursor}`, the newest first; filters `state` (active, ended, stuck) and `tenantId`.

    A page may have fewer items than asked for, or none, and still a cursor: as many runs are looked at as is cheap.
    """
    top, after = read_top(params, default=50, most=100), read_cursor(params)
    state = params.get("state", "")
    if state and state not in _STATES:
        raise RequestError("invalid_request", f"`state` must be one of {', '.join(_STATES)}.")
    fits = _FITS.get(state, lambda _: True)
    found, position = find_runs(
        _places(params, state, after, caller, services),
        top,
        services,
        lambda whole: caller.reaches(whole.run.msp_id) and fits(whole),
    )
    return {"items": describe_runs(found, services), "nextCursor": write_cursor(position) if position else None}


def show_run(run_id: str, caller: Caller, services: Services, orchestrations: Orchestrations) -> dict[str, Any]:
    """One run with all that is known of it; raises RequestError `run_unknown`.

    `orchestration` is null when Durable has forgotten it or does not answer; then the times are those of checkpoints.
    """
    whole = find_run(run_id, caller, services)
    orchestration = read_orchestration(run_id, orchestrations)
    return {
        **describe_runs([whole], services)[0],
        "resources": {item.resource: _describe_resource(item) for item in whole.resources},
        "timeline": describe_timeline(whole, orchestration),
        "orchestration": describe_orchestration(orchestration) if orchestration else None,
        "management": management_of(run_id),
    }


def describe_runs(wholes: Sequence[WholeRun], services: Services) -> list[dict[str, Any]]:
    """The runs as lists show them, with the names of tenants and customers."""
    runs = [whole.run for whole in wholes]
    tenants = services.tenants.read_many([(run.msp_id, run.tenant_id) for run in runs])
    customers = _customer_names({(run.msp_id, run.customer_id) for run in runs}, services)
    return [
        {
            "runId": whole.run.run_id,
            "mspId": whole.run.msp_id,
            "tenantId": whole.run.tenant_id,
            "tenantDomain": (tenant.domain if tenant else "") or None,
            "customerName": customers.get((whole.run.msp_id, whole.run.customer_id)),
            **_describe_progress(whole),
        }
        for whole, tenant in zip(wholes, tenants, strict=True)
    ]


def _describe_progress(whole: WholeRun) -> dict[str, Any]:
    run, resources, moved_at = whole.run, whole.resources, updated_at(whole.run, whole.resources)
    return {
        "kind": run.kind,
        "only": run.only.split(),
        "state": run.state,
        "percent": percent_of(resources),
        "startedAt": run.started_at,
        "updatedAt": moved_at,
        "finishedAt": run.finished_at or None,
        "waiting": describe_waiting(run, resources) if is_active(whole) else None,
        "stalled": describe_stall(run, moved_at) if is_active(whole) else None,
        "problem": describe_problem(run.problem_code, run.problem_message, run.problem_microsoft_code),
        "throttledSeconds": throttled_seconds(resources),
    }


def _describe_resource(item: ResourceProgress) -> dict[str, Any]:
    return {**describe_resource(item), "endedAt": item.updated_at if item.is_ended else None}


def _places(params: Mapping[str, str], state: str, after: str, caller: Caller, services: Services) -> Iterator[Place]:
    tenant_id = params.get("tenantId", "").lower()
    if tenant_id:
        if not is_guid(tenant_id):
            raise RequestError("invalid_request", "`tenantId` must be a GUID.")
        return places_of_tenant(tenant_id, after, caller, services)
    if state in ("active", "stuck"):
        return active_places(after, caller, services, only_stuck=state == "stuck")
    return recent_places(after, caller, services)


def _customer_names(keys: set[tuple[str, str]], services: Services) -> dict[tuple[str, str], str]:
    names = {}
    for msp_id, group in groupby(sorted(keys), key=lambda key: key[0]):
        for customer in services.customers.read_many(msp_id, [customer_id for _, customer_id in group]):
            names[msp_id, customer.customer_id] = customer.name
    return names
