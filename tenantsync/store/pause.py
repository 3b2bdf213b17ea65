"""Whether the operator lets no sync begin: one row, so that an order reaches every instance of the app at once."""

from dataclasses import dataclass
from typing import Final

from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import PLACES_TABLE

_PAUSE: Final = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Record):
    """The operator's latest order; `given_at` is RFC 3339, and empty before the first one."""

    is_paused: bool = False
    given_at: str = ""
    given_by: str = ""


class Pause:
    """The order in force."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def read(self) -> Order:
        """The latest order."""
        row = self._tables.read(PLACES_TABLE, _PAUSE, _PAUSE)
        return from_row(Order, row) if row else Order()

    def put(self, order: Order) -> None:
        """Replaces the order before."""
        self._tables.upsert(PLACES_TABLE, to_row(order, _PAUSE, _PAUSE))
