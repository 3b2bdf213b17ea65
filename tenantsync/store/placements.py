"""Which customer each company of a PSA is, why, and what people have said to that."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.keys import encode_key
from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import PLACEMENTS_TABLE

_TRIES: Final = 8
_STEP: Final = 1000


class Rule(StrEnum):
    """Why a company is the customer it is."""

    PERSON = "person"
    """Somebody said so: no sync changes it."""
    TENANT_ID = "tenant_id"
    DOMAIN = "domain"
    MADE = "made"
    """Nobody was it for certain, so a customer was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement(Record):
    """A company as it was last told, and its customer; an empty `customer_id` is still to be placed.

    Domains, tenant ids and `refused` (customers that people said it is not) are separated by spaces.
    """

    msp_id: str
    provider: str
    external_id: str
    name: str = ""
    key: str = ""
    domains: str = ""
    tenant_ids: str = ""
    is_active: bool = True
    customer_id: str = ""
    rule: str = ""
    placed_at: str = ""
    refused: str = ""
    is_left_out: bool = False
    """A person has deleted its customer: it makes no other one."""

    def refusing(self, *customer_ids: str) -> "Placement":
        """The placement with more customers that it is not."""
        return replace(self, refused=" ".join(dict.fromkeys((*self.refused.split(), *customer_ids))))


class Placements:
    """Rows by MSP, PSA and company."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def read(self, msp_id: str, provider: str, external_id: str) -> Placement | None:
        """The company's placement, or None."""
        row = self._tables.read(PLACEMENTS_TABLE, _partition(msp_id, provider), encode_key(external_id))
        return from_row(Placement, row) if row else None

    def read_all(self, msp_id: str, provider: str) -> dict[str, Placement]:
        """Every company of the PSA by its id there."""
        return {row.text("external_id"): from_row(Placement, row) for row in self._rows(msp_id, provider)}

    def with_tenant_ids(self, msp_id: str, provider: str) -> Iterator[Placement]:
        """The companies that are known by a tenant's id: few, so no record is made of the others."""
        return (from_row(Placement, row) for row in self._rows(msp_id, provider) if row.text("tenant_ids"))

    def _rows(self, msp_id: str, provider: str) -> Iterator[Row]:
        after, partition = "", _partition(msp_id, provider)
        while rows := self._tables.scan(PLACEMENTS_TABLE, partition, after=after, limit=_STEP, columns=_COLUMNS):
            yield from rows
            after = rows[-1].key

    def put_all(self, placements: Sequence[Placement]) -> None:
        """Stores placements of one MSP and PSA."""
        if placements:
            rows = [_to_row(placement) for placement in placements]
            partition = _partition(placements[0].msp_id, placements[0].provider)
            self._tables.write(PLACEMENTS_TABLE, {partition: rows})

    def remove(self, msp_id: str, provider: str, external_ids: Sequence[str]) -> None:
        """Forgets companies; ones that are gone do not matter."""
        partition = _partition(msp_id, provider)
        self._tables.delete(PLACEMENTS_TABLE, partition, [encode_key(external_id) for external_id in external_ids])

    def change(self, msp_id: str, provider: str, external_id: str, edit: Callable[[Placement], Placement]) -> Placement:
        """Stores what `edit` makes of the newest row, or of an empty one if there is none."""
        for _ in range(_TRIES):
            row = self._tables.read(PLACEMENTS_TABLE, _partition(msp_id, provider), encode_key(external_id))
            known = (
                from_row(Placement, row)
                if row
                else Placement(msp_id=msp_id, provider=provider, external_id=external_id)
            )
            changed = edit(known)
            try:
                if row is None:
                    self._tables.insert(PLACEMENTS_TABLE, _to_row(changed))
                elif changed != known:
                    self._tables.replace(PLACEMENTS_TABLE, _to_row(changed), row.etag)
            except ConflictError:
                continue
            return changed
        raise TransientError("storage_unavailable", "the company's row changes all the time")


_COLUMNS: Final = (*Placement.__slots__, "schema")


def _partition(msp_id: str, provider: str) -> str:
    return f"{msp_id}_{provider}"


def _to_row(placement: Placement) -> dict[str, object]:
    return to_row(placement, _partition(placement.msp_id, placement.provider), encode_key(placement.external_id))
