"""What is measured, each in a process of its own: `python -m devstack.bench.subjects NAME` prints one JSON line."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import requests

from tenantsync.engine import SliceTools, sync_slice
from tenantsync.graph.paging import read_pages
from tenantsync.resources.spec import Reading, ResourceSpec
from tenantsync.resources.users import USERS
from tenantsync.services import Services
from tenantsync.services import services as process_services
from tenantsync.store.runs import Mode, ResourceProgress, ResourceState

TENANT: Final = "d3300000-0000-4000-8000-0000000c0de5"
_MEBI: Final = 1024


def pull_map_store(services: Services) -> int:
    """A whole listing of the users: pull, map, store, count, certify."""
    return _sync(services, Mode.FULL)


def second_sync(services: Services) -> int:
    """The users' next sync, nothing having changed since the listing."""
    return _sync(services, Mode.DELTA)


def pull(services: Services) -> int:
    """Our client alone: pages pulled and parsed."""
    graph = services.graph_for(TENANT)
    return sum(len(page.objects) for page in read_pages(graph, USERS.source.requests()[0]))


def bare_loop(services: Services) -> int:
    """What anybody would write: a session, `json()`, the next link; nothing is stored."""
    token = services.tokens.fetch_app_token(TENANT).value
    session, number = requests.Session(), 0
    session.headers["Authorization"] = f"Bearer {token}"
    session.verify = os.environ["REQUESTS_CA_BUNDLE"]
    url: str | None = f"{services.settings.graph_endpoint}/v1.0{USERS.source.requests()[0]}"
    while url:
        body = session.get(url, timeout=60).json()
        number += sum(1 for user in body["value"] if user["id"] and user["userPrincipalName"])
        url = body.get("@odata.nextLink")
    return number


SUBJECTS: Final[Mapping[str, Callable[[Services], int]]] = {
    "pull, map and store": pull_map_store,
    "pull": pull,
    "bare requests loop": bare_loop,
    "second sync, no change": second_sync,
}


def _sync(services: Services, mode: Mode) -> int:
    run_id = f"bench-{time.time_ns()}"
    services.runs.plan([_plan(USERS, run_id, mode, services)])
    while True:
        stored = services.runs.read_resource(run_id, USERS.key)
        if stored is None or stored.progress.is_ended:
            break
        tools = SliceTools(
            reading=Reading(services.graph_for(TENANT), services.scratch_for(run_id, USERS.key)),
            inventory=services.inventory,
            runs=services.runs,
            clock=services.clock,
            deltas=services.deltas,
            gate=services.gate,
            budget=services.slice_budget,
        )
        sync_slice(USERS, stored, tools)
    if stored is None or stored.progress.state != ResourceState.COMPLETED or stored.progress.mode != mode:
        sys.exit(f"the sync did not end as it should: {stored}")
    return stored.progress.stored


def _plan(spec: ResourceSpec, run_id: str, mode: Mode, services: Services) -> ResourceProgress:
    point = services.deltas.read(TENANT, spec.key) if mode == Mode.DELTA else None
    known: dict[str, Any] = {"cursor": point.link, "stored": point.stored, "tally": point.tally} if point else {}
    return ResourceProgress(run_id=run_id, resource=spec.key, position=0, weight=1, mode=mode, **known)


def main() -> None:
    services = process_services()  # as the app's process has them
    services.tokens.fetch_app_token(TENANT)  # the first token's cost is nobody's
    began, cpu = time.perf_counter(), time.process_time()
    objects = SUBJECTS[sys.argv[1]](services)
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEBI
    print(json.dumps({"objects": objects, "seconds": seconds, "cpu": spent, "peak": peak}))


if __name__ == "__main__":
    main()
