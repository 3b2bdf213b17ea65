"""Places: how many runs sync at once, one a tenant, who is next, and that nothing that has ended keeps a place."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from random import Random
from threading import Thread
from typing import Any

import pytest

from activities.admit_run import admit_run
from activities.finish_run import finish_run
from activities.plan_sync import plan_sync
from activities.sync_slice import sync_slice
from tenantsync.clock import to_rfc3339
from tenantsync.runs.admission import admit, release, rest_seconds
from tenantsync.runs.cancelling import cancel_work
from tenantsync.services import Services
from tenantsync.slices.work import SliceBudget
from tenantsync.store.runs import Run, RunState, WaitReason
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import GRAPH, Answer, Asked, FakeMicrosoft, graph_page
from tests.fakes.orchestrations import Started
from tests.unit.journey import connected

LIMIT = 4


@pytest.fixture
def small(services: Services) -> Services:
    """Four places, one of them reserved."""
    return replace(services, settings=replace(services.settings, runs_at_once=LIMIT))


def a_run(services: Services, number: int, **more: Any) -> Run:
    now = to_rfc3339(services.clock.now())
    values = {"run_id": f"run-{number}", "tenant_id": f"tenant-{number}", "connection_id": f"connection-{number}"}
    values |= {"msp_id": "msp", "customer_id": "customer", "state": RunState.SYNCING, "started_at": now} | more
    run = Run(**{"updated_at": now, **values})
    services.runs.create(run)
    return run


def fill(services: Services, first: int = 100, places: int = LIMIT) -> list[Run]:
    runs = [a_run(services, first + number) for number in range(places)]
    assert [admit(run, services) for run in runs] == [0.0] * places
    return runs


def end(services: Services, run: Run) -> None:
    services.runs.change(run.run_id, state=RunState.COMPLETED, finished_at=to_rfc3339(services.clock.now()))


def holders(services: Services) -> list[str]:
    return [holder.run_id for holder in services.places.read_taken().values()]


def test_so_many_run_at_once_and_the_next_follows(small: Services):
    runs = fill(small)
    late = a_run(small, 1)
    assert admit(late, small) >= 2
    end(small, runs[0])
    release(runs[0], small)
    assert admit(late, small) == 0
    assert small.places.read_line() == []


def test_asking_again_takes_no_second_place(small: Services):
    run = a_run(small, 1)
    assert [admit(run, small) for _ in range(3)] == [0.0] * 3
    assert holders(small) == ["run-1"]


def test_place_that_was_taken_since_somebody_looked_is_taken(small: Services, monkeypatch: pytest.MonkeyPatch):
    fill(small)
    with monkeypatch.context() as patch:
        patch.setattr("tenantsync.store.places.Places.read_taken", lambda places: {})
        assert admit(a_run(small, 1), small) > 0
    assert len(holders(small)) == LIMIT


def test_tenant_that_was_taken_since_somebody_looked_is_taken(small: Services, monkeypatch: pytest.MonkeyPatch):
    first = a_run(small, 1)
    admit(first, small)
    read, looks = MemoryTables.read, iter([None])

    def late(tables: MemoryTables, table: str, partition: str, row: str) -> Any:
        return (
            next(looks) if partition == "tenants" and looks.__length_hint__() else read(tables, table, partition, row)
        )

    monkeypatch.setattr(MemoryTables, "read", late)
    assert small.places.claim_tenant(first.tenant_id, "run-2") == "run-1"


def test_a_tenant_has_one_run_at_most(small: Services):
    first = a_run(small, 1)
    second = a_run(small, 2, tenant_id=first.tenant_id)
    assert (admit(first, small), admit(second, small)) == (0.0, 10.0)
    end(small, first)
    release(first, small)
    assert admit(second, small) == 0.0


def test_run_that_ended_in_a_crash_frees_its_tenant_and_its_place(small: Services, clock: FakeClock):
    runs = fill(small)
    late = a_run(small, 1, tenant_id=runs[0].tenant_id)
    end(small, runs[0])
    clock.advance(9)
    assert admit(late, small) == 10.0  # a last worker of the ended run may still write
    clock.advance(2)
    assert admit(late, small) > 0
    assert admit(late, small) == 0.0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_first_sync_then_what_was_asked_for_then_the_nightly_one(small: Services, order: tuple[int, ...]):
    kinds = ({"kind": "initial"}, {"kind": "delta"}, {"kind": "delta", "is_scheduled": True})
    runs, busy = [a_run(small, number, **kinds[number]) for number in range(3)], fill(small)
    for number in order:
        assert admit(runs[number], small) > 0
    admitted = []
    for done in busy:
        end(small, done)
        release(done, small)
        admitted += [run.run_id for run in reversed(runs) if run.run_id not in admitted and admit(run, small) == 0.0]
    assert admitted == ["run-0", "run-1", "run-2"]


def test_nightly_sync_is_next_after_an_hour_whoever_else_comes(small: Services, clock: FakeClock):
    busy, nightly = fill(small), a_run(small, 1, kind="delta", is_scheduled=True)
    admit(nightly, small)
    clock.advance(3601)
    first = a_run(small, 2)
    admit(first, small)
    admit(nightly, small)
    release(busy[-1], small)  # not the reserved place
    assert admit(first, small) > 0
    assert admit(nightly, small) == 0.0


def test_nightly_syncs_leave_a_place_for_people(small: Services):
    nightly = [a_run(small, number, kind="delta", is_scheduled=True) for number in range(LIMIT)]
    assert [admit(run, small) == 0.0 for run in nightly] == [True] * 3 + [False]
    assert admit(a_run(small, 9), small) == 0.0


def test_aged_nightly_syncs_do_not_keep_people_from_the_reserved_place(small: Services, clock: FakeClock):
    nightly = [a_run(small, number, kind="delta", is_scheduled=True) for number in range(LIMIT + 3)]
    for run in nightly:
        admit(run, small)
    clock.advance(2 * 3600)
    assert admit(a_run(small, 9), small) == 0.0


def test_waiting_is_shown_and_looked_at_again(small: Services, clock: FakeClock):
    busy, run = fill(small), a_run(small, 1)
    waiting = admit_run(run.run_id, small)
    shown = small.runs.read(run.run_id)
    assert shown
    assert (waiting["state"], shown.waiting_reason) == ("waiting", WaitReason.QUEUED)
    assert shown.waiting_until > to_rfc3339(clock.now())
    release(busy[0], small)
    clock.advance(10)
    assert admit_run(run.run_id, small) == {"state": "admitted"}
    shown = small.runs.read(run.run_id)
    assert shown
    assert (shown.waiting_reason, shown.updated_at) == ("", to_rfc3339(clock.now()))


def test_longer_lines_and_slower_runs_are_looked_at_less_often(small: Services, clock: FakeClock):
    fill(small)
    clock.advance(20)
    delays = [admit(a_run(small, number), small) for number in range(9)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (5.0, 30.0)


def test_run_that_has_ended_waits_for_nothing(small: Services):
    fill(small)
    run = a_run(small, 1)
    admit(run, small)
    end(small, run)
    assert admit_run(run.run_id, small) == {"state": "admitted"}
    assert holders(small).count("run-1") == 0


@pytest.mark.parametrize("why", ["ended", "forgotten", "silent"])
def test_who_will_not_come_keeps_nobody_waiting(small: Services, clock: FakeClock, tables: MemoryTables, why: str):
    busy, gone, behind = fill(small), a_run(small, 1), a_run(small, 2)
    admit_run(gone.run_id, small)
    admit_run(behind.run_id, small)
    if why == "ended":
        end(small, gone)
    if why == "forgotten":
        tables.delete("Runs", gone.run_id, ["run"])
    if why == "silent":
        clock.advance(3600)
    release(busy[0], small)
    looks = [admit_run(behind.run_id, small)["state"] for _ in range(2)]
    assert looks == ["waiting", "admitted"]


def test_finishing_and_cancelling_free_the_place(services: Services, microsoft: FakeMicrosoft):
    run = connected(services, microsoft, RunState.SYNCING)
    admit_run(run.run_id, services)
    assert holders(services) == [run.run_id]
    connection = services.connections.read(run.msp_id, run.connection_id)
    assert connection
    cancel_work(connection, services, Started())
    assert holders(services) == []
    assert services.places.claim_tenant(run.tenant_id, "next") == run.run_id  # its last worker may still write
    finish_run(run.run_id, services)
    assert services.places.claim_tenant(run.tenant_id, "next") == "next"


def test_nobody_ever_has_too_many_places_whatever_happens_at_once(small: Services):
    """Eight threads over one store; every step is checked against both limits."""
    runs = [a_run(small, number, tenant_id=f"tenant-{number % 12}") for number in range(24)]
    overshoots: list[str] = []

    def work(mine: list[Run], random: Random) -> None:
        while mine:
            run = random.choice(mine)
            if admit(run, small) == 0.0:
                taken = holders(small)
                tenants = [small.runs.read(run_id) for run_id in taken]
                names = [found.tenant_id for found in tenants if found]
                if len(taken) > LIMIT or len(names) != len(set(names)):
                    overshoots.append(str(taken))
                end(small, run)
                release(run, small)
                mine.remove(run)

    threads = [Thread(target=work, args=(runs[number::8], Random(number))) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (overshoots, holders(small), small.places.read_line()) == ([], [], [])


def test_run_gives_way_to_a_newer_one_for_some_minutes(small: Services, clock: FakeClock):
    old, worked = a_run(small, 1), timedelta(seconds=4.04)
    admit(old, small)
    assert rest_seconds(old.run_id, worked, small) == 0.0
    clock.advance(60)
    new = a_run(small, 2)
    admit(new, small)
    assert (rest_seconds(old.run_id, worked, small), rest_seconds(new.run_id, worked, small)) == (4.0, 0.0)
    assert rest_seconds("of an earlier release", worked, small) == 0.0
    clock.advance(301)
    assert rest_seconds(old.run_id, worked, small) == 0.0
    clock.advance(-60)
    end(small, new)
    release(new, small)
    assert rest_seconds(old.run_id, worked, small) == 0.0


def test_slice_rests_as_long_as_it_has_worked(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    run = connected(services, microsoft, RunState.SYNCING)
    admit_run(run.run_id, services)
    plan_sync(run.run_id, services)

    def slow_page(asked: Asked) -> Answer:
        clock.advance(3)
        return graph_page([{"id": "g1"}], f"{GRAPH}/v1.0/groups/delta?$skiptoken={microsoft.count(asked.path)}")

    microsoft.graph["/v1.0/groups/delta"] = slow_page
    few = replace(services, slice_budget=SliceBudget(pages=1))
    assert sync_slice(run.run_id, "memberships", few) == {"ended": False, "delaySeconds": 0.0, "pages": 1}
    admit(a_run(services, 1), services)
    rested = {"ended": False, "delaySeconds": 3.0, "pages": 1, "reason": "rest"}
    assert sync_slice(run.run_id, "memberships", few) == rested
