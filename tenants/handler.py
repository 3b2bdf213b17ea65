"""The use case: one page of a tenant's inventory, for the MSP that owns the tenant."""

from collections.abc import Mapping
from typing import Any, Final

from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller
from tenantsync.resources.registry import RESOURCES, find_resource
from tenantsync.services import Services

_DEFAULT_TOP: Final = 100
_MAX_TOP: Final = 1000
_MAX_CURSOR: Final = 2000


def read_inventory(
    tenant_id: str, resource: str, params: Mapping[str, str], caller: Caller, services: Services
) -> dict[str, Any]:
    """`{items, nextCursor}`; raises RequestError alike for a tenant out of the caller's reach and one nobody has."""
    tenant_id = tenant_id.lower()
    owner = services.owners.read(tenant_id) if is_guid(tenant_id) else None
    if owner is None or not caller.reaches(owner.msp_id):
        raise RequestError("tenant_unknown")
    if find_resource(resource) is None:
        raise RequestError("resource_unknown", f"Resources: {', '.join(spec.key for spec in RESOURCES)}.")
    top, cursor = _parse_top(params.get("top")), params.get("cursor") or None
    if cursor and len(cursor) > _MAX_CURSOR:
        raise RequestError("invalid_request", "`cursor` is not one this service gave.")
    page = services.inventory.read_page(tenant_id, resource, top, cursor)
    return {"items": page.items, "nextCursor": page.next_cursor}


def _parse_top(text: str | None) -> int:
    if text is None:
        return _DEFAULT_TOP
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _MAX_TOP:
        raise RequestError("invalid_request", f"`top` must be a number from 1 to {_MAX_TOP}.")
    return int(text)
