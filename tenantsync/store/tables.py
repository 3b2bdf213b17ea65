"""The port to Table Storage and its one implementation. The only file that imports azure.data.tables.

Rows that come by the thousand, and the checkpoint of each page, go through `bulk`, everything else through the SDK.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any, Final, Protocol, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import EdmType, EntityProperty, TableClient, TableServiceClient, UpdateMode

from tenantsync.errors import ConfigurationError, ConflictError, TransientError
from tenantsync.settings import Settings
from tenantsync.store.bulk import BATCH_ROWS, BulkRefusedError, BulkRows

_WRITERS: Final = 4
_NOT_FOUND: Final = 404
_CHANGED: Final = 412
_INT32: Final = 2**31
_NO_TABLE: Final = "TableNotFound"
_CONFLICT: Final = frozenset({409, 412})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read: its properties (PartitionKey and RowKey included) and the ETag it had."""

    values: Mapping[str, Any]
    etag: str

    @property
    def key(self) -> str:
        return str(self.values["RowKey"])

    def text(self, name: str) -> str:
        """A text property, empty when absent."""
        return str(self.values.get(name) or "")


class TableStore(Protocol):
    """What the repositories need of a table service.

    Rows are dicts with PartitionKey and RowKey; values are str, int (64 bit), float, bool, bytes. None is not stored.
    Raises ConflictError when somebody else was first, TransientError `storage_unavailable` when the service fails.
    """

    def read(self, table: str, partition: str, row: str) -> Row | None: ...

    def read_many(self, table: str, keys: Sequence[tuple[str, str]]) -> list[Row | None]:
        """The rows of these partitions and keys, in their order, several at once; None for one that is not there."""

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        """Creates the row; ConflictError if it exists."""

    def upsert(self, table: str, row: Mapping[str, Any]) -> None:
        """Creates or replaces the row."""

    def replace(self, table: str, row: Mapping[str, Any], etag: str) -> str:
        """Replaces the row if it still has this ETag, gives the new one; ConflictError otherwise."""

    def remove(self, table: str, partition: str, row: str, etag: str) -> None:
        """Deletes the row if it still has this ETag; ConflictError if it has another, nothing if it is gone."""

    def scan(
        self, table: str, partition: str, *, after: str = "", limit: int = 1000, columns: Sequence[str] = ()
    ) -> list[Row]:
        """Up to `limit` (at most 1000) rows of a partition in key order, the ones with a key above `after`.

        With `columns` only these and the keys come, texts, flags and 32-bit numbers, and no ETag.
        """

    def scan_many(self, table: str, partitions: Sequence[str]) -> list[list[Row]]:
        """The first thousand rows of each of these partitions, in their order, several read at once."""

    def write(self, table: str, partitions: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Upserts rows by partition, a hundred in one transaction; returns when all are stored."""

    def delete(self, table: str, partition: str, rows: Sequence[str]) -> None:
        """Deletes rows of a partition; the ones that are gone already do not matter."""

    def check(self) -> None:
        """Raises TransientError unless the service answers."""


class AzureTables:
    """TableStore on Azure Table Storage or Azurite. Tables are made on first use."""

    def __init__(self, service: TableServiceClient, ca_bundle: str = "") -> None:
        self._service = service
        self._bulk = BulkRows(service.url, service.credential, ca_bundle)
        self._clients: dict[str, TableClient] = {}
        self._lock = Lock()
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="table-writer")

    @classmethod
    def connect(cls, settings: Settings) -> "AzureTables":
        """By connection string (Azurite), else by endpoint and managed identity."""
        if settings.tables_connection_string:
            try:
                service = TableServiceClient.from_connection_string(settings.tables_connection_string.reveal())
            except ValueError as error:
                raise ConfigurationError("service_unavailable", "TABLES_CONNECTION_STRING cannot be read") from error
            return cls(service, settings.ca_bundle)
        from azure.identity import DefaultAzureCredential

        client_id = settings.credential.managed_identity_client_id or None
        credential = DefaultAzureCredential(managed_identity_client_id=client_id)
        service = TableServiceClient(endpoint=settings.tables_endpoint, credential=credential)
        return cls(service, settings.ca_bundle)

    def read(self, table: str, partition: str, row: str) -> Row | None:
        try:
            return self._do(table, lambda client: _to_row(client.get_entity(partition, row)))
        except _MissingRowError:
            return None

    def read_many(self, table: str, keys: Sequence[tuple[str, str]]) -> list[Row | None]:
        return list(self._writers.map(lambda key: self.read(table, *key), keys))

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        self._do(table, lambda client: client.create_entity(_to_entity(row)))

    def upsert(self, table: str, row: Mapping[str, Any]) -> None:
        self._do(table, lambda client: client.upsert_entity(_to_entity(row), mode=UpdateMode.REPLACE))

    def replace(self, table: str, row: Mapping[str, Any], etag: str) -> str:
        try:
            return self._do(table, lambda client: self._bulk.replace(client.table_name, row, etag))
        except _MissingRowError as error:
            raise ConflictError("write_conflict", f"{table}: the row is gone") from error

    def remove(self, table: str, partition: str, row: str, etag: str) -> None:
        key, unchanged = {"PartitionKey": partition, "RowKey": row}, MatchConditions.IfNotModified
        self._do(table, lambda client: client.delete_entity(key, etag=etag, match_condition=unchanged))

    def scan(
        self, table: str, partition: str, *, after: str = "", limit: int = 1000, columns: Sequence[str] = ()
    ) -> list[Row]:
        if columns:
            return self._do(table, lambda client: self._scan(client.table_name, partition, after, limit, columns))

        def fetch(client: TableClient) -> list[Row]:
            entities = client.query_entities(
                "PartitionKey eq @partition and RowKey gt @after",
                parameters={"partition": partition, "after": after},
                results_per_page=limit,
            )
            # the service may cut an answer short, so one answer of its would not be "all up to the limit"
            return [_to_row(entity) for entity in islice(entities, limit)]

        return self._do(table, fetch)

    def scan_many(self, table: str, partitions: Sequence[str]) -> list[list[Row]]:
        return list(self._writers.map(lambda partition: self.scan(table, partition), partitions))

    def _scan(self, table: str, partition: str, after: str, limit: int, columns: Sequence[str]) -> list[Row]:
        found = self._bulk.scan(table, partition, columns, after=after, limit=limit)
        return [Row(row if None not in row.values() else _without_nulls(row), "") for row in found]

    def write(self, table: str, partitions: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        def upsert(rows: Sequence[Mapping[str, Any]]) -> None:
            self._do(table, lambda client: self._bulk.upsert(client.table_name, rows))

        list(self._writers.map(upsert, partitions.values()))

    def delete(self, table: str, partition: str, rows: Sequence[str]) -> None:
        distinct = list(dict.fromkeys(rows))  # a transaction with one row twice is refused
        batches = [distinct[start : start + BATCH_ROWS] for start in range(0, len(distinct), BATCH_ROWS)]
        list(self._writers.map(lambda batch: self._delete(table, partition, batch), batches))

    def _delete(self, table: str, partition: str, rows: Sequence[str]) -> None:
        """One transaction; one by one only when a row is gone already, for which the service refuses all of them."""
        if len(rows) > 1:
            with suppress(_MissingRowError):
                self._do(table, lambda client: self._bulk.delete(client.table_name, partition, rows))
                return
        for row in rows:
            with suppress(_MissingRowError):
                self._do(table, lambda client, row=row: client.delete_entity(partition, row))  # type: ignore[misc]

    def check(self) -> None:
        _run(lambda: next(iter(self._service.list_tables(results_per_page=1)), None))

    def _do(self, table: str, call: Callable[[TableClient], _T]) -> _T:
        """Makes a table that was deleted, or forgotten by the store, once more."""
        client = self._client(table)
        try:
            return _run(lambda: call(client))
        except _MissingTableError:
            self._clients.pop(table, None)
        client = self._client(table)
        try:
            return _run(lambda: call(client))
        except _MissingTableError as error:
            self._clients.pop(table, None)
            raise TransientError("storage_unavailable", f"table {table} was missing") from error

    def _client(self, table: str) -> TableClient:
        with self._lock:
            if table not in self._clients:
                self._clients[table] = _run(lambda: self._service.create_table_if_not_exists(table))
            return self._clients[table]


def _without_nulls(row: Mapping[str, Any]) -> dict[str, Any]:
    """A column that was asked for and that the row does not have comes as null."""
    return {name: value for name, value in row.items() if value is not None}


class _MissingTableError(Exception):
    pass


class _MissingRowError(Exception):
    pass


def _run(call: Callable[[], _T]) -> _T:
    """Maps the SDK's exceptions; its own retries have been used up by then."""
    try:
        return call()
    except (ResourceExistsError, ResourceModifiedError) as error:
        raise ConflictError("write_conflict", "the row exists or has changed") from error
    except ResourceNotFoundError as error:
        _let_go(error)
        raise (_MissingTableError if _is_missing_table(error) else _MissingRowError) from error
    except BulkRefusedError as error:
        raise _to_failure(error) from error
    except HttpResponseError as error:
        if error.status_code in _CONFLICT:
            raise ConflictError("write_conflict", "the row exists or has changed") from error
        raise TransientError("storage_unavailable", f"table service: {error.status_code}") from error
    except AzureError as error:
        raise TransientError("storage_unavailable", f"table service: {type(error).__name__}") from error


def _let_go(error: BaseException | None) -> None:
    """The SDK's frames hold the exceptions that hold them: a missing row would keep all its callers until the collector
    looks, and missing rows are nothing unusual.
    """
    while isinstance(error, ResourceNotFoundError):  # not what the callers may be handling themselves
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _to_failure(error: BulkRefusedError) -> Exception:
    if error.status == _NOT_FOUND:
        return _MissingTableError() if error.code == _NO_TABLE else _MissingRowError()
    if error.status == _CHANGED:
        return ConflictError("write_conflict", "the row has changed")
    return TransientError("storage_unavailable", f"refused: {error}")


def _is_missing_table(error: HttpResponseError) -> bool:
    """`create_entity` raises the answer as it came, with the code only in its text."""
    return getattr(error, "error_code", None) == _NO_TABLE or f'"{_NO_TABLE}"' in str(error)


def _to_entity(row: Mapping[str, Any]) -> dict[str, Any]:
    """The SDK takes a number for 32 bits wide unless it is told."""
    return {name: (value, EdmType.INT64) if _is_wide(value) else value for name, value in row.items()}


def _is_wide(value: object) -> bool:
    return isinstance(value, int) and not -_INT32 <= value < _INT32


def _to_row(entity: Any) -> Row:
    values = {name: value.value if isinstance(value, EntityProperty) else value for name, value in entity.items()}
    return Row(values, str(entity.metadata.get("etag", "")))
