"""Which customer a company of a PSA is, as far as that is certain; pure, and independent of the companies' order.

Certain is a tenant's id that Microsoft gave, or a domain that Microsoft has verified, and only when it speaks of one
company and of one customer. Everything else is for a person to decide.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from tenantsync.matching.names import NameIndex, is_business_domain
from tenantsync.store.customers import Customer
from tenantsync.store.placements import Placement, Rule
from tenantsync.store.suggestions import Candidate, Reason

TENANT_ID_SCORE: Final = 0.98
_VERIFIED_DOMAIN_SCORE: Final = 0.95
DOMAIN_SCORE: Final = 0.88
NAME_WEIGHT: Final = 0.85
_LEAST_LIKENESS: Final = 0.75
MOST_CANDIDATES: Final = 5


class Ambiguity(StrEnum):
    """Why something exact was not enough."""

    SEVERAL_CUSTOMERS = "several_customers"
    """What the company has leads to more than one customer."""
    SEVERAL_COMPANIES = "several_companies"
    """Another company has the same, or another of the customer's tenants."""
    CUSTOMER_TAKEN = "customer_taken"
    """The customer is another company of the same PSA already."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The customer a company is for certain, and by which rule; none, and perhaps why not."""

    customer_id: str = ""
    rule: Rule = Rule.MADE
    ambiguity: str = ""


