"""Places for runs that sync: so many at once, at most one a tenant, and the line of those that wait.

Both limits are held by the keys: a second run of a tenant, or in a place, would be a second row with the same key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tenantsync.errors import ConflictError
from tenantsync.store.tables import TableStore
from tenantsync.wire import PLACES_TABLE

_TENANTS: Final = "tenants"
_PLACES: Final = "places"
_LINE: Final = "line"
_RUN: Final = "run_id"
_SINCE: Final = "since"
_SCHEDULED: Final = "is_scheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A run in the line; `at` sorts it (RFC 3339), and `is_scheduled` says that nobody is waiting for it."""

    run_id: str
    at: str
    is_scheduled: bool

    @property
    def key(self) -> str:
        return f"{self.at}_{self.run_id}"


@dataclass(frozen=True, slots=True)
class Holder:
    """The run that has a place, and since when (RFC 3339)."""

    run_id: str
    since: str


class Places:
    """Tenants, places and the line, each a partition."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def claim_tenant(self, tenant_id: str, run_id: str) -> str:
        """The run that has the tenant now: `run_id`, or one that was first."""
        known = self._tables.read(PLACES_TABLE, _TENANTS, tenant_id)
        if known:
            return known.text(_RUN)
        try:
            self._tables.insert(PLACES_TABLE, {"PartitionKey": _TENANTS, "RowKey": tenant_id, _RUN: run_id})
        except ConflictError:
            return self.claim_tenant(tenant_id, run_id)
        return run_id

    def release_tenant(self, tenant_id: str, run_id: str) -> None:
        """Nothing happens if another run has it."""
        self._remove(_TENANTS, tenant_id, run_id)

    def take(self, number: int, run_id: str, now: str) -> bool:
        """Takes one place; False if it is taken."""
        row = {"PartitionKey": _PLACES, "RowKey": f"{number:04d}", _RUN: run_id, _SINCE: now}
        try:
            self._tables.insert(PLACES_TABLE, row)
        except ConflictError:
            return False
        return True

    def read_taken(self) -> Mapping[int, Holder]:
        """The places that are taken, by number."""
        rows = self._tables.scan(PLACES_TABLE, _PLACES)
        return {int(row.key): Holder(row.text(_RUN), row.text(_SINCE)) for row in rows}

    def give_back(self, run_id: str) -> None:
        """Every place the run has."""
        for number, holder in self.read_taken().items():
            if holder.run_id == run_id:
                self._remove(_PLACES, f"{number:04d}", run_id)

    def line_up(self, turn: Turn) -> None:
        """Once more changes nothing."""
        row = {"PartitionKey": _LINE, "RowKey": turn.key, _RUN: turn.run_id, _SCHEDULED: turn.is_scheduled}
        self._tables.upsert(PLACES_TABLE, row)

    def read_line(self) -> list[Turn]:
        """The first thousand in the line, in order."""
        rows = self._tables.scan(PLACES_TABLE, _LINE, columns=(_RUN, _SCHEDULED))
        return [
            Turn(
                run_id=row.text(_RUN),
                at=row.key.removesuffix(f"_{row.text(_RUN)}"),
                is_scheduled=bool(row.values.get(_SCHEDULED)),
            )
            for row in rows
        ]

    def leave_line(self, turn: Turn) -> None:
        """Nothing happens if it is not in the line."""
        self._tables.delete(PLACES_TABLE, _LINE, [turn.key])

    def _remove(self, partition: str, row_key: str, run_id: str) -> None:
        row = self._tables.read(PLACES_TABLE, partition, row_key)
        if row is None or row.text(_RUN) != run_id:
            return
        try:
            self._tables.remove(PLACES_TABLE, partition, row_key, row.etag)
        except ConflictError:  # released and taken by another run at this very moment
            return
