"""Listing, showing, changing, syncing again, cancelling and disconnecting tenants, through their HTTP functions."""

from dataclasses import replace
from typing import Any

import pytest

from activities.admit_run import admit_run
from activities.check_consent import check_consent
from activities.finish_run import finish_run
from activities.plan_sync import plan_sync
from activities.remove_inventory import remove_inventory
from activities.sync_slice import sync_slice
from activities.verify_consent import verify_consent
from tenantsync.errors import ConflictError, TransientError
from tenantsync.runs.syncing import begin_sync
from tenantsync.services import Services
from tenantsync.store.audit import Audit
from tenantsync.store.inventory import Listing
from tenantsync.store.progress import ResourceProgress
from tenantsync.store.runs import Run, RunState
from tests.app import Answer, App, DurableClient
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, OTHER_TENANT, TENANT, Asked, FakeMicrosoft, portal_token
from tests.fakes.microsoft import Answer as Reply
from tests.fakes.orchestrations import Started
from tests.unit.journey import connect, connected, onboard, redirect, sign_in_link, state_of

ROLES = ("Onboarding.Connect", "Onboarding.Read")


@pytest.fixture
def app(services: Services) -> App:
    return App()


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    return connected(services, microsoft)


def call(app: App, method: str, path: str = "", body: Any = None, msp: str = MSP) -> Answer:
    return app.call(method, f"/api/msp-portal/tenants{path}", portal_token(*ROLES, msp=msp), body)


def test_list_shows_waiting_and_connected_tenants(app: App, run: Run, services: Services):
    connect(services, tenant="fabrikam.com")
    items = call(app, "GET").body["items"]
    assert [(item["tenantDomain"], item["state"]) for item in items] == [
        ("contoso.com", "completed"),
        ("fabrikam.com", "awaiting_consent"),
    ]
    assert {item["automation"] for item in items} == {"excluded"}


def test_list_is_paged_and_filtered(app: App, run: Run, services: Services):
    connect(services, tenant="fabrikam.com")
    first = call(app, "GET", "?top=1").body
    second = call(app, "GET", f"?top=1&cursor={first['nextCursor']}").body
    assert [first["items"][0]["tenantId"], second["items"][0]["tenantId"]] == [TENANT, OTHER_TENANT]
    assert [item["tenantId"] for item in call(app, "GET", "?state=awaiting_consent").body["items"]] == [OTHER_TENANT]
    call(app, "PATCH", f"/{TENANT}", {"tags": ["vip"]})
    assert [item["tenantId"] for item in call(app, "GET", "?tag=vip").body["items"]] == [TENANT]
    assert call(app, "GET", f"?customerId={run.customer_id}&state=completed").body["items"][0]["tenantId"] == TENANT
    assert call(app, "GET", f"?customerId={OTHER_TENANT}").body["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "?top=0",
        "?top=000000001000000",
        f"?top={'0' * 5000}1",
        "?top=201",
        "?top=x",
        "?state=lost",
        "?customerId=1",
        "?cursor=%21",
        "?cursor=AA",
    ],
)
def test_list_refuses_what_it_cannot_read(app: App, run: Run, query: str):
    answer = call(app, "GET", query)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_waiting_tenant_expires(app: App, services: Services, clock: FakeClock):
    connect(services)
    clock.advance(8 * 24 * 3600)
    assert call(app, "GET", f"/{TENANT}").body["state"] == "expired"


def test_wishes_are_changed_and_kept(app: App, run: Run, services: Services):
    change = {"tags": ["vip", " berlin "], "notifications": ["failed"], "services": ["teams"], "automation": "included"}
    changed = call(app, "PATCH", f"/{TENANT}", change)
    assert changed.status == 200
    assert changed.body["tags"] == ["berlin", "vip"]
    shown = call(app, "GET", f"/{TENANT}").body
    assert (shown["notifications"], shown["services"], shown["automation"]) == (["failed"], ["teams"], "included")
    assert shown["consent"] | {"checkedAt": ""} == {
        "state": "granted",
        "checkedAt": "",
        "missing": [],
        "newPermissions": [],
    }


