"""Granted versus required, asking for more, the ledger, and the way back to read-only."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from activities.check_grant import DELAYS_SECONDS, check_grant
from tenantsync.services import Services, using
from tenantsync.store.runs import Run
from tests.app import Answer as Answered
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import (
    ALL_ROLES,
    CLIENT_ID,
    MSP,
    TENANT,
    Answer,
    FakeMicrosoft,
    graph_error,
    graph_page,
    portal_token,
)
from tests.unit.journey import connected, query_of, state_of

PRINCIPAL = "/v1.0/servicePrincipals(appId='{}')"
WRITE_CLIENT = "aaaaaaaa-0000-4000-8000-00000000c12f"
READ_USERS = "df021288-bdef-4463-88db-98f22de89214"
WRITE_USERS = "741f803b-c850-494e-b5df-cde7c675a1ca"
CALLBACK = "/api/msp-portal/tenants/callback"


@pytest.fixture
def app(services: Services) -> App:
    return App()


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    grant(microsoft)
    return connected(services, microsoft)


def grant(
    microsoft: FakeMicrosoft,
    *scopes: str,
    roles: tuple[str, ...] = (READ_USERS,),
    client: str = CLIENT_ID,
    personal: str = "Files.ReadWrite.All",
) -> None:
    """What the tenant's directory shows."""
    microsoft.graph[PRINCIPAL.format(client)] = lambda asked: Answer({"id": client[-4:]})
    base = f"/v1.0/servicePrincipals/{client[-4:]}"
    microsoft.graph[f"{base}/appRoleAssignments"] = lambda asked: graph_page([{"appRoleId": role} for role in roles])
    listed = [
        {"consentType": "AllPrincipals", "scope": " ".join(("Mail.Read", *scopes))},
        {"consentType": "Principal", "scope": personal},
    ]
    microsoft.graph[f"{base}/oauth2PermissionGrants"] = lambda asked: graph_page(listed)


def call(app: App, method: str, body: Any = None) -> Answered:
    token = portal_token("Onboarding.Connect", "Onboarding.Read")
    return app.call(method, f"/api/msp-portal/tenants/{TENANT}/permissions", token, body)


def consent(app: App, microsoft: FakeMicrosoft, asked: Answered) -> str:
    """The administrator accepts and signs in; where the browser lands."""
    state = query_of(asked.body["authUrl"])["state"]
    link = app.call("GET", f"{CALLBACK}?state={state}&tenant={TENANT}&admin_consent=True").headers["Location"]
    microsoft.nonce = query_of(link)["nonce"]
    return app.call("GET", f"{CALLBACK}?state={state_of(link)}&code=once").headers["Location"]


def job_of(app: App) -> dict[str, Any]:
    name, job = next(iter(app.client.instances.values()))
    assert name == "verify_grant"
    return dict(job)


def test_everything_granted_is_shown_per_permission_and_resource(app: App, run: Run):
    shown = call(app, "GET").body
    assert all(item["granted"] for item in shown["permissions"])
    assert {item["resource"]: item["works"] for item in shown["resources"]}["mailboxes"] is True
    assert shown["unexpected"] == []


def test_missing_permission_costs_its_resource_and_says_who_must_grant_it(app: App, run: Run, microsoft: FakeMicrosoft):
    microsoft.consented[TENANT] = tuple(role for role in ALL_ROLES if role != "Reports.Read.All")
    shown = call(app, "GET").body
    mailboxes = next(item for item in shown["resources"] if item["resource"] == "mailboxes")
    assert (mailboxes["works"], mailboxes["missing"]) == (False, ["Reports.Read.All"])
    assert mailboxes["problem"]["owner"] == "customer_admin"
    assert next(item for item in shown["permissions"] if item["name"] == "Reports.Read.All")["granted"] is False


def test_what_cannot_be_read_is_unknown_and_not_granted(app: App, run: Run, microsoft: FakeMicrosoft):
    microsoft.graph[PRINCIPAL.format(CLIENT_ID)] = lambda asked: graph_error(403, "Authorization_RequestDenied")
    shown = call(app, "GET").body
    mail = next(item for item in shown["permissions"] if item["name"] == "Mail.Read")
    assert mail["granted"] is None
    microsoft.consented = {}
    shown = call(app, "GET").body
    assert (shown["checkedAt"], {item["works"] for item in shown["resources"]}) == (None, {None})


