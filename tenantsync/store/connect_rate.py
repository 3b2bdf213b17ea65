"""How many connections an MSP has begun in the current minute, shared by all instances of the app."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tenantsync.errors import RequestError
from tenantsync.store.tables import TableStore
from tenantsync.wire import CONNECT_RATE_TABLE

_STEP: Final = 1000


class ConnectRate:
    """One row a connection, so that requests at the same moment never wait for, or lose to, each other."""

    def __init__(self, tables: TableStore, per_minute: int, new_id: Callable[[], str]) -> None:
        self._tables = tables
        self._per_minute = per_minute
        self._new_id = new_id

    def take(self, msp_id: str, now: datetime) -> None:
        """Counts one connection; raises RequestError `rate_limited` with Retry-After above the limit."""
        minute = now.strftime("%Y-%m-%dT%H:%M")
        self._forget_before(msp_id, minute)
        own = f"{minute}_{self._new_id()}"
        self._tables.insert(CONNECT_RATE_TABLE, {"PartitionKey": msp_id, "RowKey": own})
        if self._count(msp_id, minute) > self._per_minute:
            self._tables.delete(CONNECT_RATE_TABLE, msp_id, [own])
            raise _limited(now)

    def _count(self, msp_id: str, minute: str) -> int:
        after, counted = minute, 0
        while counted <= self._per_minute:
            rows = self._tables.scan(CONNECT_RATE_TABLE, msp_id, after=after, limit=_STEP)
            counted += len(rows)
            if len(rows) < _STEP:
                break
            after = rows[-1].key
        return counted

    def _forget_before(self, msp_id: str, minute: str) -> None:
        rows = self._tables.scan(CONNECT_RATE_TABLE, msp_id, limit=_STEP)
        self._tables.delete(CONNECT_RATE_TABLE, msp_id, [row.key for row in rows if row.key < minute])


def _limited(now: datetime) -> RequestError:
    next_minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    wait = max(1, int((next_minute - now).total_seconds()) + 1)
    return RequestError("rate_limited", f"Try again in {wait} s.", headers={"Retry-After": str(wait)})