@pytest.mark.parametrize(
    "change",
    [
        *({"tags": value} for value in ("vip", [""], ["x" * 51], ["a"] * 21, ["a\nb"])),
        *({"notifications": ["x"]}, {"services": ["inventory"]}, {"automation": "on"}),
        *({"customerId": "x"}, {"owner": "me"}),
    ],
)
def test_wishes_that_make_no_sense_are_refused(app: App, run: Run, change: dict[str, Any]):
    answer = call(app, "PATCH", f"/{TENANT}", change)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_tenant_moves_to_another_customer_of_the_same_msp(app: App, run: Run, services: Services):
    other = services.customers.find_or_create(MSP, "Adatum", "2026-03-02T09:00:00.000Z")
    moved = call(app, "PATCH", f"/{TENANT}", {"customerId": other.customer_id})
    assert (moved.body["customerId"], moved.body["customerName"]) == (other.customer_id, "Adatum")
    owner = services.owners.read(TENANT)
    assert owner
    assert owner.customer_id == other.customer_id
    assert call(app, "GET", f"/{TENANT}/sync-status").body["customerId"] == other.customer_id
    foreign = services.customers.find_or_create(OTHER_MSP, "Theirs", "2026-03-02T09:00:00.000Z")
    refused = call(app, "PATCH", f"/{TENANT}", {"customerId": foreign.customer_id})
    assert (refused.status, refused.body["code"]) == (404, "customer_not_found")


def test_resync_starts_one_run_however_often_it_is_asked(app: App, run: Run, services: Services):
    first, second = call(app, "POST", f"/{TENANT}/resync"), call(app, "POST", f"/{TENANT}/resync")
    assert (first.status, first.body["runId"]) == (202, second.body["runId"])
    assert list(app.client.instances) == [f"resync-{run.connection_id}-1"]
    status = call(app, "GET", f"/{TENANT}/sync-status").body
    assert (status["state"], status["kind"]) == ("verifying", "delta")
    services.runs.change(first.body["runId"], state=RunState.COMPLETED)
    assert call(app, "POST", f"/{TENANT}/resync").body["runId"] == f"resync-{run.connection_id}-2"


def test_resync_lists_everything_when_asked_to(app: App, run: Run):
    assert call(app, "POST", f"/{TENANT}/resync?kind=full").status == 202
    assert call(app, "GET", f"/{TENANT}/sync-status").body["kind"] == "full"
    refused = call(app, "POST", f"/{TENANT}/resync?kind=initial")
    assert (refused.status, refused.body["code"]) == (400, "invalid_request")


def test_resync_does_not_wait_for_propagation(app: App, run: Run, services: Services, microsoft: FakeMicrosoft):
    run_id = call(app, "POST", f"/{TENANT}/resync").body["runId"]
    microsoft.consented = {}
    outcome = verify_consent(run_id, 0, services)
    assert (outcome["state"], outcome["problem"]["code"]) == ("failed", "consent_not_found")
    assert outcome["problem"]["microsoftCode"] == "AADSTS700016"


def test_resync_makes_a_newer_link_void(app: App, run: Run, services: Services, microsoft: FakeMicrosoft):
    services.runs.change(run.run_id, even_ended=True, state=RunState.FAILED)
    newer = connect(services)
    call(app, "POST", f"/{TENANT}/resync")
    reply = redirect(services, Started(), state=state_of(newer["authUrl"]), tenant=TENANT)
    assert reply.headers["Location"].endswith("result=expired")


