"""The use cases that read: Microsoft's word on every relationship, beside what this service has asked for."""

from collections.abc import Mapping
from typing import Any

from tenantsync.identity.caller import Caller
from tenantsync.paging import read_cursor, read_top, write_cursor
from tenantsync.partner.describing import describe_relationship
from tenantsync.partner.microsoft import Assignment, PartnerTenant, Relationship, partner_tenant
from tenantsync.partner.noting import note_seen, status_of
from tenantsync.partner.roles import TEMPLATES, describe_features, describe_role
from tenantsync.problems import find_problem
from tenantsync.services import Services
from tenantsync.store.relationships import USABLE, OwnRelationship


def list_relationships(params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, nextCursor}`: all relationships of the caller's own tenant, made here or elsewhere, ended ones too."""
    top, after = read_top(params, default=50, most=200), read_cursor(params)
    found = partner_tenant(caller.msp_id, services).list_relationships()
    page = sorted((item for item in found if item.relationship_id > after), key=lambda item: item.relationship_id)
    own = {item.relationship_id: item for item in services.relationships.list_all(caller.msp_id)}
    shown = [describe_relationship(item, own.get(item.relationship_id), services.settings) for item in page[:top]]
    return {"items": shown, "nextCursor": write_cursor(page[top - 1].relationship_id) if len(page) > top else None}


def list_templates() -> dict[str, Any]:
    """The role templates by job function, each role with the reason it is needed."""
    return {"items": [template.to_json() for template in TEMPLATES]}


def show_relationship(relationship_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """One relationship, asked of Microsoft now: what works with its roles, and which groups have them."""
    partner = partner_tenant(caller.msp_id, services)
    seen = partner.fetch(relationship_id)
    own = find_own(seen, caller, services)
    if own:
        own = note_seen(own, seen, services)
    return describe_fully(seen, own, partner, services)


def describe_fully(
    seen: Relationship, own: OwnRelationship | None, partner: PartnerTenant, services: Services
) -> dict[str, Any]:
    """The relationship with its features and assignments."""
    is_usable = status_of(seen) in USABLE
    assignments = partner.list_assignments(seen.relationship_id) if is_usable else []
    held = {role for item in assignments for role in item.roles if item.status == "active"}
    usable_now = {item["feature"]: item["works"] for item in describe_features(held)}
    features = [_describe_feature(item, usable_now) for item in describe_features(seen.roles)]
    return {
        **describe_relationship(seen, own, services.settings),
        "features": features,
        "assignments": [_describe_assignment(item) for item in assignments],
    }


def find_own(seen: Relationship, caller: Caller, services: Services) -> OwnRelationship | None:
    """The caller's row of a relationship, if this service has made it."""
    rows, tenant_id = services.relationships, seen.customer_id
    known = rows.list_of_tenant(caller.msp_id, tenant_id) if tenant_id else rows.list_all(caller.msp_id)
    return next((item for item in known if item.relationship_id == seen.relationship_id), None)


def _describe_feature(item: dict[str, Any], usable_now: Mapping[str, bool]) -> dict[str, Any]:
    missing = " or ".join(item["anyOf"])
    problem = None if item["works"] else find_problem("gdap_roles_missing", f"It needs {missing}.").to_json()
    return {**item, "assigned": usable_now[item["feature"]], "problem": problem}


def _describe_assignment(item: Assignment) -> dict[str, Any]:
    return {"groupId": item.group_id, "status": item.status, "roles": [describe_role(role) for role in item.roles]}
