"""How many connections an MSP has begun in the current minute, shared by all instances of the app."""

from datetime import datetime, timedelta
from typing import Final

from tenantsync.errors import ConflictError, RequestError
from tenantsync.store.tables import TableStore
from tenantsync.wire import CONNECT_RATE_TABLE

_ROW: Final = "count"
_TRIES: Final = 5


class ConnectRate:
    """A counter per MSP that starts again every minute."""

    def __init__(self, tables: TableStore, per_minute: int) -> None:
        self._tables = tables
        self._per_minute = per_minute

    def take(self, msp_id: str, now: datetime) -> None:
        """Counts one connection; raises RequestError `rate_limited` with Retry-After above the limit."""
        for _ in range(_TRIES):
            if self._try_take(msp_id, now):
                return
        raise _limited(now)

    def _try_take(self, msp_id: str, now: datetime) -> bool:
        minute = now.strftime("%Y-%m-%dT%H:%M")
        row = self._tables.read(CONNECT_RATE_TABLE, msp_id, _ROW)
        count = int(row.values["count"]) if row and row.text("minute") == minute else 0
        if count >= self._per_minute:
            raise _limited(now)
        counted = {"PartitionKey": msp_id, "RowKey": _ROW, "minute": minute, "count": count + 1}
        try:
            if row:
                self._tables.replace(CONNECT_RATE_TABLE, counted, row.etag)
            else:
                self._tables.insert(CONNECT_RATE_TABLE, counted)
        except ConflictError:
            return False
        return True


def _limited(now: datetime) -> RequestError:
    next_minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    wait = max(1, int((next_minute - now).total_seconds()) + 1)
    return RequestError("rate_limited", f"Try again in {wait} s.", headers={"Retry-After": str(wait)})
