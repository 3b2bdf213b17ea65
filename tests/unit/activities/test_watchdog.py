"""Runs nobody works on are started again by the timer, and no others."""

import asyncio
from dataclasses import replace

import pytest

from callback.handler import receive_redirect
from tenantsync.errors import TransientError
from tenantsync.identity.consent import CallbackFields
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import Services
from tenantsync.store.runs import RunState
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import MSP, TENANT, FakeMicrosoft, portal_token
from tests.fakes.orchestrations import Started
from tests.unit.journey import connect, connected, finish_sign_in, onboard, query_of, sign_in_link, state_of


class Away(Started):
    def start(self, name: str, instance_id: str, job: object, *, again: bool = False) -> None:
        raise TransientError("service_unavailable")


def test_run_that_could_not_be_started_is_started_by_the_timer(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    """Nobody reloads the page: the administrator has gone."""
    started = Started()
    link = sign_in_link(services, connect(services), started)
    microsoft.nonce = query_of(link)["nonce"]
    receive_redirect(CallbackFields.parse({"state": state_of(link), "code": "once"}), services, Away())
    assert watch_runs(services, started) == 0  # it may be under way
    clock.advance(360)
    assert watch_runs(services, started) == 1
    assert len(started.runs) == 1


@pytest.mark.parametrize("state", [RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED])
def test_what_has_ended_is_left_alone(services: Services, microsoft: FakeMicrosoft, clock: FakeClock, state: RunState):
    connected(services, microsoft, state)
    clock.advance(3600)
    assert watch_runs(services, Started()) == 0


def test_run_that_moves_is_left_alone(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    run = onboard(services, microsoft)
    clock.advance(3600)
    services.runs.change(run.run_id, updated_at=clock.now().isoformat())
    assert watch_runs(services, Started()) == 0


def test_run_whose_orchestration_has_ended_is_started_anew(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    """The orchestration gave up while the store was away; its children's ids are taken."""
    app, run = App(), connected(services, microsoft, RunState.SYNCING)
    app.client.instances[run.run_id] = ("onboard_tenant", {})
    app.client.ended.append(run.run_id)
    clock.advance(600)

    async def resume() -> int:
        return await asyncio.to_thread(watch_runs, services, DurableOrchestrations(app.client))

    assert asyncio.run(resume()) == 1
    assert app.client.starts == [run.run_id]
    _, job = app.client.instances[run.run_id]
    assert job["again"].isalnum()


def test_resync_that_died_before_it_was_noted_is_started(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    run, app = connected(services, microsoft), App()

    def broken(*arguments: object) -> None:
        raise TransientError("storage_unavailable", "pulled out")

    with monkeypatch.context() as patch:
        patch.setattr("tenantsync.store.connections.Connections.make_latest", broken)
        token = portal_token("Onboarding.Connect")
        assert app.call("POST", f"/api/msp-portal/tenants/{TENANT}/resync", token).status == 503
    clock.advance(600)
    started = Started()
    assert watch_runs(services, started) == 1
    assert started.runs == [f"resync-{run.connection_id}-1"]


@pytest.mark.parametrize("by", ["callback", "timer"])
def test_replaced_connection_never_starts(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, by: str
):
    """A newer link was made just before the sign-in was stored, and the worker died before it saw that."""

    class DiedError(Exception):
        pass

    def died(*arguments: object) -> None:
        raise DiedError

    started = Started()
    link = sign_in_link(services, connect(services), started)
    with monkeypatch.context() as patch:
        patch.setattr("callback.connecting.ConnectErrand._refuse_replaced", died)
        with pytest.raises(DiedError):
            finish_sign_in(services, microsoft, link, started)
    latest = services.connections.read_latest(MSP, TENANT)
    assert latest
    newer = replace(latest, connection_id="00000000-0000-4000-8000-00000000beef", state="awaiting_consent", run_id="")
    services.connections.create(newer)
    clock.advance(600)
    if by == "timer":
        assert watch_runs(services, started) == 0
    else:
        finish_sign_in(services, microsoft, link, started)
    assert started.runs == []
    run = services.runs.read(latest.run_id)
    assert run
    assert run.state == "cancelled"


def test_run_of_a_tenant_that_is_let_go_ends(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    run = onboard(services, microsoft)
    services.note_state(MSP, TENANT, "disconnected")
    clock.advance(600)
    assert watch_runs(services, Started()) == 0
    ended = services.runs.read(run.run_id)
    assert ended
    assert ended.state == "cancelled"


def test_notes_of_ended_runs_do_not_pile_up(services: Services, microsoft: FakeMicrosoft):
    connected(services, microsoft)
    assert len(services.runs.list_under_way("", 10)) == 1
    watch_runs(services, Started())
    assert services.runs.list_under_way("", 10) == []
