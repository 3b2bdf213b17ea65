"""When another account of a PSA is connected than before: the earlier one's ids say nothing of its companies."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import orjson

from tenantsync.bodies import MAX_NAME
from tenantsync.psa.port import Company
from tenantsync.services import Services
from tenantsync.store.customers import Customer, name_key
from tenantsync.store.placements import Placement
from tenantsync.store.suggestions import suggestion_id


def is_other_account(msp_id: str, provider: str, shown: Sequence[Company], services: Services) -> bool:
    """Whether most of these ids stood for companies of other names before; ids nobody has seen say nothing."""
    earlier = services.placements.read_all(msp_id, provider)
    shared = [company for company in shown if company.external_id in earlier]
    return sum(_has_name(company, earlier) for company in shared) * 2 < len(shared)


def part_from_companies(msp_id: str, provider: str, services: Services) -> None:
    """The customers stay as they are, but are no companies of this PSA any more.

    The companies' own rows, by which the other account is told, go last: whatever is interrupted is done again.
    """
    for customer in services.customers.all(msp_id):
        if any(item.provider == provider for item in customer.read_references()):
            services.customers.change(msp_id, customer.customer_id, lambda fresh: _without(provider, fresh))
    ids = services.placements.read_all(msp_id, provider)
    services.suggestions.remove(msp_id, [suggestion_id(msp_id, provider, external_id) for external_id in ids])
    services.placements.remove(msp_id, provider, [*ids])


def _has_name(company: Company, earlier: Mapping[str, Placement]) -> bool:
    name = " ".join(company.name.split())[:MAX_NAME].strip()
    return name_key(name) == name_key(earlier[company.external_id].name)


def _without(provider: str, customer: Customer) -> Customer:
    kept = [asdict(item) for item in customer.read_references() if item.provider != provider]
    return replace(customer, references=orjson.dumps(kept).decode())
