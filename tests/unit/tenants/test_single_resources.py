"""One resource apart from the others: tried again, switched off, on a schedule of its own; and the runs before."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.finish_run import finish_run
from activities.plan_sync import plan_sync
from activities.verify_consent import verify_consent
from tenantsync.clock import to_rfc3339
from tenantsync.resources.registry import RESOURCES
from tenantsync.runs.syncing import KEPT_RUNS, begin_sync, start_due
from tenantsync.services import Services
from tenantsync.store.progress import ResourceState, Verdict
from tenantsync.store.runs import Run, RunState
from tests.app import Answer, App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import OTHER_MSP, TENANT, FakeMicrosoft, graph_error, portal_token
from tests.fakes.microsoft import Answer as Reply
from tests.fakes.orchestrations import Started
from tests.unit.journey import onboard

HOUR = 3600
ROLES = ("Onboarding.Connect", "Onboarding.Read")


def call(method: str, path: str, body: Any = None, **more: str) -> Answer:
    return App().call(method, f"/api/msp-portal/tenants/{TENANT}{path}", portal_token(*ROLES, **more), body)


def complete(run_id: str, services: Services, *, stored: int = 100, seconds: int = 0, failed: str = "") -> None:
    """The run's resources end as slices would end them: all complete but `failed`."""
    for item in services.runs.read_resources(run_id):
        found = services.runs.read_resource(run_id, item.resource)
        if found is None or item.is_ended:
            continue
        is_failed = item.resource == failed
        state = ResourceState.FAILED if is_failed else ResourceState.COMPLETED
        services.runs.checkpoint(
            _ended(found.progress, services, state=state, stored=stored, seconds=seconds), found.etag
        )
    finish_run(run_id, services)


def _ended(progress: Any, services: Services, *, state: ResourceState, stored: int, seconds: int) -> Any:
    now = services.clock.now()
    verdict = Verdict.COMPLETE if state == ResourceState.COMPLETED else Verdict.UNKNOWN
    code = "" if state == ResourceState.COMPLETED else "microsoft_unavailable"
    times = {"started_at": to_rfc3339(now - timedelta(seconds=seconds)), "updated_at": to_rfc3339(now)}
    return replace(progress, state=state, stored=stored, verdict=verdict, reached=1.0, problem_code=code, **times)


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    """A first sync of which the devices failed."""
    started = onboard(services, microsoft)
    verify_consent(started.run_id, 5, services)
    plan_sync(started.run_id, services)
    complete(started.run_id, services, failed="devices")
    found = services.runs.read(started.run_id)
    assert found
    assert found.state == RunState.COMPLETED_WITH_ISSUES
    return found


def test_retried_resource_runs_alone_and_the_others_keep_their_certificates(run: Run, services: Services):
    answer = call("POST", "/resources/devices/retry")
    assert (answer.status, answer.body["state"]) == (202, "verifying")
    run_id = answer.body["runId"]
    verify_consent(run_id, 0, services)
    assert plan_sync(run_id, services)["resources"] == ["devices"]
    status = call("GET", "/sync-status").body
    assert (status["only"], status["percent"] < 100, status["summary"]["users"]) == (["devices"], True, 100)
    assert status["resources"]["users"]["carriedFrom"] == run.run_id
    complete(run_id, services, stored=7)
    status = call("GET", "/sync-status").body
    assert (status["state"], status["percent"], status["summary"]["devices"]) == ("completed", 100, 7)
    assert status["resources"]["devices"]["carriedFrom"] is None
    assert call("GET", f"/sync-status?runId={run.run_id}").body["state"] == "completed_with_issues"


def test_retry_after_a_run_that_never_was_planned_keeps_the_certificates_before_it(run: Run, services: Services):
    planless = call("POST", "/resync").body["runId"]
    call("POST", f"/cancel?runId={planless}")
    run_id = call("POST", "/resources/devices/retry").body["runId"]
    verify_consent(run_id, 0, services)
    assert plan_sync(run_id, services)["resources"] == ["devices"]
    status = call("GET", "/sync-status").body
    assert status["resources"]["users"]["carriedFrom"] == run.run_id
    assert status["plan"]["objects"] == 0  # nothing is known of the devices, and the others do not run


