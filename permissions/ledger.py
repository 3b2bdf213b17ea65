"""The use case: what a tenant has granted, what works with it, what is missing, and who consented to what."""

from collections.abc import Mapping
from typing import Any

from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import TenantSyncError, TransientError
from tenantsync.graph.grants import AppGrants, try_read_grants
from tenantsync.identity.caller import Caller
from tenantsync.operations import INVENTORY, OPERATIONS, Operation, ask_again
from tenantsync.permissions import APPLICATION_PERMISSIONS, DELEGATED_PERMISSIONS, PERMISSIONS
from tenantsync.problems import find_problem
from tenantsync.reach import find_owner
from tenantsync.resources.registry import RESOURCES
from tenantsync.services import Services
from tenantsync.store.grants import Grant, GrantState
from tenantsync.store.owners import TenantOwner


def show_permissions(tenant_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """Granted versus required, asked of Microsoft now; `null` where Microsoft did not say."""
    owner = find_owner(tenant_id, caller, services)
    roles = _roles(owner, services)
    granted = try_read_grants(services.graph_for(owner.tenant_id), services.settings.client_id)
    writing = _writing(owner, services)
    delegated = granted.delegated if granted else None
    return {
        "tenantId": owner.tenant_id,
        "checkedAt": None if roles is None else _now(services),
        "permissions": [
            {**item.to_json(), "granted": _has(item.name, roles if item.kind == "application" else delegated)}
            for item in PERMISSIONS
        ],
        "unexpected": sorted((granted.application - APPLICATION_PERMISSIONS) if granted else ()),
        "resources": [_describe_resource(spec.key, spec.permissions, roles) for spec in RESOURCES],
        "operations": [_describe_operation(item, delegated, writing, services) for item in OPERATIONS],
        "ledger": [
            describe_grant(grant, services) for grant in services.grants.list_all(owner.msp_id, owner.tenant_id)
        ],
    }


def find_extras(owner: TenantOwner, services: Services) -> list[str]:
    """Granted permissions beyond the ones of the inventory; raises TenantSyncError when they cannot be read."""
    found = try_read_grants(services.graph_for(owner.tenant_id), services.settings.client_id)
    writing = _writing(owner, services)
    if found is None or writing is None:
        raise TransientError("microsoft_unavailable", "the granted permissions could not be read")
    delegated = found.delegated | found.personal
    own = (found.application - APPLICATION_PERMISSIONS) | (delegated - DELEGATED_PERMISSIONS)
    return sorted((own | writing) - {"User.Read", "openid", "profile", "offline_access", "email"})


def describe_grant(grant: Grant, services: Services) -> dict[str, Any]:
    """A ledger entry as the API shows it."""
    is_over = grant.state == GrantState.REQUESTED and services.clock.now() >= parse_rfc3339(grant.expires_at)
    return {
        "grantId": grant.grant_id,
        "operation": grant.operation,
        "kind": grant.kind,
        "permissions": grant.permissions.split(),
        "state": "expired" if is_over else grant.state,
        "requestedBy": grant.requested_by,
        "requestedAt": grant.requested_at,
        "consentedBy": grant.consented_by or None,
        "consentedAt": grant.consented_at or None,
        "expiresAt": grant.expires_at,
        "updatedAt": grant.updated_at,
        "problem": _describe_problem(grant),
    }


def _describe_problem(grant: Grant) -> dict[str, str] | None:
    code = grant.problem_code
    if not code:
        return None
    problem = find_problem(code, grant.problem_message, grant.problem_microsoft_code).to_json()
    return {**problem, "nextAction": ask_again(code) or problem["nextAction"]}


def _roles(owner: TenantOwner, services: Services) -> frozenset[str] | None:
    try:
        return services.tokens.fetch_app_token(owner.tenant_id, fresh=True).roles
    except TenantSyncError:
        return None


def _writing(owner: TenantOwner, services: Services) -> frozenset[str] | None:
    """What the registration for unattended changes may do; nothing if there is no such registration."""
    client_id = services.settings.write_client_id
    if not client_id:
        return frozenset()
    found: AppGrants | None = try_read_grants(services.graph_for(owner.tenant_id), client_id)
    return found.application if found else None


def _has(name: str, granted: frozenset[str] | None) -> bool | None:
    return None if granted is None else name in granted


def _describe_resource(key: str, permissions: tuple[str, ...], roles: frozenset[str] | None) -> dict[str, Any]:
    works = None if roles is None else not roles.isdisjoint(permissions)
    missing = [permissions[0]] if works is False else []
    problem = find_problem("permission_missing", f"{missing[0]} was not granted.").to_json() if missing else None
    return {"resource": key, "works": works, "anyOf": list(permissions), "missing": missing, "problem": problem}


def _describe_operation(
    operation: Operation, delegated: frozenset[str] | None, writing: frozenset[str] | None, services: Services
) -> Mapping[str, Any]:
    is_unattended = operation.kind == "application" and operation.key != INVENTORY
    granted = writing if is_unattended else delegated
    return {
        "operation": operation.key,
        "title": operation.title,
        "kind": operation.kind,
        "isService": operation.is_service,
        "available": not is_unattended or bool(services.settings.write_client_id),
        "permissions": [
            {**item.to_json(), "granted": None if operation.key == INVENTORY else _has(item.name, granted)}
            for item in operation.permissions
        ],
    }


def _now(services: Services) -> str:
    return to_rfc3339(services.clock.now())
