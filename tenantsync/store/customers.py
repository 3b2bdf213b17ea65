"""Customers of an MSP; one name stands for one customer, and one customer may be companies of several PSAs."""

import hashlib
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

import orjson

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.records import Record, from_row, known_values, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import CUSTOMERS_TABLE

_NAME: Final = "name_"
_BEYOND_IDS: Final = "g"
"""Ids are GUIDs: rows with a key above this are about names."""
_TRIES: Final = 8
_STEP: Final = 1000
_LISTED: Final = (
    *("msp_id", "customer_id", "name", "created_at", "updated_at"),
    *("origin", "edited", "domains", "references", "schema"),
)


class CustomerState(StrEnum):
    """What the PSAs say of a customer; one that is in none of them is active."""

    ACTIVE = "active"
    PSA_INACTIVE = "psa_inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A company of a PSA that is this customer; name and domains as the PSA last told them."""

    provider: str
    external_id: str
    key: str = ""
    name: str = ""
    domains: tuple[str, ...] = ()
    is_active: bool = True

    @property
    def identity(self) -> tuple[str, str]:
        return self.provider, self.external_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(Record):
    """A customer as the MSP knows it. Domains and field names are separated by spaces, the other lists are JSON."""

    msp_id: str
    customer_id: str
    name: str
    created_at: str
    updated_at: str = ""
    origin: str = ""
    """The PSA whose company made it; empty when a person did."""
    edited: str = "name"
    """Fields a person has set: no PSA changes them. Rows from before there were PSAs were named by people."""
    domains: str = ""
    contacts: str = "[]"
    references: str = "[]"
    notes: str = ""

    def read_references(self) -> tuple[Reference, ...]:
        """Its companies, the first one first: that one gives the name."""
        found = orjson.loads(self.references)
        return tuple(Reference(**_reference_values(item)) for item in found)

    @property
    def state(self) -> CustomerState:
        """Inactive only when every PSA that has it says so."""
        references = self.read_references()
        is_gone = bool(references) and not any(item.is_active for item in references)
        return CustomerState.PSA_INACTIVE if is_gone else CustomerState.ACTIVE

    def with_references(self, references: Sequence[Reference]) -> "Customer":
        """The customer with these companies; the fields no person has set follow them."""
        edited = self.edited.split()
        name = next((item.name for item in references if item.name), self.name)
        domains = " ".join(dict.fromkeys(domain for item in references for domain in item.domains))
        return replace(
            self,
            references=orjson.dumps([asdict(item) for item in references]).decode(),
            name=self.name if "name" in edited else name,
            domains=self.domains if "domains" in edited else domains,
        )

    def with_reference(self, reference: Reference) -> "Customer":
        """The customer with this company, in its old place if it was there."""
        known = {item.identity: item for item in self.read_references()}
        return self.with_references([*{**known, reference.identity: reference}.values()])

    def without_reference(self, provider: str, external_id: str) -> "Customer":
        """The customer without that company."""
        kept = [item for item in self.read_references() if item.identity != (provider, external_id)]
        return self.with_references(kept)


