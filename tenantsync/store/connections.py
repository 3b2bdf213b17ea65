"""Connections: one attempt of an MSP to attach one tenant, and which attempt is the latest for a tenant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import CONNECTIONS_TABLE

_LATEST: Final = "latest_"
_TRIES: Final = 8


class ConnectionState(StrEnum):
    """How far a connection got before its run; from then on the run's state is the truth."""

    AWAITING_CONSENT = "awaiting_consent"
    DECLINED = "declined"
    WRONG_TENANT = "wrong_tenant"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STARTED = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(Record):
    """A connection; times are RFC 3339, `tenant_domain` is empty when a GUID was entered."""

    msp_id: str
    connection_id: str
    tenant_id: str
    tenant_domain: str = ""
    cloud: str
    customer_id: str
    state: str = ConnectionState.AWAITING_CONSENT
    created_at: str
    updated_at: str
    expires_at: str
    created_by: str = ""
    return_url: str = ""
    ticket_ref: str = ""
    """What people call the ticket this onboarding reports to."""
    ticket_provider: str = ""
    """The PSA it is in."""
    ticket_closes: bool = False
    """Whether the ticket is closed when the onboarding is complete."""
    run_id: str = ""
    admin_object_id: str = ""
    """The Entra object id of the admin who proved the tenant by signing in."""
    admin_directory_roles: str = ""
    problem_code: str = ""
    problem_message: str = ""
    problem_microsoft_code: str = ""
    other_tenant_id: str = ""
    """The tenant consent came from instead."""
    syncs: int = 0
    """How many further syncs were started."""
    correlation_id: str = ""
    """Of the request that made it."""


class Connections:
    """Keyed by MSP, so that one MSP's question can never reach another's rows."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, connection: Connection) -> None:
        """Stores the connection and makes it the tenant's latest, in one transaction."""
        msp_id = connection.msp_id
        row = to_row(connection, msp_id, connection.connection_id)
        self._tables.write(CONNECTIONS_TABLE, {msp_id: [row, _pointer_to(connection)]})

    def read(self, msp_id: str, connection_id: str) -> Connection | None:
        """The connection, or None."""
        row = self._tables.read(CONNECTIONS_TABLE, msp_id, connection_id)
        return from_row(Connection, row) if row else None

    def read_many(self, msp_id: str, connection_ids: Sequence[str]) -> dict[str, Connection]:
        """The ones of these connections that exist, by their ids."""
        rows = self._tables.read_many(CONNECTIONS_TABLE, [(msp_id, key) for key in connection_ids])
        return {row.key: from_row(Connection, row) for row in rows if row}

    def read_latest(self, msp_id: str, tenant_id: str) -> Connection | None:
        """The MSP's newest connection for a tenant, or None."""
        pointer = self._tables.read(CONNECTIONS_TABLE, msp_id, _LATEST + tenant_id)
        return self.read(msp_id, pointer.text("connection_id")) if pointer else None

    def is_latest(self, connection: Connection) -> bool:
        """Whether no newer connection of the MSP has replaced it."""
        pointer = self._tables.read(CONNECTIONS_TABLE, connection.msp_id, _LATEST + connection.tenant_id)
        return pointer is not None and pointer.text("connection_id") == connection.connection_id

    def change(self, msp_id: str, connection_id: str, *, only_in: str = "", **changes: Any) -> Connection:
        """Changes some fields and keeps what others change at the same time.

        Raises ConflictError `tenant_changed` when the connection is gone, or is not in the state `only_in` any more.
        """
        for _ in range(_TRIES):
            row = self._tables.read(CONNECTIONS_TABLE, msp_id, connection_id)
            known = from_row(Connection, row) if row else None
            if row is None or known is None or only_in not in ("", known.state):
                raise ConflictError("tenant_changed", "the connection has moved on")
            changed = replace(known, **changes)
            try:
                self._tables.replace(CONNECTIONS_TABLE, to_row(changed, msp_id, connection_id), row.etag)
            except ConflictError:
                continue
            return changed
        raise TransientError("storage_unavailable", "the connection's row changes all the time")

    def make_latest(self, connection: Connection) -> None:
        """Makes it the tenant's latest again; a newer one's link becomes void."""
        self._tables.upsert(CONNECTIONS_TABLE, _pointer_to(connection))

    def forget_latest(self, msp_id: str, tenant_id: str) -> None:
        """The MSP has nothing to do with the tenant any more."""
        self._tables.delete(CONNECTIONS_TABLE, msp_id, [_LATEST + tenant_id])


def _pointer_to(connection: Connection) -> dict[str, str]:
    return {
        "PartitionKey": connection.msp_id,
        "RowKey": _LATEST + connection.tenant_id,
        "connection_id": connection.connection_id,
    }
