"""The inventory: one row an object, spread over shards, stamped with the listing that brought it."""

import base64
import binascii
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tenantsync.errors import RequestError
from tenantsync.store.keys import SHARDS, encode_key, inventory_partition, shard_of
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import INVENTORY_TABLE

Item = Mapping[str, Any]
Tally = Callable[[Item], Mapping[str, float]]

# A text property holds 64 KiB of UTF-16 and a row 1 MiB; half of it for texts that may need two units a character
_PART_CHARACTERS: Final = 30_000
_ROW_CHARACTERS: Final = 450_000


@dataclass(frozen=True, slots=True)
class Listing:
    """Whose rows, of what, brought by which listing."""

    tenant_id: str
    resource: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Count:
    """What one step of counting found; `cursor` is where to go on, empty at the end."""

    stored: int
    stale: int
    tally: Mapping[str, float]
    cursor: str


@dataclass(frozen=True, slots=True)
class InventoryPage:
    """Items in a stable order, and where the next page begins (None at the end)."""

    items: list[Item]
    next_cursor: str | None


class Inventory:
    """Rows by tenant, resource and Microsoft id; writing one twice leaves one."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def write(self, listing: Listing, items: Mapping[str, Item], tally: Tally | None = None) -> int:
        """Stores the items by id; gives how many were too large for a row."""
        partitions: dict[str, list[dict[str, Any]]] = {}
        unusable = 0
        for identifier, item in items.items():
            parts = _split(orjson.dumps(item).decode())
            if parts is None:
                unusable += 1
                continue
            key = encode_key(identifier)
            partition = inventory_partition(listing.tenant_id, listing.resource, shard_of(key))
            row = {"PartitionKey": partition, "RowKey": key, "stamp": listing.stamp, **parts}
            if tally:
                row["tally"] = orjson.dumps(tally(item)).decode()
            partitions.setdefault(partition, []).append(row)
        self._tables.write(INVENTORY_TABLE, partitions)
        return unusable

    def merge(self, listing: Listing, changes: Mapping[str, Item], tally: Tally | None = None) -> int:
        """Writes objects of which only some properties may be given: the others stay as they are stored."""
        whole = {identifier: {**self._find(listing, identifier), **change} for identifier, change in changes.items()}
        return self.write(listing, whole, tally)

    def _find(self, listing: Listing, identifier: str) -> Item:
        key = encode_key(identifier)
        partition = inventory_partition(listing.tenant_id, listing.resource, shard_of(key))
        row = self._tables.read(INVENTORY_TABLE, partition, key)
        return _to_item(row) if row else {}

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
        """Deletes the rows of these ids."""
        for identifier in identifiers:
            key = encode_key(identifier)
            partition = inventory_partition(listing.tenant_id, listing.resource, shard_of(key))
            self._tables.delete(INVENTORY_TABLE, partition, [key])

    def count(self, listing: Listing, cursor: str) -> Count:
        """Counts one step of rows: the listing's own (all, if it has no stamp), and stale ones of earlier listings."""
        rows, next_cursor = self._step(listing, cursor, ("stamp", "tally"))
        tally: dict[str, float] = {}
        own = [row for row in rows if listing.stamp in ("", row.text("stamp"))]
        for counters, times in Counter(row.text("tally") for row in own).items():  # few different ones
            if counters:
                add_tally(tally, {name: number * times for name, number in orjson.loads(counters).items()})
        return Count(len(own), len(rows) - len(own), tally, next_cursor)

    def sweep(self, listing: Listing, cursor: str) -> str:
        """Deletes one step of stale rows; gives where to go on. Only after a listing proven complete."""
        rows, next_cursor = self._step(listing, cursor, ("stamp",))
        stale = [row for row in rows if row.text("stamp") != listing.stamp]
        if stale:  # a step stays within one partition
            self._tables.delete(INVENTORY_TABLE, str(stale[0].values["PartitionKey"]), [row.key for row in stale])
        return next_cursor

    def remove_all(self, tenant_id: str, resource: str, steps: int) -> bool:
        """Deletes up to `steps` thousand rows of a resource; whether all are gone now."""
        for shard in range(SHARDS):
            partition = inventory_partition(tenant_id, resource, shard)
            while rows := self._tables.scan(INVENTORY_TABLE, partition, limit=1000, columns=("stamp",)):
                if steps == 0:
                    return False
                steps -= 1
                self._tables.delete(INVENTORY_TABLE, partition, [row.key for row in rows])
        return True

    def read_page(self, tenant_id: str, resource: str, top: int, cursor: str | None) -> InventoryPage:
        """Up to `top` items; raises RequestError for a cursor that is not one of ours."""
        position = _decode_cursor(cursor) if cursor else ""
        rows: list[Row] = []
        while True:
            listing = Listing(tenant_id, resource, "")
            found, position = self._step(listing, position, (), top - len(rows))
            rows += found
            if not position or len(rows) == top:
                break
        return InventoryPage([_to_item(row) for row in rows], _encode_cursor(position) if position else None)

    def _step(
        self, listing: Listing, cursor: str, columns: tuple[str, ...], limit: int = 1000
    ) -> tuple[list[Row], str]:
        """Up to `limit` rows of one shard after `shard:key`, and the cursor behind them, empty at the end."""
        shard_text, _, after = cursor.partition(":")
        shard = int(shard_text or 0)
        partition = inventory_partition(listing.tenant_id, listing.resource, shard)
        rows = self._tables.scan(INVENTORY_TABLE, partition, after=after, limit=limit, columns=columns)
        if len(rows) == limit:
            return rows, f"{shard}:{rows[-1].key}"
        return rows, f"{shard + 1}:" if shard + 1 < SHARDS else ""


def add_tally(total: dict[str, float], counters: Mapping[str, float]) -> None:
    """Adds the counters to the total."""
    for name, number in counters.items():
        total[name] = total.get(name, 0) + number


def _split(text: str) -> dict[str, str] | None:
    if len(text) <= _PART_CHARACTERS // 2:  # nearly all
        return {"data": text}
    width = 1 if text.isascii() else 2
    if len(text) * width > _ROW_CHARACTERS:
        return None
    size = _PART_CHARACTERS // width
    return {f"data{start // size or ''}": text[start : start + size] for start in range(0, len(text), size)}


def _to_item(row: Row) -> Item:
    item: Item = orjson.loads("".join(_parts(row)))
    return item


def _parts(row: Row) -> Iterator[str]:
    yield row.text("data")
    number = 1
    while f"data{number}" in row.values:
        yield row.text(f"data{number}")
        number += 1


def _encode_cursor(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _decode_cursor(cursor: str) -> str:
    try:
        position = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        shard = int(position.partition(":")[0])
    except (binascii.Error, ValueError) as error:
        raise RequestError("invalid_request", "`cursor` is not one this service gave.") from error
    if not 0 <= shard < SHARDS:
        raise RequestError("invalid_request", "`cursor` is not one this service gave.")
    return position
