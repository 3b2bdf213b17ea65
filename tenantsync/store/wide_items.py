"""Items of any size in rows of bounded size: split over properties, and what one row cannot hold over further rows."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from tenantsync.store.tables import Row

# A text property holds 64 KiB of UTF-16 and a row 1 MiB; half of it for texts that may need two units a character
_PART_CHARACTERS: Final = 30_000
_ROW_CHARACTERS: Final = 450_000


def split_item(text: str) -> list[dict[str, Any]]:
    """The properties of the item's own row and, rarely, of the rows that take what it cannot hold."""
    if len(text) <= _PART_CHARACTERS // 2:  # nearly all
        return [{"data": text}]
    width = 1 if text.isascii() else 2
    size = _ROW_CHARACTERS // width
    own, *further = (_properties(text[start : start + size], width) for start in range(0, len(text), size))
    return [{**own, "further": len(further)} if further else own, *further]


def further_keys(row: Row) -> list[str]:
    """The keys of the rows that hold the rest of this row's item."""
    return [further_key(row.key, number) for number in range(int(row.values.get("further") or 0))]


def further_key(key: str, number: int) -> str:
    """The key of one of them."""
    return f"{key}!+{number:04d}"


def join_item(row: Row, further: Iterable[Row]) -> Mapping[str, Any]:
    """The inverse of `split_item`."""
    item: Mapping[str, Any] = orjson.loads("".join(part for one in (row, *further) for part in _parts(one)))
    return item


def _properties(text: str, width: int) -> dict[str, Any]:
    size = _PART_CHARACTERS // width
    return {f"data{start // size or ''}": text[start : start + size] for start in range(0, len(text), size)}


def _parts(row: Row) -> Iterator[str]:
    yield row.text("data")
    number = 1
    while f"data{number}" in row.values:
        yield row.text(f"data{number}")
        number += 1
