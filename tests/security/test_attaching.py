"""Attacks on attaching a tenant: knowing a domain, riding on another's consent, squatting, racing, forging."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from activities.verify_consent import DELAYS_SECONDS, verify_consent
from callback.handler import receive_redirect
from tenants.life import disconnect
from tenantsync.errors import ConflictError, TransientError
from tenantsync.identity.caller import Caller, Role
from tenantsync.identity.consent import CallbackFields
from tenantsync.services import Services
from tenantsync.store.owners import TenantOwner
from tests.app import App
from tests.fakes.microsoft import (
    ADMIN_ROLES,
    ALL_ROLES,
    GLOBAL_ADMINISTRATOR,
    MSP,
    OTHER_MSP,
    OTHER_TENANT,
    TENANT,
    FakeMicrosoft,
    graph_error,
    portal_token,
)
from tests.fakes.orchestrations import Started
from tests.unit.journey import connect, connected, finish_sign_in, onboard, query_of, redirect, sign_in_link, state_of

ATTACKER = Caller(OTHER_MSP, "attacker", frozenset({Role.CONNECT, Role.READ}))
NOBODY_SPECIAL = "b79fbf4d-3ef9-4689-8143-76b194e85509"


def test_msp_that_knows_the_domain_cannot_attach_a_tenant_that_trusts_the_app(
    services: Services, microsoft: FakeMicrosoft
):
    """The tenant's consent is there; but nobody of the tenant signs in for the attacker's connection."""
    started = Started()
    link = sign_in_link(services, connect(services, caller=ATTACKER), started)
    microsoft.signing_in = OTHER_TENANT  # the attacker's own administrator
    assert finish_sign_in(services, microsoft, link, started).headers["Location"].endswith("result=wrong_tenant")
    assert started.runs == []
    assert services.owners.read(TENANT) is None


def test_msp_cannot_ride_on_another_msps_consent(services: Services, microsoft: FakeMicrosoft):
    """Two connections wait; the victim's administrator signs in for the victim's. The attacker's stays where it was."""
    started = Started()
    attack = connect(services, caller=ATTACKER)
    run = onboard(services, microsoft)
    assert verify_consent(run.run_id, 5, services) == {"state": "verified"}
    reply = redirect(services, started, state=state_of(attack["authUrl"]), admin_consent="True", tenant=TENANT)
    assert reply.headers["Location"].startswith("https://login.test/")  # asked to sign in, like anybody
    owner = services.owners.read(TENANT)
    assert owner
    assert owner.msp_id == MSP
    assert started.runs == []


def test_pending_connections_block_nobody(services: Services, microsoft: FakeMicrosoft):
    for _ in range(3):
        connect(services, caller=ATTACKER)
    run = connected(services, microsoft)
    owner = services.owners.read(run.tenant_id)
    assert owner
    assert owner.msp_id == MSP


def test_sign_in_of_one_connection_is_no_proof_for_another(services: Services, microsoft: FakeMicrosoft):
    """The victim's code with the attacker's state: MSAL's nonce and PKCE belong to the other flow."""
    started = Started()
    victims = sign_in_link(services, connect(services), started)
    attackers = sign_in_link(services, connect(services, caller=ATTACKER), started)
    microsoft.nonce = query_of(victims)["nonce"]
    reply = redirect(services, started, state=state_of(attackers), code="stolen-code")
    assert reply.headers["Location"].endswith("result=error")
    assert started.runs == []


def test_user_without_the_role_cannot_attach_the_tenant(services: Services, microsoft: FakeMicrosoft, app: App):
    started = Started()
    microsoft.id_token_claims = {"wids": [NOBODY_SPECIAL]}
    link = sign_in_link(services, connect(services), started)
    finish_sign_in(services, microsoft, link, started)
    assert started.runs == []
    status = app.call("GET", f"/api/msp-portal/tenants/{TENANT}/sync-status", portal_token("Onboarding.Read")).body
    assert status["state"] == "failed"
    assert (status["problem"]["code"], status["problem"]["owner"]) == ("admin_role_missing", "customer_admin")


def test_of_many_callbacks_at_once_exactly_one_wins(services: Services, microsoft: FakeMicrosoft):
    started = Started()
    link = sign_in_link(services, connect(services), started)
    microsoft.nonce = query_of(link)["nonce"]
    fields = CallbackFields.parse({"state": state_of(link), "code": "one-time-code"})
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: receive_redirect(fields, services, started), range(16)))
    redeemed = [asked for asked in microsoft.asked if asked.form.get("grant_type") == "authorization_code"]
    assert len(redeemed) == 1
    assert len(set(started.runs)) == 1
    assert {reply.headers["Location"].rpartition("result=")[2] for reply in replies} == {"verifying"}