def test_more_than_asked_is_shown_too(app: App, run: Run, microsoft: FakeMicrosoft):
    grant(microsoft, roles=(READ_USERS, WRITE_USERS, "11111111-2222-4333-8444-555555555555"))
    assert call(app, "GET").body["unexpected"] == ["11111111-2222-4333-8444-555555555555", "User.ReadWrite.All"]


def test_only_the_missing_delegated_permissions_are_asked_for(app: App, run: Run, microsoft: FakeMicrosoft):
    grant(microsoft, "Team.ReadBasic.All")
    asked = call(app, "POST", {"operation": "teams"})
    assert asked.status == 201
    query = query_of(asked.body["authUrl"])
    assert query["scope"] == "https://graph.test/Channel.ReadBasic.All"
    assert query["client_id"] == CLIENT_ID
    grant(microsoft, "Team.ReadBasic.All", "Channel.ReadBasic.All")
    nothing = call(app, "POST", {"operation": "teams"})
    assert (nothing.status, nothing.body["authUrl"]) == (200, None)


def test_another_service_is_asked_for_under_its_own_address(app: App, run: Run):
    query = query_of(call(app, "POST", {"operation": "exchange_online"}).body["authUrl"])
    assert query["scope"] == "https://outlook.office365.com/Exchange.Manage"


def test_consent_is_recorded_with_who_what_when_and_verified(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft
):
    asked = call(app, "POST", {"operation": "manage_users"})
    assert consent(app, microsoft, asked).endswith("result=verifying")
    entry = call(app, "GET").body["ledger"][0]
    assert (entry["state"], entry["requestedBy"]) == ("consented", "technician")
    assert entry["consentedBy"] == "00000000-0000-4000-8000-0000000000ad"
    assert check_grant(job_of(app), 0, services) == {"ended": False, "delaySeconds": DELAYS_SECONDS[0]}
    grant(microsoft, "User.ReadWrite.All")
    assert check_grant(job_of(app), 1, services) == {"ended": True}
    assert call(app, "GET").body["ledger"][0]["state"] == "granted"
    sync = app.call("GET", f"/api/msp-portal/tenants/{TENANT}/sync-status", portal_token("Onboarding.Read")).body
    assert sync["state"] == "completed"


def test_permission_that_never_arrives_is_a_clear_problem(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft
):
    consent(app, microsoft, call(app, "POST", {"operation": "manage_users"}))
    assert check_grant(job_of(app), len(DELAYS_SECONDS), services) == {"ended": True}
    entry = call(app, "GET").body["ledger"][0]
    assert (entry["state"], entry["problem"]["code"], entry["problem"]["owner"]) == (
        "failed",
        "grant_not_found",
        "customer_admin",
    )


def test_declined_permission_is_noted_and_the_link_is_used_up(app: App, run: Run, services: Services):
    asked = call(app, "POST", {"operation": "manage_users"})
    state = query_of(asked.body["authUrl"])["state"]
    declined = (
        f"{CALLBACK}?state={state}&error=access_denied&error_description=AADSTS65004%3A+declined&admin_consent=True"
    )
    assert app.call("GET", declined).headers["Location"].endswith("result=declined")
    entry = call(app, "GET").body["ledger"][0]
    assert (entry["state"], entry["problem"]["code"]) == ("declined", "consent_declined")
    again = app.call("GET", f"{CALLBACK}?state={state}&tenant={TENANT}")
    assert again.headers["Location"].endswith("result=expired")


def test_consent_of_another_tenant_grants_nothing(app: App, run: Run, services: Services):
    asked = call(app, "POST", {"operation": "manage_users"})
    state = query_of(asked.body["authUrl"])["state"]
    other = "22222222-2222-4222-8222-222222222222"
    assert app.call("GET", f"{CALLBACK}?state={state}&tenant={other}").headers["Location"].endswith("wrong_tenant")
    assert call(app, "GET").body["ledger"][0]["state"] == "failed"
    owner = services.owners.read(TENANT)
    assert owner
    assert owner.msp_id == MSP


