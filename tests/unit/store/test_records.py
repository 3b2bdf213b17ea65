"""Rows across releases: older ones are brought up to date, newer ones are carried along, or left alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import orjson
import pytest

from activities.sync_slice import sync_slice
from tenantsync.errors import TransientError
from tenantsync.services import Services
from tenantsync.store.customers import Customer
from tenantsync.store.placements import Placement
from tenantsync.store.progress import ResourceProgress
from tenantsync.store.records import Migration, Record, from_row, schema_of, to_row
from tenantsync.store.runs import Run, RunState
from tenantsync.store.tables import Row
from tenantsync.store.tenants import ManagedTenant
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, TENANT, FakeMicrosoft
from tests.unit.journey import connected


def name_whole(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**values, "name": f"{values['first']} {values['last']}"}


def count_hours(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**values, "hours": values["days"] * 24}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Record):
    migrations: ClassVar[Sequence[Migration]] = (name_whole, count_hours)
    name: str
    hours: int


OLDEST = {"first": "Ada", "last": "Byron", "days": 2}
SUMMARY = {"users": 3, "licenses": {"subscriptions": 1, "seats": 5, "assigned": 2}, "devices": 4}


def stored(values: Mapping[str, Any], **more: Any) -> Row:
    return Row({"PartitionKey": "p", "RowKey": "r", **values, **more}, "etag")


@pytest.mark.parametrize("schema", [{}, {"schema": 1}])
def test_row_of_the_first_release_goes_through_every_migration(schema: dict[str, int]):
    person = from_row(Person, stored(OLDEST, **schema))
    assert (person.name, person.hours) == ("Ada Byron", 48)


def test_row_is_migrated_only_from_its_own_schema_on():
    second = from_row(Person, stored({"name": "Grace", "days": 1}, schema=2))
    third = from_row(Person, stored({"name": "Grace", "hours": 3}, schema=3))
    assert (second.name, second.hours, third.hours) == ("Grace", 24, 3)


def test_row_is_written_in_the_schema_of_today():
    row = to_row(from_row(Person, stored(OLDEST)), "p", "r")
    assert (row["schema"], schema_of(Person)) == (3, 3)
    assert from_row(Person, Row(row, "")) == Person(name="Ada Byron", hours=48)


@pytest.mark.parametrize("kind", [ManagedTenant, Placement, Customer])
def test_kinds_that_are_read_by_named_columns_have_no_migrations(kind: type[Record]):
    assert not kind.migrations, (
        "Lists ask for the columns that are named beside this kind, and no others: name the older ones its migrations"
        " read there, too, see a row of the first schema come through its lists in a test, and take it out of this one."
    )


def test_columns_of_a_newer_release_are_written_back():
    person = from_row(Person, stored({"name": "Grace", "hours": 3, "rank": "admiral"}, schema=3))
    assert person == Person(name="Grace", hours=3)
    assert to_row(replace(person, hours=4), "p", "r") == {
        "PartitionKey": "p",
        "RowKey": "r",
        "schema": 3,
        "name": "Grace",
        "hours": 4,
        "rank": "admiral",
    }


def test_tenant_keeps_what_a_newer_release_knows_of_it(
    services: Services, microsoft: FakeMicrosoft, tables: MemoryTables
):
    connected(services, microsoft)
    row = tables.read("Tenants", MSP, TENANT)
    assert row
    tables.upsert("Tenants", {**row.values, "mood": "sunny"})
    services.tenants.change(MSP, TENANT, tags='["mine"]')
    changed = tables.read("Tenants", MSP, TENANT)
    assert changed
    assert (changed.values["mood"], changed.values["tags"]) == ("sunny", '["mine"]')


def test_row_only_a_newer_release_understands_is_neither_read_nor_changed(
    services: Services, microsoft: FakeMicrosoft, tables: MemoryTables
):
    connected(services, microsoft)
    row = tables.read("Tenants", MSP, TENANT)
    assert row
    tables.upsert("Tenants", {**row.values, "schema": row.values["schema"] + 1})
    before = tables.read("Tenants", MSP, TENANT)
    with pytest.raises(TransientError) as refusal:
        services.tenants.change(MSP, TENANT, tags='["mine"]')
    assert (refusal.value.code, refusal.value.detail) == ("newer_release", "ManagedTenant of schema 2")
    assert tables.read("Tenants", MSP, TENANT) == before


def test_slice_leaves_a_checkpoint_of_a_newer_release_alone(
    services: Services, microsoft: FakeMicrosoft, tables: MemoryTables
):
    run = connected(services, microsoft, RunState.SYNCING)
    services.runs.plan([ResourceProgress(run_id=run.run_id, resource="users", position=0, weight=1)])
    row = tables.read("Runs", run.run_id, "resource_users")
    assert row
    tables.upsert("Runs", {**row.values, "schema": row.values["schema"] + 1})
    before = tables.read("Runs", run.run_id, "resource_users")
    with pytest.raises(TransientError):
        sync_slice(run.run_id, "users", services)
    assert tables.read("Runs", run.run_id, "resource_users") == before


@pytest.mark.parametrize("score", [None, {"current": 41.5, "max": 90.0}])
def test_summary_of_0_1_0_is_completed_with_nulls(score: dict[str, float] | None):
    old = {**SUMMARY, "secureScore": score}
    read = orjson.loads(summary_of(old))
    assert (read["devices"], read["devicesByPlatform"], read["devicesByCompliance"]) == (4, None, None)
    assert read["licenses"] == {"subscriptions": 1, "seats": 5, "assigned": 2, "bySku": None}
    assert read["secureScore"] == ({**score, "averages": []} if score else None)


def test_summary_of_today_stays_as_it_is():
    today = summary_of({**SUMMARY, "secureScore": {"current": 1.0, "max": 2.0, "averages": [{"basis": "AllTenants"}]}})
    assert summary_of(orjson.loads(today)) == today
    assert summary_of("") == ""


def summary_of(summary: Any) -> str:
    """The summary of a run that was stored in the first schema."""
    run = dict.fromkeys(("run_id", "msp_id", "tenant_id", "customer_id", "connection_id"), "x")
    text = orjson.dumps(summary).decode() if summary else ""
    return from_row(Run, stored(run, started_at="", updated_at="", summary=text, schema=1)).summary
