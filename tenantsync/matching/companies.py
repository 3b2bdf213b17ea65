"""Makes companies of a PSA customers of an MSP: the one a company is for certain, else a new one.

Nothing a person has chosen or refused is changed, no tenant is ever moved, and nothing is merged by itself. Doing it
again, after a crash or with the same companies, changes nothing.
"""

from collections.abc import Sequence

from tenantsync.matching.placing import PlacedCounts, Placing
from tenantsync.matching.rules import Landscape
from tenantsync.psa.port import Company
from tenantsync.services import Services
from tenantsync.store.tenants import TenantState

__all__ = ["PlacedCounts", "place_companies", "read_landscape"]


def place_companies(
    msp_id: str, provider: str, companies: Sequence[Company], services: Services, *, is_dry_run: bool = False
) -> PlacedCounts:
    """Places companies that are new or have changed; a dry run tells the same of these and writes nothing.

    Of a company that is there twice the last one counts.
    """
    landscape = read_landscape(msp_id, provider, services)
    placing = Placing(msp_id, landscape, services.clock.now())
    placing.place({company.external_id: company for company in companies})
    if not is_dry_run:
        placing.store(services)
    return placing.counts()


def read_landscape(msp_id: str, provider: str, services: Services) -> Landscape:
    """The MSP's customers and tenants, and every company of the PSA that was ever placed."""
    customers = {customer.customer_id: customer for customer in services.customers.all(msp_id)}
    customer_of_tenant: dict[str, str] = {}
    customers_of_domain: dict[str, set[str]] = {}
    for tenant in services.tenants.known_by(msp_id):
        if tenant.state == TenantState.DISCONNECTED or tenant.customer_id not in customers:
            continue
        customer_of_tenant[tenant.tenant_id] = tenant.customer_id
        for domain in tenant.domains:
            customers_of_domain.setdefault(domain, set()).add(tenant.customer_id)
    return Landscape(
        provider=provider,
        customers=customers,
        customer_of_tenant=customer_of_tenant,
        customers_of_domain={domain: frozenset(found) for domain, found in customers_of_domain.items()},
        placements=services.placements.read_all(msp_id, provider),
    )
