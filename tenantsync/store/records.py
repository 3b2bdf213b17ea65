"""Frozen dataclasses to rows and back: a row is the record's fields plus keys and a schema version."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final, TypeVar

from tenantsync.store.tables import Row

SCHEMA_VERSION: Final = 1
_R = TypeVar("_R")


def to_row(record: Any, partition: str, row: str) -> dict[str, Any]:
    """The record's row; fields that are None are left out, as Table Storage has no null."""
    values = {name: value for name, value in asdict(record).items() if value is not None}
    return {"PartitionKey": partition, "RowKey": row, "schema": SCHEMA_VERSION, **values}


def from_row(kind: type[_R], row: Row) -> _R:
    """The inverse of `to_row`; columns of a newer version are ignored, missing ones take the field's default."""
    return kind(**known_values(kind, row.values))


def known_values(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are fields of `kind`."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
