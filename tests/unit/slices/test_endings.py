"""The end of a resource: where the next sync begins is told by the one worker that has ended it, and by no other."""

from dataclasses import replace
from typing import Any

import pytest

from tenantsync.errors import TransientError
from tenantsync.services import Services
from tenantsync.store.deltas import DeltaPoint, DeltaPoints
from tenantsync.store.inventory import Count, Inventory
from tenantsync.wire import DELTAS_TABLE
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import TENANT
from tests.unit.slices.syncs import KEY, Syncs


@pytest.fixture
def syncs(services: Services, clock: FakeClock) -> Syncs:
    return Syncs(services, clock)


def test_point_is_never_told_before_the_end_is_stored(
    services: Services, syncs: Syncs, monkeypatch: pytest.MonkeyPatch
):
    """The store comes back older while a worker counts: what it has counted is not there any more."""
    count, save, states = Inventory.count, DeltaPoints.save, []

    def forget_after_counting(inventory: Inventory, *asked: Any) -> Count:
        monkeypatch.setattr(Inventory, "count", count)
        counted = count(inventory, *asked)
        stored = services.runs.read_resource("run-1", KEY)
        assert stored
        services.runs.checkpoint(replace(stored.progress, phase="listing", cursor="", received=0), stored.etag)
        return counted

    def noting_the_state(points: DeltaPoints, point: DeltaPoint) -> None:
        stored = services.runs.read_resource("run-1", KEY)
        assert stored
        states.append(stored.progress.state)
        save(points, point)

    monkeypatch.setattr(Inventory, "count", forget_after_counting)
    monkeypatch.setattr(DeltaPoints, "save", noting_the_state)
    assert syncs.sync().state == "completed"
    assert (states, syncs.directory.listed) == (["completed"], 2)


def test_point_that_could_not_be_stored_is_stored_by_the_next_slice(
    services: Services, tables: MemoryTables, syncs: Syncs, monkeypatch: pytest.MonkeyPatch
):
    upsert, failures = tables.upsert, [TransientError("storage_unavailable")]

    def fail_once(table: str, row: dict[str, object]) -> None:
        if table == DELTAS_TABLE and failures:
            raise failures.pop()
        upsert(table, row)

    monkeypatch.setattr(tables, "upsert", fail_once)
    ended = syncs.sync()
    point = services.deltas.read(TENANT, KEY)
    assert point
    assert (ended.state, point.stored, failures) == ("completed", 30, [])


def test_slice_that_died_after_its_last_checkpoint_is_finished_by_its_repetition(services: Services, syncs: Syncs):
    syncs.sync()
    services.deltas.forget(TENANT, KEY)
    services.scratch_for("run-1", KEY).write(1, b"noted")
    syncs.number = 0
    syncs.sync()
    assert services.deltas.read(TENANT, KEY)
    assert list(services.scratch_for("run-1", KEY).read_all()) == []
