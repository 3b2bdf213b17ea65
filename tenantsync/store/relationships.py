"""The MSP's own GDAP relationships: what was asked for, how far it is, and which ones still have to be watched."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.records import Record, from_row, readable, to_row
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import RELATIONSHIPS_TABLE

_UNWATCHED: Final = "unwatched"
_MSPS: Final = "msps"
_BEHIND_KEYS: Final = "g"
"""Above every character of a hexadecimal key."""
_TRIES: Final = 8
_STEP: Final = 500
_FEW: Final = 20
"""More than a tenant has; those of the tenants behind it are not read along."""


class RelationshipStatus(StrEnum):
    """Microsoft's statuses, and two of our own: being made, and gone without a trace."""

    MAKING = "making"
    CREATED = "created"
    APPROVAL_PENDING = "approval_pending"
    APPROVED = "approved"
    ACTIVATING = "activating"
    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    TERMINATION_REQUESTED = "termination_requested"
    TERMINATING = "terminating"
    TERMINATED = "terminated"
    GONE = "gone"


ENDED: Final = frozenset({RelationshipStatus.EXPIRED, RelationshipStatus.TERMINATED, RelationshipStatus.GONE})
LEAVING: Final = frozenset({RelationshipStatus.TERMINATION_REQUESTED, RelationshipStatus.TERMINATING})
ON_THE_WAY: Final = frozenset(
    {RelationshipStatus.APPROVAL_PENDING, RelationshipStatus.APPROVED, RelationshipStatus.ACTIVATING}
)
USABLE: Final = frozenset({RelationshipStatus.ACTIVE, RelationshipStatus.EXPIRING})


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRelationship(Record):
    """One relationship this service has made. `key` follows from what was asked for, so nothing is made twice.

    `roles` are role ids separated by spaces, `groups` JSON: `[{"groupId", "roles"}]`.
    """

    msp_id: str
    tenant_id: str
    key: str
    display_name: str
    customer_name: str
    duration: str
    roles: str
    auto_extend: bool = False
    groups: str = "[]"
    relationship_id: str = ""
    status: str = RelationshipStatus.MAKING
    created_by: str = ""
    correlation_id: str = ""
    """Of the request it was made by."""
    created_at: str
    updated_at: str
    activated_at: str = ""
    expires_at: str = ""
    """While it waits for approval, when the request lapses; then the relationship's end."""
    assigned_at: str = ""
    """When all groups were seen with their roles."""
    withdrawn_at: str = ""
    """An approval that comes later is ended at once."""
    warned_days: int = 0
    """The smallest number of days before the end that was told already."""
    problem_code: str = ""
    problem_message: str = ""

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED

    @property
    def is_over(self) -> bool:
        """Whether nobody gets access by it any more: it has ended, is about to, or was withdrawn."""
        return self.status in ENDED | LEAVING or bool(self.withdrawn_at)


class Relationships:
    """Rows by MSP and tenant, the ones of a tenant side by side."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, relationship: OwnRelationship) -> bool:
        """Stores it, to be watched; False if it is there already."""
        self._tables.upsert(RELATIONSHIPS_TABLE, {"PartitionKey": _MSPS, "RowKey": relationship.msp_id})
        self._tables.upsert(RELATIONSHIPS_TABLE, _note(relationship))
        try:
            self._tables.insert(RELATIONSHIPS_TABLE, _row(relationship))
        except ConflictError:
            return False
        return True

    def read(self, msp_id: str, tenant_id: str, key: str) -> OwnRelationship | None:
        """The relationship, or None."""
        row = self._tables.read(RELATIONSHIPS_TABLE, msp_id, _key(tenant_id, key))
        return from_row(OwnRelationship, row) if row else None

    def list_of_tenant(self, msp_id: str, tenant_id: str) -> list[OwnRelationship]:
        """A tenant's relationships, the newest first."""
        found: list[OwnRelationship] = []
        after, end = f"{tenant_id}_", f"{tenant_id}_{_BEHIND_KEYS}"
        while after < end and (rows := self._tables.scan(RELATIONSHIPS_TABLE, msp_id, after=after, limit=_FEW)):
            found += [from_row(OwnRelationship, row) for row in rows if row.key < end]
            after = rows[-1].key
        return sorted(found, key=lambda item: item.created_at, reverse=True)

    def list_all(self, msp_id: str) -> list[OwnRelationship]:
        """All of an MSP's, ended ones included."""
        return [from_row(OwnRelationship, row) for row in self._rows(msp_id)]

    def all(self) -> Iterator[OwnRelationship]:
        """All of every MSP, without the ones that only a newer release understands."""
        for msp_id in self.list_msps():
            yield from readable(OwnRelationship, self._rows(msp_id))

    def _rows(self, msp_id: str) -> Iterator[Row]:
        after = ""
        while rows := self._tables.scan(RELATIONSHIPS_TABLE, msp_id, after=after, limit=_STEP):
            yield from rows
            after = rows[-1].key

    def change(self, relationship: OwnRelationship, **changes: Any) -> OwnRelationship | None:
        """Changes some fields and keeps what others change at the same time; None if it is gone."""
        partition, key = relationship.msp_id, _key(relationship.tenant_id, relationship.key)
        for _ in range(_TRIES):
            row = self._tables.read(RELATIONSHIPS_TABLE, partition, key)
            if row is None:
                return None
            changed = replace(from_row(OwnRelationship, row), **changes)
            try:
                self._tables.replace(RELATIONSHIPS_TABLE, _row(changed), row.etag)
            except ConflictError:
                continue
            return changed
        raise TransientError("storage_unavailable", "the relationship's row changes all the time")

    def remove(self, relationship: OwnRelationship) -> None:
        """Forgets it; nothing happens if it is gone."""
        key = _key(relationship.tenant_id, relationship.key)
        self._tables.delete(RELATIONSHIPS_TABLE, relationship.msp_id, [key])
        self._tables.delete(RELATIONSHIPS_TABLE, _UNWATCHED, [relationship.key])

    def list_msps(self) -> list[str]:
        """The MSPs that have ever asked for a relationship."""
        return [row.key for row in self._tables.scan(RELATIONSHIPS_TABLE, _MSPS)]

    def list_unwatched(self) -> list[tuple[str, str, str, str]]:
        """MSP, tenant, key and correlation id of relationships whose watch has not been started yet."""
        rows = self._tables.scan(RELATIONSHIPS_TABLE, _UNWATCHED)
        return [(row.text("msp_id"), row.text("tenant_id"), row.key, row.text("correlation_id")) for row in rows]

    def note_watched(self, key: str) -> None:
        """The watch was started."""
        self._tables.delete(RELATIONSHIPS_TABLE, _UNWATCHED, [key])


def _row(relationship: OwnRelationship) -> dict[str, Any]:
    return to_row(relationship, relationship.msp_id, _key(relationship.tenant_id, relationship.key))


def _note(relationship: OwnRelationship) -> dict[str, str]:
    keys = {"PartitionKey": _UNWATCHED, "RowKey": relationship.key}
    ids = {"msp_id": relationship.msp_id, "tenant_id": relationship.tenant_id}
    return {**keys, **ids, "correlation_id": relationship.correlation_id}


def _key(tenant_id: str, key: str) -> str:
    return f"{tenant_id}_{key}"
