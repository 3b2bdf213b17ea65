"""Which MSP a tenant belongs to: one owner worldwide, claimed by an atomic create."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import TENANT_OWNERS_TABLE

_ROW: Final = "owner"
_TRIES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantOwner(Record):
    """The proven attachment of a tenant to one customer of one MSP."""

    tenant_id: str
    msp_id: str
    customer_id: str
    connection_id: str
    claimed_at: str
    leaving_since: str = ""
    """Set when the tenant is disconnected, until its inventory is gone: nothing may begin with it any more."""


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

    def change(self, tenant_id: str, *, when: Callable[[TenantOwner], bool], **changes: Any) -> TenantOwner | None:
        """Changes some fields; None if nobody owns the tenant, or it is an owner for which `when` does not hold.

        `when` is asked again at every try: whatever it reads, and whoever changes this row after changing that, can
        rely on one of the two seeing the other.
        """
        for _ in range(_TRIES):
            row = self._tables.read(TENANT_OWNERS_TABLE, tenant_id, _ROW)
            known = from_row(TenantOwner, row) if row else None
            if row is None or known is None or not when(known):
                return None
            changed = replace(known, **changes)
            try:
                self._tables.replace(TENANT_OWNERS_TABLE, to_row(changed, tenant_id, _ROW), row.etag)
            except ConflictError:
                continue
            return changed
        raise TransientError("storage_unavailable", "the owner's row changes all the time")

    def claim(self, owner: TenantOwner) -> None:
        """Makes `owner` the tenant's owner; repeating it changes nothing.

        Its own MSP may claim again with a newer connection. Raises ConflictError when another MSP owns the tenant, or
        when it is being let go.
        """
        try:
            self._tables.insert(TENANT_OWNERS_TABLE, to_row(owner, owner.tenant_id, _ROW))
        except ConflictError:
            if not self._renew(owner):
                raise

    def _renew(self, owner: TenantOwner) -> bool:
        """Whether it is the owner now; its own row is left as it is."""
        current = self.read(owner.tenant_id)
        if current and current.connection_id == owner.connection_id and _may_stay(current, owner.msp_id):
            return True
        connection = {"customer_id": owner.customer_id, "connection_id": owner.connection_id}
        is_free = partial(_may_stay, msp_id=owner.msp_id)
        renewed = self.change(owner.tenant_id, when=is_free, claimed_at=owner.claimed_at, **connection)
        return renewed is not None


def _may_stay(owner: TenantOwner, msp_id: str) -> bool:
    return owner.msp_id == msp_id and not owner.leaving_since