def test_retry_is_refused_while_a_sync_runs_but_not_when_it_is_the_same(run: Run, services: Services):
    first, second = call("POST", "/resources/devices/retry"), call("POST", "/resources/devices/retry")
    assert (second.status, second.body["runId"]) == (202, first.body["runId"])
    other = call("POST", "/resources/users/retry")
    assert (other.status, other.body["code"]) == (409, "sync_running")


def test_retry_needs_a_resource_that_is_there_and_on(run: Run):
    assert call("POST", "/resources/printers/retry").body["code"] == "resource_unknown"
    call("PATCH", "", {"resources": {"devices": {"enabled": False}}})
    assert call("POST", "/resources/devices/retry").body["code"] == "switched_off"
    assert call("POST", "/resources/devices/retry", msp=OTHER_MSP).status == 404


def test_resource_that_is_switched_off_is_left_out_and_no_issue(run: Run, services: Services):
    answer = call("PATCH", "", {"resources": {"devices": {"enabled": False}}})
    assert answer.body["resources"]["devices"] == {"enabled": False, "everyHours": None}
    assert answer.body["resources"]["users"] == {"enabled": True, "everyHours": None}
    run_id = call("POST", "/resync").body["runId"]
    verify_consent(run_id, 0, services)
    assert "devices" not in plan_sync(run_id, services)["resources"]
    complete(run_id, services)
    status = call("GET", "/sync-status").body
    devices = status["resources"]["devices"]
    assert (status["state"], devices["state"], devices["problem"]["code"]) == ("completed", "skipped", "switched_off")
    assert status["summary"]["devices"] is None
    call("PATCH", "", {"resources": {"devices": {}}})
    assert call("GET", "").body["resources"]["devices"] == {"enabled": True, "everyHours": None}


@pytest.mark.parametrize(
    "resources",
    [
        [],
        {"printers": {}},
        {"users": True},
        {"users": {"enabled": "no"}},
        {"users": {"everyHours": -1}},
        {"users": {"everyHours": 145}},
        {"users": {"everyHours": True}},
        {"users": {"more": 1}},
    ],
)
def test_wish_that_makes_no_sense_is_refused(run: Run, resources: Any):
    answer = call("PATCH", "", {"resources": resources})
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert all(wish["enabled"] for wish in call("GET", "").body["resources"].values())


def test_resource_with_an_interval_of_its_own_is_synced_by_it(run: Run, services: Services, clock: FakeClock):
    call("PATCH", "", {"resources": {"mailboxes": {"everyHours": 72}, "devices": {"everyHours": 6}}})
    syncs = []
    for _ in range(13):
        clock.advance(6 * HOUR)
        started = Started()
        start_due(services, started)
        for run_id in started.runs:
            verify_consent(run_id, 0, services)
            syncs.append(plan_sync(run_id, services)["resources"])
            complete(run_id, services)
    everything = [spec.key for spec in RESOURCES]
    assert [len(resources) for resources in syncs] == [1, 1, 1, 7, 1, 1, 1, 7, 1, 1, 1, 8, 1]
    assert syncs[0] == ["devices"]
    assert syncs[3] == [key for key in everything if key != "mailboxes"]


def test_sync_that_fails_before_its_plan_is_not_tried_all_the_time(run: Run, services: Services, clock: FakeClock):
    call("PATCH", "", {"resources": {"mailboxes": {"everyHours": 72}}})
    begun = 0
    for _ in range(49):
        clock.advance(HOUR)
        started = Started()
        start_due(services, started)
        for run_id in started.runs:
            begun += 1
            finish_run(run_id, services, problem={"code": "microsoft_unavailable"})
    assert begun == 2


def test_retry_of_one_resource_does_not_put_the_others_off(run: Run, services: Services, clock: FakeClock):
    begun = []
    for _ in range(5):
        clock.advance(23 * HOUR)
        started = Started()
        begun.append(start_due(services, started))
        for run_id in started.runs or [call("POST", "/resources/devices/retry").body["runId"]]:
            verify_consent(run_id, 0, services)
            plan_sync(run_id, services)
            complete(run_id, services)
    assert begun == [0, 1, 0, 1, 0]


def test_resync_joins_a_run_of_all_that_is_switched_on(run: Run, services: Services, clock: FakeClock):
    call("PATCH", "", {"resources": {"devices": {"enabled": False}}})
    clock.advance(25 * HOUR)
    started = Started()
    start_due(services, started)
    assert call("POST", "/resync").body["runId"] == started.runs[0]