def test_of_two_msps_that_both_prove_a_tenant_the_first_owns_it(services: Services, microsoft: FakeMicrosoft):
    first, second = Started(), Started()
    links = [
        sign_in_link(services, connect(services, caller=caller), start)
        for caller, start in ((None or Caller(MSP, "t", ATTACKER.roles), first), (ATTACKER, second))
    ]
    for link, start in zip(links, (first, second), strict=True):
        finish_sign_in(services, microsoft, link, start)
    assert verify_consent(second.runs[0], 5, services) == {"state": "verified"}
    lost = verify_consent(first.runs[0], 5, services)
    assert (lost["state"], lost["problem"]["code"]) == ("failed", "tenant_already_connected")
    owner = services.owners.read(TENANT)
    assert owner
    assert owner.msp_id == OTHER_MSP


@pytest.mark.parametrize("change", [{"tenant": ""}, {"admin_consent": "False"}, {"tenant": OTHER_TENANT, "extra": "1"}])
def test_forged_redirect_without_a_state_does_nothing(services: Services, change: dict[str, str]):
    started = Started()
    connect(services)
    reply = redirect(services, started, **{"tenant": TENANT, "admin_consent": "True", **change})
    assert reply.headers["Location"] == "https://portal.test/connect?result=invalid_link"
    assert started.runs == []


def test_wrong_tenant_offers_a_fresh_connection_and_tells_how_to_remove_the_grant(services: Services, app: App):
    answer = app.call(
        "POST",
        "/api/msp-portal/tenants/callback",
        portal_token("Onboarding.Connect"),
        {"state": state_of(connect(services)["authUrl"]), "tenant": OTHER_TENANT, "admin_consent": "True"},
    )
    assert (answer.status, answer.body["code"]) == (409, "wrong_tenant")
    assert answer.body["connectInstead"]["body"]["tenant"] == OTHER_TENANT
    assert answer.body["removal"]["tenantId"] == OTHER_TENANT
    assert services.owners.read(OTHER_TENANT) is None
    again = app.call(
        "POST",
        answer.body["connectInstead"]["href"],
        portal_token("Onboarding.Connect"),
        answer.body["connectInstead"]["body"],
    )
    assert (again.status, again.body["tenantId"]) == (201, OTHER_TENANT)
    status = app.call("GET", f"/api/msp-portal/tenants/{TENANT}/sync-status", portal_token("Onboarding.Read")).body
    assert status["problem"]["removal"]["steps"]


@pytest.mark.parametrize("roles", [(), (NOBODY_SPECIAL,)])
def test_guest_or_plain_user_attaches_nothing_even_if_the_token_shows_no_roles(
    services: Services, microsoft: FakeMicrosoft, roles: tuple[str, ...]
):
    """The attacker has an account in a tenant that trusts the app, skips the consent page and signs in."""
    microsoft.admin_roles = roles
    started = Started()
    link = sign_in_link(services, connect(services, caller=ATTACKER), started)
    finish_sign_in(services, microsoft, link, started)
    outcome = verify_consent(started.runs[0], 0, services)
    assert (outcome["state"], outcome["problem"]["code"]) == ("failed", "admin_role_missing")
    assert services.owners.read(TENANT) is None


def test_role_that_cannot_be_seen_is_no_role(services: Services, microsoft: FakeMicrosoft):
    microsoft.consented[TENANT] = tuple(role for role in ALL_ROLES if role != "Directory.Read.All")
    run = onboard(services, microsoft)
    outcome = verify_consent(run.run_id, 6, services)
    assert (outcome["state"], outcome["problem"]["code"]) == ("failed", "admin_role_unproven")
    assert services.owners.read(TENANT) is None


def test_role_in_the_token_is_enough(services: Services, microsoft: FakeMicrosoft):
    microsoft.id_token_claims = {"wids": [GLOBAL_ADMINISTRATOR]}
    run = onboard(services, microsoft)
    assert verify_consent(run.run_id, 5, services) == {"state": "verified"}
    assert microsoft.count(ADMIN_ROLES) == 0


def test_role_found_by_asking_is_remembered(services: Services, microsoft: FakeMicrosoft):
    connected(services, microsoft)
    shown = App().call("GET", f"/api/msp-portal/tenants/{TENANT}", portal_token("Onboarding.Read")).body
    assert shown["administrator"]["directoryRoles"] == ["Global Administrator"]


