"""How many connections an MSP has begun in the current minute, or looked at, shared by all instances of the app."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tenantsync.errors import RequestError
from tenantsync.store.tables import TableStore
from tenantsync.wire import CONNECT_RATE_TABLE

_STEP: Final = 1000


class ConnectRate:
    """One row a connection, so that requests at the same moment never wait for, or lose to, each other.

    What has a `purpose` of its own is counted by itself.
    """

    def __init__(self, tables: TableStore, per_minute: int, new_id: Callable[[], str], purpose: str = "") -> None:
        self._tables = tables
        self._suffix = f"_{purpose}" if purpose else ""
        self._per_minute = per_minute
        self._new_id = new_id

    def take(self, msp_id: str, now: datetime) -> None:
        """Counts one connection; raises RequestError `rate_limited` with Retry-After above the limit."""
        partition, minute = msp_id + self._suffix, now.strftime("%Y-%m-%dT%H:%M")
        self._forget_before(partition, minute)
        own = f"{minute}_{self._new_id()}"
        self._tables.insert(CONNECT_RATE_TABLE, {"PartitionKey": partition, "RowKey": own})
        if self._count(partition, minute) > self._per_minute:
            self._tables.delete(CONNECT_RATE_TABLE, partition, [own])
            raise _limited(now)

    def _count(self, partition: str, minute: str) -> int:
        after, counted = minute, 0
        while counted <= self._per_minute:
            rows = self._tables.scan(CONNECT_RATE_TABLE, partition, after=after, limit=_STEP)
            counted += len(rows)
            if len(rows) < _STEP:
                break
            after = rows[-1].key
        return counted

    def _forget_before(self, partition: str, minute: str) -> None:
        rows = self._tables.scan(CONNECT_RATE_TABLE, partition, limit=_STEP)
        self._tables.delete(CONNECT_RATE_TABLE, partition, [row.key for row in rows if row.key < minute])


def _limited(now: datetime) -> RequestError:
    next_minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    wait = max(1, int((next_minute - now).total_seconds()) + 1)
    return RequestError("rate_limited", f"Try again in {wait} s.", headers={"Retry-After": str(wait)})
