"""The inventory: one row an object, spread over shards, stamped with the listing that brought it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tenantsync.errors import CursorExpiredError, TransientError
from tenantsync.paging import foreign_cursor, read_position, write_cursor
from tenantsync.read_ahead import read_ahead
from tenantsync.store.keys import FURTHER, SHARDS, encode_key, inventory_partition, shard_of
from tenantsync.store.row_hashes import RowHashes, hash_row, pack
from tenantsync.store.tables import Row, TableStore
from tenantsync.store.wide_items import further_key, further_keys, join_item, split_item
from tenantsync.wire import INVENTORY_TABLE

Item = Mapping[str, Any]
Tally = Callable[[Item], Mapping[str, float]]
_NOTHING: Final = RowHashes()
_SHARD_NAMES: Final = frozenset(map(str, range(SHARDS)))
_ALL: Final = SHARDS + 1
"""Partitions, the one for what the items' own rows cannot hold included."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Whose rows, of what, brought by which listing."""

    tenant_id: str
    resource: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Count:
    """What one step of counting found; `cursor` is where to go on, empty at the end.

    `kept` of the stored rows are ones the listing has left alone; `hashes` are those of all stored rows that have one.
    """

    stored: int
    stale: int
    tally: Mapping[str, float]
    cursor: str
    kept: int = 0
    hashes: bytes = b""


@dataclass(frozen=True, slots=True)
class InventoryPage:
    """Items in a stable order, and where the next page begins (None at the end)."""

    items: list[Item]
    next_cursor: str | None


