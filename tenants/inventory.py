"""The use case: one page of a tenant's inventory, for the MSP that owns the tenant."""

from collections.abc import Mapping
from typing import Any, Final

from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.paging import read_top
from tenantsync.reach import find_owner
from tenantsync.resources.registry import RESOURCES, find_resource
from tenantsync.services import Services
from tenantsync.store.tenants import TenantState

_DEFAULT_TOP: Final = 100
_MAX_TOP: Final = 1000


def read_inventory(
    tenant_id: str, resource: str, params: Mapping[str, str], caller: Caller, services: Services
) -> dict[str, Any]:
    """`{items, nextCursor}`; raises RequestError alike for a tenant out of the caller's reach and one nobody has."""
    owner = find_owner(tenant_id, caller, services)
    tenant = services.tenants.read(owner.msp_id, owner.tenant_id)
    if tenant and tenant.state == TenantState.DISCONNECTING:
        raise RequestError("tenant_unknown")
    if find_resource(resource) is None:
        raise RequestError("resource_unknown", f"Resources: {', '.join(spec.key for spec in RESOURCES)}.")
    top, cursor = read_top(params, default=_DEFAULT_TOP, most=_MAX_TOP), params.get("cursor") or None
    page = services.inventory.read_page(owner.tenant_id, resource, top, cursor)
    return {"items": page.items, "nextCursor": page.next_cursor}
