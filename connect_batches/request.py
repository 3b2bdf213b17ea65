"""A list of tenants as it was sent. What is wrong with one tenant is that item's problem, not the list's."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tenantsync.bodies import Body, refuse_unknown
from tenantsync.errors import RequestError
from tenantsync.partner.microsoft import PartnerCustomer
from tenantsync.services import Services
from tenantsync.store.connect_batches import BatchItem
from tenantsync.store.connections import ConnectionState
from tenantsync.store.tenants import ConsentState
from tenantsync.tenant_state import shown_state

MOST_ITEMS: Final = 500
GDAP_CUSTOMERS: Final = "gdap_customers"
_FIELDS: Final = frozenset({"items", "source", "dryRun"})
_ITEM_FIELDS: Final = frozenset({"tenant", "cloud", "customerId", "customer", "ticketRef"})
_LONGEST_KEY: Final = 200
_LONGEST_ITEM: Final = 4000


ListCustomers = Callable[[Services, str], Iterable[PartnerCustomer]]
"""The customers of an MSP that Microsoft knows it to have access to."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A checked list; `digest` is the same whenever the same body is sent."""

    items: tuple[BatchItem, ...]
    source: str
    is_dry_run: bool
    digest: str


def parse_batch(body: Body, msp_id: str, services: Services, list_customers: ListCustomers) -> BatchRequest:
    """Raises RequestError for what is wrong with the list as such."""
    refuse_unknown(body, _FIELDS)
    is_dry_run = body.get("dryRun", False)
    if not isinstance(is_dry_run, bool):
        raise RequestError("invalid_request", "`dryRun` must be true or false.")
    if ("items" in body) == ("source" in body):
        raise RequestError("invalid_request", "Give either `items` or `source`.")
    digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    if "items" in body:
        return BatchRequest(_parse_items(body["items"]), "items", is_dry_run, digest)
    if body["source"] != GDAP_CUSTOMERS:
        raise RequestError("invalid_request", f"`source` must be {GDAP_CUSTOMERS}.")
    return BatchRequest(_read_customers(msp_id, services, list_customers), GDAP_CUSTOMERS, is_dry_run, digest)


def parse_key(headers: Mapping[str, str]) -> str:
    """The caller's Idempotency-Key, empty if there is none."""
    key = headers.get("idempotency-key", "").strip()
    if len(key) > _LONGEST_KEY or not key.isprintable():
        raise RequestError("invalid_request", f"`Idempotency-Key` may have {_LONGEST_KEY} characters.")
    return key


def _parse_items(value: object) -> tuple[BatchItem, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_ITEMS:
        raise RequestError("invalid_request", f"`items` must be a list of 1 to {MOST_ITEMS}.")
    return tuple(BatchItem(number=number, body=_parse_item(item)) for number, item in enumerate(value))


def _parse_item(value: object) -> str:
    if not isinstance(value, Mapping) or "tenant" not in value or not _ITEM_FIELDS.issuperset(value):
        known = ", ".join(sorted(_ITEM_FIELDS))
        raise RequestError("invalid_request", f"`items`: each has `tenant`, and may have {known}, and nothing else.")
    text = orjson.dumps(value).decode()
    if len(text) > _LONGEST_ITEM:
        raise RequestError("invalid_request", f"`items`: one may have {_LONGEST_ITEM} characters.")
    return text


def _read_customers(msp_id: str, services: Services, list_customers: ListCustomers) -> tuple[BatchItem, ...]:
    """The partner's customers that have neither consented nor a link, as many as a list takes.

    The rest come with the next; a link that was sent is not made void.
    """
    now = services.clock.now()
    invited = {
        tenant.tenant_id
        for tenant in services.tenants.all_of(msp_id)
        if tenant.consent == ConsentState.GRANTED or shown_state(tenant, now) == ConnectionState.AWAITING_CONSENT
    }
    items: list[BatchItem] = []
    for customer in list_customers(services, msp_id):
        if customer.tenant_id in invited:
            continue
        body: dict[str, Any] = {"tenant": customer.tenant_id}
        items.append(BatchItem(number=len(items), body=orjson.dumps(body).decode(), name=customer.display_name))
        if len(items) == MOST_ITEMS:
            break
    return tuple(items)
