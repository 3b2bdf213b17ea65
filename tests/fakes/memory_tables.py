"""A TableStore in memory. The shared suite in tests/contract proves that it behaves like the real one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count
from threading import RLock
from typing import Any

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.bulk import BATCH_ROWS
from tenantsync.store.tables import Row


class MemoryTables:
    """Rows by table, partition and key; `written` counts the rows of every write, `fail_next` makes calls fail."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, dict[str, Row]]] = defaultdict(lambda: defaultdict(dict))
        self._etags = count(1)
        self._lock = RLock()
        self.written = 0
        self.fail_next = 0

    def read(self, table: str, partition: str, row: str) -> Row | None:
        self._maybe_fail()
        with self._lock:
            return self.tables[table][partition].get(row)

    def read_many(self, table: str, keys: Sequence[tuple[str, str]]) -> list[Row | None]:
        return [self.read(table, *key) for key in keys]

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        self._maybe_fail()
        with self._lock:
            if row["RowKey"] in self.tables[table][row["PartitionKey"]]:
                raise ConflictError("write_conflict", "the row exists or has changed")
            self._put(table, row)

    def upsert(self, table: str, row: Mapping[str, Any]) -> None:
        self._maybe_fail()
        with self._lock:
            self._put(table, row)

    def replace(self, table: str, row: Mapping[str, Any], etag: str) -> str:
        self._maybe_fail()
        with self._lock:
            known = self.tables[table][row["PartitionKey"]].get(row["RowKey"])
            if known is None or known.etag != etag:
                raise ConflictError("write_conflict", "the row exists or has changed")
            return self._put(table, row)

    def remove(self, table: str, partition: str, row: str, etag: str) -> None:
        self._maybe_fail()
        with self._lock:
            known = self.tables[table][partition].get(row)
            if known is not None and known.etag != etag:
                raise ConflictError("write_conflict", "the row exists or has changed")
            self.tables[table][partition].pop(row, None)

    def scan(
        self, table: str, partition: str, *, after: str = "", limit: int = 1000, columns: Sequence[str] = ()
    ) -> list[Row]:
        self._maybe_fail()
        with self._lock:
            rows = self.tables[table][partition]
            keys = sorted(key for key in rows if key > after)[:limit]
            return [_select(rows[key], columns) for key in keys]

    def scan_many(self, table: str, partitions: Sequence[str]) -> list[list[Row]]:
        return [self.scan(table, partition) for partition in partitions]

    def write(self, table: str, partitions: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._maybe_fail()
        with self._lock:
            for partition, rows in partitions.items():
                for start in range(0, len(rows), BATCH_ROWS):
                    _check_transaction(partition, rows[start : start + BATCH_ROWS])
                for row in rows:
                    self._put(table, row)
                    self.written += 1

    def delete(self, table: str, partition: str, rows: Sequence[str]) -> None:
        self._maybe_fail()
        with self._lock:
            for row in rows:
                self.tables[table][partition].pop(row, None)

    def check(self) -> None:
        self._maybe_fail()

    def rows(self, table: str) -> list[Row]:
        """Every row of a table, for assertions."""
        return [row for partition in self.tables[table].values() for row in partition.values()]

    def _put(self, table: str, row: Mapping[str, Any]) -> str:
        etag = f'W/"{next(self._etags)}"'
        values = {name: value for name, value in row.items() if value is not None}
        self.tables[table][row["PartitionKey"]][row["RowKey"]] = Row(values, etag)
        return etag

    def _maybe_fail(self) -> None:
        if self.fail_next:
            self.fail_next -= 1
            raise TransientError("storage_unavailable", "table service: 503")


def _select(row: Row, columns: Sequence[str]) -> Row:
    if not columns:
        return row
    wanted = {"PartitionKey", "RowKey", *columns}
    return Row({name: value for name, value in row.values.items() if name in wanted}, "")


def _check_transaction(partition: str, rows: Sequence[Mapping[str, Any]]) -> None:
    keys = [row["RowKey"] for row in rows]
    if len(set(keys)) != len(keys) or any(row["PartitionKey"] != partition for row in rows):
        raise TransientError("storage_unavailable", "transaction refused: 400")


def snapshot(tables: MemoryTables) -> dict[str, int]:
    """The ETag of every row: what an attack must not change."""
    return {
        f"{table}/{partition}/{key}": hash(row.etag)
        for table, partitions in tables.tables.items()
        for partition, rows in partitions.items()
        for key, row in rows.items()
    }
