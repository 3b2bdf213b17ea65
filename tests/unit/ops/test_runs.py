"""Lists of runs: who sees which, in which order, and how few are read for it."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tenantsync.clock import to_rfc3339
from tenantsync.orchestrations import InstanceStatus
from tenantsync.runs.syncing import KEPT_RUNS, begin_sync
from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import Services
from tenantsync.store.keys import newest_first
from tenantsync.store.recent_runs import EVERYBODY
from tenantsync.store.runs import Run, RunState
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, OTHER_TENANT, TENANT, FakeMicrosoft, portal_token
from tests.fakes.orchestrations import Started
from tests.unit.journey import checkpoint, connected
from tests.unit.ops.conftest import Ops, keeps


def add_runs(services: Services, clock: FakeClock, run: Run, count: int, **more: Any) -> list[str]:
    """Further runs, each begun a minute after the one before; their ids."""
    ids = []
    for number in range(count):
        clock.advance(60)
        now = to_rfc3339(clock.now())
        ids.append(f"{more.get('msp_id', MSP)[:1]}-{number}")
        services.runs.create(replace(run, run_id=ids[-1], started_at=now, updated_at=now, **more))
    return ids


@contextlib.contextmanager
def reads(tables: MemoryTables) -> Iterator[list[int]]:
    """How many partitions were read at once, each time."""
    found: list[int] = []
    scan_many = tables.scan_many
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "scan_many", lambda table, ids: [found.append(len(ids)), scan_many(table, ids)][1])
        yield found


def stand_still(services: Services, clock: FakeClock, run: Run) -> None:
    """Until the watchdog has noticed."""
    clock.advance(301)
    watch_runs(services, Started(statuses={run.run_id: InstanceStatus("Running")}))


def test_run_is_listed_as_the_contract_says(ops: Ops, run: Run, services: Services):
    checkpoint(services, run, throttled_seconds=7, reached=0.5)
    listed = ops.get("runs").body
    assert keeps("OpsRunPage", listed)
    (item,) = listed["items"]
    assert item["tenantDomain"] == "contoso.com"
    assert item["customerName"] == "Contoso"
    assert (item["state"], item["percent"], item["throttledSeconds"]) == ("syncing", 50, 7)
    assert (item["waiting"], item["stalled"], item["finishedAt"]) == (None, None, None)


def test_pages_are_newest_first_and_whole(ops: Ops, run: Run, services: Services, clock: FakeClock):
    ids = add_runs(services, clock, run, 5)
    seen, cursor = [], ""
    while cursor is not None:
        page = ops.get(f"runs?top=2&cursor={cursor}").body
        assert len(page["items"]) <= 2
        seen += [item["runId"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert seen == [*reversed(ids), run.run_id]


@pytest.mark.parametrize("state", ["active", "ended"])
def test_state_tells_runs_in_flight_from_ended_ones(
    ops: Ops, run: Run, services: Services, clock: FakeClock, state: str
):
    ids = add_runs(services, clock, run, 4)
    services.runs.change(ids[0], state=RunState.FAILED)
    services.runs.change(ids[2], state=RunState.COMPLETED)
    ended = [ids[2], ids[0]]
    assert ops.runs(f"?state={state}") == (ended if state == "ended" else [ids[3], ids[1], run.run_id])
    assert ops.runs(f"?state={state}&top=1") == (ended if state == "ended" else [ids[3]])[:1]


def test_stuck_is_what_the_watchdog_says_until_it_moves(ops: Ops, run: Run, services: Services, clock: FakeClock):
    assert ops.runs("?state=stuck") == []
    stand_still(services, clock, run)
    (item,) = ops.get("runs?state=stuck").body["items"]
    assert item["stalled"] == {"reason": "no_worker", "since": run.updated_at, "times": 1}
    clock.advance(1)
    checkpoint(services, run)
    assert ops.runs("?state=stuck") == []
    assert ops.runs("?state=active") == [run.run_id]


def test_forgiven_run_is_not_looked_at_for_stuck_ones(run: Run, services: Services, clock: FakeClock):
    stand_still(services, clock, run)
    assert [noted.is_stuck for noted in services.runs.list_under_way("", 10)] == [True]
    clock.advance(1000)
    checkpoint(services, run)
    watch_runs(services, Started(statuses={run.run_id: InstanceStatus("Running")}))
    assert [noted.is_stuck for noted in services.runs.list_under_way("", 10)] == [False]


def test_ended_run_leaves_the_notes_of_runs_under_way(ops: Ops, run: Run, services: Services):
    services.runs.change(run.run_id, state=RunState.COMPLETED)
    assert ops.runs("?state=active") == []
    watch_runs(services, Started())
    assert services.runs.list_under_way("", 10) == []
    assert ops.runs() == [run.run_id]


@pytest.mark.parametrize("query", ["", "?state=active", "?state=stuck", "?state=ended"])
def test_each_msp_sees_its_own_runs_and_the_operator_all(
    operator: Ops, ops: Ops, run: Run, services: Services, clock: FakeClock, query: str
):
    theirs = add_runs(services, clock, run, 1, msp_id=OTHER_MSP, tenant_id=OTHER_TENANT)
    mine = add_runs(services, clock, run, 1)
    if query.endswith("ended"):
        for run_id in (*theirs, *mine):
            services.runs.change(run_id, state=RunState.FAILED)
        services.runs.change(run.run_id, state=RunState.FAILED)
    if query.endswith("stuck"):
        clock.advance(301)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tenantsync.runs.watchdog._is_wanted", lambda run, services: True)
            watch_runs(services, Started())
    assert ops.runs(query) == [*mine, run.run_id]
    assert Ops(ops.app, OTHER_MSP).runs(query) == theirs
    assert operator.runs(query) == [*mine, *theirs, run.run_id]


def test_one_tenants_runs_are_the_ones_that_are_kept(ops: Ops, run: Run, services: Services, clock: FakeClock):
    add_runs(services, clock, run, 1, tenant_id=OTHER_TENANT)
    services.runs.change(run.run_id, state=RunState.COMPLETED)
    clock.advance(60)
    connection = services.connections.read_latest(MSP, TENANT)
    assert connection
    again = begin_sync(connection, "delta", services)
    assert again
    assert ops.runs(f"?tenantId={TENANT}") == [again.run_id, run.run_id]
    assert ops.runs(f"?tenantId={TENANT}&state=ended") == [run.run_id]
    assert ops.runs(f"?tenantId={TENANT.upper()}&top=1") == [again.run_id]
    assert Ops(ops.app, OTHER_MSP).get(f"runs?tenantId={TENANT}").body["code"] == "tenant_unknown"


@pytest.mark.parametrize(
    "query", ["state=gone", "tenantId=x", "top=0", "top=101", "cursor=%C3%A4", "cursor=AA", "state=ACTIVE"]
)
def test_what_cannot_be_meant_is_refused(ops: Ops, run: Run, query: str):
    answer = ops.get(f"runs?{query}")
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_list_of_many_looks_at_few(ops: Ops, run: Run, services: Services, clock: FakeClock, tables: MemoryTables):
    """Whoever asks for stuck runs among ended ones gets a cursor rather than a scan of everything."""
    add_runs(services, clock, run, 620)
    for noted in services.runs.list_under_way("", 1000):
        services.runs.change(noted.run_id, state=RunState.COMPLETED)
    with reads(tables) as read_at_once:
        page = ops.get("runs?state=active").body
    assert (page["items"], sum(read_at_once)) == ([], 500)
    assert page["nextCursor"]
    assert ops.get(f"runs?state=active&cursor={page['nextCursor']}").body == {"items": [], "nextCursor": None}


def test_page_that_is_full_reads_nothing_of_the_next(
    ops: Ops, run: Run, services: Services, clock: FakeClock, tables: MemoryTables
):
    add_runs(services, clock, run, 60)
    with reads(tables) as read_at_once:
        assert len(ops.get("runs?top=30").body["items"]) == 30
    assert read_at_once == [30]


def test_one_run_among_many_is_not_looked_for_one_by_one(
    ops: Ops, run: Run, services: Services, clock: FakeClock, tables: MemoryTables
):
    add_runs(services, clock, run, 60)
    with reads(tables) as read_at_once:
        assert ops.get("runs?state=ended&top=1").body == {"items": [], "nextCursor": None}
    assert len(read_at_once) == 4


def test_runs_that_are_forgotten_leave_no_trace_in_the_lists(
    services: Services, microsoft: FakeMicrosoft, tables: MemoryTables, clock: FakeClock
):
    first = connected(services, microsoft)
    for _ in range(KEPT_RUNS + 2):
        clock.advance(60)
        connection = services.connections.read_latest(MSP, TENANT)
        assert connection
        again = begin_sync(connection, "delta", services)
        assert again
        services.runs.change(again.run_id, state=RunState.COMPLETED)
    listed = tables.tables["RecentRuns"]
    assert len(listed[MSP]) == len(listed[EVERYBODY]) == KEPT_RUNS + 1  # and the first sync
    assert newest_first(first.started_at, first.run_id) in listed[MSP]


def test_index_that_points_to_another_attempt_shows_the_run_once(ops: Ops, run: Run, services: Services):
    services.recent_runs.note(MSP, run.run_id, "2026-03-01T00:00:00.000Z")
    services.recent_runs.note(MSP, "gone", run.started_at)
    assert ops.runs() == [run.run_id]


def test_run_goes_with_its_tenant_to_another_msp(ops: Ops, run: Run, services: Services):
    services.runs.change(run.run_id, state=RunState.COMPLETED)
    offer, accept = (portal_token("Onboarding.Connect", msp=msp) for msp in (MSP, OTHER_MSP))
    path, body = f"/api/msp-portal/tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP}
    transfer_id = ops.app.call("POST", path, offer, body).body["transferId"]
    mine = {"customer": {"name": "Taken over"}}
    ops.app.call("POST", f"/api/msp-portal/transfers/{transfer_id}/accept", accept, mine)
    assert ops.runs() == []
    assert Ops(ops.app, OTHER_MSP).runs() == [run.run_id]
    assert services.recent_runs.list_page(MSP, "", 10) == []