def test_resource_that_is_only_synced_on_request_is_never_due(run: Run, services: Services, clock: FakeClock):
    call("PATCH", "", {"syncEveryHours": 0, "resources": {"users": {"everyHours": 24}}})
    clock.advance(25 * HOUR)
    started = Started()
    assert start_due(services, started) == 1
    verify_consent(started.runs[0], 0, services)
    assert plan_sync(started.runs[0], services)["resources"] == ["users"]


def test_plan_says_what_will_run_before_it_begins(services: Services, microsoft: FakeMicrosoft):
    first = onboard(services, microsoft)
    microsoft.graph["/v1.0/users/$count"] = lambda _: Reply("24000")
    microsoft.graph["/v1.0/groups/$count"] = lambda _: graph_error(429, "TooManyRequests")
    microsoft.graph["/v1.0/deviceManagement/managedDeviceOverview"] = lambda _: Reply({"enrolledDeviceCount": 3})
    verify_consent(first.run_id, 5, services)
    plan_sync(first.run_id, services)
    status = call("GET", "/sync-status").body
    assert status["resources"]["users"]["plan"] == {"objects": 24000, "seconds": 24}
    assert status["resources"]["mailboxes"]["plan"] == {"objects": 24000, "seconds": 12}
    assert status["resources"]["groups"]["plan"] == {"objects": None, "seconds": 5}
    assert status["plan"] == {"objects": 48003, "minutes": 1, "isWhole": False}
    assert status["etaSeconds"] == 24


def test_next_plan_goes_by_the_numbers_and_the_pace_of_this_tenant(run: Run, services: Services):
    run_id = call("POST", "/resync?kind=full").body["runId"]
    verify_consent(run_id, 0, services)
    plan_sync(run_id, services)
    complete(run_id, services, stored=6000, seconds=600)
    run_id = call("POST", "/resync?kind=full").body["runId"]
    verify_consent(run_id, 0, services)
    plan_sync(run_id, services)
    plans = {key: item["plan"] for key, item in call("GET", "/sync-status").body["resources"].items()}
    assert plans["users"] == {"objects": 6000, "seconds": 600}
    assert call("GET", "/sync-status").body["plan"] == {"objects": 48000, "minutes": 27, "isWhole": True}


def test_runs_are_listed_newest_first_with_their_certificates(run: Run, services: Services):
    for _ in range(3):
        run_id = call("POST", "/resources/devices/retry").body["runId"]
        verify_consent(run_id, 0, services)
        plan_sync(run_id, services)
        complete(run_id, services)
    first = call("GET", "/runs?top=3").body
    rest = call("GET", f"/runs?top=3&cursor={first['nextCursor']}").body
    identifiers = [item["runId"] for item in (*first["items"], *rest["items"])]
    assert identifiers == [*(f"resync-{run.connection_id}-{number}" for number in (3, 2, 1)), run.run_id]
    assert rest["nextCursor"] is None
    assert first["items"][0]["only"] == ["devices"]
    assert rest["items"][0]["resources"]["devices"]["certificate"]["verdict"] == "unknown"
    assert call("GET", "/runs", msp=OTHER_MSP).status == 404
    assert call("GET", "/runs?cursor=eA").body["code"] == "invalid_request"


def test_run_of_somebody_else_is_unknown(run: Run):
    assert call("GET", "/sync-status?runId=onboard-1").body["code"] == "run_unknown"
    assert call("POST", "/cancel?runId=onboard-1").body["code"] == "run_unknown"


def test_only_the_named_run_is_cancelled(run: Run, services: Services):
    run_id = call("POST", "/resync").body["runId"]
    assert call("POST", f"/cancel?runId={run.run_id}").body["code"] == "run_unknown"
    assert call("POST", f"/cancel?runId={run_id}").body["cancelled"] is True
    assert call("GET", "/sync-status").body["state"] == "cancelled"


def test_old_runs_are_forgotten(run: Run, services: Services):
    for _ in range(KEPT_RUNS + 1):
        connection = services.connections.read(run.msp_id, run.connection_id)
        assert connection
        begun = begin_sync(connection, "delta", services)
        assert begun
        services.runs.change(begun.run_id, state=RunState.COMPLETED)
    assert services.runs.read(f"resync-{run.connection_id}-1") is None
    assert services.runs.read(f"resync-{run.connection_id}-2") is not None
