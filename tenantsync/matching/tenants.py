"""Which customer a tenant that is about to be connected may belong to: for the wizard, and for many tenants at once."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from tenantsync.identity.authority import is_guid, parse_tenant
from tenantsync.matching.names import NameIndex, business_name, is_business_domain
from tenantsync.matching.rules import DOMAIN_SCORE, MOST_CANDIDATES, NAME_WEIGHT, TENANT_ID_SCORE, Reasons
from tenantsync.psa.port import Provider
from tenantsync.services import Services
from tenantsync.store.placements import Placement
from tenantsync.store.suggestions import Candidate, Reason
from tenantsync.store.tenants import ManagedTenant, TenantState

_LEAST_LIKENESS: Final = 0.6


class TenantMatcher:
    """An MSP's customers as they are now, asked about one tenant after the other."""

    def __init__(self, msp_id: str, services: Services) -> None:
        self._customers = {customer.customer_id: customer for customer in services.customers.all(msp_id)}
        self._names = NameIndex({key: customer.name for key, customer in self._customers.items()})
        self._exact: dict[str, list[tuple[str, Reason]]] = {}
        self._note_tenants(services.tenants.known_by(msp_id))
        for provider in Provider:
            self._note_companies(services.placements.with_tenant_ids(msp_id, provider))
        for key, customer in self._customers.items():
            for domain in filter(is_business_domain, customer.domains.split()):
                self._note(domain, key, Reason("domain", domain, DOMAIN_SCORE))

    def name_of(self, customer_id: str) -> str:
        """The customer's name."""
        return self._customers[customer_id].name

    def suggest(self, *tenant: str, name: str = "") -> list[Candidate]:
        """Customers a tenant (its domain, its GUID) may belong to, the likeliest first; `name` is its own, if known."""
        found = Reasons()
        for text in tenant:
            for key, reason in self._exact.get(text, ()):
                found.add(key, reason)
        name = name or " ".join(map(_label, tenant))
        for key, likeness in self._names.find(name, _LEAST_LIKENESS, MOST_CANDIDATES).items():
            found.add(key, Reason("name", self.name_of(key), round(likeness * NAME_WEIGHT, 2)))
        return found.best()

    def _note_tenants(self, tenants: Iterable[ManagedTenant]) -> None:
        for tenant in tenants:
            if tenant.state != TenantState.DISCONNECTED:
                for text in (tenant.tenant_id, *tenant.domains):
                    self._note(text, tenant.customer_id, Reason("tenant", tenant.tenant_id, 1.0))

    def _note_companies(self, placements: Iterable[Placement]) -> None:
        for placement in placements:
            for text in placement.tenant_ids.split():
                self._note(text, placement.customer_id, Reason("tenant_id", text, TENANT_ID_SCORE))

    def _note(self, text: str, customer_id: str, reason: Reason) -> None:
        if customer_id in self._customers:
            self._exact.setdefault(text, []).append((customer_id, reason))

    def find_exact(self, tenant_id: str, domain: str) -> set[str]:
        """The customers its id leads to, else those its domain leads to; a single one is certain."""
        by_id, by_domain = ({key for key, _ in self._exact.get(text, ())} for text in (tenant_id, domain))
        return by_id or by_domain

    def knows_name(self, name: str) -> bool:
        """Whether a customer is called so, but for the legal form."""
        return business_name(name) in self._plain_names

    @cached_property
    def _plain_names(self) -> set[str]:
        return {business_name(customer.name) for customer in self._customers.values()}


def suggest_customers(tenant: str, msp_id: str, services: Services, name: str = "") -> list[Candidate]:
    """As `TenantMatcher.suggest`, for one tenant as a person typed it; raises RequestError `invalid_tenant`."""
    return TenantMatcher(msp_id, services).suggest(parse_tenant(tenant), name=name)


def _label(tenant: str) -> str:
    """What a domain says of the name: its first part."""
    return "" if is_guid(tenant) else tenant.partition(".")[0]