class Customers:
    """Keyed by MSP; an index row per normalized name makes creating one twice impossible."""

    def __init__(self, tables: TableStore, new_id: Callable[[], str]) -> None:
        self._tables = tables
        self._new_id = new_id

    def read(self, msp_id: str, customer_id: str) -> Customer | None:
        """The customer, or None."""
        row = self._tables.read(CUSTOMERS_TABLE, msp_id, customer_id)
        return from_row(Customer, row) if row else None

    def read_many(self, msp_id: str, customer_ids: Sequence[str]) -> list[Customer]:
        """The ones of these customers that exist."""
        rows = self._tables.read_many(CUSTOMERS_TABLE, [(msp_id, customer_id) for customer_id in customer_ids])
        return [from_row(Customer, row) for row in rows if row]

    def find_or_create(self, msp_id: str, name: str, now: str) -> Customer:
        """The customer of that name, made if there is none; safe to repeat after a crash at any point."""
        customer_id = self.claim_name(msp_id, name, self._new_id())
        known = self.read(msp_id, customer_id)
        if known:
            return known
        customer = Customer(msp_id=msp_id, customer_id=customer_id, name=name, created_at=now, updated_at=now)
        self._tables.upsert(CUSTOMERS_TABLE, to_row(customer, msp_id, customer_id))
        return customer

    def find_named(self, msp_id: str, name: str) -> Customer | None:
        """The customer the name stands for, or None."""
        row = self._tables.read(CUSTOMERS_TABLE, msp_id, name_key(name))
        found = self.read(msp_id, row.text("customer_id")) if row else None
        return found if found and name_key(found.name) == name_key(name) else None

    def create(self, customer: Customer) -> Customer | None:
        """Stores a new customer; None, with nothing stored, when its name stands for another one already."""
        holder = self.claim_name(customer.msp_id, customer.name, customer.customer_id)
        if holder != customer.customer_id and self.read(customer.msp_id, holder):
            return None
        own = replace(customer, customer_id=holder)  # else a creation that a crash has interrupted goes on
        try:
            self._tables.insert(CUSTOMERS_TABLE, to_row(own, own.msp_id, own.customer_id))
        except ConflictError:  # or one of this very moment, which was faster
            return None
        return own

    def put_made(self, customers: Sequence[Customer], taken: Collection[str]) -> None:
        """Stores customers that companies of a PSA have made; of equal names the first one stands for its customer.

        `taken` are the keys of names that stand for others. One that is given away at this very moment may end up with
        the PSA's customer.
        """
        rows = [to_row(customer, customer.msp_id, customer.customer_id) for customer in customers]
        names = {name_key(customer.name): customer for customer in reversed(customers)}
        rows += [_name_row(customer) for key, customer in names.items() if key not in taken]
        if customers:
            self._tables.write(CUSTOMERS_TABLE, {customers[0].msp_id: rows})

    def list_page(self, msp_id: str, after: str, limit: int) -> list[Customer]:
        """Up to `limit` customers with an id above `after`, in the order of their ids, without contacts and notes."""
        rows = self._tables.scan(CUSTOMERS_TABLE, msp_id, after=after, limit=limit, columns=_LISTED)
        return [from_row(Customer, row) for row in rows if row.key < _BEYOND_IDS]

    def all(self, msp_id: str) -> Iterator[Customer]:
        """Every customer of the MSP, read page by page, without contacts and notes."""
        after = ""
        while page := self.list_page(msp_id, after, _STEP):
            yield from page
            if len(page) < _STEP:
                return
            after = page[-1].customer_id

    def change(self, msp_id: str, customer_id: str, edit: Callable[[Customer], Customer]) -> Customer | None:
        """Changes what `edit` changes of the newest row, and keeps what others change; None if there is no such row.

        A name that was given up is free; the new one must have been claimed.
        """
        for _ in range(_TRIES):
            row = self._tables.read(CUSTOMERS_TABLE, msp_id, customer_id)
            if row is None:
                return None
            known = from_row(Customer, row)
            changed = edit(known)
            try:
                if changed != known:
                    self._tables.replace(CUSTOMERS_TABLE, to_row(changed, msp_id, customer_id), row.etag)
            except ConflictError:
                continue
            if name_key(changed.name) != name_key(known.name):
                self.free_name(msp_id, known.name, customer_id)
            return changed
        raise TransientError("storage_unavailable", "the customer's row changes all the time")

    def remove(self, customer: Customer) -> None:
        """Forgets the customer and frees its name; nothing happens if it is gone."""
        self._tables.delete(CUSTOMERS_TABLE, customer.msp_id, [customer.customer_id])
        self.free_name(customer.msp_id, customer.name, customer.customer_id)

    def claim_name(self, msp_id: str, name: str, customer_id: str) -> str:
        """The id of the customer the name stands for from now on: this one, unless it was taken.

        A name its customer does not have, as a change was interrupted, is free.
        """
        index = {"PartitionKey": msp_id, "RowKey": name_key(name), "customer_id": customer_id}
        try:
            self._tables.insert(CUSTOMERS_TABLE, index)
        except ConflictError:
            row = self._tables.read(CUSTOMERS_TABLE, msp_id, name_key(name))
            if row is None:
                raise
            holder = row.text("customer_id")
            known = self.read(msp_id, holder) if holder != customer_id else None
            if known is None or name_key(known.name) == name_key(name):
                return holder
            self._tables.replace(CUSTOMERS_TABLE, index, row.etag)
        return customer_id

    def free_name(self, msp_id: str, name: str, customer_id: str) -> None:
        """The name stands for nobody, if it stood for this customer."""
        row = self._tables.read(CUSTOMERS_TABLE, msp_id, name_key(name))
        if row and row.text("customer_id") == customer_id:
            with suppress(ConflictError):
                self._tables.remove(CUSTOMERS_TABLE, msp_id, row.key, row.etag)


def name_key(name: str) -> str:
    """The key under which a name stands for a customer; equal for names that are one and the same."""
    normalized = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return _NAME + hashlib.sha256(normalized.encode()).hexdigest()


def _name_row(customer: Customer) -> dict[str, str]:
    key = name_key(customer.name)
    return {"PartitionKey": customer.msp_id, "RowKey": key, "customer_id": customer.customer_id}


def _reference_values(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**known_values(Reference, item), "domains": tuple(item.get("domains", ()))}
