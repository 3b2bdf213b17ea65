"""Customers of an MSP; one name is one customer."""

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tenantsync.errors import ConflictError
from tenantsync.store.records import from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import CUSTOMERS_TABLE

_NAME: Final = "name_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer as the MSP knows it."""

    msp_id: str
    customer_id: str
    name: str
    created_at: str


class Customers:
    """Keyed by MSP; an index row per normalized name makes creating one twice impossible."""

    def __init__(self, tables: TableStore, new_id: Callable[[], str]) -> None:
        self._tables = tables
        self._new_id = new_id

    def read(self, msp_id: str, customer_id: str) -> Customer | None:
        """The customer, or None."""
        row = self._tables.read(CUSTOMERS_TABLE, msp_id, customer_id)
        return from_row(Customer, row) if row else None

    def find_or_create(self, msp_id: str, name: str, now: str) -> Customer:
        """The customer of that name, made if there is none; safe to repeat after a crash at any point."""
        customer_id = self._claim_name(msp_id, name)
        known = self.read(msp_id, customer_id)
        if known:
            return known
        customer = Customer(msp_id=msp_id, customer_id=customer_id, name=name, created_at=now)
        self._tables.upsert(CUSTOMERS_TABLE, to_row(customer, msp_id, customer_id))
        return customer

    def _claim_name(self, msp_id: str, name: str) -> str:
        key = _NAME + _name_hash(name)
        index = {"PartitionKey": msp_id, "RowKey": key, "customer_id": self._new_id()}
        try:
            self._tables.insert(CUSTOMERS_TABLE, index)
        except ConflictError:
            row = self._tables.read(CUSTOMERS_TABLE, msp_id, key)
            if row is None:
                raise
            return row.text("customer_id")
        return index["customer_id"]


def _name_hash(name: str) -> str:
    normalized = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return hashlib.sha256(normalized.encode()).hexdigest()
