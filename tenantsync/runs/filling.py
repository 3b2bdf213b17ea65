"""Notes for lists what 0.1.0 did not note: its runs by time, and why a tenant is in its state.

A pass takes some tenants and remembers where it ended; one that is repeated changes nothing.
"""

from itertools import islice
from typing import Final

from tenantsync import logs
from tenantsync.runs.outcome import problem_of
from tenantsync.runs.syncing import KEPT_RUNS
from tenantsync.services import Services
from tenantsync.store.connections import Connection
from tenantsync.store.recent_runs import Filled
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run
from tenantsync.store.tenants import ManagedTenant

TENANTS_A_PASS: Final = 100
"""Of at most fifty runs each: a minute or two, and ten thousand tenants within a day."""


def fill_lists(services: Services) -> int:
    """One pass; gives how many tenants were looked at, none once all were."""
    filled = services.recent_runs.read_filled()
    if filled.is_whole:
        return 0
    tenants = list(islice(services.tenants.all(filled.up_to), TENANTS_A_PASS))
    for tenant in tenants:
        _fill(tenant, services)
    up_to = (tenants[-1].msp_id, tenants[-1].tenant_id) if tenants else filled.up_to
    services.recent_runs.note_filled(Filled(up_to, is_whole=len(tenants) < TENANTS_A_PASS))
    logs.event("lists_filled", count=len(tenants))
    return len(tenants)


def _fill(tenant: ManagedTenant, services: Services) -> None:
    """A newer connection may wait for consent while the older one still owns the tenant."""
    owner = services.owners.read(tenant.tenant_id)
    own = {owner.connection_id} if owner and owner.msp_id == tenant.msp_id else set()
    for connection_id in sorted({tenant.connection_id, *own}):
        connection = services.connections.read(tenant.msp_id, connection_id)
        runs = list(services.runs.read_chain(connection.run_id, KEPT_RUNS + 1)) if connection else []
        for run in runs:
            services.runs.note_again(run)
        if connection and connection_id == tenant.connection_id:
            _tell_why(tenant, connection, runs[0] if runs else None, services)


def _tell_why(tenant: ManagedTenant, connection: Connection, latest: Run | None, services: Services) -> None:
    why = problem_of(latest, services.runs.read_resources(latest.run_id)) if latest else _problem_of(connection)
    state = (latest or connection).state
    if not why.get("problem_code") or state in ACTIVE_RUN_STATES:
        return
    services.tenants.change(
        tenant.msp_id,
        tenant.tenant_id,
        when=lambda known: known.state == state and not known.problem_code,
        **why,
    )


def _problem_of(connection: Connection) -> dict[str, str]:
    return {
        "problem_code": connection.problem_code,
        "problem_message": connection.problem_message,
        "problem_microsoft_code": connection.problem_microsoft_code,
    }
