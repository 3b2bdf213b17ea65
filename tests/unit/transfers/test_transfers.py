"""A tenant changes hands: offered by its owner, or by the operator's support with the administrator's proof."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from activities.check_grant import check_grant
from tenantsync.errors import TransientError
from tenantsync.handover import finish_handovers
from tenantsync.identity.caller import CallerIdentity
from tenantsync.services import Services, using
from tenantsync.store.audit import Audit
from tenantsync.store.grants import Grant, GrantState
from tenantsync.store.inventory import Listing
from tenantsync.store.owners import TenantOwner, TenantOwners
from tenantsync.store.runs import Run, RunState
from tenantsync.store.transfers import StoredTransfer, Transfers
from tests.app import Answer, App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import (
    GLOBAL_ADMINISTRATOR,
    MSP,
    OTHER_MSP,
    OTHER_TENANT,
    TENANT,
    FakeMicrosoft,
    portal_token,
)
from tests.unit.journey import connected, query_of, state_of

OPERATOR = "33333333-3333-4333-8333-333333333333"
ROLES = ("Onboarding.Connect", "Onboarding.Read")
MINE = {"customer": {"name": "Taken over"}}
SUPPORT: dict[str, Any] = {"msp": OPERATOR, "roles": ("Onboarding.Support",)}


@pytest.fixture
def app(services: Services) -> App:
    return App()


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    services.inventory.write(Listing(TENANT, "users", "s"), {"u1": {"id": "u1"}})
    return connected(services, microsoft)


def call(app: App, method: str, path: str, body: Any = None, msp: str = MSP, roles: tuple[str, ...] = ROLES) -> Answer:
    return app.call(method, f"/api/msp-portal/{path}", portal_token(*roles, msp=msp), body)


def offer(app: App, **more: Any) -> str:
    answer = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP}, **more)
    assert answer.status == 201
    return str(answer.body["transferId"])


def accept(app: App, transfer_id: str, msp: str = OTHER_MSP) -> Answer:
    return call(app, "POST", f"transfers/{transfer_id}/accept", MINE, msp)


def prove(app: App, link: str, error: str = "") -> str:
    """The administrator comes back from the sign-in; gives where the browser is sent."""
    more = f"&error={error}" if error else "&code=once"
    answer = app.call("GET", f"/api/msp-portal/tenants/callback?state={state_of(link)}{more}")
    return str(answer.headers["Location"])


def test_accepted_tenant_is_the_receivers_with_its_data_and_status(app: App, run: Run, services: Services):
    transfer_id = offer(app)
    assert [item["state"] for item in call(app, "GET", "transfers", msp=OTHER_MSP).body["items"]] == ["offered"]
    answer = accept(app, transfer_id)
    assert (answer.status, answer.body["state"]) == (200, "accepted")
    assert accept(app, transfer_id).body["state"] == "accepted"
    assert call(app, "GET", f"tenants/{TENANT}/sync-status", msp=OTHER_MSP).body["state"] == "completed"
    assert call(app, "GET", f"tenants/{TENANT}/inventory/users", msp=OTHER_MSP).body["items"] == [{"id": "u1"}]
    for path in ("", "/sync-status", "/inventory/users", "/permissions"):
        assert call(app, "GET", f"tenants/{TENANT}{path}").status == 404
    assert call(app, "GET", "tenants").body["items"] == []
    mine = call(app, "GET", f"tenants/{TENANT}", msp=OTHER_MSP).body
    assert (mine["customerName"], mine["automation"], mine["consent"]["state"]) == ("Taken over", "excluded", "granted")


def test_open_attempt_to_connect_anew_does_not_travel(app: App, run: Run, services: Services):
    services.runs.change(run.run_id, even_ended=True, state=RunState.FAILED)
    assert call(app, "POST", "tenants/connect", {"tenant": TENANT, "customer": {"name": "Contoso"}}).status == 201
    services.runs.change(run.run_id, even_ended=True, state=RunState.COMPLETED)
    accept(app, offer(app))
    assert call(app, "GET", f"tenants/{TENANT}/sync-status", msp=OTHER_MSP).body["state"] == "completed"


@pytest.mark.parametrize("state", ["disconnecting", "disconnected"])
def test_tenant_that_is_being_removed_is_not_accepted(app: App, run: Run, services: Services, state: str):
    transfer_id = offer(app)
    services.note_state(MSP, TENANT, state)
    assert accept(app, transfer_id).body["code"] == "tenant_disconnecting"


def test_disconnecting_takes_the_offer_back(app: App, run: Run):
    transfer_id = offer(app)
    call(app, "DELETE", f"tenants/{TENANT}")
    assert accept(app, transfer_id).body["code"] == "transfer_closed"
    assert call(app, "GET", "transfers").body["items"][0]["state"] == "cancelled"


def test_both_sides_find_it_in_their_audit_trails(app: App, run: Run):
    accept(app, offer(app))
    for msp in (MSP, OTHER_MSP):
        entries = call(app, "GET", f"audit?tenantId={TENANT}", msp=msp).body["items"]
        assert {"transfer_offered", "transfer_accepted"} <= {entry["action"] for entry in entries}


def test_new_owner_can_sync_and_the_old_one_can_do_nothing(app: App, run: Run):
    accept(app, offer(app))
    assert call(app, "POST", f"tenants/{TENANT}/resync", msp=OTHER_MSP).status == 202
    for method, path in (("POST", "resync"), ("POST", "cancel"), ("POST", "transfer"), ("POST", "permissions")):
        body = {"transfer": {"toMspTenantId": OTHER_MSP}, "permissions": {"operation": "teams"}}.get(path)
        assert call(app, method, f"tenants/{TENANT}/{path}", body).status == 404
    refused = call(app, "POST", "tenants/connect", {"tenant": TENANT, "customer": {"name": "Back"}})
    assert (refused.status, refused.body["detail"]) == (409, "Contact support.")


@pytest.mark.parametrize("crash", range(1, 12))
def test_acceptance_interrupted_anywhere_goes_on_when_repeated(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch, crash: int
):
    """The store fails at the n-th write; sending the request again completes the handover."""
    transfer_id, writes = offer(app), 0
    for name in ("insert", "upsert", "replace", "write", "delete"):
        original = getattr(MemoryTables, name)

        def failing(self: MemoryTables, *arguments: Any, original: Any = original) -> Any:
            nonlocal writes
            writes += 1
            if writes == crash:
                raise TransientError("storage_unavailable", "pulled out")
            return original(self, *arguments)

        monkeypatch.setattr(MemoryTables, name, failing)
    first = accept(app, transfer_id)
    assert first.status in (200, 503)
    assert accept(app, transfer_id).status == 200
    owner = services.owners.read(TENANT)
    assert owner
    assert owner.msp_id == OTHER_MSP
    assert call(app, "GET", f"tenants/{TENANT}/sync-status", msp=OTHER_MSP).body["state"] == "completed"
    assert call(app, "GET", f"tenants/{TENANT}/sync-status").status == 404


def test_nobody_but_the_receiver_accepts(app: App, run: Run):
    transfer_id = offer(app)
    assert accept(app, transfer_id, MSP).body["code"] == "transfer_unknown"


def test_offer_is_called_off_by_either_side(app: App, run: Run):
    for msp, state in ((MSP, "cancelled"), (OTHER_MSP, "declined")):
        transfer_id = offer(app)
        assert call(app, "DELETE", f"transfers/{transfer_id}", msp=msp).body["state"] == state
        assert call(app, "DELETE", f"transfers/{transfer_id}", msp=msp).body["state"] == state
        assert accept(app, transfer_id).body["code"] == "transfer_closed"


def test_offer_expires(app: App, run: Run, clock: FakeClock):
    transfer_id = offer(app)
    clock.advance(15 * 24 * 3600)
    assert accept(app, transfer_id).body["code"] == "transfer_closed"
    assert call(app, "GET", "transfers").body["items"][0]["state"] == "expired"
    assert offer(app) != transfer_id


def test_one_offer_at_a_time(app: App, run: Run):
    transfer_id = offer(app)
    again = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP})
    assert (again.status, again.body["code"], again.body["transferId"]) == (409, "transfer_pending", transfer_id)


def test_running_sync_keeps_a_tenant_from_changing_hands(app: App, run: Run, services: Services):
    transfer_id = offer(app)
    services.runs.change(run.run_id, even_ended=True, state=RunState.SYNCING)
    assert accept(app, transfer_id).body["code"] == "sync_running"
    services.runs.change(run.run_id, state=RunState.COMPLETED)
    assert accept(app, transfer_id).status == 200


@pytest.mark.parametrize("receiver", [MSP, "x", ""])
def test_receiver_must_be_another_company(app: App, run: Run, receiver: str):
    answer = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": receiver})
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_support_of_an_msp_has_no_power_over_others(app: App, run: Run):
    answer = call(
        app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP}, OTHER_MSP, ("Onboarding.Support",)
    )
    assert answer.body["code"] == "tenant_unknown"


@pytest.fixture
def operated(services: Services, microsoft: FakeMicrosoft) -> Iterator[Services]:
    """The same service with an operator."""
    microsoft.domains["operator.test"] = OPERATOR
    settings = replace(services.settings, operator_tenant_id=OPERATOR)
    callers = CallerIdentity(settings, services.outbound, services.clock)
    with using(replace(services, settings=settings, callers=callers)) as replaced:
        yield replaced


def test_support_transfers_only_with_the_administrators_own_sign_in(
    app: App, run: Run, operated: Services, microsoft: FakeMicrosoft
):
    offered = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP}, **SUPPORT).body
    assert offered["needsProof"] is True
    transfer_id, link = offered["transferId"], offered["proofUrl"]
    assert accept(app, transfer_id).body["code"] == "transfer_unproven"
    microsoft.nonce = query_of(link)["nonce"]
    landed = app.call("GET", f"/api/msp-portal/tenants/callback?state={state_of(link)}&code=once")
    assert landed.headers["Location"].endswith("result=verifying")
    assert accept(app, transfer_id).body["state"] == "accepted"
    actions = {entry["action"] for entry in call(app, "GET", "audit").body["items"]}
    assert "transfer_proven" in actions


def test_sign_in_of_another_tenants_administrator_proves_nothing(
    app: App, run: Run, operated: Services, microsoft: FakeMicrosoft
):
    offered = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP}, **SUPPORT).body
    microsoft.signing_in = OTHER_TENANT
    microsoft.nonce = query_of(offered["proofUrl"])["nonce"]
    prove(app, offered["proofUrl"])
    assert accept(app, offered["transferId"]).body["code"] == "transfer_unproven"


@pytest.mark.parametrize("mishap", ["cancelled", "another tenant", "no administrator", "guest"])
def test_proof_that_was_refused_can_be_given_with_the_same_link(
    app: App, run: Run, operated: Services, microsoft: FakeMicrosoft, mishap: str
):
    offered = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP}, **SUPPORT).body
    microsoft.nonce = query_of(offered["proofUrl"])["nonce"]
    if mishap == "another tenant":
        microsoft.signing_in = OTHER_TENANT
    if mishap == "no administrator":
        microsoft.id_token_claims = {"wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"]}
    if mishap == "guest":
        microsoft.admin_roles = ()
    refused = prove(app, offered["proofUrl"], error="access_denied" if mishap == "cancelled" else "")
    assert not refused.endswith("result=verifying")
    assert accept(app, offered["transferId"]).body["code"] == "transfer_unproven"
    microsoft.signing_in, microsoft.id_token_claims, microsoft.admin_roles = TENANT, {}, (GLOBAL_ADMINISTRATOR,)
    again = prove(app, offered["proofUrl"])
    assert again.startswith("https://login.test/")
    microsoft.nonce = query_of(again)["nonce"]
    assert prove(app, again).endswith("result=verifying")
    assert accept(app, offered["transferId"]).body["state"] == "accepted"


def test_companies_that_use_the_service_cannot_be_guessed(app: App, run: Run):
    answer = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_TENANT})
    assert (answer.status, answer.body["state"]) == (201, "offered")


def test_operators_other_people_do_not_move_tenants(app: App, run: Run, operated: Services):
    ops = {"msp": OPERATOR, "roles": ("Onboarding.Ops", "Onboarding.Connect")}
    refused = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP}, **ops)
    assert (refused.status, refused.body["code"]) == (403, "role_missing")
    transfer_id = offer(app)
    assert call(app, "DELETE", f"transfers/{transfer_id}", **ops).body["code"] == "role_missing"
    assert call(app, "DELETE", f"transfers/{transfer_id}", **SUPPORT).body["state"] == "cancelled"


def interrupt_handover(app: App, transfer_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise TransientError("storage_unavailable", "pulled out")

    with monkeypatch.context() as patch:
        patch.setattr("tenantsync.handover._change_owner", broken)
        assert accept(app, transfer_id).status == 503


def test_handover_that_never_went_on_can_be_called_off(app: App, run: Run, monkeypatch: pytest.MonkeyPatch):
    transfer_id = offer(app)
    interrupt_handover(app, transfer_id, monkeypatch)
    assert call(app, "DELETE", f"transfers/{transfer_id}").body["state"] == "cancelled"
    assert accept(app, transfer_id).body["code"] == "transfer_closed"
    assert offer(app) != transfer_id


def test_handover_that_never_went_on_expires(app: App, run: Run, monkeypatch: pytest.MonkeyPatch, clock: FakeClock):
    transfer_id = offer(app)
    interrupt_handover(app, transfer_id, monkeypatch)
    clock.advance(15 * 24 * 3600)
    assert call(app, "GET", "transfers").body["items"][0]["state"] == "expired"
    assert accept(app, transfer_id).body["code"] == "transfer_closed"
    assert offer(app) != transfer_id


def test_what_has_changed_hands_is_accepted_whoever_cancels(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    """The giver cancels at the very moment the owner's row changes."""
    transfer_id, original = offer(app), services.transfers.change

    def raced(stored: StoredTransfer, **changes: Any) -> StoredTransfer:
        cancelled = original(stored, **changes)
        if changes["state"] == "cancelled":
            services.owners.change(TENANT, when=lambda _: True, msp_id=OTHER_MSP)
        return cancelled

    with monkeypatch.context() as patch:
        patch.setattr("tenantsync.store.transfers.Transfers.change", lambda self, stored, **more: raced(stored, **more))
        assert call(app, "DELETE", f"transfers/{transfer_id}").body["code"] == "transfer_closed"


