"""What sync-status says in every state, and to whom; the inventory and health routes beside it."""

from dataclasses import replace
from typing import Any

import pytest

from activities.admit_run import admit_run
from activities.finish_run import finish_run
from activities.plan_sync import plan_sync
from activities.verify_consent import verify_consent
from ops.routes import health
from sync_status.eta import eta_seconds
from sync_status.routes import sync_status
from tenants.routes import tenant_inventory
from tenantsync.identity.caller import Role
from tenantsync.runs.describing import percent_of
from tenantsync.runs.syncing import begin_sync
from tenantsync.services import Services
from tenantsync.store.inventory import Listing
from tenantsync.store.owners import TenantOwner
from tenantsync.store.progress import ResourceProgress, ResourceState
from tenantsync.store.runs import Run, RunState
from tests.fakes.clock import START, FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, OTHER_TENANT, TENANT, FakeMicrosoft, portal_token
from tests.http import Answered, call
from tests.unit.journey import connect, connected, onboard, put_run

READER = portal_token(Role.READ)


def status(tenant: str = TENANT, token: str = READER, **headers: str) -> Answered:
    path = f"/api/msp-portal/tenants/{tenant}/sync-status"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(sync_status, path=path, token=token, route={"tenantId": tenant}, headers=named)


def inventory(resource: str = "users", token: str = READER, tenant: str = TENANT, **params: str) -> Answered:
    route = {"tenantId": tenant, "resource": resource}
    return call(tenant_inventory, path="/api/x", token=token, route=route, params=params)


def resource(run: Run, **more: Any) -> ResourceProgress:
    standard: dict[str, Any] = {"run_id": run.run_id, "resource": "users", "position": 0, "weight": 1}
    return ResourceProgress(**{**standard, **more})


def test_status_answers_from_the_moment_of_connect(services: Services):
    connected = connect(services)
    answer = status()
    assert (answer.status, answer.body["state"], answer.body["percent"]) == (200, "awaiting_consent", 0)
    assert (answer.body["connectionId"], answer.body["runId"]) == (connected["connectionId"], None)
    assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("5", "private, no-cache")


def test_link_that_was_never_opened_shows_as_expired(services: Services, clock: FakeClock):
    connect(services)
    clock.advance(8 * 24 * 3600)
    answer = status()
    assert (answer.body["state"], answer.body["problem"]["code"]) == ("expired", "link_expired")
    assert "Retry-After" not in answer.headers


def test_running_resource_shows_progress_wait_and_problem(services: Services, microsoft: FakeMicrosoft):
    run = onboard(services, microsoft)
    put_run(services, replace(run, state=RunState.SYNCING))
    waiting = resource(
        run,
        state=ResourceState.WAITING,
        expected=100,
        received=40,
        pages=4,
        throttled_seconds=14,
        worked_seconds=60.0,
        retries=2,
        reached=0.38,
        started_at="2026-03-02T08:59:00.000Z",
        updated_at="2026-03-02T09:00:00.000Z",
        waiting_reason="throttled",
        waiting_until="2026-03-02T09:00:14.000Z",
    )
    services.runs.plan([waiting])
    body = status().body
    assert (body["state"], body["percent"]) == ("syncing", 38)
    assert body["waiting"] == {"reason": "throttled", "until": "2026-03-02T09:00:14.000Z"}
    assert body["etaSeconds"] == round(14 + 60 / 0.38 * 0.62)
    users = body["resources"]["users"]
    assert (users["processed"], users["expected"], users["pages"]) == (40, 100, 4)
    assert (users["throttledSeconds"], users["workedSeconds"]) == (14, 60)
    assert users["certificate"]["verdict"] == "unknown"
    assert body["summary"]["users"] is None


def test_verifying_shows_what_it_waits_for(services: Services, microsoft: FakeMicrosoft):
    run = onboard(services, microsoft)
    put_run(services, replace(run, waiting_reason="propagation", waiting_until="2026-03-02T09:00:05.000Z"))
    body = status().body
    assert (body["state"], body["waiting"]["reason"]) == ("verifying", "propagation")


def test_run_that_waits_for_its_place_says_so_and_shows_what_is_planned(services: Services, microsoft: FakeMicrosoft):
    run = onboard(services, microsoft)
    verify_consent(run.run_id, 5, services)
    plan_sync(run.run_id, services)
    for number in range(services.settings.runs_at_once):
        services.places.take(number, f"other-{number}", run.started_at)
        services.runs.create(replace(run, run_id=f"other-{number}"))
    admit_run(run.run_id, services)
    body = status().body
    assert (body["state"], body["waiting"]["reason"]) == ("syncing", "queued")
    assert {item["state"] for item in body["resources"].values()} == {"pending"}


def test_failed_run_says_whose_move_it_is(services: Services, microsoft: FakeMicrosoft):
    run = onboard(services, microsoft)
    put_run(services, replace(run, state=RunState.FAILED, problem_code="consent_not_found", problem_message="x"))
    problem = status().body["problem"]
    assert (problem["code"], problem["owner"]) == ("consent_not_found", "customer_admin")
    assert problem["nextAction"]


