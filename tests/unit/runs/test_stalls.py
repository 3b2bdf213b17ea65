"""The watchdog on a run that stands still: what it says, what it does, whom it tells, and that it does so once."""

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from tenantsync.clock import to_rfc3339
from tenantsync.errors import TransientError
from tenantsync.orchestrations import InstanceStatus
from tenantsync.runs.stalls import StallReason
from tenantsync.runs.syncing import start_due
from tenantsync.runs.watchdog import RUN_STUCK, watch_runs
from tenantsync.services import Services
from tenantsync.store.progress import ResourceState
from tenantsync.store.runs import Run, RunState
from tenantsync.store.tenants import ManagedTenant
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import MSP, TENANT, FakeMicrosoft, portal_token
from tests.fakes.orchestrations import Started
from tests.unit.journey import checkpoint, connected, resource

RUNNING = InstanceStatus("Running")


@dataclass
class Told:
    """What was announced to the MSP."""

    events: list[str] = field(default_factory=list)

    def __call__(self, event: str, tenant: ManagedTenant, key: str, at: str) -> None:
        self.events.append(event)


class Unreachable(Started):
    def find(self, instance_id: str) -> InstanceStatus | None:
        raise TransientError("service_unavailable")


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    """A run that syncs one resource, with a checkpoint of just now."""
    found = connected(services, microsoft, RunState.SYNCING)
    services.runs.plan([resource(found, updated_at=to_rfc3339(services.clock.now()))])
    return found


@pytest.fixture
def told(services: Services, monkeypatch: pytest.MonkeyPatch) -> Told:
    announced = Told()
    monkeypatch.setattr(services.notifier, "announce", announced)
    return announced


def durable(run: Run, state: str = "Running", **children: str) -> Started:
    """A Durable that knows the run's instance and, by name, the children its plan waits for."""
    statuses = {name: InstanceStatus(child) for name, child in children.items() if child}
    return Started(statuses={run.run_id: InstanceStatus(state, tuple(children)), **statuses})


def status() -> Any:
    return App().call("GET", f"/api/msp-portal/tenants/{TENANT}/sync-status", portal_token("Onboarding.Read")).body


def paused(services: Services) -> Services:
    return replace(services, settings=replace(services.settings, is_sync_paused=True))


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (lambda run: Started(), StallReason.INSTANCE_LOST),
        (lambda run: durable(run, "Completed"), StallReason.INSTANCE_LOST),
        (lambda run: durable(run, "Terminated"), StallReason.INSTANCE_LOST),
        (lambda run: durable(run, "Failed"), StallReason.INSTANCE_FAILED),
        (lambda run: durable(run, "Suspended"), StallReason.INSTANCE_SUSPENDED),
        (lambda run: durable(run, "Pending"), StallReason.NO_WORKER),
        (durable, StallReason.NO_WORKER),
        (lambda run: durable(run, users="Running"), StallReason.NO_WORKER),
        (lambda run: durable(run, users="Failed", groups="Pending"), StallReason.NO_WORKER),
        (lambda run: durable(run, users="Completed", groups=""), StallReason.RESOURCE_LOST),
        (lambda run: Unreachable(), StallReason.DURABLE_UNREACHABLE),
    ],
)
def test_reason_is_found_noted_and_shown(services: Services, run: Run, clock: FakeClock, work: Any, reason: str):
    since = to_rfc3339(clock.now())
    clock.advance(301)
    watch_runs(services, work(run))
    assert status()["stalled"] == {"reason": reason, "since": since, "times": 1}


def test_child_that_is_missing_is_lost_whatever_was_stored(services: Services, run: Run, clock: FakeClock):
    checkpoint(services, run, state=ResourceState.COMPLETED)
    clock.advance(301)
    watch_runs(services, durable(run, users=""))
    assert status()["stalled"]["reason"] == StallReason.RESOURCE_LOST


def test_finish_that_nobody_takes_up_is_no_lost_resource(services: Services, run: Run, clock: FakeClock):
    checkpoint(services, run, state=ResourceState.COMPLETED)
    clock.advance(301)
    watch_runs(services, durable(run, users="Completed"))
    assert status()["stalled"]["reason"] == StallReason.NO_WORKER


@pytest.mark.parametrize("state", ["Running", "Pending", "Suspended"])
def test_what_durable_has_under_way_is_not_started_again(services: Services, run: Run, clock: FakeClock, state: str):
    work = durable(run, state)
    clock.advance(301)
    assert watch_runs(services, work) == 0
    assert (work.calls, work.terminated) == ([], [])


