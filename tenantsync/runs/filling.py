"""Notes for lists what 0.1.0 did not note: its runs by time, and why a tenant is in its state.

A pass takes some tenants and remembers where it ended; one that is repeated changes nothing. A tenant of which a newer
release has written something is left out, and tried again by the passes after the last one until that release is back.
"""

from itertools import islice
from secrets import SystemRandom
from typing import Final

from tenantsync import logs
from tenantsync.runs.outcome import problem_of
from tenantsync.runs.syncing import KEPT_RUNS
from tenantsync.services import Services
from tenantsync.store.connections import Connection
from tenantsync.store.recent_runs import Filled
from tenantsync.store.records import left_to_newer_release
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run
from tenantsync.store.tenants import ManagedTenant

TENANTS_A_PASS: Final = 100
"""Of at most fifty runs each: a minute or two, and ten thousand tenants within a day."""


def fill_lists(services: Services) -> int:
    """One pass; gives how many tenants were looked at, none once all were."""
    recent = services.recent_runs
    filled = recent.read_filled()
    if filled.is_whole:
        return 0
    keys = list(islice(services.tenants.all_keys(filled.up_to), TENANTS_A_PASS))
    for key in keys:
        if not _is_filled(*key, services):
            recent.leave_out(*key)
    if not keys:
        _take_in(services)
    is_whole = len(keys) < TENANTS_A_PASS and not recent.list_left_out()
    recent.note_filled(Filled(keys[-1] if keys else filled.up_to, is_whole=is_whole))
    logs.event("lists_filled", count=len(keys))
    return len(keys)


def _take_in(services: Services) -> None:
    """Any of what was left out, so that tenants which stay unreadable never stand before the others."""
    left_out = services.recent_runs.list_left_out()
    for key in SystemRandom().sample(left_out, min(len(left_out), TENANTS_A_PASS)):
        if _is_filled(*key, services):
            services.recent_runs.take_in(*key)


def _is_filled(msp_id: str, tenant_id: str, services: Services) -> bool:
    """Whether all could be noted: a tenant that is gone has nothing to note."""
    with left_to_newer_release(tenant_id=tenant_id):
        if tenant := services.tenants.read(msp_id, tenant_id):
            _fill(tenant, services)
        return True
    return False


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