def test_cancelled_link_is_void_and_can_be_made_again(app: App, services: Services):
    waiting = connect(services)
    assert call(app, "POST", f"/{TENANT}/cancel").body["cancelled"] is True
    assert call(app, "POST", f"/{TENANT}/cancel").body["cancelled"] is True
    reply = redirect(services, Started(), state=state_of(waiting["authUrl"]), tenant=TENANT)
    assert reply.headers["Location"].endswith("result=expired")
    assert call(app, "GET", f"/{TENANT}/sync-status").body["state"] == "cancelled"
    assert connect(services)["connectionId"] != waiting["connectionId"]


def test_cancelled_run_stays_cancelled_whatever_a_late_worker_does(
    app: App, services: Services, microsoft: FakeMicrosoft
):
    run = onboard(services, microsoft)
    services.runs.plan([ResourceProgress(run_id=run.run_id, resource="users", position=0, weight=1)])
    assert call(app, "POST", f"/{TENANT}/cancel").status == 202
    assert verify_consent(run.run_id, 0, services) == {"state": "cancelled"}
    assert sync_slice(run.run_id, "users", services) == {"ended": True, "delaySeconds": 0}
    status = call(app, "GET", f"/{TENANT}/sync-status").body
    assert (status["state"], status["percent"]) == ("cancelled", 100)
    assert status["resources"]["users"]["problem"]["code"] == "cancelled"


def test_cancel_in_the_middle_of_verifying_wins(app: App, services: Services, microsoft: FakeMicrosoft):
    run = onboard(services, microsoft)

    def cancelled_meanwhile(asked: Asked) -> Reply:
        call(app, "POST", f"/{TENANT}/cancel")
        return Reply({"value": [{"id": TENANT}]})

    microsoft.overrides["/v1.0/organization"] = cancelled_meanwhile
    assert verify_consent(run.run_id, 5, services) == {"state": "cancelled"}
    assert call(app, "GET", f"/{TENANT}").body["state"] == "cancelled"
    stored = services.runs.read(run.run_id)
    assert stored
    assert stored.state == RunState.CANCELLED
    assert call(app, "GET", f"/{TENANT}/sync-status").body["state"] == "cancelled"


def test_cancel_ends_the_orchestration_and_its_children(app: App, services: Services, microsoft: FakeMicrosoft):
    run = onboard(services, microsoft)
    app.client.instances = {run.run_id: ("onboard_tenant", {}), f"{run.run_id}-users": ("sync_resource", {})}
    services.runs.plan([ResourceProgress(run_id=run.run_id, resource="users", position=0, weight=1)])
    call(app, "POST", f"/{TENANT}/cancel")
    assert app.client.ended == [run.run_id, f"{run.run_id}-users"]


def test_disconnect_hides_at_once_removes_in_the_background_and_lets_go_last(app: App, run: Run, services: Services):
    for number in range(3):
        services.inventory.write(Listing(TENANT, "users", "s"), {f"u{number}": {"id": f"u{number}"}})
    answer = call(app, "DELETE", f"/{TENANT}")
    assert (answer.status, answer.body["inventory"], answer.body["removal"]["tenantId"]) == (202, "removing", TENANT)
    assert call(app, "GET", f"/{TENANT}/inventory/users").status == 404
    assert call(app, "GET", f"/{TENANT}/sync-status").body["state"] == "disconnected"
    assert (
        call(app, "POST", "/connect", {"tenant": TENANT, "customer": {"name": "x"}}).body["code"]
        == "tenant_disconnecting"
    )
    assert call(app, "POST", f"/{TENANT}/resync").body["code"] == "tenant_disconnecting"
    assert services.owners.read(TENANT)  # nobody else can have it while data is there
    name, job = app.client.instances[f"disconnect-{run.connection_id}"]
    assert name == "disconnect_tenant"
    assert remove_inventory(job["mspId"], job["tenantId"], job["connectionId"], services) == {"ended": True}
    assert services.owners.read(TENANT) is None
    assert services.inventory.read_page(TENANT, "users", 10, None).items == []
    assert call(app, "DELETE", f"/{TENANT}").body["inventory"] == "removed"
    assert call(app, "POST", "/connect", {"tenant": TENANT, "customer": {"name": "x"}}, OTHER_MSP).status == 201


