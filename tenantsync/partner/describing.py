"""Relationships as the API shows them."""

from typing import Any

from tenantsync.partner.access import GDAP, read_groups
from tenantsync.partner.microsoft import Relationship
from tenantsync.partner.noting import expiry_of, status_of
from tenantsync.partner.roles import describe_role
from tenantsync.problems import find_problem
from tenantsync.settings import Settings
from tenantsync.store.relationships import USABLE, OwnRelationship, RelationshipStatus
from tenantsync.store.tenants import ManagedTenant


def approval_url(relationship_id: str, status: str, settings: Settings) -> str | None:
    """Where the customer's administrator approves it; None when there is nothing to approve."""
    if status != RelationshipStatus.APPROVAL_PENDING or not relationship_id:
        return None
    page = f"{settings.admin_center_endpoint}/AdminPortal/Home"
    return f"{page}#/partners/invitation/granularAdminRelationships/{relationship_id}"


def describe_access(own: OwnRelationship, settings: Settings) -> dict[str, Any]:
    """The `access` of a connect's answer."""
    return {
        "model": GDAP,
        "relationshipId": own.relationship_id or None,
        "status": own.status,
        "approvalUrl": approval_url(own.relationship_id, own.status, settings),
        "roles": [describe_role(role) for role in own.roles.split()],
        "duration": own.duration,
        "autoExtend": own.auto_extend,
        "expiresAt": own.expires_at or None,
    }


def describe_relationship(seen: Relationship, own: OwnRelationship | None, settings: Settings) -> dict[str, Any]:
    """One relationship by Microsoft's word; `own` is our row of it, if this service has made it."""
    status, is_withdrawn = status_of(seen), bool(own and own.withdrawn_at)
    return {
        "relationshipId": seen.relationship_id,
        "displayName": seen.display_name,
        "tenantId": seen.customer_id or None,
        "customerName": seen.customer_name or None,
        "status": status,
        "approvalUrl": None if is_withdrawn else approval_url(seen.relationship_id, status, settings),
        "roles": [describe_role(role) for role in seen.roles],
        "duration": seen.duration,
        "autoExtend": seen.auto_extend,
        "createdAt": seen.created_at or None,
        "activatedAt": seen.activated_at or None,
        "expiresAt": expiry_of(seen) or None,
        "isOwn": own is not None,
        "withdrawn": is_withdrawn,
        "securityGroups": _groups(own) if own else [],
        "assignedAt": own.assigned_at or None if own else None,
        "problem": _problem(own) if own else None,
    }


def _groups(own: OwnRelationship) -> list[dict[str, Any]]:
    return [
        {"groupId": group.group_id, "roles": [describe_role(role) for role in group.roles]}
        for group in read_groups(own.groups)
    ]


def _problem(own: OwnRelationship) -> dict[str, str] | None:
    if own.status in (RelationshipStatus.EXPIRED, RelationshipStatus.GONE) and not own.activated_at:
        return find_problem("approval_expired").to_json()
    return find_problem(own.problem_code, own.problem_message).to_json() if own.problem_code else None


def describe_tenant_access(tenant: ManagedTenant) -> dict[str, Any]:
    """How technicians get at a tenant, as last seen; `legacy` while DAP is all there is."""
    return {
        "model": tenant.access_model,
        "legacy": tenant.has_dap and tenant.access_status not in USABLE,
        "relationshipId": tenant.relationship_id or None,
        "status": tenant.access_status or None,
        "expiresAt": tenant.access_expires_at or None,
    }
