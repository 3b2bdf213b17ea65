"""Frozen dataclasses to rows and back: a row is the record's fields plus keys and the schema it was written in.

A new field with a default needs no new schema: older rows take the default, and older releases carry the column along.
Where the columns of older rows mean something else, the kind gets a migration, and with it the next schema.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Final, TypeVar

from tenantsync import logs
from tenantsync.errors import NewerReleaseError
from tenantsync.store.tables import Row

Migration = Callable[[Mapping[str, Any]], Mapping[str, Any]]
_FIRST: Final = 1
_OF_THE_ROW: Final = frozenset({"PartitionKey", "RowKey", "schema"})
_BEYOND: Final = "beyond"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is stored as a row."""

    migrations: ClassVar[Sequence[Migration]] = ()
    """From each schema to the next, the oldest first: pure functions of a row's columns."""
    beyond: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Columns of a newer release, kept by whoever writes the record back."""


_R = TypeVar("_R", bound=Record)


def to_row(record: Record, partition: str, row: str) -> dict[str, Any]:
    """The record's row; fields that are None are left out, as Table Storage has no null."""
    values = {name: value for name, value in asdict(record).items() if value is not None and name != _BEYOND}
    keys = {"PartitionKey": partition, "RowKey": row, "schema": schema_of(type(record))}
    return {**record.beyond, **keys, **values}


def from_row(kind: type[_R], row: Row) -> _R:
    """The inverse of `to_row`, of rows of all releases up to this one: columns that are missing take the default.

    Raises NewerReleaseError for a row whose columns only a newer release understands.
    """
    values = _migrate(kind, row.values)
    known = known_values(kind, values)
    return kind(**known, beyond={name: values[name] for name in values.keys() - known.keys() - _OF_THE_ROW})


def readable(kind: type[_R], rows: Iterable[Row]) -> Iterator[_R]:
    """The records of rows, for passes over many MSPs: the ones that only a newer release understands are left out."""
    for row in rows:
        found: list[_R] = []
        with left_to_newer_release(row=row.key):
            found.append(from_row(kind, row))
        yield from found


@contextmanager
def left_to_newer_release(**ids: str) -> Iterator[None]:
    """Ends the block at a row that only a newer release understands, says so in the log, and lets the pass go on.

    Only for what that release does by itself once it is back; `ids` say what was left.
    """
    try:
        yield
    except NewerReleaseError as refusal:
        logs.event("left_to_newer_release", **ids, reason=refusal.detail)


def schema_of(kind: type[Record]) -> int:
    """The schema this release writes."""
    return _FIRST + len(kind.migrations)


def known_values(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are fields of `kind`."""
    return {name: values[name] for name in values.keys() & _names_of(kind)}


@cache
def _names_of(kind: Any) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))


def _migrate(kind: type[Record], values: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = int(values.get("schema", _FIRST))
    if schema > schema_of(kind):
        raise NewerReleaseError("newer_release", f"{kind.__name__} of schema {schema}")
    for migrate in kind.migrations[schema - _FIRST :]:
        values = migrate(values)
    return values
