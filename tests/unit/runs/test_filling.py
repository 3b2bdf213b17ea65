"""What 0.1.0 has left, as it really left it, is found in the lists of this release after some passes."""

import json

import pytest

from tenantsync.runs import filling
from tenantsync.runs.filling import fill_lists
from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import Services
from tenantsync.store.recent_runs import EVERYBODY
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.orchestrations import Started
from tests.releases import life
from tests.releases.kept import HERE, ROWS

LEFT = json.loads((HERE / "0.1.0" / ROWS).read_text())
RUNS = {row["run_id"]: row for row in LEFT["Runs"] if row["RowKey"] == "run"}


@pytest.fixture(autouse=True)
def left(tables: MemoryTables) -> None:
    for table, rows in LEFT.items():
        for row in rows:
            tables.upsert(table, row)


def listed(services: Services, msp_id: str = life.MSP) -> list[str]:
    return [run_id for _, run_id in services.recent_runs.list_page(msp_id, "", 1000)]


def test_all_runs_are_listed_the_newest_first(services: Services):
    assert fill_lists(services) == len(life.CONNECTED)
    by_age = sorted(RUNS, key=lambda run_id: RUNS[run_id]["started_at"], reverse=True)
    assert len(by_age) == 5
    assert listed(services) == listed(services, EVERYBODY) == by_age


@pytest.mark.parametrize(
    ("tenant", "problem"),
    [(life.DECLINED, "consent_declined"), (life.PARTIAL, "permission_missing"), (life.SYNCED, "")],
)
def test_tenants_say_why_they_are_as_they_are(services: Services, tenant: life.Found, problem: str):
    fill_lists(services)
    known = services.tenants.read(life.MSP, tenant["tenantId"])
    assert known
    assert known.problem_code == problem
    assert bool(known.problem_message) == bool(problem)


def test_what_was_noted_meanwhile_stays(services: Services):
    services.note_state(life.MSP, life.DECLINED["tenantId"], "awaiting_consent")
    fill_lists(services)
    known = services.tenants.read(life.MSP, life.DECLINED["tenantId"])
    assert known
    assert (known.state, known.problem_code) == ("awaiting_consent", "")


def test_passes_go_on_where_the_last_one_ended(services: Services, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(filling, "TENANTS_A_PASS", 3)
    looked = list(iter(lambda: fill_lists(services), 0))
    assert (sum(looked), max(looked)) == (len(life.CONNECTED), 3)
    assert set(listed(services)) == set(RUNS)


def test_pass_that_dies_is_repeated_without_harm(
    services: Services, tables: MemoryTables, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(type(services.recent_runs), "note_filled", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fill_lists(services)
    monkeypatch.undo()
    before = listed(services)
    assert fill_lists(services) == len(life.CONNECTED)
    assert listed(services) == before


@pytest.mark.parametrize("a_pass", [1, 100])
@pytest.mark.parametrize("table", ["Tenants", "Connections", "Runs"])
def test_what_a_newer_release_has_written_is_filled_once_it_is_back(
    services: Services, tables: MemoryTables, monkeypatch: pytest.MonkeyPatch, table: str, a_pass: int
):
    """It had begun to change rows and was rolled back before this one had looked at all of them."""
    monkeypatch.setattr(filling, "TENANTS_A_PASS", a_pass)
    mine = {run_id for run_id, run in RUNS.items() if run["tenant_id"] == life.SYNCED["tenantId"]}
    rows = [row for row in tables.rows(table) if row.values.get("tenant_id") == life.SYNCED["tenantId"]]
    for row in rows:
        tables.upsert(table, {**row.values, "schema": 99})
    assert sum(iter(lambda: fill_lists(services), 0)) == len(life.CONNECTED)
    fill_lists(services)
    assert set(listed(services)) == set(RUNS) - mine
    for row in rows:
        tables.upsert(table, row.values)
    fill_lists(services)
    assert set(listed(services)) == set(RUNS)
    tables.tables["Tenants"].clear()
    assert services.recent_runs.read_filled().is_whole


def test_tenants_that_stay_unreadable_stand_before_no_others(
    services: Services, tables: MemoryTables, monkeypatch: pytest.MonkeyPatch
):
    rows = sorted(tables.rows("Tenants"), key=lambda row: row.key)
    stays, returns = [row for row in rows if row.values.get("connection_id")][:2]
    for row in (stays, returns):
        tables.upsert("Tenants", {**row.values, "schema": 99})
    fill_lists(services)
    monkeypatch.setattr(filling, "TENANTS_A_PASS", 1)
    tables.upsert("Tenants", returns.values)
    for _ in range(64):
        fill_lists(services)
    assert services.recent_runs.list_left_out() == [(life.MSP, stays.key)]
    assert not services.recent_runs.read_filled().is_whole


def test_all_that_is_left_out_is_listed_however_much_it_is(services: Services):
    for number in range(1001):
        services.recent_runs.leave_out(life.MSP, f"{number:04}")
    assert services.recent_runs.list_left_out()[-1] == (life.MSP, "1000")


def test_once_all_is_filled_nothing_is_looked_at(services: Services, tables: MemoryTables):
    fill_lists(services)
    tables.tables["Tenants"].clear()
    assert fill_lists(services) == 0


def test_run_that_an_old_instance_begins_later_is_noted_by_the_watchdog(services: Services, tables: MemoryTables):
    fill_lists(services)
    run = {**next(iter(RUNS.values())), "state": "syncing", "run_id": "late", "PartitionKey": "late"}
    tables.upsert("Runs", run)
    tables.upsert("Runs", {"PartitionKey": "under_way", "RowKey": "late", "since": run["started_at"]})
    watch_runs(services, Started())
    assert "late" in listed(services)
    assert {noted.msp_id for noted in services.runs.list_under_way("", 10)} == {life.MSP}
