"""Looks whether Microsoft shows a permission that an administrator has just consented to."""

from typing import Any, Final

from activities.consent_record import note_granted
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConsentError
from tenantsync.graph.grants import try_read_grants
from tenantsync.operations import INVENTORY, find_operation
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.grants import Grant, GrantState

DELAYS_SECONDS: Final = (5, 10, 20, 30, 60, 60, 60, 60, 120, 120)
"""Together about ten minutes, as for the first consent."""


def check_grant(job: dict[str, Any], attempt: int, services: Services) -> dict[str, Any]:
    """One look: `{"ended": true}`, or `{"ended": false, "delaySeconds"}` while it may still be on its way."""
    grant = services.grants.read(job["mspId"], job["tenantId"], job["grantId"])
    if grant is None or grant.state != GrantState.CONSENTED:
        return {"ended": True}
    if is_granted(grant, services):
        _settle(grant, GrantState.GRANTED, "", services)
        return {"ended": True}
    if attempt >= len(DELAYS_SECONDS):
        _settle(grant, GrantState.FAILED, "grant_not_found", services)
        return {"ended": True}
    return {"ended": False, "delaySeconds": DELAYS_SECONDS[attempt]}


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


def _settle(grant: Grant, state: GrantState, problem: str, services: Services) -> None:
    services.grants.change(grant, state=state, problem_code=problem, updated_at=to_rfc3339(services.clock.now()))
    services.audit.record(
        f"permissions_{state.value}",
        msp_id=grant.msp_id,
        tenant_id=grant.tenant_id,
        actor=SYSTEM,
        detail={"operation": grant.operation, "grantId": grant.grant_id},
    )
