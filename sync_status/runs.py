"""The use case: a tenant's syncs, newest first, each with its certificates."""

from collections.abc import Mapping
from typing import Any

from sync_status.describing import describe_certificate, describe_problem
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.paging import read_cursor, read_top, write_cursor
from tenantsync.reach import find_connection
from tenantsync.services import Services
from tenantsync.store.connections import Connection
from tenantsync.store.runs import Run
from tenantsync.syncing import KEPT_RUNS
from tenantsync.wire import onboarding_instance_id, resync_id


def list_runs(tenant_id: str, params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, nextCursor}` of the latest connection's runs, as far back as they are kept."""
    connection = find_connection(tenant_id, caller, services)
    top, position = read_top(params, default=10, most=KEPT_RUNS), read_cursor(params)
    newest = _number(position) if position else connection.syncs
    items: list[dict[str, Any]] = []
    for number in range(min(newest, connection.syncs), max(-1, connection.syncs - KEPT_RUNS), -1):
        run = services.runs.read(run_id_of(connection, number))
        if run and len(items) == top:
            return {"items": items, "nextCursor": write_cursor(str(number))}
        if run:
            items.append(_describe(run, services))
    return {"items": items, "nextCursor": None}


def find_run(connection: Connection, run_id: str, services: Services) -> Run:
    """The connection's run of that id; raises RequestError `run_unknown`."""
    run = services.runs.read(run_id)
    if run is None or run.connection_id != connection.connection_id or run.msp_id != connection.msp_id:
        raise RequestError("run_unknown")
    return run


def run_id_of(connection: Connection, number: int) -> str:
    """The id of a connection's `number`th further sync; 0 is the first one."""
    identifier = connection.connection_id
    return resync_id(identifier, number) if number else onboarding_instance_id(identifier)


def _number(position: str) -> int:
    if not position.isascii() or not position.isdigit():
        raise RequestError("invalid_request", "`cursor` is not one this service gave.")
    return int(position)


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
