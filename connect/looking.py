"""The use case: what a technician sees of a tenant while typing its name, before anything is stored."""

from typing import Any, Final

from connect.preflight import check_tenant
from connect.request import PreflightRequest
from tenantsync.identity.authority import Tenant
from tenantsync.identity.caller import Caller
from tenantsync.matching.tenants import TenantMatcher
from tenantsync.partner.foreseeing import foresee_access
from tenantsync.permissions import PERMISSIONS
from tenantsync.services import Services

_MOST_CUSTOMERS: Final = 3


def look_at_tenant(request: PreflightRequest, caller: Caller, services: Services) -> dict[str, Any]:
    """The answer of the HTTP contract; raises whatever connect would raise for this tenant.

    It has a budget of its own, so that typing never keeps anybody from connecting.
    """
    services.preflight_rate.take(caller.msp_id, services.clock.now())
    tenant, checks = check_tenant(request.tenant, request.cloud, caller, services)
    return {
        "tenantId": tenant.tenant_id,
        "tenantDomain": tenant.domain,
        "cloud": tenant.cloud,
        "checks": [check.to_json() for check in checks],
        "permissions": [permission.to_json() for permission in PERMISSIONS],
        "customers": _suggest_customers(tenant, caller, services),
        "access": foresee_access(caller.msp_id, tenant.tenant_id, services),
    }


def _suggest_customers(tenant: Tenant, caller: Caller, services: Services) -> list[dict[str, str]]:
    """The MSP's own customers that it may belong to, the likeliest first."""
    matcher = TenantMatcher(caller.msp_id, services)
    found = matcher.suggest(tenant.tenant_id, tenant.domain or "")[:_MOST_CUSTOMERS]
    return [{"customerId": item.customer_id, "name": matcher.name_of(item.customer_id)} for item in found]
