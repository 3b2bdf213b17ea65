"""Until when Microsoft wants to be left alone, for each tenant and workload: one fact for all workers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tenantsync.clock import Clock, parse_rfc3339, to_rfc3339
from tenantsync.store.tables import TableStore
from tenantsync.wire import THROTTLES_TABLE

_UNTIL: Final = "until"


class ThrottleGate:
    """Closed by whoever is throttled first; the others wait with it instead of being throttled one by one.

    Microsoft counts per app, tenant and workload (directory, Intune, reports, security), and requests sent while it
    wants none prolong the wait.
    """

    def __init__(self, tables: TableStore, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock
        self._known: dict[tuple[str, str], datetime] = {}

    def close(self, tenant_id: str, workload: str, seconds: float) -> None:
        """Nobody asks for so many seconds; a longer wait that is known already stays."""
        until = self._clock.now() + timedelta(seconds=seconds)
        known = self._read(tenant_id, workload)
        if known and known >= until:
            return
        self._known[tenant_id, workload] = until
        self._tables.upsert(THROTTLES_TABLE, {"PartitionKey": tenant_id, "RowKey": workload, _UNTIL: to_rfc3339(until)})

    def seconds_closed(self, tenant_id: str, workload: str) -> float:
        """How long to wait still, 0 when it is open; reads what other workers were told."""
        until = self._read(tenant_id, workload)
        if until is None:
            return 0.0
        self._known[tenant_id, workload] = until
        return max(0.0, (until - self._clock.now()).total_seconds())

    def is_closed_here(self, tenant_id: str, workload: str) -> bool:
        """Whether this process knows that it is closed; asks nobody, so it is cheap enough for every page."""
        until = self._known.get((tenant_id, workload))
        return until is not None and until > self._clock.now()

    def read_closed(self, tenant_ids: Sequence[str]) -> list[dict[str, str]]:
        """For each tenant, in their order, the workloads that are closed now and until when (RFC 3339)."""
        now = to_rfc3339(self._clock.now())
        rows = self._tables.scan_many(THROTTLES_TABLE, tenant_ids)
        return [{row.key: row.text(_UNTIL) for row in found if row.text(_UNTIL) > now} for found in rows]

    def forget(self, tenant_id: str, workloads: list[str]) -> None:
        """The tenant is gone."""
        for workload in workloads:
            self._known.pop((tenant_id, workload), None)
        self._tables.delete(THROTTLES_TABLE, tenant_id, workloads)

    def _read(self, tenant_id: str, workload: str) -> datetime | None:
        row = self._tables.read(THROTTLES_TABLE, tenant_id, workload)
        return parse_rfc3339(row.text(_UNTIL)) if row else None
