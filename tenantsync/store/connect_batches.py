"""Lists of tenants that are connected, or checked, one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tenantsync.errors import ConflictError
from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import CONNECT_BATCHES_TABLE

_STEP: Final = 1000


class ItemState(StrEnum):
    """How far an item got before its connection; from then on the tenant's state is the truth."""

    PENDING = "pending"
    READY = "ready"
    """Checked in a dry run: it would be connected."""
    LINKED = "linked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectBatch(Record):
    """A list as it was sent; `body_hash` tells whether it is sent again.

    `items_key` is where its items are: of two requests that make the same list at once, neither touches the other's.
    """

    msp_id: str
    batch_id: str
    created_by: str
    created_at: str
    body_hash: str
    size: int
    source: str = "items"
    is_dry_run: bool = False
    items_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem(Record):
    """One tenant of a list; `body` is what connect takes, as JSON, `candidates` customers it may belong to."""

    number: int
    body: str
    name: str = ""
    """The tenant's own, where the list's source tells it."""
    state: str = ItemState.PENDING
    attempts: int = 0
    tenant_id: str = ""
    customer_id: str = ""
    connection_id: str = ""
    candidates: str = "[]"
    problem_code: str = ""
    problem_message: str = ""


class ConnectBatches:
    """Batches by MSP, their items in a partition of their own."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, batch: ConnectBatch, items: Sequence[BatchItem]) -> None:
        """Stores the items first and the batch last; ConflictError when there is a batch of that id."""
        partition = _partition(batch)
        rows = [_to_row(partition, item) for item in items]
        if rows:
            self._tables.write(CONNECT_BATCHES_TABLE, {partition: rows})
        try:
            self._tables.insert(CONNECT_BATCHES_TABLE, to_row(batch, batch.msp_id, batch.batch_id))
        except ConflictError:
            self._tables.delete(CONNECT_BATCHES_TABLE, partition, [row["RowKey"] for row in rows])
            raise

    def read(self, msp_id: str, batch_id: str) -> ConnectBatch | None:
        """The batch, or None."""
        row = self._tables.read(CONNECT_BATCHES_TABLE, msp_id, batch_id)
        return from_row(ConnectBatch, row) if row else None

    def list_newest(self, msp_id: str, limit: int) -> list[ConnectBatch]:
        """The MSP's latest batches, the newest first."""
        found: list[ConnectBatch] = []
        after = ""
        while rows := self._tables.scan(CONNECT_BATCHES_TABLE, msp_id, after=after, limit=_STEP):
            found += [from_row(ConnectBatch, row) for row in rows]
            after = rows[-1].key
        return sorted(found, key=lambda batch: batch.created_at, reverse=True)[:limit]

    def read_items(self, batch: ConnectBatch) -> list[BatchItem]:
        """All items in their order."""
        rows = self._tables.scan(CONNECT_BATCHES_TABLE, _partition(batch), limit=_STEP)
        return [from_row(BatchItem, row) for row in rows]

    def change(self, batch: ConnectBatch, item: BatchItem, **changes: Any) -> BatchItem:
        """Stores what has become of an item; one orchestration works on a batch."""
        changed = replace(item, **changes)
        partition = _partition(batch)
        self._tables.upsert(CONNECT_BATCHES_TABLE, _to_row(partition, changed))
        return changed


def _partition(batch: ConnectBatch) -> str:
    return f"{batch.msp_id}_{batch.items_key or batch.batch_id}"


def _to_row(partition: str, item: BatchItem) -> dict[str, Any]:
    return to_row(item, partition, f"{item.number:04d}")
