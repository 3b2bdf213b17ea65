"""How many requests an account of somebody else's service has been asked in the last hour, counted for all workers."""

from datetime import datetime, timedelta
from typing import Final

from tenantsync.clock import Clock
from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import REQUEST_BUDGETS_TABLE

_MINUTES: Final = 60
_MINUTE: Final = "%Y-%m-%dT%H:%M"
_TRIES: Final = 8


class RequestBudget:
    """One row a minute and account; an hour's rows are read at once."""

    def __init__(self, tables: TableStore, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    def spend(self, account: str, requests: int) -> None:
        """Counts requests that were made."""
        minute = self._clock.now().strftime(_MINUTE)
        for _ in range(_TRIES):
            try:
                self._add(account, minute, requests)
            except ConflictError:
                continue
            return
        raise TransientError("storage_unavailable", "the budget's row changes all the time")

    def seconds_until(self, account: str, most: int) -> float:
        """How long to wait until fewer than `most` requests were made within an hour; 0 when there is room now."""
        now = self._clock.now()
        rows, spent = self._of_the_last_hour(account, now), 0
        for row in reversed(rows):
            spent += int(row.values["requests"])
            if spent >= most:
                leaves = datetime.strptime(row.key, _MINUTE).replace(tzinfo=now.tzinfo) + timedelta(
                    minutes=_MINUTES + 1
                )
                return max(1.0, (leaves - now).total_seconds())
        return 0.0

    def _of_the_last_hour(self, account: str, now: datetime) -> list[Row]:
        oldest = (now - timedelta(minutes=_MINUTES + 1)).strftime(_MINUTE)
        rows = self._tables.scan(REQUEST_BUDGETS_TABLE, account)
        self._tables.delete(REQUEST_BUDGETS_TABLE, account, [row.key for row in rows if row.key <= oldest])
        return [row for row in rows if row.key > oldest]

    def _add(self, account: str, minute: str, requests: int) -> None:
        row = self._tables.read(REQUEST_BUDGETS_TABLE, account, minute)
        counted = {"PartitionKey": account, "RowKey": minute, "requests": requests}
        if row is None:
            self._tables.insert(REQUEST_BUDGETS_TABLE, counted)
            return
        counted["requests"] = requests + int(row.values["requests"])
        self._tables.replace(REQUEST_BUDGETS_TABLE, counted, row.etag)
