"""When companies are synced by themselves: hourly, each MSP at a moment of its own, and again when a sync was lost."""

import itertools
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tenantsync import logs
from tenantsync.company_syncing import _latest_slot, start_due_company_syncs
from tenantsync.services import Services
from tenantsync.store.psa_connections import PsaConnection, SyncState
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP
from tests.fakes.orchestrations import Started
from tests.fakes.scripted_psa import FakePsa, companies
from tests.unit.companies.play import Placing, begin, connect, latest, play, run

STEP = 300


class Remembering(Started):
    """Durable, which starts an ended instance anew."""

    def start(self, name: str, instance_id: str, job: Any, *, again: bool = False) -> None:
        assert again
        self.calls.append(instance_id)
        self.started[instance_id] = (name, job)


@pytest.fixture
def durable() -> Remembering:
    return Remembering()


def test_every_connection_is_synced_once_an_hour(services: Services, clock: FakeClock, durable: Remembering):
    for provider in ("connectwise", "autotask"):
        connect(services, provider)
    moments: dict[str, list[int]] = {"connectwise": [], "autotask": []}
    for minute in range(0, 6 * 60, 5):
        start_due_company_syncs(services, durable)
        for instance_id in durable.calls:
            provider = durable.started[instance_id][1]["provider"]
            moments[provider].append(minute)
            play(latest(services, provider), services, clock, Placing())
        durable.calls.clear()
        clock.advance(STEP)
    for at in moments.values():  # the first at once, then at the connection's own minute
        assert 6 <= len(at) <= 7
        assert at[0] == 0
        assert {(later - earlier) for earlier, later in itertools.pairwise(at[1:])} == {60}


def test_moments_of_the_hour_are_spread_over_msps(services: Services, clock: FakeClock):
    connect(services)
    connection = services.psa_connections.read(MSP, "connectwise")
    assert connection
    minutes = {_latest_slot(replace(connection, msp_id=str(n)), clock.now()).minute for n in range(200)}
    assert len(minutes) > 50


def test_one_full_sync_a_day_among_the_hourly_ones(
    services: Services, clock: FakeClock, psa: FakePsa, durable: Remembering
):
    psa.companies = companies(3)
    connect(services)
    kinds = []
    for _ in range(48 * 12):
        if start_due_company_syncs(services, durable):
            kinds.append(play(latest(services), services, clock, Placing()).is_full)
        clock.advance(STEP)
    assert len(kinds) in (48, 49)
    assert kinds.count(True) in (2, 3)


def test_failed_sync_waits_for_the_next_hour(services: Services, clock: FakeClock, psa: FakePsa, durable: Remembering):
    connect(services)
    psa.right_key = "another"
    start_due_company_syncs(services, durable)
    assert play(latest(services), services, clock, Placing()).state == SyncState.FAILED
    assert start_due_company_syncs(services, durable) == 0
    clock.advance(3600)
    assert start_due_company_syncs(services, durable) == 1


def test_sync_that_lost_its_orchestration_is_resumed_and_given_up_in_the_end(
    services: Services, clock: FakeClock, durable: Remembering
):
    connect(services)
    begin(services)
    assert start_due_company_syncs(services, durable) == 0
    for _ in range(5):
        clock.advance(16 * 60)
        assert start_due_company_syncs(services, durable) == 1
    assert set(durable.calls) == {f"companies-{MSP}-connectwise-1"}
    clock.advance(16 * 60)
    assert start_due_company_syncs(services, durable) == 0
    assert (latest(services).state, latest(services).problem_code) == ("failed", "internal_error")


def test_sync_that_waits_is_left_alone(services: Services, clock: FakeClock, durable: Remembering):
    connect(services)
    sync = begin(services)
    stored = services.company_syncs.read(MSP, "connectwise")
    assert stored
    until = "2026-03-02T10:00:00.000Z"
    services.company_syncs.checkpoint(replace(sync, waiting_reason="hourly_budget", waiting_until=until), stored.etag)
    clock.advance(70 * 60)
    assert start_due_company_syncs(services, durable) == 0
    clock.advance(10 * 60)
    assert start_due_company_syncs(services, durable) == 1


def test_disconnected_psa_is_not_synced(
    services: Services, clock: FakeClock, durable: Remembering, tables: MemoryTables
):
    connect(services)
    connection = services.psa_connections.read(MSP, "connectwise")
    assert connection
    services.psa_connections.put(PsaConnection(**{**_fields(connection), "msp_id": OTHER_MSP}))
    services.psa_connections.remove(connection)
    assert start_due_company_syncs(services, durable) == 1
    assert [job["mspId"] for _, job in durable.started.values()] == [OTHER_MSP]


def test_nothing_begins_while_syncs_are_paused(services: Services, clock: FakeClock, durable: Remembering):
    connect(services)
    paused = replace(services, settings=replace(services.settings, is_sync_paused=True))
    assert start_due_company_syncs(paused, durable) == 0
    assert run(services, clock, Placing()).state == SyncState.COMPLETED


def _fields(connection: PsaConnection) -> dict[str, Any]:
    return {name: getattr(connection, name) for name in PsaConnection.__slots__}


def test_sync_nobody_asked_for_has_an_id_of_its_own(services: Services, caplog: pytest.LogCaptureFixture):
    caplog.set_level("INFO")
    causes: list[str] = []

    class Noting(Remembering):
        def start(self, name: str, instance_id: str, job: Any, *, again: bool = False) -> None:
            causes.append(logs.correlation_id())

    for provider in ("connectwise", "autotask"):
        connect(services, provider)
    start_due_company_syncs(services, Noting())
    said = [line.rpartition("correlation_id=")[2] for line in caplog.messages if line.startswith("company_sync_due ")]
    assert said == causes == [str(UUID(cause)) for cause in causes]
    assert len({*causes}) == 2
