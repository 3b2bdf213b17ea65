"""The use case: whom Microsoft throttles, by tenant and workload, from the latest runs and the gates they closed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from ops.finding import active_places, recent_places
from tenantsync.identity.caller import Caller
from tenantsync.paging import read_top
from tenantsync.resources.registry import find_resource
from tenantsync.services import Services
from tenantsync.store.progress import ResourceProgress
from tenantsync.store.runs import WholeRun

_MOST_RUNS: Final = 100
"""Of the runs under way, and as many of all: the newest of each."""


@dataclass(frozen=True, slots=True)
class _Workload:
    """One workload of a tenant's newest run, with its resources."""

    whole: WholeRun
    name: str
    items: Sequence[ResourceProgress]
    seconds: int
    """How long this workload has kept the one waiting that waited longest: they wait at the same time."""


def show_throttling(params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, runs}`: the ones that wait first, then by seconds lost; `runs` is how many runs were looked at."""
    top = read_top(params, default=50, most=200)
    newest = _newest_by_tenant(_latest_runs(caller, services))
    found = [workload for whole in newest.values() for workload in _throttled(whole)]
    tenant_ids = list(dict.fromkeys(workload.whole.run.tenant_id for workload in found))
    closed = dict(zip(tenant_ids, services.gate.read_closed(tenant_ids), strict=True))
    rows = [_describe(workload, closed[workload.whole.run.tenant_id]) for workload in found]
    rows.sort(key=lambda row: (row["until"] is None, -row["throttledSeconds"], row["tenantId"], row["workload"]))
    return {"items": _named(rows[:top], services), "runs": len(newest)}


def _latest_runs(caller: Caller, services: Services) -> Iterable[WholeRun]:
    places = [
        *islice(active_places("", caller, services), _MOST_RUNS),
        *islice(recent_places("", caller, services), _MOST_RUNS),
    ]
    run_ids = [run_id for _, run_id in dict.fromkeys(sorted(places))]
    return (whole for whole in services.runs.read_wholes(run_ids) if caller.reaches(whole.run.msp_id))


def _newest_by_tenant(wholes: Iterable[WholeRun]) -> dict[str, WholeRun]:
    newest: dict[str, WholeRun] = {}
    for whole in wholes:  # the newest come first
        newest.setdefault(whole.run.tenant_id, whole)
    return newest


def _throttled(whole: WholeRun) -> Iterator[_Workload]:
    """The workloads that were refused, or came near a limit."""
    items: dict[str, list[ResourceProgress]] = {}
    seconds: dict[str, int] = {}
    for item in whole.resources:
        spec = find_resource(item.resource)
        is_told = item.throttled_seconds or item.share_of_limit or item.throttle_scope
        if spec and is_told and not item.carried_from:
            for name, waited in (item.read_throttled(spec.workload) or {spec.workload: 0}).items():
                items.setdefault(name, []).append(item)
                seconds[name] = max(waited, seconds.get(name, 0))
    for name, told in items.items():
        yield _Workload(whole, name, told, seconds[name])


def _describe(workload: _Workload, closed: Mapping[str, str]) -> dict[str, Any]:
    run, items = workload.whole.run, workload.items
    return {
        "tenantId": run.tenant_id,
        "mspId": run.msp_id,
        "runId": run.run_id,
        "workload": workload.name,
        "resources": [item.resource for item in items],
        "until": closed.get(workload.name),
        "throttledSeconds": workload.seconds,
        "shareOfLimit": max(item.share_of_limit for item in items) or None,
        "scope": next((item.throttle_scope for item in items if item.throttle_scope), None),
        "updatedAt": max(item.updated_at for item in items),
    }


def _named(rows: Sequence[dict[str, Any]], services: Services) -> list[dict[str, Any]]:
    tenants = services.tenants.read_many([(row["mspId"], row["tenantId"]) for row in rows])
    domains = [(tenant.domain if tenant else "") or None for tenant in tenants]
    return [{**row, "tenantDomain": domain} for row, domain in zip(rows, domains, strict=True)]
