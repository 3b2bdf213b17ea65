"""A tenant changes hands: offered by its owner, or by the operator's support with the administrator's proof."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tenantsync.errors import TransientError
from tenantsync.identity.caller import CallerIdentity
from tenantsync.services import Services, using
from tenantsync.store.inventory import Listing
from tenantsync.store.runs import Run, RunState
from tests.app import Answer, App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, OTHER_TENANT, TENANT, FakeMicrosoft, portal_token
from tests.unit.journey import connected, query_of, state_of

OPERATOR = "33333333-3333-4333-8333-333333333333"
ROLES = ("Onboarding.Connect", "Onboarding.Read")
MINE = {"customer": {"name": "Taken over"}}


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


def test_tenant_that_is_being_removed_is_not_accepted(app: App, run: Run):
    transfer_id = offer(app)
    call(app, "DELETE", f"tenants/{TENANT}")
    assert accept(app, transfer_id).body["code"] == "tenant_disconnecting"


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


@pytest.mark.parametrize("receiver", [MSP, OTHER_TENANT, "x", ""])
def test_receiver_must_be_another_company_that_uses_the_service(app: App, run: Run, receiver: str):
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
    support = {"msp": OPERATOR, "roles": ("Onboarding.Support",)}
    offered = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP}, **support).body
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
    support = {"msp": OPERATOR, "roles": ("Onboarding.Support",)}
    offered = call(app, "POST", f"tenants/{TENANT}/transfer", {"toMspTenantId": OTHER_MSP}, **support).body
    microsoft.signing_in = OTHER_TENANT
    microsoft.nonce = query_of(offered["proofUrl"])["nonce"]
    app.call("GET", f"/api/msp-portal/tenants/callback?state={state_of(offered['proofUrl'])}&code=once")
    assert accept(app, offered["transferId"]).body["code"] == "transfer_closed"