def test_removal_that_was_ended_from_outside_is_started_again(app: App, run: Run, services: Services):
    removal = f"disconnect-{run.connection_id}"
    for _ in range(2):
        call(app, "DELETE", f"/{TENANT}")
    assert app.client.starts == [removal]
    app.client.ended.append(removal)
    call(app, "DELETE", f"/{TENANT}")
    assert app.client.starts == [removal, removal]


def test_disconnect_in_the_middle_of_verifying_leaves_the_tenant_to_others(
    app: App, services: Services, microsoft: FakeMicrosoft
):
    run = onboard(services, microsoft)

    def disconnected_meanwhile(asked: Asked) -> Reply:
        call(app, "DELETE", f"/{TENANT}")
        return Reply({"value": [{"id": TENANT}]})

    microsoft.overrides["/v1.0/organization"] = disconnected_meanwhile
    assert verify_consent(run.run_id, 5, services) == {"state": "cancelled"}
    assert services.owners.read(TENANT) is None


def test_nothing_is_removed_of_a_tenant_that_stays(run: Run, services: Services):
    services.inventory.write(Listing(TENANT, "users", "s"), {"u1": {"id": "u1"}})
    assert remove_inventory(MSP, TENANT, run.connection_id, services) == {"ended": True}
    assert len(services.inventory.read_page(TENANT, "users", 10, None).items) == 1
    assert services.owners.read(TENANT)


def test_tenant_that_is_let_go_cannot_be_claimed_until_it_is_gone(app: App, run: Run, services: Services):
    call(app, "DELETE", f"/{TENANT}")
    owner = services.owners.read(TENANT)
    assert owner
    again = replace(owner, connection_id="00000000-0000-4000-8000-00000000beef", leaving_since="")
    for claiming in (again, replace(owner, leaving_since="")):
        with pytest.raises(ConflictError):
            services.owners.claim(claiming)
    remove_inventory(MSP, TENANT, run.connection_id, services)
    services.owners.claim(again)
    assert services.owners.read(TENANT) == again


def test_late_removal_does_not_touch_the_next_owners_data(app: App, run: Run, services: Services):
    call(app, "DELETE", f"/{TENANT}")
    remove_inventory(MSP, TENANT, run.connection_id, services)
    services.inventory.write(Listing(TENANT, "users", "s"), {"new": {"id": "new"}})
    assert remove_inventory(MSP, TENANT, run.connection_id, services) == {"ended": True}
    assert len(services.inventory.read_page(TENANT, "users", 10, None).items) == 1


