"""Removes a disconnected tenant's inventory, step by step, and then lets the tenant go."""

from typing import Any, Final

from tenantsync.resources.registry import RESOURCES
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.tenants import ConsentState, TenantState

_STEPS: Final = 20
"""Thousands of rows one activity removes before it hands back."""


def remove_inventory(msp_id: str, tenant_id: str, connection_id: str, services: Services) -> dict[str, Any]:
    """`{"ended": bool}`. The owner goes last: nobody can connect the tenant while its data is there."""
    owner = services.owners.read(tenant_id)
    if owner is None or owner.msp_id != msp_id or owner.connection_id != connection_id:
        return {"ended": True}  # a late repetition
    for spec in RESOURCES:
        if not services.inventory.remove_all(tenant_id, spec.key, _STEPS):
            return {"ended": False}
    services.audit.record(
        "inventory_removed", msp_id=msp_id, tenant_id=tenant_id, actor=SYSTEM, detail={"connectionId": connection_id}
    )
    services.note_state(msp_id, tenant_id, TenantState.DISCONNECTED, consent=ConsentState.PENDING.value)
    if services.owners.read(tenant_id) == owner:
        services.owners.release(tenant_id)
    return {"ended": True}