@pytest.mark.parametrize("state", ["Failed", "Completed", "Terminated"])
def test_what_has_ended_before_its_run_is_started_again_at_once(
    services: Services, run: Run, clock: FakeClock, state: str
):
    work = durable(run, state)
    clock.advance(301)
    assert watch_runs(services, work) == 1
    assert work.runs == [run.run_id]


def test_alert_is_raised_the_second_time_and_once(
    services: Services, run: Run, clock: FakeClock, told: Told, caplog: pytest.LogCaptureFixture
):
    work = durable(run)
    alerts, seen = [], []
    for _ in range(4):
        clock.advance(301)
        with caplog.at_level(logging.INFO, logger="tenantsync"):
            for _again in range(2):  # a pass that is repeated counts nothing twice
                watch_runs(services, work)
        alerts.append([record.levelname for record in caplog.records if record.getMessage().startswith(RUN_STUCK)])
        seen.append(sum(record.getMessage().startswith("run_stalled ") for record in caplog.records))
    assert alerts == [[], ["ERROR"], ["ERROR"], ["ERROR"]]
    assert seen == [1, 2, 3, 4]
    assert told.events == ["stuck"]
    entries, _ = services.audit.read_page(MSP, TENANT, 100, "")
    assert [entry.action for entry in entries].count("sync_stuck") == 1


def test_two_passes_at_once_count_and_alert_once(
    services: Services, run: Run, clock: FakeClock, told: Told, monkeypatch: pytest.MonkeyPatch
):
    """The other pass does all of its work while this one asks Durable."""

    class Slow(Started):
        is_first = True

        def find(self, instance_id: str) -> InstanceStatus | None:
            if self.is_first:
                self.is_first = False
                watch_runs(services, durable(run))
            return RUNNING

    for times in (1, 2):
        clock.advance(301)
        watch_runs(services, Slow())
        assert status()["stalled"]["times"] == times
    assert told.events == ["stuck"]


def test_crash_between_finding_and_alert_repeats_the_alert(
    services: Services, run: Run, clock: FakeClock, told: Told, monkeypatch: pytest.MonkeyPatch
):
    class DiedError(Exception):
        pass

    def died(*arguments: object, **more: object) -> None:
        raise DiedError

    clock.advance(301)
    watch_runs(services, durable(run))
    clock.advance(301)
    with monkeypatch.context() as patch:
        patch.setattr("tenantsync.store.audit.Audit.record", died)
        with pytest.raises(DiedError):
            watch_runs(services, durable(run))
    clock.advance(301)
    watch_runs(services, durable(run))
    assert told.events == ["stuck"]


def test_instance_that_hangs_is_ended_the_third_time_and_begun_anew_the_fourth(
    services: Services, run: Run, clock: FakeClock
):
    work = durable(run, **{f"{run.run_id}-users-20260302": "Running"})
    for _ in range(2):
        clock.advance(301)
        watch_runs(services, work)
    assert work.terminated == []
    clock.advance(301)
    assert watch_runs(services, work) == 0
    assert work.terminated == [run.run_id, f"{run.run_id}-users", f"{run.run_id}-users-20260302"]
    work.statuses[run.run_id] = InstanceStatus("Terminated")
    clock.advance(301)
    assert watch_runs(services, work) == 1
    _, job = work.started[run.run_id]
    assert job["again"].isalnum()


@pytest.mark.parametrize("whose", ["run", "resource"])
def test_wait_is_no_stall_until_it_is_over(
    services: Services, run: Run, clock: FakeClock, whose: str, caplog: pytest.LogCaptureFixture
):
    """Microsoft may ask for an hour."""
    until = to_rfc3339(clock.now() + timedelta(hours=1))
    if whose == "run":
        services.runs.change(run.run_id, waiting_reason="propagation", waiting_until=until)
    else:
        checkpoint(services, run, state=ResourceState.WAITING, waiting_reason="throttled", waiting_until=until)
    clock.advance(3600 + 299)
    with caplog.at_level(logging.INFO, logger="tenantsync"):
        watch_runs(services, Started())
    assert status()["stalled"] is None
    assert f"run_waiting run_id={run.run_id} until={until}" in caplog.text
    assert "runs_under_way count=1 waiting=1 stalled=0" in caplog.text
    clock.advance(2)
    assert watch_runs(services, Started()) == 1


def test_progress_shows_at_once_and_the_count_is_forgiven_later(services: Services, run: Run, clock: FakeClock):
    clock.advance(301)
    watch_runs(services, durable(run))
    clock.advance(1)
    checkpoint(services, run)
    assert status()["stalled"] is None
    watch_runs(services, durable(run))
    clock.advance(302)
    watch_runs(services, durable(run))  # it moved for a moment only: this is the second time
    assert status()["stalled"]["times"] == 2
    clock.advance(16 * 60)
    checkpoint(services, run)
    watch_runs(services, durable(run))
    moved = services.runs.read(run.run_id)
    assert moved
    assert (moved.stalls, moved.stall_reason, moved.stalled_since, moved.stalled_at) == (0, "", "", "")
    assert not moved.is_stall_alerted


