"""What an MSP knows of a tenant: one row a tenant in the MSP's partition, with its wishes and its state.

A row proves nothing about ownership, which is a table of its own: a tenant that waits for consent has a row, too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.records import Record, from_row, readable, to_row
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import TENANTS_TABLE

_MSPS: Final = "msps"
_TRIES: Final = 8
_STEP: Final = 200
_LARGE_STEP: Final = 1000
_OF_A_CONNECTION: Final = (
    "customer_id",
    "connection_id",
    "domain",
    "cloud",
    "state",
    "problem_code",
    "problem_message",
    "problem_microsoft_code",
    "updated_at",
    "expires_at",
    "asked_permissions",
)
FIRST_PERMISSIONS: Final = (
    "User.Read.All Group.Read.All Directory.Read.All DeviceManagementManagedDevices.Read.All "
    "SecurityEvents.Read.All Reports.Read.All"
)
"""What was asked for before rows remembered it."""


DEFAULT_SYNC_HOURS: Final = 24
DEFAULT_NOTIFICATIONS: Final = "ready failed consent_lost stuck access_expiring access_ended"


class TenantState(StrEnum):
    """States of a tenant on top of its connection's and its run's."""

    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NEEDS_RECONSENT = "needs_reconsent"
    REVOKED = "revoked"
    DISCONNECTING = "disconnecting"
    DISCONNECTED = "disconnected"


LEAVING: Final = frozenset({TenantState.DISCONNECTING, TenantState.DISCONNECTED})
"""From here only a new connection leads back."""


class ConsentState(StrEnum):
    """What is known of the customer's consent."""

    PENDING = "pending"
    GRANTED = "granted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedTenant(Record):
    """A tenant of an MSP. Lists are texts: names separated by spaces, tags as JSON."""

    msp_id: str
    tenant_id: str
    customer_id: str
    connection_id: str
    domain: str = ""
    cloud: str = ""
    state: str
    """As sync-status shows it, noted whenever it changes, so that a list is one read."""
    problem_code: str = ""
    """Why the state is what it is; changes only together with the state."""
    problem_message: str = ""
    problem_microsoft_code: str = ""
    consent: str = ConsentState.PENDING
    consent_checked_at: str = ""
    app_permissions: str = ""
    delegated_permissions: str = ""
    asked_permissions: str = FIRST_PERMISSIONS
    """The application permissions the latest consent link asked for."""
    tags: str = "[]"
    notifications: str = DEFAULT_NOTIFICATIONS
    services: str = ""
    sync_every_hours: int = DEFAULT_SYNC_HOURS
    """0 means only when somebody asks for it."""
    resource_wishes: str = ""
    """JSON, see tenantsync/runs/wishes.py; empty when all resources go with the tenant."""
    synced_at: str = ""
    """When the last sync ended, whatever it came to."""
    verified_domains: str = ""
    """What Microsoft has verified, as of the last sync."""
    automation: str = "excluded"
    """New tenants are read only and left alone by automation until somebody says otherwise."""
    access_model: str = "direct"
    """How the technicians get at the tenant: `direct`, or `gdap` from the first relationship on."""
    relationship_id: str = ""
    access_status: str = ""
    access_expires_at: str = ""
    has_dap: bool = False
    """Whether a reseller's contract was seen for it, which is what DAP came with."""
    created_at: str
    updated_at: str
    expires_at: str = ""

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains that are known to be its own."""
        return tuple(dict.fromkeys(filter(None, (self.domain, *self.verified_domains.split()))))


_COLUMNS: Final = (*ManagedTenant.__slots__, "schema")
"""Named, as the table store reads rows by the thousand much faster then; nobody writes such a record back."""
_KNOWN_BY: Final = (
    *("msp_id", "tenant_id", "customer_id", "connection_id", "created_at", "updated_at", "schema"),
    *("domain", "verified_domains", "state"),
)


class Tenants:
    """Rows by MSP and tenant; changes are conditional, so that none is lost."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def open(self, tenant: ManagedTenant) -> None:
        """Stores a tenant that is being connected; tags, wishes and what is known of consent stay as they were."""
        self._tables.upsert(TENANTS_TABLE, {"PartitionKey": _MSPS, "RowKey": tenant.msp_id})
        try:
            self._tables.insert(TENANTS_TABLE, to_row(tenant, tenant.msp_id, tenant.tenant_id))
        except ConflictError:
            changes: dict[str, Any] = {name: getattr(tenant, name) for name in _OF_A_CONNECTION}
            self.change(tenant.msp_id, tenant.tenant_id, **changes)

    def read(self, msp_id: str, tenant_id: str) -> ManagedTenant | None:
        """The tenant, or None."""
        row = self._tables.read(TENANTS_TABLE, msp_id, tenant_id)
        return from_row(ManagedTenant, row) if row else None

    def read_many(self, keys: Sequence[tuple[str, str]]) -> list[ManagedTenant | None]:
        """The tenants of these MSPs and ids, in their order; None for one that is not there."""
        rows = self._tables.read_many(TENANTS_TABLE, keys)
        return [from_row(ManagedTenant, row) if row else None for row in rows]

    def list_page(self, msp_id: str, after: str, limit: int) -> list[ManagedTenant]:
        """Up to `limit` tenants with an id above `after`, in the order of their ids."""
        rows = self._tables.scan(TENANTS_TABLE, msp_id, after=after, limit=limit, columns=_COLUMNS)
        return [from_row(ManagedTenant, row) for row in rows]

    def list_ids(self, msp_id: str, after: str, limit: int) -> list[str]:
        """Up to `limit` ids above `after`, in their order: also of tenants whose rows a newer release has written."""
        rows = self._tables.scan(TENANTS_TABLE, msp_id, after=after, limit=limit, columns=("tenant_id",))
        return [row.key for row in rows]

    def all_of(self, msp_id: str) -> Iterator[ManagedTenant]:
        """Every tenant of one MSP, read page by page."""
        return (from_row(ManagedTenant, row) for row in self._rows_of(msp_id, "", _LARGE_STEP, _COLUMNS))

    def known_by(self, msp_id: str) -> Iterator[ManagedTenant]:
        """Every tenant of one MSP by its ids, domains and state, and nothing else: what tells whose it is."""
        return (from_row(ManagedTenant, row) for row in self._rows_of(msp_id, "", _LARGE_STEP, _KNOWN_BY))

    def knows(self, msp_id: str) -> bool:
        """Whether an MSP has ever connected a tenant; unsure means no."""
        try:
            return self._tables.read(TENANTS_TABLE, _MSPS, msp_id) is not None
        except TransientError:
            return False

    def all(self) -> Iterator[ManagedTenant]:
        """Every tenant of every MSP, read page by page, without the ones that only a newer release understands."""
        return readable(ManagedTenant, self._rows(("", ""), _COLUMNS))

    def all_keys(self, after: tuple[str, str]) -> Iterator[tuple[str, str]]:
        """MSP and id of every tenant of every MSP beyond these two, read page by page."""
        return ((str(row.values["PartitionKey"]), row.key) for row in self._rows(after, ("tenant_id",)))

    def _rows(self, after: tuple[str, str], columns: Sequence[str]) -> Iterator[Row]:
        msp_id, tenant_id = after
        yield from self._rows_of(msp_id, tenant_id, _STEP, columns) if msp_id else ()
        while found := self.list_msps(msp_id, 1):
            msp_id = found[0]
            yield from self._rows_of(msp_id, "", _STEP, columns)

    def _rows_of(self, msp_id: str, after: str, step: int, columns: Sequence[str]) -> Iterator[Row]:
        while rows := self._tables.scan(TENANTS_TABLE, msp_id, after=after, limit=step, columns=columns):
            yield from rows
            if len(rows) < step:
                return
            after = rows[-1].key

    def list_msps(self, after: str, limit: int) -> list[str]:
        """The MSPs that have ever connected a tenant."""
        return [row.key for row in self._tables.scan(TENANTS_TABLE, _MSPS, after=after, limit=limit)]

    def change(
        self, msp_id: str, tenant_id: str, *, when: Callable[[ManagedTenant], bool] = lambda _: True, **changes: Any
    ) -> ManagedTenant | None:
        """Changes some fields and keeps what others change at the same time.

        None if there is no such tenant, or none for which `when` holds.
        """
        for _ in range(_TRIES):
            row = self._tables.read(TENANTS_TABLE, msp_id, tenant_id)
            known = from_row(ManagedTenant, row) if row else None
            if row is None or known is None or not when(known):
                return None
            changed = replace(known, **changes)
            try:
                self._tables.replace(TENANTS_TABLE, to_row(changed, msp_id, tenant_id), row.etag)
            except ConflictError:
                continue
            return changed
        raise TransientError("storage_unavailable", "the tenant's row changes all the time")

    def remove(self, msp_id: str, tenant_id: str) -> None:
        """Forgets the tenant; nothing happens if it is gone."""
        self._tables.delete(TENANTS_TABLE, msp_id, [tenant_id])
