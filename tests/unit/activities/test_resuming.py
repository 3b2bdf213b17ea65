"""Runs nobody works on are started again by the timer, and no others."""

import pytest

from callback.handler import receive_redirect
from tenantsync.errors import TransientError
from tenantsync.identity.consent import CallbackFields
from tenantsync.resuming import resume_stalled
from tenantsync.services import Services
from tenantsync.store.runs import RunState
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import FakeMicrosoft
from tests.fakes.orchestrations import Started
from tests.unit.journey import connect, connected, onboard, query_of, sign_in_link, state_of


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
    assert resume_stalled(services, started) == 0  # it may be under way
    clock.advance(360)
    assert resume_stalled(services, started) == 1
    assert len(started.runs) == 1


@pytest.mark.parametrize("state", [RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED])
def test_what_has_ended_is_left_alone(services: Services, microsoft: FakeMicrosoft, clock: FakeClock, state: RunState):
    connected(services, microsoft, state)
    clock.advance(3600)
    assert resume_stalled(services, Started()) == 0


def test_run_that_moves_is_left_alone(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    run = onboard(services, microsoft)
    clock.advance(3600)
    services.runs.change(run.run_id, updated_at=clock.now().isoformat())
    assert resume_stalled(services, Started()) == 0