def test_etag_does_not_change_with_the_clock_alone(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    run = onboard(services, microsoft)
    put_run(services, replace(run, state=RunState.SYNCING))
    started = "2026-03-02T08:59:00.000Z"
    times = {"started_at": started, "updated_at": started}
    services.runs.plan([resource(run, state="running", expected=10, reached=0.5, **times)])
    first = status()
    clock.advance(30)
    again = status(if_none_match=f'"other", W/{first.headers["ETag"]}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, None, first.headers["ETag"])
    assert status(if_none_match="*").status == 304
    put_run(services, replace(run, state=RunState.COMPLETED))
    assert status(if_none_match=first.headers["ETag"]).status == 200


@pytest.mark.parametrize(
    ("tenant", "token", "code"),
    [
        (TENANT, "", 401),
        (TENANT, portal_token(Role.CONNECT), 403),
        (TENANT, portal_token(Role.READ, msp=OTHER_MSP), 404),
        (TENANT, portal_token(Role.READ, Role.OPS, Role.SUPPORT, msp=OTHER_MSP), 404),
        (OTHER_TENANT, READER, 404),
        ("not-a-guid", READER, 404),
        ("latest_x", READER, 404),
    ],
)
def test_status_is_for_the_own_msp_only(services: Services, tenant: str, token: str, code: int):
    connect(services)
    assert status(tenant, token).status == code


def own(services: Services) -> None:
    owner = TenantOwner(tenant_id=TENANT, msp_id=MSP, customer_id="c", connection_id="x", claimed_at="t")
    services.owners.claim(owner)
    listing = Listing(TENANT, "users", "run.0")
    services.inventory.write(listing, {f"u{n}": {"id": f"u{n}"} for n in range(5)})


@pytest.mark.parametrize(
    ("resource_key", "token", "tenant", "code"),
    [
        ("users", READER, TENANT, 200),
        ("users", READER, TENANT.upper(), 200),
        ("users", "", TENANT, 401),
        ("users", portal_token(Role.CONNECT), TENANT, 403),
        ("users", portal_token(Role.READ, msp=OTHER_MSP), TENANT, 404),
        ("users", READER, OTHER_TENANT, 404),
        ("passwords", READER, TENANT, 404),
    ],
)
def test_inventory_is_for_the_owner_only(services: Services, resource_key: str, token: str, tenant: str, code: int):
    own(services)
    assert inventory(resource_key, token, tenant).status == code


@pytest.mark.parametrize(
    "params", [{"top": "0"}, {"top": "1001"}, {"top": "x"}, {"top": "-1"}, {"cursor": "%%%"}, {"cursor": "x" * 3000}]
)
def test_inventory_refuses_paging_it_did_not_offer(services: Services, params: dict[str, str]):
    own(services)
    answer = inventory(**params)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_inventory_pages_by_cursor(services: Services):
    own(services)
    first = inventory(top="3").body
    rest = inventory(top="3", cursor=first["nextCursor"]).body
    assert sorted(item["id"] for item in first["items"] + rest["items"]) == [f"u{n}" for n in range(5)]


def test_health_tells_ready_and_not_without_details(services: Services, tables: MemoryTables):
    assert (call(health).status, call(health).body) == (200, {"status": "ready"})
    tables.fail_next = 1
    down = call(health)
    assert (down.status, down.body) == (503, {"status": "unavailable"})


@pytest.mark.parametrize(
    ("reached", "ended", "percent"),
    [
        ([], [], 0),
        ([0.0], [False], 0),
        ([0.5, 0.5], [False, False], 50),
        ([1.0, 0.999], [True, False], 99),
        ([1, 1], [True, True], 100),
    ],
)
def test_percent_is_100_only_at_the_end(reached: list[float], ended: list[bool], percent: int):
    items = [
        ResourceProgress(
            run_id="r", resource=f"r{n}", position=n, weight=1, reached=share, state="completed" if done else "running"
        )
        for n, (share, done) in enumerate(zip(reached, ended, strict=True))
    ]
    assert percent_of(items) == percent


def test_eta_is_unknown_without_a_count():
    item = ResourceProgress(run_id="r", resource="x", position=0, weight=1, state="running", reached=0.5)
    assert eta_seconds([item], START) is None


@pytest.mark.parametrize(
    ("code", "state"), [("consent_lost", "revoked"), ("internal_error", "failed")], ids=["lost", "failed"]
)
def test_end_is_the_same_before_and_after_it_is_noted_of_the_tenant(
    services: Services, microsoft: FakeMicrosoft, code: str, state: str
):
    connection = services.connections.read(MSP, connected(services, microsoft).connection_id)
    assert connection
    later = begin_sync(connection, "delta", services)
    assert later
    services.runs.change(later.run_id, state=RunState.FAILED, finished_at=later.started_at, problem_code=code)
    before = status().body["state"]
    finish_run(later.run_id, services)
    assert (before, status().body["state"]) == (state, state)