def test_owner_who_came_while_it_was_removed_is_not_removed(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    owner = services.owners.read(TENANT)
    assert owner
    since = "2026-03-02T09:00:00Z"
    services.owners.change(TENANT, when=lambda _: True, leaving_since=since)
    theirs = replace(owner, msp_id=OTHER_MSP, leaving_since=since)

    def handed_over(*arguments: object) -> bool:
        services.owners.change(TENANT, when=lambda _: True, msp_id=OTHER_MSP)
        return True

    monkeypatch.setattr(services.inventory, "remove_all", handed_over)
    remove_inventory(MSP, TENANT, run.connection_id, services)
    assert services.owners.read(TENANT) == theirs


def test_removal_of_a_large_inventory_hands_back(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    rows = {f"u{number}": {"id": f"u{number}"} for number in range(300)}
    services.inventory.write(Listing(TENANT, "users", "s"), rows)
    monkeypatch.setattr("activities.remove_inventory._STEPS", 3)
    call(app, "DELETE", f"/{TENANT}")
    steps = 0
    while not remove_inventory(MSP, TENANT, run.connection_id, services)["ended"]:
        steps += 1
    assert steps >= 3


def test_waiting_tenant_is_disconnected_at_once(app: App, services: Services):
    started = Started()
    sign_in_link(services, connect(services), started)
    answer = call(app, "DELETE", f"/{TENANT}")
    assert (answer.status, answer.body["inventory"]) == (202, "removed")
    assert call(app, "GET", f"/{TENANT}/sync-status").body["state"] == "disconnected"
    assert app.client.instances == {}


def test_new_permissions_are_a_state_and_not_an_error(app: App, run: Run, services: Services):
    services.tenants.change(
        MSP, TENANT, asked_permissions="User.Read.All Group.Read.All", app_permissions="User.Read.All Group.Read.All"
    )
    status = call(app, "GET", f"/{TENANT}/sync-status").body
    assert (status["state"], status["problem"]["code"]) == ("needs_reconsent", "needs_reconsent")
    assert "Directory.Read.All" in status["problem"]["message"]
    assert status["resources"] is not None
    assert (
        call(app, "GET", f"/{TENANT}").body["consent"]["newPermissions"][0] == "DeviceManagementManagedDevices.Read.All"
    )


def test_every_deed_is_in_the_audit_trail_with_who_and_the_correlation_id(app: App, run: Run, services: Services):
    correlation = "12345678-1234-4234-8234-123456789012"
    path, token = f"/api/msp-portal/tenants/{TENANT}", portal_token(*ROLES)
    app.call("PATCH", path, token, {"tags": ["a"]}, headers={"x-correlation-id": correlation})
    app.call("POST", f"{path}/resync", token)
    app.call("POST", f"{path}/cancel", token)
    app.call("DELETE", path, token)
    entries = app.call("GET", f"/api/msp-portal/audit?tenantId={TENANT}", token).body["items"]
    actions = [entry["action"] for entry in entries]
    assert {"disconnected", "cancelled", "sync_started", "tenant_changed"} <= set(actions)
    changed = next(entry for entry in entries if entry["action"] == "tenant_changed")
    assert (changed["actor"], changed["correlationId"]) == ("technician", correlation)
    assert {"connection_started", "administrator_signed_in", "consent_verified"} <= set(actions)


def test_audit_trail_is_paged(app: App, run: Run, clock: FakeClock):
    token = portal_token(*ROLES)
    for number in range(5):
        clock.advance(1)
        app.call("PATCH", f"/api/msp-portal/tenants/{TENANT}", token, {"tags": [str(number)]})
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = app.call("GET", f"/api/msp-portal/audit?top=2&cursor={cursor}", token).body
        seen += [entry["id"] for entry in page["items"]]
        cursor = page["nextCursor"]
    assert len(seen) == len(set(seen)) >= 8


def host_is_away(*arguments: object) -> None:
    raise RuntimeError("the host is away")


def test_cancel_that_was_interrupted_is_finished_by_the_next(
    app: App, services: Services, microsoft: FakeMicrosoft, monkeypatch: pytest.MonkeyPatch
):
    run = onboard(services, microsoft)
    services.runs.plan([ResourceProgress(run_id=run.run_id, resource="users", position=0, weight=1)])
    app.client.instances[run.run_id] = ("onboard_tenant", {})
    with monkeypatch.context() as patch:
        patch.setattr(DurableClient, "terminate", host_is_away)
        assert call(app, "POST", f"/{TENANT}/cancel").status == 503
    for _ in range(2):
        assert call(app, "POST", f"/{TENANT}/cancel").body["cancelled"] is True
    assert run.run_id in app.client.ended
    assert call(app, "GET", f"/{TENANT}/sync-status").body["resources"]["users"]["problem"]["code"] == "cancelled"
    assert call(app, "GET", f"/{TENANT}").body["state"] == "cancelled"
    actions = [entry["action"] for entry in audit(app)]
    assert actions.count("cancelled") == 1


def audit(app: App) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.call("GET", "/api/msp-portal/audit", portal_token(*ROLES)).body["items"]
    return found


@pytest.mark.parametrize("way", ["cancel", "disconnect", "given up"])
def test_side_notes_of_a_listing_go_with_it(
    app: App, services: Services, microsoft: FakeMicrosoft, tables: MemoryTables, way: str
):
    run = onboard(services, microsoft)
    verify_consent(run.run_id, 5, services)
    plan_sync(run.run_id, services)
    services.scratch_for(run.run_id, "mailboxes").write(0, b"alice@contoso.com")
    if way == "cancel":
        call(app, "POST", f"/{TENANT}/cancel")
    elif way == "given up":
        finish_run(run.run_id, services, force=True)
    else:
        services.runs.change(run.run_id, state=RunState.FAILED)
        call(app, "DELETE", f"/{TENANT}")
        remove_inventory(MSP, TENANT, run.connection_id, services)
    assert tables.rows("Scratch") == []


def test_nothing_is_left_in_the_line_of_a_tenant_that_was_let_go(
    app: App, services: Services, microsoft: FakeMicrosoft, tables: MemoryTables
):
    run = onboard(services, microsoft)
    verify_consent(run.run_id, 5, services)
    assert admit_run(run.run_id, services) == {"state": "admitted"}
    call(app, "DELETE", f"/{TENANT}")
    remove_inventory(MSP, TENANT, run.connection_id, services)
    assert tables.rows("Places") == []


def test_slice_that_ran_while_it_was_cancelled_leaves_no_notes(
    app: App, services: Services, microsoft: FakeMicrosoft, tables: MemoryTables
):
    run = onboard(services, microsoft)
    verify_consent(run.run_id, 5, services)
    plan_sync(run.run_id, services)

    def cancelled_meanwhile(asked: Asked) -> Reply:
        call(app, "POST", f"/{TENANT}/cancel")
        return Reply({"value": [{"id": "u1", "userPrincipalName": "alice@contoso.com"}]})

    microsoft.graph["/v1.0/users"] = cancelled_meanwhile
    sync_slice(run.run_id, "mailboxes", services)
    assert tables.rows("Scratch") == []


def test_disconnect_is_recorded_before_it_is_done(app: App, run: Run, monkeypatch: pytest.MonkeyPatch):
    original = Audit.record

    def broken(self: Audit, action: str, **more: Any) -> None:
        if action == "disconnected":
            raise TransientError("storage_unavailable", "pulled out")
        original(self, action, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Audit, "record", broken)
        assert call(app, "DELETE", f"/{TENANT}").status == 503
    assert call(app, "GET", f"/{TENANT}").body["state"] == "completed"
    assert call(app, "DELETE", f"/{TENANT}").status == 202
    assert "disconnected" in [entry["action"] for entry in audit(app)]


def test_tenant_whose_removal_was_let_go_is_disconnected_by_asking_again(app: App, run: Run, services: Services):
    call(app, "DELETE", f"/{TENANT}")
    owner = services.owners.read(TENANT)
    assert owner
    services.owners.release(owner)
    assert call(app, "DELETE", f"/{TENANT}").body["inventory"] == "removed"
    assert call(app, "POST", "/connect", {"tenant": TENANT, "customer": {"name": "x"}}).status == 201


def test_resync_does_not_bring_back_a_tenant_that_leaves_at_the_same_moment(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    create = services.runs.create

    def raced(new: Run) -> bool:
        call(app, "DELETE", f"/{TENANT}")
        return create(new)

    monkeypatch.setattr(services.runs, "create", raced)
    assert call(app, "POST", f"/{TENANT}/resync").body["code"] == "tenant_disconnecting"
    tenant = services.tenants.read(MSP, TENANT)
    assert tenant
    assert tenant.state == "disconnecting"
    stored = services.runs.read(f"resync-{run.connection_id}-1")
    assert stored
    assert stored.state == RunState.CANCELLED


def test_cancelled_resync_leaves_a_connected_tenant(app: App, run: Run, services: Services):
    call(app, "POST", f"/{TENANT}/resync")
    call(app, "POST", f"/{TENANT}/cancel")
    answer = call(app, "POST", "/connect", {"tenant": TENANT, "customer": {"name": "x"}})
    assert (answer.status, answer.body["code"]) == (409, "tenant_already_connected")


def test_customer_changed_while_verifying_is_the_owners_customer(
    app: App, services: Services, microsoft: FakeMicrosoft
):
    run = onboard(services, microsoft)
    second = services.customers.find_or_create(MSP, "Second", run.started_at).customer_id
    assert call(app, "PATCH", f"/{TENANT}", {"customerId": second}).status == 200
    verify_consent(run.run_id, 5, services)
    owner = services.owners.read(TENANT)
    assert owner
    assert owner.customer_id == second
    assert call(app, "GET", f"/{TENANT}/sync-status").body["customerId"] == second


@pytest.mark.parametrize("late", ["finish", "consent"])
def test_tenant_that_leaves_stays_so_whatever_is_noted_late(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft, late: str
):
    services.note_state(MSP, TENANT, "disconnecting")
    if late == "finish":
        finish_run(run.run_id, services)
    else:
        microsoft.consented = {}
        check_consent(MSP, TENANT, services)
    assert call(app, "GET", f"/{TENANT}").body["state"] == "disconnected"
    assert call(app, "GET", f"/{TENANT}/inventory/users").status == 404


@pytest.fixture
def newer_link(run: Run, services: Services, app: App) -> str:
    """A sync that begins at the moment somebody connects the tenant anew: the run's id."""
    services.runs.change(run.run_id, even_ended=True, state=RunState.FAILED)
    connection = services.connections.read(MSP, run.connection_id)
    assert connection
    connect(services)
    running = begin_sync(connection, "delta", services)
    assert running
    newer = replace(
        connection, connection_id="00000000-0000-4000-8000-00000000beef", state="awaiting_consent", run_id=""
    )
    services.connections.create(newer)
    return running.run_id


def test_disconnect_ends_the_owners_run_beside_a_newer_link(app: App, run: Run, services: Services, newer_link: str):
    assert call(app, "DELETE", f"/{TENANT}").status == 202
    ended = services.runs.read(newer_link)
    assert ended
    assert ended.state == "cancelled"
    remove_inventory(MSP, TENANT, run.connection_id, services)
    assert verify_consent(newer_link, 5, services) == {"state": "cancelled"}
    assert services.owners.read(TENANT) is None


def test_cancel_ends_the_owners_run_beside_a_newer_link(app: App, services: Services, newer_link: str):
    assert call(app, "POST", f"/{TENANT}/cancel").body["cancelled"] is True
    ended, latest = services.runs.read(newer_link), services.connections.read_latest(MSP, TENANT)
    assert ended
    assert latest
    assert (ended.state, latest.state) == ("cancelled", "cancelled")


def test_further_sync_makes_nobody_the_owner(app: App, run: Run, services: Services):
    connection = services.connections.read(MSP, run.connection_id)
    owner = services.owners.read(TENANT)
    assert connection
    assert owner
    running = begin_sync(connection, "delta", services)
    assert running
    services.owners.release(owner)
    assert verify_consent(running.run_id, 5, services)["problem"]["code"] == "tenant_disconnecting"
    assert services.owners.read(TENANT) is None


def test_customer_of_the_owners_connection_moves_along(app: App, services: Services, newer_link: str):
    other = services.customers.find_or_create(MSP, "Other", "2026-03-02T09:00:00Z").customer_id
    assert call(app, "PATCH", f"/{TENANT}", {"customerId": other}).status == 200
    moved = services.runs.read(newer_link)
    assert moved
    assert moved.customer_id == other