def test_offer_called_off_in_the_middle_of_accepting_changes_nothing(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    transfer_id, original = offer(app), TenantOwners.change

    def raced(self: TenantOwners, tenant_id: str, **more: Any) -> TenantOwner | None:
        monkeypatch.undo()
        assert call(app, "DELETE", f"transfers/{transfer_id}").body["state"] == "cancelled"
        return original(self, tenant_id, **more)

    monkeypatch.setattr(TenantOwners, "change", raced)
    assert accept(app, transfer_id).body["code"] == "transfer_closed"
    owner = services.owners.read(TENANT)
    assert owner
    assert owner.msp_id == MSP


def test_disconnect_in_the_middle_of_accepting_keeps_the_tenant_with_its_giver(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    """Whichever is first: the receiver never gets a tenant whose inventory is being removed."""
    transfer_id, original = offer(app), TenantOwners.change

    def raced(self: TenantOwners, tenant_id: str, **more: Any) -> TenantOwner | None:
        monkeypatch.undo()
        assert call(app, "DELETE", f"tenants/{TENANT}").status == 202
        return original(self, tenant_id, **more)

    monkeypatch.setattr(TenantOwners, "change", raced)
    assert accept(app, transfer_id).body["code"] == "transfer_closed"
    owner = services.owners.read(TENANT)
    assert owner
    assert (owner.msp_id, bool(owner.leaving_since)) == (MSP, True)
    assert services.tenants.read(OTHER_MSP, TENANT) is None


def interrupt_after_the_owner_changed(app: App, transfer_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise TransientError("storage_unavailable", "pulled out")

    with monkeypatch.context() as patch:
        patch.setattr("tenantsync.handover._bring_connection", broken)
        assert accept(app, transfer_id).status == 503


def test_giver_cannot_disconnect_what_has_changed_hands(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    transfer_id = offer(app)
    interrupt_after_the_owner_changed(app, transfer_id, monkeypatch)
    assert call(app, "DELETE", f"tenants/{TENANT}").body["code"] == "tenant_unknown"
    assert accept(app, transfer_id).body["state"] == "accepted"
    assert call(app, "GET", f"tenants/{TENANT}", msp=OTHER_MSP).body["state"] == "completed"
    assert call(app, "POST", f"tenants/{TENANT}/resync", msp=OTHER_MSP).status == 202


def test_interrupted_handover_is_finished_by_the_timer(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    transfer_id = offer(app)
    interrupt_after_the_owner_changed(app, transfer_id, monkeypatch)
    assert finish_handovers(services) == 1
    assert finish_handovers(services) == 0
    assert call(app, "GET", "transfers").body["items"][0]["state"] == "accepted"
    assert call(app, "GET", f"tenants/{TENANT}", msp=OTHER_MSP).status == 200
    assert call(app, "GET", f"tenants/{TENANT}").status == 404


def test_handover_that_has_not_begun_is_left_to_the_receiver(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    transfer_id = offer(app)
    interrupt_handover(app, transfer_id, monkeypatch)
    assert finish_handovers(services) == 0
    assert accept(app, transfer_id).body["state"] == "accepted"


def test_permission_on_its_way_is_confirmed_with_the_new_owner(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft
):
    now = "2026-03-02T09:00:00Z"
    times = {"requested_at": now, "expires_at": now, "updated_at": now}
    job = {"mspId": MSP, "tenantId": TENANT, "grantId": "g"}
    services.grants.put(
        Grant(
            grant_id="g", msp_id=MSP, tenant_id=TENANT, operation="inventory", kind="application",
            permissions="User.Read.All", state=GrantState.CONSENTED, requested_by="x", **times,
        )
    )  # fmt: skip
    accept(app, offer(app))
    assert check_grant(job, 0, services) == {"ended": True}
    assert [grant.state for grant in services.grants.list_all(OTHER_MSP, TENANT)] == ["granted"]
    assert services.grants.list_all(MSP, TENANT) == []


def test_old_offer_is_not_good_for_a_newer_connection(app: App, run: Run, services: Services):
    transfer_id = offer(app)
    owner = services.owners.read(TENANT)
    assert owner
    services.owners.change(TENANT, when=lambda _: True, connection_id="00000000-0000-4000-8000-00000000beef")
    assert accept(app, transfer_id).body["code"] == "transfer_closed"


def test_wishes_stay_and_what_was_granted_travels(app: App, run: Run, services: Services):
    granted = Grant(
        grant_id="g1",
        msp_id=MSP,
        tenant_id=TENANT,
        operation="teams",
        kind="delegated",
        permissions="Team.ReadBasic.All",
        state=GrantState.GRANTED,
        requested_by="technician",
        requested_at=run.started_at,
        expires_at=run.started_at,
        updated_at=run.started_at,
    )
    services.grants.put(granted)
    services.grants.put(replace(granted, grant_id="g2", state=GrantState.DECLINED))
    wishes = {"notifications": [], "services": ["teams"], "tags": ["vip"]}
    assert call(app, "PATCH", f"tenants/{TENANT}", wishes).status == 200
    access = {"access_model": "gdap", "relationship_id": "r", "access_status": "active", "has_dap": True}
    services.tenants.change(MSP, TENANT, **access, access_expires_at=run.started_at)
    accept(app, offer(app))
    mine = call(app, "GET", f"tenants/{TENANT}", msp=OTHER_MSP).body
    assert (mine["services"], mine["tags"], len(mine["notifications"])) == ([], [], 6)
    nothing = {"relationshipId": None, "status": None, "expiresAt": None}
    assert mine["access"] == {"model": "direct", "legacy": False, **nothing}
    ledger = call(app, "GET", f"tenants/{TENANT}/permissions", msp=OTHER_MSP).body["ledger"]
    assert [(item["state"], item["requestedBy"]) for item in ledger] == [("granted", "")]


def test_each_side_knows_its_own_people_only(app: App, run: Run):
    transfer_id = offer(app)
    accept(app, transfer_id)
    for msp, other in ((MSP, OTHER_MSP), (OTHER_MSP, MSP)):
        entries = call(app, "GET", f"audit?tenantId={TENANT}", msp=msp).body["items"]
        deeds = {entry["action"]: entry["actor"] for entry in entries}
        own, foreign = (
            ("transfer_offered", "transfer_accepted") if msp == MSP else ("transfer_accepted", "transfer_offered")
        )
        assert (deeds[own], deeds[foreign]) == ("technician", other)


def test_acceptance_is_recorded_even_if_the_first_try_could_not(app: App, run: Run, monkeypatch: pytest.MonkeyPatch):
    transfer_id, original = offer(app), Audit.record

    def broken(self: Audit, action: str, **more: Any) -> None:
        if action == "transfer_accepted":
            raise TransientError("storage_unavailable", "pulled out")
        original(self, action, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Audit, "record", broken)
        assert accept(app, transfer_id).status == 503
    for _ in range(2):
        assert accept(app, transfer_id).status == 200
    for msp in (MSP, OTHER_MSP):
        entries = call(app, "GET", "audit", msp=msp).body["items"]
        assert [entry["action"] for entry in entries].count("transfer_accepted") == 1


def test_second_request_at_the_same_moment_is_told_to_look_again(app: App, run: Run, monkeypatch: pytest.MonkeyPatch):
    transfer_id, original = offer(app), Transfers.change

    def raced(self: Transfers, stored: Any, **changes: Any) -> Any:
        monkeypatch.setattr(Transfers, "change", original)
        assert call(app, "DELETE", f"transfers/{transfer_id}").body["state"] == "cancelled"
        return original(self, stored, **changes)

    monkeypatch.setattr(Transfers, "change", raced)
    answer = accept(app, transfer_id)
    assert (answer.status, answer.body["code"], answer.body["owner"]) == (409, "tenant_changed", "technician")


def test_disconnect_that_died_halfway_has_ended_the_offer(
    app: App, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
):
    def broken(*arguments: object) -> None:
        raise TransientError("storage_unavailable", "pulled out")

    transfer_id = offer(app)
    interrupt_handover(app, transfer_id, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr("tenants.life.withdraw_offers", broken)
        assert call(app, "DELETE", f"tenants/{TENANT}").status == 503
    assert accept(app, transfer_id).body["code"] == "transfer_closed"
    assert call(app, "DELETE", f"tenants/{TENANT}").status == 202
