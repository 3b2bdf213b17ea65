"""The use cases that only look: search customers, show one, and what a new name looks like."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson

from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller
from tenantsync.matching.names import fold, is_business_domain, likeness
from tenantsync.paging import read_cursor, read_top, write_cursor
from tenantsync.psa.port import Provider
from tenantsync.services import Services
from tenantsync.store.customers import Customer, CustomerState, Reference
from tenantsync.store.tenants import ManagedTenant, TenantState
from tenantsync.tenant_state import shown_state

_STEP: Final = 1000
_MOST_STEPS: Final = 20
_MAX_SEARCH: Final = 200
_ALIKE: Final = 0.8
_MOST_WARNINGS: Final = 5


def list_customers(params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, nextCursor}` of the caller's own customers; `search` looks into names, domains and references."""
    wanted = _Wanted(params)
    top, after = read_top(params, default=50, most=200), read_cursor(params)
    step = _STEP if wanted.is_picky else top
    found: list[dict[str, Any]] = []
    for _ in range(_MOST_STEPS):
        page = services.customers.list_page(caller.msp_id, after, step)
        for customer in page:
            after = customer.customer_id
            if wanted.includes(customer):
                found.append(describe_briefly(customer))
            if len(found) == top:
                return {"items": found, "nextCursor": write_cursor(after)}
        if len(page) < step:
            return {"items": found, "nextCursor": None}
    return {"items": found, "nextCursor": write_cursor(after)}


def find_customer(customer_id: str, caller: Caller, services: Services) -> Customer:
    """The caller's own customer; raises RequestError `customer_not_found`."""
    customer_id = customer_id.lower()
    found = services.customers.read(caller.msp_id, customer_id) if is_guid(customer_id) else None
    if found is None:
        raise RequestError("customer_not_found")
    return found


def describe(customer: Customer, services: Services) -> dict[str, Any]:
    """The customer as the API shows it, with its tenants."""
    tenants = tenants_of(customer, services)
    now = services.clock.now()
    return {
        **describe_briefly(customer),
        "contacts": orjson.loads(customer.contacts),
        "notes": customer.notes or None,
        "editedFields": sorted(customer.edited.split()),
        "tenants": [
            {
                "tenantId": tenant.tenant_id,
                "tenantDomain": tenant.domain or None,
                "state": shown_state(tenant, now),
            }
            for tenant in tenants
        ],
    }


def describe_briefly(customer: Customer) -> dict[str, Any]:
    """The customer as lists show it."""
    return {
        "customerId": customer.customer_id,
        "name": customer.name,
        "state": customer.state.value,
        "domains": customer.domains.split(),
        "externalReferences": [_describe_reference(item) for item in customer.read_references()],
        "createdAt": customer.created_at,
        "updatedAt": customer.updated_at or customer.created_at,
    }


def tag_of(customer: Customer) -> str:
    """The customer's ETag: another one whenever a field has changed."""
    return f'"{hashlib.sha256(orjson.dumps(asdict(customer))).hexdigest()[:32]}"'


def tenants_of(customer: Customer, services: Services) -> list[ManagedTenant]:
    """Its tenants, connected or waiting."""
    tenants = services.tenants.all_of(customer.msp_id)
    return [
        tenant
        for tenant in tenants
        if tenant.customer_id == customer.customer_id and tenant.state != TenantState.DISCONNECTED
    ]


def find_similar(customer: Customer, services: Services) -> list[dict[str, Any]]:
    """Customers that may be the same one: of nearly the same name, or of the same domain."""
    domains = {domain for domain in customer.domains.split() if is_business_domain(domain)}
    found: list[dict[str, Any]] = []
    for other in services.customers.all(customer.msp_id):
        if other.customer_id == customer.customer_id:
            continue
        score = likeness(other.name, customer.name)
        shared = domains.intersection(other.domains.split())
        if shared or score >= _ALIKE:
            reason = "domain" if shared else "name"
            found.append(
                {"customerId": other.customer_id, "name": other.name, "reason": reason, "likeness": round(score, 2)}
            )
    return sorted(found, key=lambda item: (-item["likeness"], item["customerId"]))[:_MOST_WARNINGS]


class _Wanted:
    """The filter of a list."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._search = fold(params.get("search", ""))
        self._state = _read_choice(params, "state", tuple(CustomerState))
        self._provider = _read_choice(params, "provider", tuple(Provider))
        if len(params.get("search", "")) > _MAX_SEARCH:
            raise RequestError("invalid_request", f"`search` may have {_MAX_SEARCH} characters.")

    @property
    def is_picky(self) -> bool:
        """Whether there is a filter at all."""
        return bool(self._search or self._state or self._provider)

    def includes(self, customer: Customer) -> bool:
        if self._state and customer.state != self._state:
            return False
        references = customer.read_references()
        if self._provider and self._provider not in {item.provider for item in references}:
            return False
        told = (customer.name, customer.domains, *(f"{item.key} {item.external_id}" for item in references))
        return not self._search or any(self._search in fold(text) for text in told)


def _read_choice(params: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = params.get(name, "")
    if value and value not in known:
        raise RequestError("invalid_request", f"`{name}` must be one of {', '.join(known)}.")
    return value


def _describe_reference(reference: Reference) -> dict[str, Any]:
    return {
        "provider": reference.provider,
        "externalId": reference.external_id,
        "key": reference.key or None,
        "name": reference.name or None,
        "active": reference.is_active,
    }
