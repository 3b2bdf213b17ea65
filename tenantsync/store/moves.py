"""Moves of customers from DAP to GDAP: one row a move, one a customer in it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import MOVES_TABLE

_MOVE: Final = "move"
_ITEM: Final = "tenant_"
_BEHIND_ITEMS: Final = "tenant`"
_STEP: Final = 500


class MoveState(StrEnum):
    """How far a customer's move is; from `asked` on its relationship says more."""

    PENDING = "pending"
    ASKED = "asked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Record):
    """One request to move customers; `roles` and `groups` as in `OwnRelationship`."""

    move_id: str
    msp_id: str
    duration: str
    roles: str
    auto_extend: bool
    groups: str
    created_by: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveItem(Record):
    """One customer of a move, and the relationship it was asked for."""

    tenant_id: str
    customer_name: str
    state: str = MoveState.PENDING
    relationship_key: str = ""
    problem_code: str = ""
    problem_message: str = ""
    updated_at: str


class Moves:
    """Rows by move."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, move: Move, items: list[MoveItem]) -> None:
        """Stores the customers first: a move that is there is whole."""
        rows = [to_row(item, move.move_id, _ITEM + item.tenant_id) for item in items]
        self._tables.write(MOVES_TABLE, {move.move_id: rows})
        self._tables.upsert(MOVES_TABLE, to_row(move, move.move_id, _MOVE))

    def read(self, msp_id: str, move_id: str) -> Move | None:
        """The MSP's move, or None; another MSP's is None, too."""
        row = self._tables.read(MOVES_TABLE, move_id, _MOVE)
        move = from_row(Move, row) if row else None
        return move if move and move.msp_id == msp_id else None

    def list_items(self, move_id: str, after: str = "", limit: int = _STEP) -> list[MoveItem]:
        """Up to `limit` customers of the move, with a tenant id above `after`."""
        rows = self._tables.scan(MOVES_TABLE, move_id, after=_ITEM + after, limit=limit)
        return [from_row(MoveItem, row) for row in rows if row.key < _BEHIND_ITEMS]

    def change(self, move_id: str, item: MoveItem, **changes: Any) -> None:
        """Stores what has become of a customer; only the move's own orchestration writes here."""
        self._tables.upsert(MOVES_TABLE, to_row(replace(item, **changes), move_id, _ITEM + item.tenant_id))
