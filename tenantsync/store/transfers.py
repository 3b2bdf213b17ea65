"""Transfers of a tenant from one MSP to another: offered, accepted or closed."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import TRANSFERS_TABLE

_ROW: Final = "transfer"
_TENANT: Final = "tenant_"
_ACCEPTING: Final = "accepting"


class TransferState(StrEnum):
    """A transfer's life; accepting is left only forwards, so that a crash in the middle can be mended."""

    OFFERED = "offered"
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    DECLINED = "declined"


OPEN_TRANSFER_STATES: Final = frozenset({TransferState.OFFERED, TransferState.ACCEPTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Record):
    """One offer. `needs_proof`: asked for by the operator's support, so the tenant's admin must sign in first."""

    transfer_id: str
    tenant_id: str
    from_msp_id: str
    to_msp_id: str
    state: str = TransferState.OFFERED
    needs_proof: bool = False
    proven_by: str = ""
    proven_at: str = ""
    from_connection_id: str = ""
    """The one the tenant was attached by, once the receiver accepts."""
    customer_id: str = ""
    """Of the receiving MSP, once it accepts."""
    connection_id: str = ""
    """The receiving MSP's, once it accepts."""
    created_at: str
    created_by: str
    expires_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class StoredTransfer:
    """A transfer and the ETag its next change must meet."""

    transfer: Transfer
    etag: str


class Transfers:
    """By id; both MSPs have an index row each."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, transfer: Transfer) -> None:
        """Stores a new offer and makes both sides find it."""
        self._tables.insert(TRANSFERS_TABLE, to_row(transfer, transfer.transfer_id, _ROW))
        for msp_id in (transfer.from_msp_id, transfer.to_msp_id):
            self._tables.upsert(TRANSFERS_TABLE, {"PartitionKey": msp_id, "RowKey": transfer.transfer_id})
        pointer = {"PartitionKey": _TENANT + transfer.tenant_id, "RowKey": _ROW, "transfer_id": transfer.transfer_id}
        self._tables.upsert(TRANSFERS_TABLE, pointer)

    def find(self, transfer_id: str) -> StoredTransfer | None:
        """The transfer, or None."""
        row = self._tables.read(TRANSFERS_TABLE, transfer_id, _ROW)
        return StoredTransfer(from_row(Transfer, row), row.etag) if row else None

    def find_latest(self, tenant_id: str) -> StoredTransfer | None:
        """The newest offer of a tenant, whoever made it."""
        pointer = self._tables.read(TRANSFERS_TABLE, _TENANT + tenant_id, _ROW)
        return self.find(pointer.text("transfer_id")) if pointer else None

    def expect_accepting(self, transfer_id: str) -> None:
        """Remembers that it is about to be accepted, so that it is found if that is interrupted."""
        self._tables.upsert(TRANSFERS_TABLE, {"PartitionKey": _ACCEPTING, "RowKey": transfer_id})

    def list_accepting(self) -> list[str]:
        """Ids of the transfers that were about to be accepted, up to a thousand."""
        return [row.key for row in self._tables.scan(TRANSFERS_TABLE, _ACCEPTING)]

    def forget_accepting(self, transfer_id: str) -> None:
        """It has come to an end."""
        self._tables.delete(TRANSFERS_TABLE, _ACCEPTING, [transfer_id])

    def list_of(self, msp_id: str) -> list[Transfer]:
        """The MSP's offers, made and received, the newest first."""
        found = [self.find(row.key) for row in self._tables.scan(TRANSFERS_TABLE, msp_id, limit=200)]
        known = [stored.transfer for stored in found if stored]
        return sorted(known, key=lambda transfer: transfer.created_at, reverse=True)

    def change(self, stored: StoredTransfer, **changes: Any) -> StoredTransfer:
        """Stores some fields' new values; ConflictError when somebody else was first."""
        changed = replace(stored.transfer, **changes)
        row = to_row(changed, changed.transfer_id, _ROW)
        return StoredTransfer(changed, self._tables.replace(TRANSFERS_TABLE, row, stored.etag))
