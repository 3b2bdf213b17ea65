"""Removes a disconnected tenant's inventory, step by step, and then lets the tenant go."""

from typing import Any, Final

from tenantsync.resources.registry import RESOURCES
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.tenants import ConsentState, TenantState
from tenantsync.wire import onboarding_instance_id, resync_id

_LATEST_RUNS: Final = 5
_STEPS: Final = 20
"""Thousands of rows one activity removes before it hands back."""


def remove_inventory(msp_id: str, tenant_id: str, connection_id: str, services: Services) -> dict[str, Any]:
    """`{"ended": bool}`. The owner goes last: nobody can connect the tenant while its data is there."""
    owner = services.owners.read(tenant_id)
    is_own = owner is not None and owner.msp_id == msp_id and owner.connection_id == connection_id
    if owner is None or not is_own or not owner.leaving_since:
        return {"ended": True}  # a late repetition
    for spec in RESOURCES:
        if not services.inventory.remove_all(tenant_id, spec.key, _STEPS):
            return {"ended": False}
    for spec in RESOURCES:
        services.deltas.forget(tenant_id, spec.key)
        services.fingerprints.forget(tenant_id, spec.key)
    services.gate.forget(tenant_id, sorted({spec.workload for spec in RESOURCES}))
    _forget_runs(msp_id, tenant_id, connection_id, services)
    services.audit.record(
        "inventory_removed", msp_id=msp_id, tenant_id=tenant_id, actor=SYSTEM, detail={"connectionId": connection_id}
    )
    services.note_state(msp_id, tenant_id, TenantState.DISCONNECTED, consent=ConsentState.PENDING.value)
    services.owners.release(owner)
    return {"ended": True}


def _forget_runs(msp_id: str, tenant_id: str, connection_id: str, services: Services) -> None:
    """What a run that never ended has left behind: its listings' notes, and that the tenant is its own."""
    connection = services.connections.read(msp_id, connection_id)
    syncs = connection.syncs if connection else 0
    runs = [onboarding_instance_id(connection_id), *(resync_id(connection_id, number + 1) for number in range(syncs))]
    for run_id in runs[-_LATEST_RUNS:]:
        services.places.release_tenant(tenant_id, run_id)
        for spec in RESOURCES:
            services.scratch_for(run_id, spec.key).clear()
