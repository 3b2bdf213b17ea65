"""Every release has left what its successors are tested with: rows of each kind that they still read, and histories."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tenantsync import wire
from tenantsync.services import Services
from tenantsync.store.records import Record, from_row, schema_of, to_row
from tenantsync.store.tables import Row
from tests.releases.kept import HERE, HISTORIES, KINDS, PACKAGE, ROWS, records_in, released, unpack

NEW = {"0.1.0": {"Order"}}
"""Kinds that came after a release; the next one has rows of them."""


def records_of(version: str) -> list[tuple[type[Record], Mapping[str, Any]]]:
    """The release's rows that are records, with their kind."""
    return list(records_in(json.loads((HERE / version / ROWS).read_text())))


@pytest.mark.parametrize("version", released())
def test_rows_of_every_release_are_read_and_nothing_of_them_is_lost(version: str, services: Services):
    for kind, row in records_of(version):
        written = to_row(from_row(kind, Row(row, "")), row["PartitionKey"], row["RowKey"])
        assert written["schema"] == schema_of(kind)
        assert written.keys() >= row.keys()
        assert row["schema"] < schema_of(kind) or written | row == written


@pytest.mark.parametrize("version", released())
def test_every_row_is_of_one_kind(version: str):
    found = records_of(version)
    assert len(found) == len({id(row) for _, row in found})


def test_newest_release_has_rows_of_every_kind():
    newest = released()[0]
    found = {kind.__name__ for kind, _ in records_of(newest)}
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
