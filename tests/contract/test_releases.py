"""Every release has left what its successors are tested with: rows of each kind that they still read, and histories."""

import json
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import pytest

from tenantsync import wire
from tenantsync.services import Services
from tenantsync.store.records import Record, from_row, schema_of, to_row
from tenantsync.store.tables import Row
from tests.releases.kept import HERE, HISTORIES, PACKAGE, ROWS, released, unpack

KINDS = [kind for kind in Record.__subclasses__() if getattr(sys.modules[kind.__module__], kind.__name__, None) is kind]
"""A dataclass with slots is made twice; only the second one is in its module."""
NEW = {"0.1.0": {"Order"}}
"""Kinds that came after a release; the next one has rows of them."""
KEYS = {"PartitionKey", "RowKey", "schema"}


def fits(kind: type[Record], row: Mapping[str, Any]) -> bool:
    """Whether the row's columns are those of the kind, as far as that release had them."""
    known = {field.name for field in fields(kind)}
    needed = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}
    return needed <= row.keys() and row.keys() - KEYS <= known


def rows_of(version: str) -> list[tuple[type[Record], Mapping[str, Any]]]:
    """The release's rows that are records, with their kind."""
    tables = json.loads((HERE / version / ROWS).read_text())
    rows = [row for found in tables.values() for row in found if "schema" in row]
    return [(kind, row) for row in rows for kind in KINDS if fits(kind, row)]


@pytest.mark.parametrize("version", released())
def test_rows_of_every_release_are_read_and_nothing_of_them_is_lost(version: str, services: Services):
    for kind, row in rows_of(version):
        written = to_row(from_row(kind, Row(row, "")), row["PartitionKey"], row["RowKey"])
        assert written["schema"] == schema_of(kind)
        assert written.keys() >= row.keys()
        assert row["schema"] < schema_of(kind) or written | row == written


@pytest.mark.parametrize("version", released())
def test_every_row_is_of_one_kind(version: str):
    tables = json.loads((HERE / version / ROWS).read_text())
    kinds = [[kind.__name__ for kind in KINDS if fits(kind, row)] for row in tables.values() for row in row]
    assert not [found for found in kinds if len(found) > 1]


def test_newest_release_has_rows_of_every_kind():
    newest = released()[0]
    found = {kind.__name__ for kind, _ in rows_of(newest)}
    assert found == {kind.__name__ for kind in KINDS} - NEW.get(newest, set())


def test_newest_release_has_a_package_and_no_other_has(tmp_path_factory: pytest.TempPathFactory):
    assert [path.parent.name for path in HERE.glob(f"*/{PACKAGE}")] == released()[:1]
    app = unpack(tmp_path_factory.mktemp("app"))
    assert (app / "function_app.py").exists()
    assert not any((app / name).exists() for name in ("devstack", "tests", "portal", "docs"))


@pytest.mark.parametrize("version", released())
def test_every_release_has_histories_of_orchestrations_that_are_still_there(version: str):
    found = {path.stem for path in (HERE / version / HISTORIES).glob("*.json")}
    assert found
    assert found <= set(wire.ORCHESTRATORS)