def test_link_of_a_tenant_that_was_let_go_is_void(app: App, run: Run, services: Services):
    asked = call(app, "POST", {"operation": "manage_users"})
    owner = services.owners.read(TENANT)
    assert owner
    services.owners.release(owner)
    state = query_of(asked.body["authUrl"])["state"]
    assert app.call("GET", f"{CALLBACK}?state={state}&tenant={TENANT}").headers["Location"].endswith("result=expired")


def test_permissions_of_the_inventory_can_be_asked_for_again(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft
):
    microsoft.consented[TENANT] = ALL_ROLES[:-1]
    asked = call(app, "POST", {"operation": "inventory"})
    assert [item["name"] for item in asked.body["missing"]] == ["Reports.Read.All"]
    assert query_of(asked.body["authUrl"])["scope"] == "https://graph.test/.default"
    consent(app, microsoft, asked)
    assert check_grant(job_of(app), 0, services)["ended"] is False
    microsoft.consented[TENANT] = ALL_ROLES
    assert check_grant(job_of(app), 1, services) == {"ended": True}


def test_consent_that_was_taken_back_is_asked_for_as_a_whole_and_heals_the_tenant(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft
):
    roles = microsoft.consented.pop(TENANT)
    services.tenants.change(MSP, TENANT, consent="revoked", state="revoked")
    asked = call(app, "POST", {"operation": "inventory"})
    assert len(asked.body["missing"]) == len(ALL_ROLES)
    consent(app, microsoft, asked)
    assert check_grant(job_of(app), 0, services)["ended"] is False
    microsoft.consented[TENANT] = roles
    assert check_grant(job_of(app), 1, services) == {"ended": True}
    shown = app.call("GET", f"/api/msp-portal/tenants/{TENANT}", portal_token("Onboarding.Read")).body
    assert (shown["state"], shown["consent"]["state"]) == ("completed", "granted")


def test_new_permissions_stay_a_state_until_they_are_consented_to(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft
):
    few = " ".join(ALL_ROLES[:-1])
    microsoft.consented[TENANT] = ALL_ROLES[:-1]
    services.tenants.change(MSP, TENANT, asked_permissions=few, app_permissions=few)

    def state() -> str:
        answer = app.call("GET", f"/api/msp-portal/tenants/{TENANT}", portal_token("Onboarding.Read"))
        return str(answer.body["state"])

    asked = call(app, "POST", {"operation": "inventory"})
    assert state() == "needs_reconsent"
    consent(app, microsoft, asked)
    assert state() == "needs_reconsent"  # a signature is no permission yet
    microsoft.consented[TENANT] = ALL_ROLES
    check_grant(job_of(app), 0, services)
    assert state() == "completed"


@pytest.mark.parametrize("operation", ["nothing", "", 1, None])
def test_unknown_operation_is_refused(app: App, run: Run, operation: object):
    answer = call(app, "POST", {"operation": operation})
    assert (answer.status, answer.body["owner"]) == (400, "technician")


def test_unattended_operations_need_a_registration_of_their_own(app: App, run: Run):
    answer = call(app, "POST", {"operation": "automate_users"})
    assert (answer.status, answer.body["code"], answer.body["owner"]) == (409, "operation_unavailable", "msp_ops")


@pytest.fixture
def writing(services: Services) -> Iterator[Services]:
    with using(replace(services, settings=replace(services.settings, write_client_id=WRITE_CLIENT))) as replaced:
        yield replaced


def test_unattended_operation_asks_with_its_own_registration(
    app: App, run: Run, writing: Services, microsoft: FakeMicrosoft
):
    asked = call(app, "POST", {"operation": "automate_users"})
    query = query_of(asked.body["authUrl"])
    assert (query["client_id"], query["scope"]) == (WRITE_CLIENT, "https://graph.test/.default")
    consent(app, microsoft, asked)
    ids = (WRITE_USERS, "dbaae8cf-10b5-4b86-a4a1-f871c94c6695")
    grant(microsoft, roles=ids, client=WRITE_CLIENT)
    assert check_grant(job_of(app), 0, writing) == {"ended": True}


