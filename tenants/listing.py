"""The use cases: list an MSP's tenants, show one, change what the MSP wants for it."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from tenantsync.bodies import Body, read_guid, read_names, refuse_unknown
from tenantsync.clock import to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller
from tenantsync.identity.roles import role_name
from tenantsync.notifications import Event
from tenantsync.operations import SERVICES
from tenantsync.paging import read_cursor, read_top, write_cursor
from tenantsync.partner.describing import describe_tenant_access
from tenantsync.permissions import APPLICATION_PERMISSIONS
from tenantsync.reach import find_tenant
from tenantsync.resources.registry import RESOURCES, find_resource
from tenantsync.runs.wishes import ResourceWish, read_wishes, write_wishes
from tenantsync.services import Services
from tenantsync.store.connections import Connection
from tenantsync.store.tenants import ManagedTenant
from tenantsync.tenant_state import ALL_STATES, new_permissions, shown_problem, shown_state

_STEP: Final = 200
_MOST_STEPS: Final = 25
_MAX_TAGS: Final = 20
_MOST_HOURS: Final = 144
"""Six days: Microsoft forgets where changes go on after seven."""
_MAX_TAG: Final = 50
_WISHES: Final = frozenset({"enabled", "everyHours"})
_CHANGEABLE: Final = frozenset(
    {"resources", "syncEveryHours", "tags", "notifications", "services", "automation", "customerId"}
)
_AUTOMATION: Final = ("excluded", "included")


def list_tenants(params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, nextCursor}` of the caller's own tenants; filters `state`, `customerId` and `tag`."""
    top, after = read_top(params, default=50, most=200), read_cursor(params)
    wanted = _filter(params)
    now, found = services.clock.now(), []
    for _ in range(_MOST_STEPS):
        tenants = services.tenants.list_page(caller.msp_id, after, _STEP)
        for tenant in tenants:
            after = tenant.tenant_id
            if wanted.items() <= _facts(tenant, shown_state(tenant, now), params.get("tag", "")).items():
                found.append(describe(tenant, services))
            if len(found) == top:
                return {"items": found, "nextCursor": write_cursor(after)}
        if len(tenants) < _STEP:
            return {"items": found, "nextCursor": None}
    return {"items": found, "nextCursor": write_cursor(after)}


