"""Which PSAs an MSP has connected, and how far the sync of their companies is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.records import Record, from_row, readable, to_row
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import PSA_CONNECTIONS_TABLE, PSA_SYNCS_TABLE

_ALL: Final = "all"
_STEP: Final = 200
_TRIES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaConnection(Record):
    """A connected PSA; the secrets themselves are in the vault, under `secret_name`."""

    msp_id: str
    provider: str
    mirror_id: str
    """Of the mirrored companies; new with the connection, and stays when it is changed."""
    version: str
    """New with everything that was entered anew; work begun with an earlier one ends."""
    values: str = "{}"
    """What is not secret of the fields, as JSON."""
    secret_name: str
    customer_types: str = ""
    """Ids of the company types that count as customers, separated by spaces; empty leaves it to the PSA's own flags."""
    account_name: str = ""
    account_version: str = ""
    types: str = "[]"
    """The PSA's company types as JSON, as they were when it was last checked."""
    facts: str = "{}"
    """Discovered addresses, as JSON."""
    connected_at: str
    updated_at: str
    updated_by: str


class SyncState(StrEnum):
    """How a sync of companies stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    HELD = "held"
    """So much would become inactive that a person has to say that it is right."""
    FAILED = "failed"
    CANCELLED = "cancelled"


class SyncPhase(StrEnum):
    """What a running sync does."""

    LISTING = "listing"
    SWEEPING = "sweeping"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanySync(Record):
    """The latest sync of a PSA's companies, checkpoint and result in one; and what the next one has to know.

    Counts are of companies. `since` is what an incremental sync asks for, empty for a full one.
    """

    msp_id: str
    provider: str
    number: int = 1
    version: str
    """The connection's, when the sync began."""
    state: str = SyncState.RUNNING
    phase: str = SyncPhase.LISTING
    since: str = ""
    cursor: str = ""
    started_at: str
    updated_at: str
    finished_at: str = ""
    received: int = 0
    expected: int | None = None
    pages: int = 0
    requests: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    deactivated: int = 0
    duplicates: int = 0
    unusable: int = 0
    nameless: int = 0
    """Unusable rows without even an id."""
    notes: str = ""
    """Numbers of the notes of what was listed so far, separated by spaces."""
    placed: str = "{}"
    """How many went where, as JSON."""
    leaving: int = 0
    """How many active companies would become inactive."""
    confirmed: int = 0
    """So many may, because a person said so."""
    waiting_reason: str = ""
    waiting_until: str = ""
    waits: int = 0
    attempts: int = 0
    restarts: int = 0
    resumed: int = 0
    """How often a timer has begun its orchestration again."""
    problem_code: str = ""
    problem_message: str = ""
    synced_since: str = ""
    """What was synced by the last sync that completed: everything that changed before."""
    full_at: str = ""
    """When the last full sync that completed began."""
    full_version: str = ""
    """The connection's version then."""

    @property
    def run_id(self) -> str:
        return f"companies-{self.provider}-{self.number}"

    @property
    def is_full(self) -> bool:
        return not self.since


@dataclass(frozen=True, slots=True)
class StoredSync:
    """A sync as read, with the ETag its row had."""

    sync: CompanySync
    etag: str


class PsaConnections:
    """Connections by MSP and provider, with a list of all for the timers."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def read(self, msp_id: str, provider: str) -> PsaConnection | None:
        """The connection, or None."""
        row = self._tables.read(PSA_CONNECTIONS_TABLE, msp_id, provider)
        return from_row(PsaConnection, row) if row else None

    def list_of(self, msp_id: str) -> list[PsaConnection]:
        """All of an MSP's, at most one a provider."""
        return [from_row(PsaConnection, row) for row in self._tables.scan(PSA_CONNECTIONS_TABLE, msp_id)]

    def put(self, connection: PsaConnection) -> None:
        """Stores the connection, or replaces it."""
        self._tables.upsert(PSA_CONNECTIONS_TABLE, _entry_of(connection))
        self._tables.upsert(PSA_CONNECTIONS_TABLE, to_row(connection, connection.msp_id, connection.provider))

    def remove(self, connection: PsaConnection) -> None:
        """Forgets the connection."""
        self._tables.delete(PSA_CONNECTIONS_TABLE, connection.msp_id, [connection.provider])
        self._tables.delete(PSA_CONNECTIONS_TABLE, _ALL, [str(_entry_of(connection)["RowKey"])])

    def all(self) -> Iterator[PsaConnection]:
        """Every connection of every MSP, read page by page, without the ones that only a newer release understands."""
        return readable(PsaConnection, self._rows())

    def _rows(self) -> Iterator[Row]:
        after = ""
        while entries := self._tables.scan(PSA_CONNECTIONS_TABLE, _ALL, after=after, limit=_STEP):
            for entry in entries:
                if row := self._tables.read(PSA_CONNECTIONS_TABLE, entry.text("msp_id"), entry.text("provider")):
                    yield row
            after = entries[-1].key


class CompanySyncs:
    """The latest sync of each connection; every change is conditional."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def read(self, msp_id: str, provider: str) -> StoredSync | None:
        """The latest sync, or None before the first."""
        row = self._tables.read(PSA_SYNCS_TABLE, msp_id, provider)
        return StoredSync(from_row(CompanySync, row), row.etag) if row else None

    def begin(self, sync: CompanySync, etag: str) -> None:
        """Stores a new sync in place of the one that had `etag` (empty: there was none); ConflictError otherwise."""
        row = to_row(sync, sync.msp_id, sync.provider)
        if etag:
            self._tables.replace(PSA_SYNCS_TABLE, row, etag)
        else:
            self._tables.insert(PSA_SYNCS_TABLE, row)

    def checkpoint(self, sync: CompanySync, etag: str) -> StoredSync:
        """Replaces the row that has `etag`; ConflictError if another worker has moved on meanwhile."""
        row = to_row(sync, sync.msp_id, sync.provider)
        return StoredSync(sync, self._tables.replace(PSA_SYNCS_TABLE, row, etag))

    def change(
        self, msp_id: str, provider: str, *, when: Callable[[CompanySync], bool], **changes: Any
    ) -> CompanySync | None:
        """Changes some fields of the latest sync; None if there is none, or none for which `when` holds."""
        for _ in range(_TRIES):
            stored = self.read(msp_id, provider)
            if stored is None or not when(stored.sync):
                return None
            try:
                return self.checkpoint(replace(stored.sync, **changes), stored.etag).sync
            except ConflictError:
                continue
        raise TransientError("storage_unavailable", "the sync's row changes all the time")

    def remove(self, msp_id: str, provider: str) -> None:
        """Forgets it; the next sync is a first one."""
        self._tables.delete(PSA_SYNCS_TABLE, msp_id, [provider])


def _entry_of(connection: PsaConnection) -> dict[str, str]:
    return {
        "PartitionKey": _ALL,
        "RowKey": f"{connection.msp_id}_{connection.provider}",
        "msp_id": connection.msp_id,
        "provider": connection.provider,
    }
