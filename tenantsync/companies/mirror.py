"""The companies of a PSA as they were last seen, so that a sync writes only what has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, Final

import orjson

from tenantsync.psa.port import Company
from tenantsync.store.keys import encode_key
from tenantsync.store.records import known_values
from tenantsync.store.tables import TableStore
from tenantsync.wire import PSA_COMPANIES_TABLE

COMPANIES_AT_ONCE: Final = 2_000
"""Compared before customers are looked up for them, as each time all customers are read."""
_STEP: Final = 1000
_LONGEST_NAME: Final = 500
_LONGEST_ID: Final = 200
_LONGEST_RECORD: Final = 30_000
"""Characters; a property of a row holds 32,768."""
_SCHEMA: Final = 1
_NO_CONTENT: Final = frozenset({"is_active", "updated_at"})


@dataclass(frozen=True, slots=True)
class Known:
    """What has to be known of a mirrored company to see that it has not changed."""

    digest: str
    is_active: bool


class Mirror:
    """The companies of one connection. A company that has left stays, as inactive."""

    def __init__(self, tables: TableStore, mirror_id: str) -> None:
        self._tables = tables
        self._partition = mirror_id

    def read_known(self) -> dict[str, Known]:
        """All of them by their keys."""
        known: dict[str, Known] = {}
        after, columns = "", ("digest", "is_active")
        while rows := self._tables.scan(
            PSA_COMPANIES_TABLE, self._partition, after=after, limit=_STEP, columns=columns
        ):
            known |= {row.key: Known(row.text("digest"), bool(row.values.get("is_active"))) for row in rows}
            after = rows[-1].key
        return known

    def read(self, keys: Sequence[str]) -> list[Company]:
        """The companies of these keys, without those that are gone."""
        rows = self._tables.read_many(PSA_COMPANIES_TABLE, [(self._partition, key) for key in keys])
        return [_from_row(row.values) for row in rows if row is not None]

    def write(self, companies: Sequence[Company]) -> None:
        """Stores companies, of which no two have the same id."""
        if companies:
            rows = [_to_row(company, self._partition) for company in companies]
            self._tables.write(PSA_COMPANIES_TABLE, {self._partition: rows})

    def forget(self, external_id: str) -> None:
        """Has the company count as new when it is listed next; nothing happens if there is none."""
        self._tables.delete(PSA_COMPANIES_TABLE, self._partition, [encode_key(external_id)])

    def clear(self) -> None:
        """Forgets all of them."""
        while rows := self._tables.scan(PSA_COMPANIES_TABLE, self._partition, limit=_STEP, columns=("schema",)):
            self._tables.delete(PSA_COMPANIES_TABLE, self._partition, [row.key for row in rows])


def key_of(company: Company) -> str:
    """The company's key within its connection."""
    return encode_key(company.external_id)


def digest_of(company: Company) -> str:
    """Changes with everything that is kept, except whether the company is active."""
    content = {name: value for name, value in asdict(company).items() if name not in _NO_CONTENT}
    return blake2b(orjson.dumps(content), digest_size=12).hexdigest()


def is_usable(company: Company) -> bool:
    """Whether it has what every company has, in a size that can be kept."""
    if not 0 < len(company.external_id) <= _LONGEST_ID or not 0 < len(company.name.strip()) <= _LONGEST_NAME:
        return False
    try:
        return len(_record_of(company)) <= _LONGEST_RECORD
    except orjson.JSONEncodeError:  # half a character, which no store takes
        return False


def _record_of(company: Company) -> str:
    return orjson.dumps(asdict(company)).decode()


def _to_row(company: Company, partition: str) -> dict[str, Any]:
    return {
        "PartitionKey": partition,
        "RowKey": key_of(company),
        "schema": _SCHEMA,
        "digest": digest_of(company),
        "is_active": company.is_active,
        "company": _record_of(company),
    }


def _from_row(values: Mapping[str, Any]) -> Company:
    record: dict[str, Any] = orjson.loads(values["company"])
    lists = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
    return Company(**known_values(Company, {**record, **lists}))