class Inventory:
    """Rows by tenant, resource and Microsoft id; writing one twice leaves one."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def write(self, listing: Listing, items: Mapping[str, Item], tally: Tally | None = None) -> None:
        """Stores the items by id."""
        self._store(listing, [_encode(identifier, item, tally) for identifier, item in items.items()])

    def write_changed(
        self, listing: Listing, items: Mapping[str, Item], tally: Tally | None, known: RowHashes
    ) -> list[str]:
        """Stores the items that are not among the known rows; gives the hashes of the ones that were left alone."""
        rows = [_encode(identifier, item, tally, is_hashed=True) for identifier, item in items.items()]
        self._store(listing, [row for row in rows if row.hash not in known])
        return [row.hash for row in rows if row.hash in known]

    def merge(self, listing: Listing, changes: Mapping[str, Item], tally: Tally | None = None) -> None:
        """Writes objects of which only some properties may be given: the others stay as they are stored.

        Raises CursorExpiredError when what is stored is damaged: then everything has to be listed again.
        """
        stored = self._tables.read_many(INVENTORY_TABLE, [_place(listing, identifier) for identifier in changes])
        whole: dict[str, Item] = {}
        for (identifier, change), row in zip(changes.items(), stored, strict=True):
            item = self._to_item(listing.tenant_id, listing.resource, row) if row else {}
            if item is None:
                raise CursorExpiredError("page_expired", "a stored row is without its rest")
            whole[identifier] = {**item, **change}
        self.write(listing, whole, tally)

    def _store(self, listing: Listing, rows: Iterable["_EncodedRow"]) -> None:
        """What an item's own row cannot hold is written first, so that no row speaks of what is not there."""
        partitions: dict[str, list[dict[str, Any]]] = {}
        further: list[dict[str, Any]] = []
        beyond = inventory_partition(listing.tenant_id, listing.resource, FURTHER)
        for row in rows:
            partition = inventory_partition(listing.tenant_id, listing.resource, shard_of(row.key))
            own = {"PartitionKey": partition, "RowKey": row.key, "stamp": listing.stamp, **row.values}
            partitions.setdefault(partition, []).append(own)
            for number, values in enumerate(row.further):
                key = {"PartitionKey": beyond, "RowKey": further_key(row.key, number)}
                further.append({**key, "stamp": listing.stamp, **values})
        if further:
            self._tables.write(INVENTORY_TABLE, {beyond: further})
        self._tables.write(INVENTORY_TABLE, partitions)

    def _to_item(self, tenant_id: str, resource: str, row: Row) -> Item | None:
        """None for an item of which a part is not there."""
        partition = inventory_partition(tenant_id, resource, FURTHER)
        found = [self._tables.read(INVENTORY_TABLE, partition, key) for key in further_keys(row)]
        further = [one for one in found if one]
        return join_item(row, further) if len(further) == len(found) else None

    def remove_prefixed(self, listing: Listing, prefix: str) -> None:
        """Deletes the rows whose ids begin so."""
        start = encode_key(prefix)
        for shard in range(SHARDS):
            partition = inventory_partition(listing.tenant_id, listing.resource, shard)
            while True:
                rows = self._tables.scan(INVENTORY_TABLE, partition, after=start, columns=("stamp",))
                keys = [row.key for row in rows if row.key.startswith(start)]
                self._tables.delete(INVENTORY_TABLE, partition, keys)
                if len(keys) < len(rows) or not rows:
                    break

    def remove(self, listing: Listing, identifiers: list[str]) -> None:
        """Deletes the rows of these ids, and what they could not hold."""
        partitions: dict[str, list[str]] = {}
        for identifier in identifiers:
            partition, key = _place(listing, identifier)
            partitions.setdefault(partition, []).append(key)
        beyond = inventory_partition(listing.tenant_id, listing.resource, FURTHER)
        if partitions and self._tables.scan(INVENTORY_TABLE, beyond, limit=1, columns=("stamp",)):
            places = [(partition, key) for partition, keys in partitions.items() for key in keys]
            rows = self._tables.read_many(INVENTORY_TABLE, places)
            further = [key for row in rows if row for key in further_keys(row)]
            self._tables.delete(INVENTORY_TABLE, beyond, further)
        for partition, keys in partitions.items():
            self._tables.delete(INVENTORY_TABLE, partition, keys)

    def count(self, listing: Listing, cursor: str, kept: RowHashes = _NOTHING) -> Iterator[Count]:
        """Counts rows step by step: the listing's own (all, if it has no stamp), and stale ones of earlier listings.

        Its own are also the ones it has left alone, if they still are what it has seen. The rows of the next step are
        read while this one's are counted.
        """
        for position, rows, next_cursor in read_ahead(self._steps(listing, cursor, ("stamp", "tally", "hash"))):
            own = [row for row in rows if listing.stamp in ("", row.text("stamp")) or row.text("hash") in kept]
            stale = len(rows) - len(own)
            if position.startswith(f"{FURTHER}:"):  # parts of items that were counted with their own row
                yield Count(0, stale, {}, next_cursor)
                continue
            found = sum(1 for row in own if row.text("stamp") != listing.stamp) if len(kept) else 0
            hashes = pack(row.text("hash") for row in own if row.text("hash"))
            yield Count(len(own), stale, _add_up(own), next_cursor, found, hashes)

    def sweep(self, listing: Listing, cursor: str, kept: RowHashes = _NOTHING) -> str:
        """Deletes one step of stale rows; gives where to go on. Only after a listing proven complete."""
        rows, next_cursor = self._step(listing, cursor, ("stamp", "hash"), partitions=_ALL)
        stale = [row for row in rows if row.text("stamp") != listing.stamp and row.text("hash") not in kept]
        if stale:  # a step stays within one partition
            self._tables.delete(INVENTORY_TABLE, str(stale[0].values["PartitionKey"]), [row.key for row in stale])
        return next_cursor

    def remove_all(self, tenant_id: str, resource: str, steps: int) -> bool:
        """Deletes up to `steps` thousand rows of a resource; whether all are gone now."""
        for shard in range(_ALL):
            partition = inventory_partition(tenant_id, resource, shard)
            while rows := self._tables.scan(INVENTORY_TABLE, partition, limit=1000, columns=("stamp",)):
                if steps == 0:
                    return False
                steps -= 1
                self._tables.delete(INVENTORY_TABLE, partition, [row.key for row in rows])
        return True

    def read_page(self, tenant_id: str, resource: str, top: int, cursor: str | None) -> InventoryPage:
        """Up to `top` items; raises RequestError for a cursor that is not one of ours."""
        position = _read_position(cursor) if cursor else ""
        rows: list[Row] = []
        while True:
            listing = Listing(tenant_id, resource, "")
            found, position = self._step(listing, position, (), top - len(rows))
            rows += found
            if not position or len(rows) == top:
                break
        items = [self._to_item(tenant_id, resource, row) for row in rows]
        if None in items:  # it is being replaced at this very moment
            raise TransientError("storage_unavailable", "a row is without its rest")
        whole = [item for item in items if item is not None]
        return InventoryPage(whole, write_cursor(position) if position else None)

    def _steps(self, listing: Listing, cursor: str, columns: tuple[str, ...]) -> Iterator[tuple[str, list[Row], str]]:
        """All steps from the cursor on: where each begins, its rows, and where the next one does."""
        while True:
            rows, next_cursor = self._step(listing, cursor, columns, partitions=_ALL)
            yield cursor, rows, next_cursor
            if not next_cursor:
                return
            cursor = next_cursor

    def _step(
        self, listing: Listing, cursor: str, columns: tuple[str, ...], limit: int = 1000, *, partitions: int = SHARDS
    ) -> tuple[list[Row], str]:
        """Up to `limit` rows of one shard after `shard:key`, and the cursor behind them, empty at the end."""
        shard_text, _, after = cursor.partition(":")
        shard = int(shard_text or 0)
        partition = inventory_partition(listing.tenant_id, listing.resource, shard)
        rows = self._tables.scan(INVENTORY_TABLE, partition, after=after, limit=limit, columns=columns)
        if len(rows) == limit:
            return rows, f"{shard}:{rows[-1].key}"
        return rows, f"{shard + 1}:" if shard + 1 < partitions else ""


