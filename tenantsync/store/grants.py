"""The ledger of additional permissions: who asked for what, who consented, and whether Microsoft confirms it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tenantsync.errors import ConflictError
from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import GRANTS_TABLE


class GrantState(StrEnum):
    """A ledger entry's life."""

    REQUESTED = "requested"
    DECLINED = "declined"
    FAILED = "failed"
    CONSENTED = "consented"
    """The administrator accepted and signed in; Microsoft has not shown the permission yet."""
    GRANTED = "granted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Record):
    """One request for the permissions of one operation; `permissions` are names separated by spaces."""

    grant_id: str
    msp_id: str
    tenant_id: str
    operation: str
    kind: str
    permissions: str
    state: str = GrantState.REQUESTED
    requested_by: str
    requested_at: str
    expires_at: str
    consented_by: str = ""
    """The Entra object id of the administrator."""
    consented_at: str = ""
    updated_at: str
    problem_code: str = ""
    problem_message: str = ""
    problem_microsoft_code: str = ""


class Grants:
    """Entries by tenant and MSP, in the order they were asked for."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def put(self, grant: Grant) -> None:
        """Stores an entry."""
        self._tables.upsert(GRANTS_TABLE, to_row(grant, _partition(grant.msp_id, grant.tenant_id), grant.grant_id))

    def read(self, msp_id: str, tenant_id: str, grant_id: str) -> Grant | None:
        """The entry, or None."""
        row = self._tables.read(GRANTS_TABLE, _partition(msp_id, tenant_id), grant_id)
        return from_row(Grant, row) if row else None

    def list_all(self, msp_id: str, tenant_id: str) -> list[Grant]:
        """The newest thousand entries of a tenant."""
        rows = self._tables.scan(GRANTS_TABLE, _partition(msp_id, tenant_id))
        return sorted((from_row(Grant, row) for row in rows), key=lambda grant: grant.requested_at, reverse=True)

    def remove(self, grant: Grant) -> None:
        """Forgets an entry; nothing happens if it is gone."""
        self._tables.delete(GRANTS_TABLE, _partition(grant.msp_id, grant.tenant_id), [grant.grant_id])

    def change(self, grant: Grant, *, only_in: str, **changes: Any) -> Grant:
        """Changes some fields; ConflictError `tenant_changed` unless the entry is still in the state `only_in`."""
        partition = _partition(grant.msp_id, grant.tenant_id)
        row = self._tables.read(GRANTS_TABLE, partition, grant.grant_id)
        known = from_row(Grant, row) if row else None
        if row is None or known is None or known.state != only_in:
            raise ConflictError("tenant_changed", "the request for permissions has moved on")
        changed = replace(known, **changes)
        self._tables.replace(GRANTS_TABLE, to_row(changed, partition, grant.grant_id), row.etag)
        return changed


def _partition(msp_id: str, tenant_id: str) -> str:
    return f"{msp_id}_{tenant_id}"
