"""Our own subjects, each in a process of its own: `python -m devstack.bench.subjects NAME` prints one JSON line."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from devstack.bench.measure import report
from tenantsync.engine import sync_slice
from tenantsync.graph.paging import read_pages
from tenantsync.resources.groups import GROUPS
from tenantsync.resources.memberships import MEMBERSHIPS
from tenantsync.resources.spec import Reading, ResourceSpec
from tenantsync.resources.users import USERS
from tenantsync.services import Services
from tenantsync.services import services as process_services
from tenantsync.slices.work import SliceTools
from tenantsync.store.progress import Mode, ResourceProgress, ResourceState

TENANT: Final = "d3300000-0000-4000-8000-0000000c0de5"
_WITH_DELTA: Final = (USERS, GROUPS, MEMBERSHIPS)


def pull_map_store(services: Services) -> int:
    """A whole listing of the users: pull, map, store, count, certify."""
    return _sync(services, USERS, Mode.FULL)


def pull(services: Services) -> int:
    """Our client alone: pages pulled and parsed."""
    graph = services.graph_for(TENANT)
    return sum(len(page.objects) for page in read_pages(graph, USERS.source.requests()[0]))


def first_sync(services: Services) -> int:
    """Users, groups and memberships, listed whole."""
    return sum(_sync(services, spec, Mode.FULL) for spec in _WITH_DELTA)


def second_sync(services: Services) -> int:
    """The next sync of the same, nothing having changed since."""
    return sum(_sync(services, spec, Mode.DELTA) for spec in _WITH_DELTA)


SUBJECTS: Final[Mapping[str, Callable[[Services], int]]] = {
    "store": pull_map_store,
    "pull": pull,
    "first": first_sync,
    "second": second_sync,
}


def _sync(services: Services, spec: ResourceSpec, mode: Mode) -> int:
    run_id = f"bench-{time.time_ns()}"
    services.runs.plan([_plan(spec, run_id, mode, services)])
    while True:
        stored = services.runs.read_resource(run_id, spec.key)
        if stored is None or stored.progress.is_ended:
            break
        tools = SliceTools(
            reading=Reading(services.graph_for(TENANT), services.scratch_for(run_id, spec.key)),
            inventory=services.inventory,
            runs=services.runs,
            clock=services.clock,
            deltas=services.deltas,
            fingerprints=services.fingerprints,
            gate=services.gate,
            budget=services.slice_budget,
        )
        sync_slice(spec, stored, tools)
    if stored is None or stored.progress.state != ResourceState.COMPLETED or stored.progress.mode != mode:
        sys.exit(f"the sync did not end as it should: {stored}")
    return stored.progress.stored


def _plan(spec: ResourceSpec, run_id: str, mode: Mode, services: Services) -> ResourceProgress:
    point = services.deltas.read(TENANT, spec.key) if mode == Mode.DELTA else None
    known: dict[str, Any] = {"cursor": point.link, "stored": point.stored, "tally": point.tally} if point else {}
    return ResourceProgress(run_id=run_id, resource=spec.key, position=0, weight=1, mode=mode, **known)


def main() -> None:
    services = process_services()  # the process as the app makes it, its collector included
    services.tokens.fetch_app_token(TENANT)  # the first token's cost is nobody's
    report(lambda: SUBJECTS[sys.argv[1]](services))


if __name__ == "__main__":
    main()
