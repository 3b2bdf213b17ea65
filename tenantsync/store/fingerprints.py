"""What the last complete listing has left in the store, as row hashes: the next one writes only what differs."""

from collections.abc import Iterator
from typing import Final

from tenantsync.store.row_hashes import RowHashes
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import FINGERPRINTS_TABLE

_HEAD: Final = "head"
_SLOTS: Final = ("a", "b")
_NOTES_AT_ONCE: Final = 50


class Fingerprints:
    """Hashes by tenant and resource, in two slots: one is valid, the other being filled while rows are counted.

    They only save writing. Whether a row that was left alone is really there, the next count finds out.
    """

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables
        self._read: tuple[str, RowHashes] = ("", RowHashes())
        """The latest that were read, as each slice of a listing asks for the same."""

    def note(self, tenant_id: str, resource: str, step: int, hashes: bytes) -> None:
        """What one step of counting has seen; step 0 begins anew, repeating a step replaces its note."""
        slot = self._free_slot(tenant_id, resource)
        if step == 0:
            self._clear(tenant_id, resource, slot)
        row = {"PartitionKey": _partition(tenant_id, resource, slot), "RowKey": f"{step:08d}", "hashes": hashes}
        self._tables.upsert(FINGERPRINTS_TABLE, row)

    def publish(self, tenant_id: str, resource: str, stamp: str) -> None:
        """The listing of this stamp is complete: from now on the slot it has filled is the valid one."""
        head = self._head(tenant_id, resource)
        if head and head.text("stamp") == stamp:  # done before, by a worker that was lost afterwards
            return
        row = {"PartitionKey": _partition(tenant_id, resource, _HEAD), "RowKey": _HEAD, "stamp": stamp}
        self._tables.upsert(FINGERPRINTS_TABLE, {**row, "slot": self._free_slot(tenant_id, resource)})

    def read(self, tenant_id: str, resource: str) -> RowHashes:
        """Empty when no listing was complete yet."""
        head = self._head(tenant_id, resource)
        if head is None:
            return RowHashes()
        name, known = f"{tenant_id}_{resource}_{head.text('stamp')}", self._read
        if known[0] != name:
            known = (name, RowHashes(self._notes(tenant_id, resource, head.text("slot"))))
            self._read = known
        return known[1]

    def forget(self, tenant_id: str, resource: str) -> None:
        """The tenant is gone."""
        self._tables.delete(FINGERPRINTS_TABLE, _partition(tenant_id, resource, _HEAD), [_HEAD])
        for slot in _SLOTS:
            self._clear(tenant_id, resource, slot)

    def _notes(self, tenant_id: str, resource: str, slot: str) -> Iterator[bytes]:
        partition, after = _partition(tenant_id, resource, slot), ""
        while rows := self._tables.scan(FINGERPRINTS_TABLE, partition, after=after, limit=_NOTES_AT_ONCE):
            yield from (row.values["hashes"] for row in rows)
            after = rows[-1].key

    def _head(self, tenant_id: str, resource: str) -> Row | None:
        return self._tables.read(FINGERPRINTS_TABLE, _partition(tenant_id, resource, _HEAD), _HEAD)

    def _valid_slot(self, tenant_id: str, resource: str) -> str:
        head = self._head(tenant_id, resource)
        return head.text("slot") if head else ""

    def _free_slot(self, tenant_id: str, resource: str) -> str:
        return _SLOTS[1] if self._valid_slot(tenant_id, resource) == _SLOTS[0] else _SLOTS[0]

    def _clear(self, tenant_id: str, resource: str, slot: str) -> None:
        partition = _partition(tenant_id, resource, slot)
        while rows := self._tables.scan(FINGERPRINTS_TABLE, partition, limit=1000, columns=("slot",)):
            self._tables.delete(FINGERPRINTS_TABLE, partition, [row.key for row in rows])


def _partition(tenant_id: str, resource: str, slot: str) -> str:
    return f"{tenant_id}_{resource}_{slot}"
