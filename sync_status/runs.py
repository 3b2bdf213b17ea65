"""The use case: a tenant's syncs, newest first, each with its certificates."""

from collections.abc import Mapping
from typing import Any

from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.paging import foreign_cursor, read_cursor, read_top, write_cursor
from tenantsync.reach import find_connection
from tenantsync.runs.describing import describe_certificate, describe_problem
from tenantsync.runs.syncing import KEPT_RUNS
from tenantsync.services import Services
from tenantsync.store.connections import Connection
from tenantsync.store.runs import Run


def list_runs(tenant_id: str, params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, nextCursor}` of the latest connection's runs, as far back as they are kept."""
    connection = find_connection(tenant_id, caller, services)
    top, first = read_top(params, default=10, most=KEPT_RUNS), read_cursor(params)
    chain = list(services.runs.read_chain(connection.run_id, KEPT_RUNS + 1))
    start = next((number for number, run in enumerate(chain) if run.run_id == first), None) if first else 0
    if start is None:
        raise foreign_cursor()
    page, rest = chain[start : start + top], chain[start + top :]
    return {
        "items": [_describe(run, services) for run in page],
        "nextCursor": write_cursor(rest[0].run_id) if rest else None,
    }


def find_run(connection: Connection, run_id: str, services: Services) -> Run:
    """The run of that id, of those that led to the connection's latest; raises RequestError `run_unknown`."""
    chain = services.runs.read_chain(connection.run_id, KEPT_RUNS + 1)
    found = next((run for run in chain if run.run_id == run_id), None)
    if found is None:
        raise RequestError("run_unknown")
    return found


def _describe(run: Run, services: Services) -> dict[str, Any]:
    resources = services.runs.read_resources(run.run_id)
    return {
        "runId": run.run_id,
        "kind": run.kind,
        "state": run.state,
        "only": run.only.split(),
        "startedAt": run.started_at,
        "finishedAt": run.finished_at or None,
        "problem": describe_problem(run.problem_code, run.problem_message, run.problem_microsoft_code),
        "resources": {
            item.resource: {
                "state": item.state,
                "carriedFrom": item.carried_from or None,
                "certificate": describe_certificate(item),
            }
            for item in resources
        },
    }
