"""Looks whether Microsoft shows a permission that an administrator has just consented to."""

from typing import Any, Final

from activities.consent_record import note_granted
from tenantsync.clock import to_rfc3339
from tenantsync.errors import (
    Action,
    ConfigurationError,
    ConflictError,
    ConsentError,
    ContractError,
    TransientError,
)
from tenantsync.graph.grants import try_read_grants
from tenantsync.operations import INVENTORY, find_operation
from tenantsync.permissions import ASKED
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.grants import Grant, GrantState

DELAYS_SECONDS: Final = (5, 10, 20, 30, 60, 60, 60, 60, 120, 120)
"""Together about ten minutes, as for the first consent."""


def check_grant(job: dict[str, Any], attempt: int, services: Services) -> dict[str, Any]:
    """One look: `{"ended": true}`, or `{"ended": false, "delaySeconds"}` while it may still be on its way."""
    grant = _find(job, services)
    if grant is None or grant.state != GrantState.CONSENTED:
        return {"ended": True}
    is_last = attempt >= len(DELAYS_SECONDS)
    try:
        problem = "" if is_granted(grant, services) else "grant_not_found"
    except (ConfigurationError, ContractError, TransientError) as failure:
        is_last = is_last or failure.action is Action.STOP
        problem = failure.code
    if problem and not is_last:
        return {"ended": False, "delaySeconds": DELAYS_SECONDS[attempt]}
    _settle(grant, problem, services)
    return {"ended": True}


def _find(job: dict[str, Any], services: Services) -> Grant | None:
    """The entry, which goes along when the tenant changes hands."""
    owner = services.owners.read(job["tenantId"])
    return services.grants.read(owner.msp_id if owner else job["mspId"], job["tenantId"], job["grantId"])


def is_granted(grant: Grant, services: Services) -> bool:
    """Whether everything the entry asks for is among what the tenant's directory shows; unknown is not granted."""
    operation, wanted = find_operation(grant.operation), frozenset(grant.permissions.split())
    if operation is None:
        return False
    if operation.key == INVENTORY:
        return _is_inventory_granted(grant, wanted, services)
    is_delegated = operation.kind == "delegated"
    client_id = services.settings.client_id if is_delegated else services.settings.write_client_id
    found = try_read_grants(services.graph_for(grant.tenant_id), client_id)
    return found is not None and wanted <= (found.delegated if is_delegated else found.application)


def _is_inventory_granted(grant: Grant, wanted: frozenset[str], services: Services) -> bool:
    """The inventory works with a token's roles, so these decide; seeing them also ends a revoked consent."""
    try:
        roles = services.tokens.fetch_app_token(grant.tenant_id, fresh=True).roles
    except ConsentError:
        return False
    if roles:
        note_granted(grant.msp_id, grant.tenant_id, roles, services)
    return wanted <= roles


def _settle(grant: Grant, problem: str, services: Services) -> None:
    state, now = GrantState.FAILED if problem else GrantState.GRANTED, to_rfc3339(services.clock.now())
    try:
        services.grants.change(grant, only_in=GrantState.CONSENTED, state=state, problem_code=problem, updated_at=now)
    except ConflictError:  # taken back meanwhile
        return
    if grant.operation == INVENTORY and not problem:
        services.tenants.change(grant.msp_id, grant.tenant_id, asked_permissions=ASKED)
    services.audit.record(
        f"permissions_{state.value}",
        msp_id=grant.msp_id,
        tenant_id=grant.tenant_id,
        actor=SYSTEM,
        detail={"operation": grant.operation, "grantId": grant.grant_id},
    )