def test_graph_that_is_away_is_waited_for_before_anything_is_claimed(services: Services, microsoft: FakeMicrosoft):
    microsoft.graph[ADMIN_ROLES] = lambda asked: graph_error(503, "ServiceUnavailable")
    run = onboard(services, microsoft)
    assert verify_consent(run.run_id, 0, services)["state"] == "waiting"
    assert services.owners.read(TENANT) is None


@pytest.mark.parametrize("status", [400, 404])
def test_person_the_tenant_does_not_know_is_waited_for_and_then_refused(
    services: Services, microsoft: FakeMicrosoft, status: int
):
    """An account of a partner, or one that has just been made."""
    microsoft.graph[ADMIN_ROLES] = lambda asked: graph_error(status, "Request_ResourceNotFound")
    run = onboard(services, microsoft)
    assert verify_consent(run.run_id, 5, services)["state"] == "waiting"
    outcome = verify_consent(run.run_id, len(DELAYS_SECONDS), services)
    assert (outcome["state"], outcome["problem"]["code"]) == ("failed", "admin_role_unproven")
    assert services.owners.read(TENANT) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"oid": ""},
        {"aud": "another-app"},
        {"iss": f"https://login.test/{OTHER_TENANT}/v2.0"},
        {"exp": 1_700_000_060},
    ],
)
def test_sign_in_whose_token_does_not_fit_is_no_proof(
    services: Services, microsoft: FakeMicrosoft, claims: dict[str, str | int]
):
    """No person, another app, another tenant's issuer, long expired."""
    microsoft.id_token_claims = claims
    started = Started()
    link = sign_in_link(services, connect(services), started)
    assert finish_sign_in(services, microsoft, link, started).headers["Location"].endswith("result=error")
    assert started.runs == []


def test_links_of_permissions_end_with_the_attachment_they_were_made_for(services: Services, microsoft: FakeMicrosoft):
    app, started = App(), Started()
    connected(services, microsoft)
    token = portal_token("Onboarding.Connect", "Onboarding.Read")
    path = f"/api/msp-portal/tenants/{TENANT}/permissions"
    microsoft.consented[TENANT] = ALL_ROLES[:-1]
    asked = app.call("POST", path, token, {"operation": "inventory"})
    owner = services.owners.read(TENANT)
    assert owner
    services.owners.change(TENANT, when=lambda _: True, connection_id="00000000-0000-4000-8000-00000000beef")
    reply = redirect(services, started, state=state_of(asked.body["authUrl"]), tenant=TENANT)
    assert reply.headers["Location"].endswith("result=expired")


def test_tenant_that_is_disconnected_while_it_is_claimed_is_free_for_others(
    services: Services, microsoft: FakeMicrosoft, monkeypatch: pytest.MonkeyPatch
):
    """The worker fails, or dies, right after the claim: whoever looks next lets the tenant go."""
    run, claim = onboard(services, microsoft), services.owners.claim
    person = replace(ATTACKER, msp_id=MSP)

    def raced(owner: TenantOwner) -> None:
        disconnect(TENANT, person, services, Started())
        claim(owner)

    def broken(*arguments: object) -> None:
        raise TransientError("storage_unavailable", "pulled out")

    with monkeypatch.context() as patch:
        patch.setattr(services.owners, "claim", raced)
        patch.setattr("activities.verify_consent.remember_consent", broken)
        assert verify_consent(run.run_id, 1, services) == {"state": "cancelled"}
    assert services.owners.read(TENANT) is None
    services.owners.claim(
        TenantOwner(
            tenant_id=TENANT, msp_id=MSP, customer_id="c", connection_id=run.connection_id, claimed_at=run.started_at
        )
    )  # as if the worker had died in between
    assert verify_consent(run.run_id, 2, services) == {"state": "cancelled"}
    assert services.owners.read(TENANT) is None


def test_own_row_that_goes_while_it_is_claimed_is_no_other_owner(
    services: Services, microsoft: FakeMicrosoft, monkeypatch: pytest.MonkeyPatch
):
    run, original = onboard(services, microsoft), services.owners.claim

    def raced(owner: TenantOwner) -> None:
        monkeypatch.setattr(services.owners, "claim", original)
        raise ConflictError("write_conflict", "the row exists or has changed")

    monkeypatch.setattr(services.owners, "claim", raced)
    assert verify_consent(run.run_id, 5, services)["state"] == "waiting"
    assert verify_consent(run.run_id, 6, services) == {"state": "verified"}
