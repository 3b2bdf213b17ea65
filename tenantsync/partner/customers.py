"""The customers Microsoft knows the MSP to have access to."""

from collections.abc import Iterator

from tenantsync.partner.microsoft import PartnerCustomer, partner_tenant
from tenantsync.services import Services


def gdap_customers(services: Services, msp_id: str) -> Iterator[PartnerCustomer]:
    """The customers with an active GDAP relationship; raises as `PartnerTenant`."""
    return partner_tenant(msp_id, services).list_customers()