def test_way_back_to_read_only_is_explained_and_verified(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    consent(app, microsoft, call(app, "POST", {"operation": "manage_users"}))
    grant(microsoft, "User.ReadWrite.All")
    check_grant(job_of(app), 0, services)
    left = call(app, "DELETE").body
    assert left["state"] == "revocation_needed"
    assert left["remaining"] == ["Files.ReadWrite.All", "User.ReadWrite.All"]  # the first was granted by one person
    assert left["howTo"]["owner"] == "customer_admin"
    assert call(app, "GET").body["ledger"][0]["state"] == "granted"
    grant(microsoft, personal="Mail.Read")
    assert call(app, "DELETE").body["state"] == "read_only"
    assert call(app, "GET").body["ledger"][0]["state"] == "revoked"


def test_read_only_is_never_claimed_without_having_looked(app: App, run: Run, microsoft: FakeMicrosoft):
    microsoft.graph[PRINCIPAL.format(CLIENT_ID)] = lambda asked: graph_error(503, "ServiceUnavailable")
    answer = call(app, "DELETE")
    assert (answer.status, answer.body["owner"]) == (503, "microsoft")


def forward(app: App, **fields: str) -> Answered:
    return app.call("POST", CALLBACK, portal_token("Onboarding.Connect"), fields)


def test_ended_request_is_answered_with_the_way_to_ask_again(app: App, run: Run, clock: FakeClock):
    """Never with "connect the tenant again": it is connected."""

    def link() -> str:
        return query_of(call(app, "POST", {"operation": "teams"}).body["authUrl"])["state"]

    declined = forward(app, state=link(), error="access_denied", error_description="AADSTS65004: no")
    other = forward(app, state=link(), tenant="22222222-2222-4222-8222-222222222222", admin_consent="True")
    late = link()
    clock.advance(30 * 24 * 3600)
    expired = forward(app, state=late, tenant=TENANT)
    assert [answer.body["code"] for answer in (declined, other, expired)] == [
        "consent_declined",
        "wrong_tenant",
        "link_expired",
    ]
    for answer in (declined, other, expired):
        assert answer.body["nextAction"].startswith("Ask for the permissions again")
    assert other.body["removal"]["tenantId"] == "22222222-2222-4222-8222-222222222222"
    ledger = {item["state"]: item for item in call(app, "GET").body["ledger"]}
    assert set(ledger) == {"declined", "failed", "expired"}
    assert ledger["declined"]["problem"]["nextAction"].startswith("Ask for the permissions again")


def test_credential_that_is_rejected_ends_the_watch_with_ops_as_owner(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft
):
    microsoft.consented[TENANT] = ALL_ROLES[:-1]
    consent(app, microsoft, call(app, "POST", {"operation": "inventory"}))
    refusal = Answer({"error": "invalid_client", "error_codes": [7000222]}, 401)
    microsoft.overrides[f"/{TENANT}/oauth2/v2.0/token"] = lambda asked: refusal
    assert check_grant(job_of(app), 0, services) == {"ended": True}
    entry = call(app, "GET").body["ledger"][0]
    assert (entry["state"], entry["problem"]["code"], entry["problem"]["owner"]) == (
        "failed",
        "credential_rejected",
        "msp_ops",
    )


def test_watch_goes_on_while_microsoft_is_away_and_ends_at_last(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft
):
    microsoft.consented[TENANT] = ALL_ROLES[:-1]
    consent(app, microsoft, call(app, "POST", {"operation": "inventory"}))
    microsoft.overrides[f"/{TENANT}/oauth2/v2.0/token"] = lambda asked: Answer(b"", 503)
    assert check_grant(job_of(app), 0, services)["ended"] is False
    assert check_grant(job_of(app), len(DELAYS_SECONDS), services) == {"ended": True}
    assert call(app, "GET").body["ledger"][0]["problem"]["code"] == "microsoft_unavailable"


def test_permission_that_never_shows_is_asked_for_again(
    app: App, run: Run, services: Services, microsoft: FakeMicrosoft
):
    asked = call(app, "POST", {"operation": "manage_users"})
    consent(app, microsoft, asked)
    check_grant(job_of(app), len(DELAYS_SECONDS), services)
    problem = call(app, "GET").body["ledger"][0]["problem"]
    assert (problem["code"], problem["nextAction"][:29]) == ("grant_not_found", "Ask for the permissions again")
