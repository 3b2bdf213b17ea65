"""The use case: the customers with a reseller's contract, which of them are on GDAP already, and what to do."""

from collections.abc import Iterator
from typing import Any, Final

from tenantsync.identity.caller import Caller
from tenantsync.partner.microsoft import PartnerCustomer, PartnerTenant, Relationship, partner_tenant
from tenantsync.partner.noting import status_of
from tenantsync.problems import find_problem
from tenantsync.services import Services
from tenantsync.store.relationships import ON_THE_WAY, USABLE
from tenantsync.store.tenants import ManagedTenant

_STEP: Final = 200


def list_legacy(caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, legacy}`: every customer with a contract; `legacy` counts those without active GDAP.

    A contract is all Graph shows: whether DAP is still on behind it, only Partner Center says.
    """
    partner = partner_tenant(caller.msp_id, services)
    contracts = {item.tenant_id: item for item in partner.list_contracts()}
    relationships = find_current(caller.msp_id, partner, services)
    known = {tenant.tenant_id: tenant for tenant in _tenants_of(caller.msp_id, services)}
    _remember(known, set(contracts), services)
    items = [
        _describe(item, relationships.get(item.tenant_id), is_connected=item.tenant_id in known)
        for item in contracts.values()
    ]
    return {"items": items, "legacy": sum(item["problem"] is not None for item in items)}


def find_current(msp_id: str, partner: PartnerTenant, services: Services) -> dict[str, Relationship]:
    """The relationship that counts for each customer: an active one before one on its way.

    Drafts nobody can approve do not count, nor do ones that are ending or will be ended as soon as they are approved.
    """
    withdrawn = {own.relationship_id for own in services.relationships.list_all(msp_id) if own.withdrawn_at}
    current: dict[str, Relationship] = {}
    for item in partner.list_relationships():
        known, is_usable = current.get(item.customer_id), status_of(item) in USABLE
        counts = is_usable or status_of(item) in ON_THE_WAY
        if counts and item.relationship_id not in withdrawn and (known is None or is_usable):
            current[item.customer_id] = item
    return current


def _tenants_of(msp_id: str, services: Services) -> Iterator[ManagedTenant]:
    after = ""
    while page := services.tenants.list_page(msp_id, after, _STEP):
        yield from page
        after = page[-1].tenant_id


def _remember(known: dict[str, ManagedTenant], contracts: set[str], services: Services) -> None:
    """So that lists of tenants can show it without asking Microsoft."""
    for tenant in known.values():
        has_dap = tenant.tenant_id in contracts
        if has_dap != tenant.has_dap:
            services.tenants.change(tenant.msp_id, tenant.tenant_id, has_dap=has_dap)


def _describe(item: PartnerCustomer, relationship: Relationship | None, *, is_connected: bool) -> dict[str, Any]:
    status = status_of(relationship) if relationship else ""
    is_moved = status in USABLE
    return {
        "tenantId": item.tenant_id,
        "displayName": item.display_name,
        "domain": item.domain or None,
        "contractType": item.kind,
        "isConnected": is_connected,
        "gdap": {"relationshipId": relationship.relationship_id, "status": status} if relationship else None,
        "problem": None if is_moved else find_problem("dap_legacy").to_json(),
    }
