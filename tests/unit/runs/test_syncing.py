"""Syncs begin when they are due, once, and only for tenants that can be synced."""

from dataclasses import replace
from typing import Any

import pytest

from activities.finish_run import finish_run
from activities.verify_consent import verify_consent
from tenantsync.runs.admission import turn_of
from tenantsync.runs.syncing import start_due
from tenantsync.services import Services
from tenantsync.store.places import Turn
from tenantsync.store.runs import Run, RunState
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import MSP, TENANT, FakeMicrosoft, portal_token
from tests.fakes.orchestrations import Started
from tests.unit.journey import connect, onboard, put_resource, put_run

DAY = 24 * 3600


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    """A tenant whose first sync has ended."""
    started = onboard(services, microsoft)
    verify_consent(started.run_id, 5, services)
    put_resource(services, started.run_id)
    finish_run(started.run_id, services)
    found = services.runs.read(started.run_id)
    assert found
    return found


def change(body: dict[str, Any]) -> Any:
    token = portal_token("Onboarding.Connect", "Onboarding.Read")
    return App().call("PATCH", f"/api/msp-portal/tenants/{TENANT}", token, body)


def test_sync_is_started_a_day_after_the_last_and_only_once(services: Services, run: Run, clock: FakeClock):
    started = Started()
    assert start_due(services, started) == 0
    clock.advance(DAY)
    assert start_due(services, started) == 1
    assert start_due(services, started) == 0
    (run_id,) = started.runs
    found = services.runs.read(run_id)
    assert found
    assert (found.kind, found.state) == ("delta", RunState.VERIFYING)


def test_sync_that_failed_is_tried_again_when_it_is_due(services: Services, run: Run, clock: FakeClock):
    for number in range(1, 3):
        clock.advance(DAY)
        started = Started()
        assert start_due(services, started) == 1
        assert started.runs == [f"resync-{run.connection_id}-{number}"]
        finish_run(started.runs[0], services, problem={"code": "microsoft_unavailable"})


def test_no_more_are_started_while_many_wait_for_a_place(services: Services, run: Run, clock: FakeClock):
    for number in range(100):
        services.places.line_up(Turn(run_id=f"run-{number}", at=run.started_at, is_scheduled=True))
    clock.advance(DAY)
    assert start_due(services, Started()) == 0
    services.places.leave_line(Turn(run_id="run-7", at=run.started_at, is_scheduled=True))
    assert start_due(services, Started()) == 1


def test_nightly_sync_that_somebody_asks_for_is_hurried(services: Services, run: Run, clock: FakeClock):
    clock.advance(DAY)
    started = Started()
    start_due(services, started)
    nightly = services.runs.read(started.runs[0])
    assert nightly
    assert nightly.is_scheduled
    assert (
        App().call("POST", f"/api/msp-portal/tenants/{TENANT}/resync", portal_token("Onboarding.Connect")).status == 202
    )
    hurried = services.runs.read(nightly.run_id)
    assert hurried == replace(nightly, is_scheduled=False)
    assert turn_of(hurried).at < turn_of(nightly).at


@pytest.mark.parametrize("why", ["off", "revoked", "disconnecting", "waiting for consent", "somebody else's"])
def test_sync_is_not_started(services: Services, run: Run, clock: FakeClock, why: str):
    if why == "off":
        assert change({"syncEveryHours": 0}).body["syncEveryHours"] == 0
    if why == "revoked":
        services.note_state(MSP, TENANT, "revoked", consent="revoked")
    if why == "disconnecting":
        services.note_state(MSP, TENANT, "disconnecting")
    if why == "waiting for consent":
        put_run(services, run)
        services.runs.change(run.run_id, even_ended=True, state=RunState.FAILED)
        connect(services)
    if why == "somebody else's":
        owner = services.owners.read(TENANT)
        assert owner
        services.owners.release(owner)
    clock.advance(DAY)
    assert start_due(services, Started()) == 0


def test_interval_is_the_msps_choice(services: Services, run: Run, clock: FakeClock):
    assert change({"syncEveryHours": 6}).status == 200
    clock.advance(6 * 3600)
    assert start_due(services, Started()) == 1


@pytest.mark.parametrize("value", [-1, 145, 1.5, True, "6", None])
def test_odd_interval_is_refused(services: Services, run: Run, value: object):
    answer = change({"syncEveryHours": value})
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_who_started_it_is_in_the_audit_trail(services: Services, run: Run, clock: FakeClock):
    clock.advance(DAY)
    start_due(services, Started())
    entries, _ = services.audit.read_page(MSP, TENANT, 1, "")
    assert (entries[0].action, entries[0].actor) == ("sync_started", "system")


def test_what_a_timer_begins_has_one_id_from_its_first_line_on(
    services: Services, run: Run, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    clock.advance(DAY)
    start_due(services, started := Started())
    (found,) = (services.runs.read(run_id) for run_id in started.runs)
    assert found
    assert [line for line in caplog.messages if line.startswith("sync_due ")] == [
        f"sync_due run_id={found.run_id} tenant_id={TENANT} correlation_id={found.correlation_id}"
    ]
    entries, _ = services.audit.read_page(MSP, TENANT, 1, "")
    assert entries[0].correlation_id == found.correlation_id != run.correlation_id
