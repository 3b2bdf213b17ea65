"""What every release leaves for the next ones, in a folder of its version: package, histories, rows.

`app.zip` is there of the newest release only: a release meets runs of the one before it, and of no other.
"""

import re
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final

import tenantsync.services
from devstack.package import ROOT
from tenantsync.store.records import Record

HERE: Final = Path(__file__).resolve().parent
PACKAGE: Final = "app.zip"
HISTORIES: Final = "histories"
ROWS: Final = "rows.json"
KINDS: Final = [
    kind
    for kind in Record.__subclasses__()
    if kind.__module__.startswith(f"{tenantsync.services.__package__}.")
    and getattr(sys.modules[kind.__module__], kind.__name__) is kind
]
"""Of records, as the services import all stores. A dataclass with slots is made twice: the second is in its module."""
_OF_THE_ROW: Final = frozenset({"PartitionKey", "RowKey", "schema"})
_DATED: Final = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", re.MULTILINE)


def released() -> list[str]:
    """The versions the changelog has a date for, the newest first."""
    return _DATED.findall((ROOT / "CHANGELOG.md").read_text())


def unpack(directory: Path, package: Path | None = None) -> Path:
    """The app of a release, by default the newest one's, in a folder of its own."""
    with zipfile.ZipFile(package or HERE / released()[0] / PACKAGE) as archive:
        archive.extractall(directory)
    return directory


def records_in(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[type[Record], Mapping[str, Any]]]:
    """The rows that are records, with their kind; twice where a row fits two."""
    rows = (row for found in tables.values() for row in found if "schema" in row)
    return ((kind, row) for row in rows for kind in KINDS if _fits(kind, row))


def _fits(kind: type[Record], row: Mapping[str, Any]) -> bool:
    """Whether the row's columns are those of the kind, as far as its release had them."""
    known = {field.name for field in fields(kind)}
    needed = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}
    return needed <= row.keys() and row.keys() - _OF_THE_ROW <= known
