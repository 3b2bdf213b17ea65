"""What a failing Microsoft, or a failing store, must not break for good."""

from typing import Any

import pytest

from tenantsync.errors import TransientError
from tenantsync.services import Services
from tests.app import App
from tests.fakes.microsoft import ALL_ROLES, MSP, OTHER_TENANT, TENANT, Answer, FakeMicrosoft, portal_token
from tests.fakes.orchestrations import Started
from tests.unit.journey import connect, connected, finish_sign_in, query_of, redirect, sign_in_link, state_of

CALLBACK = "/api/msp-portal/tenants/callback"
TOKEN_PATH = f"/{TENANT}/oauth2/v2.0/token"
METADATA_PATH = f"/{TENANT}/v2.0/.well-known/openid-configuration"


@pytest.fixture
def started() -> Started:
    return Started()


def forward(fields: dict[str, Any]) -> Any:
    return App().call("POST", CALLBACK, portal_token("Onboarding.Connect"), fields)


@pytest.mark.parametrize("leg", ["consent", "sign_in"])
@pytest.mark.parametrize(
    "said",
    [
        {"error": "temporarily_unavailable"},
        {"error": "server_error"},
        {"error": "access_denied", "error_description": "AADSTS90033: A transient error has occurred."},
    ],
)
def test_link_outlives_microsofts_passing_errors(
    services: Services, microsoft: FakeMicrosoft, started: Started, leg: str, said: dict[str, str]
):
    connecting = connect(services)
    link = connecting["authUrl"] if leg == "consent" else sign_in_link(services, connecting, started)
    assert redirect(services, started, state=state_of(link), **said).headers["Location"].endswith("result=error")
    connection = services.connections.read_latest(MSP, TENANT)
    assert connection
    assert (connection.state, connection.problem_code) == ("awaiting_consent", "")
    if leg == "consent":
        link = sign_in_link(services, connecting, started)
    finish_sign_in(services, microsoft, link, started)
    assert len(started.runs) == 1


def test_passing_error_is_told_as_one(services: Services):
    state = state_of(connect(services)["authUrl"])
    told = forward({"state": state, "error": "server_error", "error_description": "AADSTS90033: transient"})
    assert (told.status, told.body["code"]) == (503, "service_unavailable")
    assert "AADSTS90033" in str(told.body)
    assert forward({"state": state, "tenant": TENANT, "admin_consent": "True"}).status == 200


def test_refusal_that_could_not_be_noted_is_told_again_as_a_whole(services: Services, monkeypatch: pytest.MonkeyPatch):
    connecting = connect(services)
    fields = {"state": state_of(connecting["authUrl"]), "tenant": OTHER_TENANT, "admin_consent": "True"}

    def broken(*arguments: object, **more: object) -> None:
        raise TransientError("storage_unavailable", "pulled out")

    with monkeypatch.context() as patch:
        patch.setattr("tenantsync.store.tenants.Tenants.change", broken)
        assert forward(fields).status == 503
    told = forward(fields)
    assert (told.body["code"], "connectInstead" in told.body) == ("wrong_tenant", True)
    tenant = services.tenants.read(MSP, TENANT)
    assert tenant
    assert tenant.state == "wrong_tenant"
    audit = App().call("GET", "/api/msp-portal/audit", portal_token("Onboarding.Ops")).body["items"]
    assert [entry["action"] for entry in audit].count("connection_refused") == 1


def test_verifying_is_never_shown_while_nothing_is_verified(
    services: Services, microsoft: FakeMicrosoft, started: Started
):
    """Microsoft is away for the sign-in, then for beginning the next one."""
    link = sign_in_link(services, connect(services), started)
    microsoft.overrides[TOKEN_PATH] = lambda asked: Answer({}, 503)
    finish_sign_in(services, microsoft, link, started)
    microsoft.overrides[METADATA_PATH] = lambda asked: Answer({}, 503)
    finish_sign_in(services, microsoft, link, started)
    microsoft.overrides.clear()
    anew = finish_sign_in(services, microsoft, link, started).headers["Location"]
    assert "result=" not in anew
    assert finish_sign_in(services, microsoft, anew, started).headers["Location"].endswith("result=verifying")
    assert len(started.runs) == 1


def test_reopened_link_cannot_be_used_for_ever(services: Services, microsoft: FakeMicrosoft, started: Started):
    link = sign_in_link(services, connect(services), started)
    microsoft.overrides[TOKEN_PATH] = lambda asked: Answer({}, 503)
    finish_sign_in(services, microsoft, link, started)
    landings = [finish_sign_in(services, microsoft, link, started).headers["Location"] for _ in range(21)]
    assert ["result=" in landing for landing in landings] == [*[False] * 20, True]


def test_who_is_no_administrator_is_not_named_as_the_one_who_consented(
    services: Services, microsoft: FakeMicrosoft, started: Started
):
    connected(services, microsoft)
    microsoft.consented[TENANT] = ALL_ROLES[:-1]
    microsoft.admin_roles = ()
    asked = App().call(
        "POST",
        f"/api/msp-portal/tenants/{TENANT}/permissions",
        portal_token("Onboarding.Connect"),
        {"operation": "inventory"},
    )
    landed = redirect(services, started, state=query_of(asked.body["authUrl"])["state"], tenant=TENANT)
    refused = finish_sign_in(services, microsoft, landed.headers["Location"], started)
    assert refused.headers["Location"].endswith("result=error")
    (grant,) = services.grants.list_all(MSP, TENANT)
    assert (grant.state, grant.consented_by, grant.problem_code) == ("failed", "", "admin_role_missing")


def test_nobody_is_named_as_the_one_who_consented_where_roles_cannot_be_seen(
    services: Services, microsoft: FakeMicrosoft, started: Started
):
    """What lets us look is the very permission that is being granted."""
    connected(services, microsoft)
    microsoft.consented[TENANT] = tuple(role for role in ALL_ROLES if role != "Directory.Read.All")
    asked = App().call(
        "POST",
        f"/api/msp-portal/tenants/{TENANT}/permissions",
        portal_token("Onboarding.Connect"),
        {"operation": "inventory"},
    )
    landed = redirect(services, started, state=query_of(asked.body["authUrl"])["state"], tenant=TENANT)
    finish_sign_in(services, microsoft, landed.headers["Location"], started)
    (grant,) = services.grants.list_all(MSP, TENANT)
    assert (grant.state, grant.consented_by) == ("consented", "")
