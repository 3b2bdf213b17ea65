"""Where Microsoft's changes go on for a tenant, and what was proven when that point was taken."""

from dataclasses import dataclass
from typing import Final

from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import DELTAS_TABLE

_LINK_PART: Final = 30_000
"""A text property holds 32 Ki characters; links have been seen far below that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaPoint(Record):
    """`link` leads to what has changed since `taken_at`; `stored` and `tally` were counted for that state."""

    tenant_id: str
    resource: str
    link: str
    taken_at: str
    stored: int
    tally: str


class DeltaPoints:
    """One point a resource, only ever of a listing that was proven complete."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def read(self, tenant_id: str, resource: str) -> DeltaPoint | None:
        """The point, or None: then only a full listing can be proven."""
        row = self._tables.read(DELTAS_TABLE, tenant_id, resource)
        return from_row(DeltaPoint, row) if row else None

    def save(self, point: DeltaPoint) -> None:
        """Stores the newest point; one whose link no row can hold is not kept."""
        if len(point.link) > _LINK_PART:
            self.forget(point.tenant_id, point.resource)
            return
        self._tables.upsert(DELTAS_TABLE, to_row(point, point.tenant_id, point.resource))

    def forget(self, tenant_id: str, resource: str) -> None:
        """The next sync lists everything again."""
        self._tables.delete(DELTAS_TABLE, tenant_id, [resource])
