"""Customers a company of a PSA may be, for a person to decide."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import SUGGESTIONS_TABLE

_NAMESPACE: Final = UUID("6f6d6b0e-3f0c-4a7e-9a53-0d5d0c3f8f51")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a customer may be it: `tenant_id`, `verified_domain`, `domain` or `name`, and the words that agree."""

    reason: str
    evidence: str
    score: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer with its reasons, the strongest first; `score` is theirs, 0 to 1."""

    customer_id: str
    score: float
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        return {"customerId": self.customer_id, "score": self.score, "reasons": [asdict(item) for item in self.reasons]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Candidate":
        reasons = tuple(Reason(**item) for item in value["reasons"])
        return cls(value["customerId"], value["score"], reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion(Record):
    """One company; `customer_id` is the customer that was made for it meanwhile, `ambiguity` why none was certain."""

    msp_id: str
    suggestion_id: str
    provider: str
    external_id: str
    company_name: str
    customer_id: str
    ambiguity: str = ""
    candidates: str = "[]"
    created_at: str

    def read_candidates(self) -> list[Candidate]:
        """The best one first."""
        return [Candidate.from_json(item) for item in orjson.loads(self.candidates)]


def suggestion_id(msp_id: str, provider: str, external_id: str) -> str:
    """One company has one suggestion."""
    return str(uuid5(_NAMESPACE, f"{msp_id}/{provider}/{external_id}"))


class Suggestions:
    """Rows by MSP, in the order of their ids."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def put_all(self, suggestions: Sequence[Suggestion]) -> None:
        """Stores suggestions of one MSP."""
        if suggestions:
            rows = [to_row(item, item.msp_id, item.suggestion_id) for item in suggestions]
            self._tables.write(SUGGESTIONS_TABLE, {suggestions[0].msp_id: rows})

    def read(self, msp_id: str, suggestion_id: str) -> Suggestion | None:
        """The suggestion, or None."""
        row = self._tables.read(SUGGESTIONS_TABLE, msp_id, suggestion_id)
        return from_row(Suggestion, row) if row else None

    def list_page(self, msp_id: str, after: str, limit: int) -> list[Suggestion]:
        """Up to `limit` suggestions with an id above `after`."""
        rows = self._tables.scan(SUGGESTIONS_TABLE, msp_id, after=after, limit=limit)
        return [from_row(Suggestion, row) for row in rows]

    def remove(self, msp_id: str, suggestion_ids: Sequence[str]) -> None:
        """Forgets suggestions; ones that are gone do not matter."""
        self._tables.delete(SUGGESTIONS_TABLE, msp_id, suggestion_ids)
