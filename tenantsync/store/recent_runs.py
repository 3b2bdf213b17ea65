"""Runs newest first, of one MSP and of all: what lists of runs are read from, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tenantsync.store.keys import newest_first
from tenantsync.store.tables import TableStore
from tenantsync.wire import RECENT_RUNS_TABLE

EVERYBODY: Final = "all"
"""Stands for all MSPs."""
_FILLED: Final = "filled"
_LEFT_OUT: Final = "left_out"


@dataclass(frozen=True, slots=True)
class Filled:
    """Up to which MSP and tenant the runs of earlier releases are noted, or that all are."""

    up_to: tuple[str, str] = ("", "")
    is_whole: bool = False


class RecentRuns:
    """Ids of runs by MSP and time; a run has its rows as long as it is kept."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def note(self, msp_id: str, run_id: str, started_at: str) -> None:
        """Once more changes nothing."""
        place = {"RowKey": newest_first(started_at, run_id), "run_id": run_id}
        rows = {partition: [{"PartitionKey": partition, **place}] for partition in (msp_id, EVERYBODY)}
        self._tables.write(RECENT_RUNS_TABLE, rows)

    def move(self, run_id: str, started_at: str, *, from_msp_id: str, to_msp_id: str) -> None:
        """The run has another owner."""
        self.note(to_msp_id, run_id, started_at)
        self._tables.delete(RECENT_RUNS_TABLE, from_msp_id, [newest_first(started_at, run_id)])

    def forget(self, msp_id: str, run_id: str, started_at: str) -> None:
        """The run is not kept any longer; nothing happens if it was never noted."""
        for partition in (msp_id, EVERYBODY):
            self._tables.delete(RECENT_RUNS_TABLE, partition, [newest_first(started_at, run_id)])

    def list_page(self, msp_id: str, after: str, limit: int) -> Sequence[tuple[str, str]]:
        """Up to `limit` pairs of position and run id beyond the position `after`; `msp_id` may be EVERYBODY."""
        rows = self._tables.scan(RECENT_RUNS_TABLE, msp_id, after=after, limit=limit, columns=("run_id",))
        return [(row.key, row.text("run_id")) for row in rows]

    def read_filled(self) -> Filled:
        """How far the runs of earlier releases have been noted."""
        row = self._tables.read(RECENT_RUNS_TABLE, _FILLED, _FILLED)
        if row is None:
            return Filled()
        return Filled((row.text("msp_id"), row.text("tenant_id")), is_whole=bool(row.values.get("is_whole")))

    def note_filled(self, filled: Filled) -> None:
        """Remembers that."""
        msp_id, tenant_id = filled.up_to
        facts = {"msp_id": msp_id, "tenant_id": tenant_id, "is_whole": filled.is_whole}
        self._tables.upsert(RECENT_RUNS_TABLE, {"PartitionKey": _FILLED, "RowKey": _FILLED, **facts})

    def leave_out(self, msp_id: str, tenant_id: str) -> None:
        """Remembers a tenant whose runs are still to be noted, wherever the filling is by now."""
        key = f"{msp_id}_{tenant_id}"
        self._tables.upsert(RECENT_RUNS_TABLE, {"PartitionKey": _LEFT_OUT, "RowKey": key})

    def list_left_out(self) -> list[tuple[str, str]]:
        """MSP and id of every such tenant."""
        after, found = "", []
        while rows := self._tables.scan(RECENT_RUNS_TABLE, _LEFT_OUT, after=after):
            after = rows[-1].key
            found += [(msp_id, tenant_id) for msp_id, _, tenant_id in (row.key.partition("_") for row in rows)]
        return found

    def take_in(self, msp_id: str, tenant_id: str) -> None:
        """The tenant's runs are noted now; nothing happens if it was never left out."""
        self._tables.delete(RECENT_RUNS_TABLE, _LEFT_OUT, [f"{msp_id}_{tenant_id}"])