def show_tenant(tenant_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """One tenant; raises RequestError `tenant_unknown`."""
    tenant = find_tenant(tenant_id, caller, services)
    connection = services.connections.read(tenant.msp_id, tenant.connection_id)
    return {**describe(tenant, services), "administrator": _administrator(connection)}


def change_tenant(tenant_id: str, body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """Changes tags, notifications, services, automation, or the customer the tenant belongs to."""
    refuse_unknown(body, _CHANGEABLE)
    tenant = find_tenant(tenant_id, caller, services)
    changes = _parse_changes(body)
    if "resources" in body:
        changes["resource_wishes"] = write_wishes({**read_wishes(tenant), **_parse_wishes(body["resources"])})
    if "customerId" in body:
        changes["customer_id"] = _move(tenant, read_guid(body, "customerId"), services)
    now = to_rfc3339(services.clock.now())
    changed = services.tenants.change(tenant.msp_id, tenant.tenant_id, **changes, updated_at=now)
    if changed is None:
        raise RequestError("tenant_unknown")
    services.audit_by(caller, "tenant_changed", tenant.tenant_id, tenant.msp_id, fields=sorted(body))
    return describe(changed, services)


def describe(tenant: ManagedTenant, services: Services) -> dict[str, Any]:
    """The tenant as the API shows it."""
    customer = services.customers.read(tenant.msp_id, tenant.customer_id)
    granted, now = tenant.app_permissions.split(), services.clock.now()
    problem = shown_problem(tenant, now)
    return {
        "tenantId": tenant.tenant_id,
        "tenantDomain": tenant.domain or None,
        "cloud": tenant.cloud,
        "customerId": tenant.customer_id,
        "customerName": customer.name if customer else None,
        "connectionId": tenant.connection_id,
        "state": shown_state(tenant, now),
        "problem": problem.to_json() if problem else None,
        "consent": {
            "state": tenant.consent,
            "checkedAt": tenant.consent_checked_at or None,
            "missing": sorted(APPLICATION_PERMISSIONS.difference(granted)) if granted else [],
            "newPermissions": new_permissions(tenant),
        },
        "tags": orjson.loads(tenant.tags),
        "notifications": tenant.notifications.split(),
        "services": tenant.services.split(),
        "syncEveryHours": tenant.sync_every_hours,
        "resources": _describe_wishes(tenant),
        "syncedAt": tenant.synced_at or None,
        "automation": tenant.automation,
        "access": describe_tenant_access(tenant),
        "createdAt": tenant.created_at,
        "updatedAt": tenant.updated_at,
        "statusUrl": f"/api/msp-portal/tenants/{tenant.tenant_id}/sync-status",
    }


def _administrator(connection: Connection | None) -> dict[str, Any] | None:
    """Who proved the tenant, with the directory roles Microsoft told."""
    if connection is None or not connection.admin_object_id:
        return None
    roles = [role for role in connection.admin_directory_roles.split(",") if role]
    return {"objectId": connection.admin_object_id, "directoryRoles": [role_name(role) for role in roles]}


def _filter(params: Mapping[str, str]) -> dict[str, object]:
    wanted: dict[str, object] = {}
    if state := params.get("state"):
        if state not in ALL_STATES:
            raise RequestError("invalid_request", f"`state` must be one of {', '.join(ALL_STATES)}.")
        wanted["state"] = state
    if customer_id := params.get("customerId"):
        if not is_guid(customer_id.lower()):
            raise RequestError("invalid_request", "`customerId` must be a GUID.")
        wanted["customer_id"] = customer_id.lower()
    return {**wanted, "has_tag": True} if params.get("tag") else wanted


def _facts(tenant: ManagedTenant, state: str, tag: str) -> dict[str, object]:
    return {"state": state, "customer_id": tenant.customer_id, "has_tag": tag in orjson.loads(tenant.tags)}


def _parse_changes(body: Body) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "tags" in body:
        changes["tags"] = orjson.dumps(_parse_tags(body["tags"])).decode()
    if "notifications" in body:
        changes["notifications"] = read_names(body, "notifications", tuple(Event))
    if "services" in body:
        changes["services"] = read_names(body, "services", SERVICES)
    if "automation" in body:
        if body["automation"] not in _AUTOMATION:
            raise RequestError("invalid_request", "`automation` must be excluded or included.")
        changes["automation"] = body["automation"]
    if "syncEveryHours" in body:
        changes["sync_every_hours"] = _parse_hours(body["syncEveryHours"])
    return changes


def _parse_hours(value: object, name: str = "syncEveryHours") -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_HOURS:
        raise RequestError("invalid_request", f"`{name}` must be a whole number from 0 to {_MOST_HOURS}.")
    return value


def _describe_wishes(tenant: ManagedTenant) -> dict[str, Any]:
    wishes = read_wishes(tenant)
    found = {spec.key: wishes.get(spec.key, ResourceWish()) for spec in RESOURCES}
    return {key: {"enabled": wish.is_on, "everyHours": wish.every_hours} for key, wish in found.items()}


def _parse_wishes(value: object) -> dict[str, ResourceWish]:
    """`{resource: {"enabled", "everyHours"}}`; what is not named of a resource goes back to its default."""
    if not isinstance(value, Mapping):
        raise RequestError("invalid_request", "`resources` must be an object.")
    if unknown := [key for key in value if find_resource(str(key)) is None]:
        known = ", ".join(spec.key for spec in RESOURCES)
        raise RequestError("invalid_request", f"`resources`: there is no {unknown[0]!r:.40}; there are {known}.")
    return {str(key): _parse_wish(wish) for key, wish in value.items()}


def _parse_wish(value: object) -> ResourceWish:
    if not isinstance(value, Mapping) or not _WISHES.issuperset(value):
        raise RequestError("invalid_request", "`resources`: each has `enabled` and `everyHours`, and nothing else.")
    is_on, hours = value.get("enabled", True), value.get("everyHours")
    if not isinstance(is_on, bool):
        raise RequestError("invalid_request", "`enabled` must be true or false.")
    return ResourceWish(is_on, None if hours is None else _parse_hours(hours, "everyHours"))


def _parse_tags(value: object) -> list[str]:
    is_list = isinstance(value, list) and len(value) <= _MAX_TAGS
    tags = value if isinstance(value, list) else []
    if not is_list or not all(isinstance(tag, str) and 0 < len(tag.strip()) <= _MAX_TAG for tag in tags):
        raise RequestError("invalid_request", f"`tags` must be up to {_MAX_TAGS} texts of up to {_MAX_TAG} characters.")
    if not all(tag.isprintable() for tag in tags):
        raise RequestError("invalid_request", "`tags` must not contain control characters.")
    return sorted({tag.strip() for tag in tags})


def _move(tenant: ManagedTenant, customer_id: str, services: Services) -> str:
    """Moves the tenant to another customer of the same MSP: owner and connection go along."""
    if services.customers.read(tenant.msp_id, customer_id) is None:
        raise RequestError("customer_not_found")
    owner = services.owners.change(
        tenant.tenant_id, when=lambda row: row.msp_id == tenant.msp_id, customer_id=customer_id
    )
    for connection_id in {tenant.connection_id, owner.connection_id if owner else tenant.connection_id}:
        if services.connections.read(tenant.msp_id, connection_id):
            moved = services.connections.change(tenant.msp_id, connection_id, customer_id=customer_id)
            services.runs.change(moved.run_id, even_ended=True, customer_id=customer_id)
    return customer_id