def _place(listing: Listing, identifier: str) -> tuple[str, str]:
    """Partition and key of an item's row."""
    key = encode_key(identifier)
    return inventory_partition(listing.tenant_id, listing.resource, shard_of(key)), key


def _add_up(rows: Iterable[Row]) -> dict[str, float]:
    """The counters of all rows, of which there are few different ones."""
    tally: dict[str, float] = {}
    for counters, times in Counter(row.text("tally") for row in rows).items():
        if counters:
            add_tally(tally, {name: number * times for name, number in orjson.loads(counters).items()})
    return tally


def add_tally(total: dict[str, float], counters: Mapping[str, float]) -> None:
    """Adds the counters to the total."""
    for name, number in counters.items():
        total[name] = total.get(name, 0) + number


@dataclass(slots=True)  # not frozen: there is one for every object, and that would double its price
class _EncodedRow:
    """An item as the properties of its row, and of the rows that take what this one cannot hold."""

    key: str
    values: dict[str, Any]
    further: list[dict[str, Any]]
    hash: str


def _encode(identifier: str, item: Item, tally: Tally | None, *, is_hashed: bool = False) -> _EncodedRow:
    text = orjson.dumps(item).decode()
    key, (own, *further) = encode_key(identifier), split_item(text)
    if tally:
        own["tally"] = orjson.dumps(tally(item)).decode()
    if is_hashed and not further:  # rows beyond the own one live by their stamp alone
        own["hash"] = hash_row(key, own.get("tally", "") + text)
    return _EncodedRow(key, own, further, own.get("hash", ""))


def _read_position(cursor: str) -> str:
    position = read_position(cursor)
    if position.partition(":")[0] not in _SHARD_NAMES:
        raise foreign_cursor()
    return position
