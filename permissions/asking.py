"""The use cases: ask a tenant's administrator for more, and go back to read-only."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from permissions.ledger import describe_grant, find_extras
from tenantsync.admin_links import begin_consent
from tenantsync.bodies import Body, read_text, refuse_unknown
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConsentError, RequestError
from tenantsync.graph.grants import read_grants
from tenantsync.identity.caller import Caller
from tenantsync.operations import GRAPH, INVENTORY, OPERATIONS, Operation, find_operation
from tenantsync.permissions import APPLICATION_PERMISSIONS
from tenantsync.reach import find_owner
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState, Purpose
from tenantsync.store.grants import Grant, GrantState
from tenantsync.store.owners import TenantOwner
from tenantsync.wrong_tenant import describe_removal


def ask_permissions(tenant_id: str, body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """The consent link for what the operation needs and has not got yet; `authUrl` is null if nothing is missing."""
    refuse_unknown(body, frozenset({"operation"}))
    owner = find_owner(tenant_id, caller, services)
    operation = _find(read_text(body, "operation"), services)
    services.connect_rate.take(caller.msp_id, services.clock.now())
    missing = _missing(operation, owner, services)
    if not missing:
        return {"tenantId": owner.tenant_id, "operation": operation.key, "missing": [], "grant": None, "authUrl": None}
    grant = _note(operation, missing, owner, caller, services)
    return {
        "tenantId": owner.tenant_id,
        "operation": operation.key,
        "missing": [permission.to_json() for permission in operation.permissions if permission.name in missing],
        "grant": describe_grant(grant, services),
        "authUrl": _link(operation, missing, grant, owner, services),
    }


def go_read_only(tenant_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """Looks what is left beyond the inventory's own permissions, and tells how the administrator takes it back.

    Only the tenant's administrator can revoke; what Microsoft no longer shows is noted as revoked.
    """
    owner = find_owner(tenant_id, caller, services)
    extras = find_extras(owner, services)
    if not extras:
        _note_revoked(owner, services)
    services.audit_by(caller, "read_only_checked", owner.tenant_id, owner.msp_id, remaining=extras)
    return {
        "tenantId": owner.tenant_id,
        "state": "revocation_needed" if extras else "read_only",
        "remaining": extras,
        "howTo": _how_to(owner, services) if extras else None,
    }


def _find(key: str, services: Services) -> Operation:
    operation = find_operation(key)
    if operation is None:
        keys = ", ".join(operation.key for operation in OPERATIONS)
        raise RequestError("operation_unknown", f"Operations: {keys}.")
    if operation.kind == "application" and operation.key != INVENTORY and not services.settings.write_client_id:
        raise RequestError("operation_unavailable", f"{operation.title} acts without a person.")
    return operation


def _missing(operation: Operation, owner: TenantOwner, services: Services) -> frozenset[str]:
    """Raises the failures of `graph.failures`: what cannot be read is not guessed."""
    if operation.key == INVENTORY:
        return APPLICATION_PERMISSIONS - _granted_roles(owner, services)
    wanted = frozenset(operation.names)
    is_delegated = operation.kind == "delegated"
    client_id = services.settings.client_id if is_delegated else services.settings.write_client_id
    found = read_grants(services.graph_for(owner.tenant_id), client_id)
    return wanted - (found.delegated if is_delegated else found.application)


def _granted_roles(owner: TenantOwner, services: Services) -> frozenset[str]:
    """None at all after the administrator has taken the whole consent back."""
    try:
        return services.tokens.fetch_app_token(owner.tenant_id, fresh=True).roles
    except ConsentError:
        return frozenset()


def _note(
    operation: Operation, missing: frozenset[str], owner: TenantOwner, caller: Caller, services: Services
) -> Grant:
    now = services.clock.now()
    grant = Grant(
        grant_id=str(uuid4()),
        msp_id=owner.msp_id,
        tenant_id=owner.tenant_id,
        operation=operation.key,
        kind=operation.kind,
        permissions=" ".join(sorted(missing)),
        requested_by=caller.user_id,
        requested_at=to_rfc3339(now),
        updated_at=to_rfc3339(now),
        expires_at=to_rfc3339(now + timedelta(seconds=services.settings.consent_link_seconds)),
    )
    services.grants.put(grant)
    services.audit_by(
        caller,
        "permissions_requested",
        owner.tenant_id,
        owner.msp_id,
        operation=operation.key,
        permissions=sorted(missing),
        grantId=grant.grant_id,
    )
    return grant


def _link(operation: Operation, missing: frozenset[str], grant: Grant, owner: TenantOwner, services: Services) -> str:
    errand = CallbackState(
        msp_id=owner.msp_id,
        connection_id=owner.connection_id,
        tenant_id=owner.tenant_id,
        expires_at=grant.expires_at,
        purpose=Purpose.GRANT,
        subject_id=grant.grant_id,
    )
    state = begin_consent(errand, services)
    link = services.consent_link
    if operation.kind == "delegated":
        resource = services.settings.graph_endpoint if operation.resource == GRAPH else operation.resource
        return link.build(owner.tenant_id, state, [f"{resource}/{name}" for name in sorted(missing)])
    is_own = operation.key == INVENTORY
    return link.build(owner.tenant_id, state, client_id="" if is_own else services.settings.write_client_id)


def _note_revoked(owner: TenantOwner, services: Services) -> None:
    now = to_rfc3339(services.clock.now())
    for grant in services.grants.list_all(owner.msp_id, owner.tenant_id):
        if grant.state in (GrantState.GRANTED, GrantState.CONSENTED) and grant.operation != INVENTORY:
            services.grants.change(grant, only_in=grant.state, state=GrantState.REVOKED, updated_at=now)


def _how_to(owner: TenantOwner, services: Services) -> dict[str, Any]:
    removal = describe_removal(services.settings.write_client_id or services.settings.client_id, owner.tenant_id)
    return {
        "owner": "customer_admin",
        "steps": [
            "Sign in to the Microsoft Entra admin center as an administrator of this tenant.",
            "Open Enterprise applications > OpsPilot365 Connect > Permissions and choose Review permissions.",
            "Revoke the ones named here; the inventory's own stay.",
            "If there is a second app for unattended changes, delete it: nothing of the inventory depends on it.",
            "Then check again whether anything is left.",
        ],
        "url": removal["url"],
    }
