"""Tables, rows and their ETags in one SQLite file. Bodies are kept as they were sent."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tables (name TEXT PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rows (
    place TEXT NOT NULL COLLATE NOCASE, partition TEXT NOT NULL, key TEXT NOT NULL, etag INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (place, partition, key)
) WITHOUT ROWID;
"""
_MEMORY_KIB: Final = 64 * 1024


class RefusedError(Exception):
    """The service's own refusal: an HTTP status and an error code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Operation:
    """One write. `condition` is None for an upsert or insert, else the ETag to meet (`*` for any)."""

    method: str
    table: str
    partition: str
    key: str
    body: bytes = b""
    condition: str | None = None


class StoredRow(NamedTuple):
    """A row as it lies there: a tuple, as a scan makes a thousand of them."""

    key: str
    number: int
    body: bytes

    @property
    def etag(self) -> str:
        return _to_etag(self.number)


class Rows:
    """All tables of one account. Raises RefusedError as Table Storage would."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # what a killed process has handed to the system is safe; a power cut is nobody's concern here
        for setting in ("journal_mode=WAL", "synchronous=OFF", f"cache_size=-{_MEMORY_KIB}"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.executescript(_SCHEMA)
        (latest,) = self._database.execute("SELECT COALESCE(MAX(etag), 0) FROM rows").fetchone()
        self._etags = count(latest + 1)
        self._tables = {name.lower() for (name,) in self._database.execute("SELECT name FROM tables")}

    def create_table(self, name: str) -> None:
        if name.lower() in self._tables:
            raise RefusedError(409, "TableAlreadyExists")
        self._database.execute("INSERT INTO tables VALUES (?)", (name,))
        self._tables.add(name.lower())

    def delete_table(self, name: str) -> None:
        self._require(name)
        self._database.execute("DELETE FROM rows WHERE place = ?", (name,))
        self._database.execute("DELETE FROM tables WHERE name = ?", (name,))
        self._tables.discard(name.lower())

    def table_names(self) -> list[str]:
        return [name for (name,) in self._database.execute("SELECT name FROM tables ORDER BY name")]

    def read(self, table: str, partition: str, key: str) -> StoredRow:
        self._require(table)
        found = self._find(table, partition, key)
        if found is None:
            raise RefusedError(404, "ResourceNotFound")
        return found

    def scan(self, table: str, partition: str, after: str, limit: int) -> list[StoredRow]:
        """Up to `limit` rows of a partition with a key above `after`, in key order."""
        self._require(table)
        query = "SELECT key, etag, body FROM rows WHERE place = ? AND partition = ? AND key > ? ORDER BY key LIMIT ?"
        found = self._database.execute(query, (table, partition, after, limit))
        return [StoredRow(*row) for row in found]

    def apply(self, operations: Sequence[Operation]) -> list[str]:
        """All or none; gives the new ETags."""
        self._require(operations[0].table)
        with self._transaction():
            if all(item.method == "PUT" and item.condition is None for item in operations):
                return self._upsert(operations)
            return [self._apply(item) for item in operations]

    def _apply(self, operation: Operation) -> str:
        known = self._find(operation.table, operation.partition, operation.key)
        if operation.method == "POST" and known is not None:
            raise RefusedError(409, "EntityAlreadyExists")
        if operation.condition is not None:
            if known is None:
                raise RefusedError(404, "ResourceNotFound")
            if operation.condition not in ("*", known.etag):
                raise RefusedError(412, "UpdateConditionNotSatisfied")
        if operation.method == "DELETE":
            place = (operation.table, operation.partition, operation.key)
            self._database.execute("DELETE FROM rows WHERE place = ? AND partition = ? AND key = ?", place)
            return ""
        return self._upsert([operation])[0]

    def _upsert(self, operations: Sequence[Operation]) -> list[str]:
        values = [(item.table, item.partition, item.key, next(self._etags), item.body) for item in operations]
        self._database.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)", values)
        return [_to_etag(value[3]) for value in values]

    def _find(self, table: str, partition: str, key: str) -> StoredRow | None:
        query = "SELECT etag, body FROM rows WHERE place = ? AND partition = ? AND key = ?"
        found = self._database.execute(query, (table, partition, key)).fetchone()
        return StoredRow(key, *found) if found else None

    def _require(self, table: str) -> None:
        if table.lower() not in self._tables:
            raise RefusedError(404, "TableNotFound")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def _to_etag(number: int) -> str:
    return f"W/\"datetime'{number}'\""