@dataclass(frozen=True)
class Landscape:
    """What an MSP has: its customers, whose each tenant and verified domain is, and the companies of one PSA."""

    provider: str
    customers: Mapping[str, Customer]
    customer_of_tenant: Mapping[str, str]
    customers_of_domain: Mapping[str, frozenset[str]]
    placements: Mapping[str, Placement]

    def customer_of(self, external_id: str) -> str:
        """The customer a company is now, empty if it is none; also when a crash kept that from being noted."""
        placed = self.placements[external_id].customer_id if external_id in self.placements else ""
        return placed if placed in self.customers else self._referring.get(external_id, "")

    def judge(self, external_id: str) -> Verdict:
        """What is certain about a company."""
        placement = self.placements[external_id]
        for rule in (Rule.TENANT_ID, Rule.DOMAIN):
            if found := self._claimed(placement, rule):
                return self._judge_claim(external_id, found, rule)
        return Verdict()

    def rivals(self, external_id: str) -> set[str]:
        """Companies that lead to a customer this one leads to, too."""
        placement = self.placements[external_id]
        customers = self._claimed(placement, Rule.TENANT_ID) | self._claimed(placement, Rule.DOMAIN)
        found: set[str] = set()
        for customer_id in customers:
            found |= self._suitors[Rule.TENANT_ID].get(customer_id, set())
            found |= self._suitors[Rule.DOMAIN].get(customer_id, set())
        return found - {external_id}

    def rank(self, external_id: str, excluded: Collection[str] = ()) -> list[Candidate]:
        """Customers the company may be, the likeliest first, but for these and the ones people said it is not."""
        placement = self.placements[external_id]
        found = Reasons()
        for tenant_id in placement.tenant_ids.split():
            found.add(self.customer_of_tenant.get(tenant_id, ""), Reason("tenant_id", tenant_id, TENANT_ID_SCORE))
        for domain in _business_domains(placement):
            for customer_id in self.customers_of_domain.get(domain, frozenset()):
                found.add(customer_id, Reason("verified_domain", domain, _VERIFIED_DOMAIN_SCORE))
            for customer_id in self._open_by_domain.get(domain, ()):
                found.add(customer_id, Reason("domain", domain, DOMAIN_SCORE))
        for customer_id, likeness in self._open_names.find(placement.name, _LEAST_LIKENESS, MOST_CANDIDATES).items():
            name = self.customers[customer_id].name
            found.add(customer_id, Reason("name", name, round(likeness * NAME_WEIGHT, 2)))
        return found.best({*excluded, *placement.refused.split()})

    def _judge_claim(self, external_id: str, found: frozenset[str], rule: Rule) -> Verdict:
        if len(found) > 1:
            return Verdict(ambiguity=Ambiguity.SEVERAL_CUSTOMERS)
        (customer_id,) = found
        better = self._suitors[Rule.TENANT_ID].get(customer_id, set()) if rule is Rule.DOMAIN else set()
        if (self._suitors[rule].get(customer_id, set()) | better) - {external_id}:
            return Verdict(ambiguity=Ambiguity.SEVERAL_COMPANIES)
        if self._holders.get(customer_id, set()) - {external_id}:
            return Verdict(ambiguity=Ambiguity.CUSTOMER_TAKEN)
        return Verdict(customer_id, rule)

    def _claimed(self, placement: Placement, rule: Rule) -> frozenset[str]:
        """The customers that what the company has leads to, but for the ones people said it is not."""
        if rule is Rule.TENANT_ID:
            ids = placement.tenant_ids.split()
            found = {self.customer_of_tenant[item] for item in ids if item in self.customer_of_tenant}
        else:
            domains = _business_domains(placement)
            found = {key for item in domains for key in self.customers_of_domain.get(item, frozenset())}
        return frozenset(found - {*placement.refused.split()})

    @cached_property
    def _suitors(self) -> dict[Rule, dict[str, set[str]]]:
        """The companies that lead to each customer; people's own placements and companies out of use lead nowhere."""
        found: dict[Rule, dict[str, set[str]]] = {Rule.TENANT_ID: {}, Rule.DOMAIN: {}}
        for external_id, placement in self.placements.items():
            if not placement.is_active or placement.is_left_out or placement.rule == Rule.PERSON:
                continue
            for rule, customers in found.items():
                for customer_id in self._claimed(placement, rule):
                    customers.setdefault(customer_id, set()).add(external_id)
        return found

    @cached_property
    def _referring(self) -> dict[str, str]:
        """Customers by company, as their own rows have it."""
        return {
            reference.external_id: customer_id
            for customer_id, customer in self.customers.items()
            for reference in customer.read_references()
            if reference.provider == self.provider
        }

    @cached_property
    def _holders(self) -> dict[str, set[str]]:
        """The companies of this PSA each customer is already."""
        found: dict[str, set[str]] = {}
        for external_id, customer_id in self._referring.items():
            found.setdefault(customer_id, set()).add(external_id)
        return found

    @cached_property
    def _open(self) -> dict[str, Customer]:
        """Customers that are no company of this PSA yet."""
        return {key: customer for key, customer in self.customers.items() if key not in self._holders}

    @cached_property
    def _open_names(self) -> NameIndex:
        return NameIndex({key: customer.name for key, customer in self._open.items()})

    @cached_property
    def _open_by_domain(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key, customer in self._open.items():
            for domain in customer.domains.split():
                found.setdefault(domain, []).append(key)
        return found


@dataclass(frozen=True, slots=True)
class Reasons:
    """What speaks for each customer, gathered."""

    found: dict[str, list[Reason]] = field(default_factory=dict)

    def add(self, customer_id: str, reason: Reason) -> None:
        """One more reason; none for nobody."""
        if customer_id:
            self.found.setdefault(customer_id, []).append(reason)

    def best(self, excluded: Collection[str] = ()) -> list[Candidate]:
        """The likeliest customers but for these, the likeliest first."""
        candidates = [
            Candidate(key, max(item.score for item in reasons), tuple(sorted(reasons, key=lambda item: -item.score)))
            for key, reasons in self.found.items()
            if key not in excluded
        ]
        return sorted(candidates, key=lambda item: (-item.score, -len(item.reasons), item.customer_id))[
            :MOST_CANDIDATES
        ]


def _business_domains(placement: Placement) -> list[str]:
    return [domain for domain in placement.domains.split() if is_business_domain(domain)]
