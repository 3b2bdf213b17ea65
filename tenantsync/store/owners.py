"""Which MSP a tenant belongs to: one owner worldwide, claimed by an atomic create."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from tenantsync.errors import ConflictError
from tenantsync.store.records import from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import TENANT_OWNERS_TABLE

_ROW: Final = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantOwner:
    """The proven attachment of a tenant to one customer of one MSP."""

    tenant_id: str
    msp_id: str
    customer_id: str
    connection_id: str
    claimed_at: str


def removal_job(owner: TenantOwner) -> dict[str, str]:
    """What the removal of a tenant's inventory works with."""
    return {"mspId": owner.msp_id, "tenantId": owner.tenant_id, "connectionId": owner.connection_id}


class TenantOwners:
    """Owners by tenant GUID."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def read(self, tenant_id: str) -> TenantOwner | None:
        """The tenant's owner, or None while nobody has proven anything."""
        row = self._tables.read(TENANT_OWNERS_TABLE, tenant_id, _ROW)
        return from_row(TenantOwner, row) if row else None

    def release(self, owner: TenantOwner) -> None:
        """The tenant is nobody's again, unless it is somebody else's by now: then nothing happens."""
        row = self._tables.read(TENANT_OWNERS_TABLE, owner.tenant_id, _ROW)
        is_own = row is not None and row.text("connection_id") == owner.connection_id
        if row is not None and is_own and row.text("msp_id") == owner.msp_id:
            with suppress(ConflictError):
                self._tables.remove(TENANT_OWNERS_TABLE, owner.tenant_id, _ROW, row.etag)

    def hand_over(self, owner: TenantOwner, from_msp_id: str) -> None:
        """Gives the tenant to another owner; ConflictError unless it is `from_msp_id`'s, or the new owner's already."""
        row = self._tables.read(TENANT_OWNERS_TABLE, owner.tenant_id, _ROW)
        if row is None or row.text("msp_id") not in (from_msp_id, owner.msp_id):
            raise ConflictError("write_conflict", "the tenant has another owner now")
        self._tables.replace(TENANT_OWNERS_TABLE, to_row(owner, owner.tenant_id, _ROW), row.etag)

    def claim(self, owner: TenantOwner) -> None:
        """Makes `owner` the tenant's owner; repeating it changes nothing.

        Its own MSP may claim again with a newer connection. Raises ConflictError when another MSP owns the tenant.
        """
        row = to_row(owner, owner.tenant_id, _ROW)
        try:
            self._tables.insert(TENANT_OWNERS_TABLE, row)
        except ConflictError:
            current = self._tables.read(TENANT_OWNERS_TABLE, owner.tenant_id, _ROW)
            if current is None or current.text("msp_id") != owner.msp_id:
                raise
            if current.text("connection_id") != owner.connection_id:
                self._tables.replace(TENANT_OWNERS_TABLE, row, current.etag)