def test_host_that_was_down_is_named_and_gets_time(services: Services, run: Run, clock: FakeClock):
    watch_runs(services, durable(run))
    clock.advance(3600)
    work = durable(run)
    assert watch_runs(services, work) == 0
    assert status()["stalled"]["reason"] == StallReason.HOST_DOWN
    clock.advance(301)
    watch_runs(services, work)
    assert status()["stalled"]["reason"] == StallReason.NO_WORKER


def test_run_that_ends_while_it_is_looked_at_stays_ended(services: Services, run: Run, clock: FakeClock):
    class Ending(Started):
        def find(self, instance_id: str) -> InstanceStatus | None:
            services.runs.change(run.run_id, state=RunState.COMPLETED)
            return None

    clock.advance(301)
    assert watch_runs(services, Ending()) == 0
    ended = services.runs.read(run.run_id)
    assert ended
    assert (ended.state, ended.stalls) == (RunState.COMPLETED, 0)


def test_pass_is_bounded_and_the_next_one_goes_on(
    services: Services, run: Run, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tenantsync.runs.watchdog._MOST_A_PASS", 2)
    looked: set[str] = set()

    class Noting(Started):
        def find(self, instance_id: str) -> InstanceStatus | None:
            looked.add(instance_id)
            return RUNNING

    monkeypatch.setattr("tenantsync.runs.watchdog._is_wanted", lambda run, services: True)
    for number in range(4):
        services.runs.create(replace(run, run_id=f"resync-{number}"))
    clock.advance(301)
    for expected in (2, 4, 5):
        watch_runs(services, Noting())
        assert len(looked) == expected


def test_one_run_that_cannot_be_looked_at_does_not_stop_the_others(
    services: Services, run: Run, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    class Refusing(Started):
        def start(self, name: str, instance_id: str, job: Any, *, again: bool = False) -> None:
            super().start(name, instance_id, job, again=again)
            if instance_id == run.run_id:
                raise TransientError("service_unavailable")

    monkeypatch.setattr("tenantsync.runs.watchdog._is_wanted", lambda run, services: True)
    services.runs.create(replace(run, run_id="resync-z"))
    clock.advance(301)
    work = Refusing()
    assert watch_runs(services, work) == 1
    assert sorted(work.calls) == sorted([run.run_id, "resync-z"])


def test_paused_service_begins_nothing_and_says_so(services: Services, run: Run, clock: FakeClock):
    token = portal_token("Onboarding.Connect")
    services.runs.change(run.run_id, state=RunState.COMPLETED)
    services.note_state(MSP, TENANT, RunState.COMPLETED, synced_at=to_rfc3339(clock.now()))
    clock.advance(24 * 3600)
    assert start_due(paused(services), Started()) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tenants.routes.services", lambda: paused(services))
        app = App()
        assert app.call("POST", f"/api/msp-portal/tenants/{TENANT}/resync", token).status == 202
    assert app.client.starts == []
    until = to_rfc3339(clock.now() + timedelta(minutes=5))
    assert status()["waiting"] == {"reason": "paused", "until": until}
    clock.advance(300)
    assert watch_runs(paused(services), Started()) == 0
    clock.advance(300)
    begun = Started()
    assert watch_runs(services, begun) == 1
    assert begun.runs == [f"resync-{run.connection_id}-1"]


def test_run_in_flight_goes_on_while_syncs_are_paused(services: Services, run: Run, clock: FakeClock):
    work = durable(run)
    clock.advance(301)
    watch_runs(paused(services), work)
    assert status()["waiting"] is None
    assert work.calls == []


def test_run_that_is_lost_while_syncs_are_paused_is_held_back(services: Services, run: Run, clock: FakeClock):
    clock.advance(301)
    lost = Started()
    assert watch_runs(paused(services), lost) == 0
    assert (lost.calls, status()["waiting"]["reason"]) == ([], "paused")
    clock.advance(60)
    assert watch_runs(services, lost) == 1
    assert status()["waiting"] is None
    assert watch_runs(services, lost) == 0


def test_what_is_said_of_a_stuck_run_has_the_id_of_its_cause(
    services: Services, run: Run, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    for _ in range(2):
        clock.advance(301)
        watch_runs(services, durable(run))
    said = [line for line in caplog.messages if line.startswith(("run_stalled ", "run_stuck "))]
    assert run.correlation_id
    assert (len(said), {line.rpartition(" ")[2] for line in said}) == (3, {f"correlation_id={run.correlation_id}"})
