"""Preflight: what would fail at Microsoft for certain is told by connect; what cannot be checked never stops it."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tenantsync.outbound import Outbound
from tenantsync.services import Services, build_services, using
from tenantsync.settings import Settings
from tests.app import Answer as Answered
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import CLIENT_ID, GRAPH, LOGIN, TENANT, Answer, FakeMicrosoft, graph_error, portal_token
from tests.services import ENVIRONMENT

HOME = "55555555-5555-4555-8555-555555555555"
OTHER_LOGIN = "https://login.other.test"
REGISTRATION = f"/v1.0/applications(appId='{CLIENT_ID}')"


@pytest.fixture
def careful(clock: FakeClock, tables: MemoryTables, microsoft: FakeMicrosoft) -> Iterator[Services]:
    """A service that knows its own tenant and another cloud."""
    settings = Settings.from_env({**ENVIRONMENT, "HOME_TENANT_ID": HOME, "OTHER_LOGIN_ENDPOINTS": OTHER_LOGIN})
    microsoft.domains["home.test"] = HOME
    microsoft.consented[HOME] = ("User.Read.All",)
    microsoft.elsewhere[OTHER_LOGIN] = lambda asked: Answer({"error": "invalid_tenant", "error_codes": [90002]}, 400)
    outbound = Outbound((LOGIN, GRAPH, OTHER_LOGIN), adapter=microsoft)
    with using(build_services(settings, tables=tables, clock=clock, outbound=outbound)) as built:
        yield built


def post(**more: object) -> Answered:
    body = {"tenant": "contoso.com", "customer": {"name": "Contoso"}, **more}
    return App().call("POST", "/api/msp-portal/tenants/connect", portal_token("Onboarding.Connect"), body)


def look(tenant: str = "contoso.com", **more: str) -> Answered:
    query = urlencode({"tenant": tenant, **more})
    return App().call("GET", f"/api/msp-portal/tenants/preflight?{query}", portal_token("Onboarding.Connect"))


def said(answer: Answered) -> dict[str, object]:
    """A problem but for what differs from request to request."""
    return {name: value for name, value in answer.body.items() if name not in ("instance", "correlationId")}


def checks(answer: Answered) -> dict[str, str]:
    return {item["check"]: item["state"] for item in answer.body["preflight"]}


def registration(**content: object) -> Answer:
    return Answer(
        {"signInAudience": "AzureADMultipleOrgs", "web": {"redirectUris": [ENVIRONMENT["CALLBACK_URL"]]}, **content}
    )


def test_everything_checked(careful: Services, microsoft: FakeMicrosoft):
    microsoft.graph[REGISTRATION] = lambda asked: registration()
    assert set(checks(post()).values()) == {"passed"}


def test_without_a_home_tenant_the_checks_are_skipped_with_the_reason(services: Services):
    answer = post()
    assert answer.status == 201
    assert checks(answer)["credential"] == "skipped"
    assert (
        "HOME_TENANT_ID" in next(item for item in answer.body["preflight"] if item["check"] == "credential")["detail"]
    )


def test_registration_that_may_not_be_read_is_skipped(careful: Services, microsoft: FakeMicrosoft):
    microsoft.graph[REGISTRATION] = lambda asked: graph_error(403, "Authorization_RequestDenied")
    answer = post()
    assert answer.status == 201
    assert checks(answer) | {} == {
        "cloud": "passed",
        "not_connected": "passed",
        "credential": "passed",
        "redirect_uri": "skipped",
        "audience": "skipped",
    }


@pytest.mark.parametrize(
    ("content", "code", "microsoft_code"),
    [
        ({"web": {"redirectUris": ["https://old.example/callback"]}}, "redirect_uri_mismatch", "AADSTS50011"),
        ({"signInAudience": "AzureADMyOrg"}, "app_not_multitenant", "AADSTS50194"),
    ],
)
def test_registration_that_cannot_work_is_told_before_anybody_is_sent(
    careful: Services,
    microsoft: FakeMicrosoft,
    tables: MemoryTables,
    content: dict[str, object],
    code: str,
    microsoft_code: str,
):
    microsoft.graph[REGISTRATION] = lambda asked: registration(**content)
    answer = post()
    assert (answer.status, answer.body["code"]) == (502, code)
    assert (answer.body["microsoftCode"], answer.body["owner"]) == (microsoft_code, "msp_ops")
    assert answer.body["nextAction"]
    assert not any(tables.tables["Connections"].values())


@pytest.mark.parametrize("number", [7000215, 7000222, 700027])
def test_dead_credential_is_told_by_connect(careful: Services, microsoft: FakeMicrosoft, number: int):
    refusal = Answer({"error": "invalid_client", "error_codes": [number]}, 401)
    microsoft.overrides[f"/{HOME}/oauth2/v2.0/token"] = lambda asked: refusal
    answer = post()
    assert (answer.status, answer.body["code"]) == (502, "credential_rejected")
    assert (answer.body["microsoftCode"], answer.body["owner"]) == (f"AADSTS{number}", "msp_ops")


def test_credential_that_dies_later_is_told_though_a_token_is_still_good(
    careful: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    assert post().status == 201
    refusal = Answer({"error": "invalid_client", "error_codes": [7000222]}, 401)
    microsoft.overrides[f"/{HOME}/oauth2/v2.0/token"] = lambda asked: refusal
    clock.advance(301)
    assert post().body["code"] == "credential_rejected"


@pytest.mark.parametrize(
    "refusal", [Answer(b"", 503), Answer({"error": "invalid_client", "error_codes": [7000229]}, 400)]
)
def test_credential_that_cannot_be_checked_does_not_stop_connect(
    careful: Services, microsoft: FakeMicrosoft, refusal: Answer
):
    microsoft.overrides[f"/{HOME}/oauth2/v2.0/token"] = lambda asked: refusal
    answer = post()
    assert answer.status == 201
    assert checks(answer)["credential"] == "skipped"


def test_app_that_its_own_tenant_does_not_know_is_told(careful: Services, microsoft: FakeMicrosoft):
    refusal = Answer({"error": "unauthorized_client", "error_codes": [700016]}, 400)
    microsoft.overrides[f"/{HOME}/oauth2/v2.0/token"] = lambda asked: refusal
    answer = post()
    assert (answer.status, answer.body["code"], answer.body["owner"]) == (502, "app_not_found", "msp_ops")
    assert "CLIENT_ID" in answer.body["nextAction"]


def test_checks_are_good_for_five_minutes(careful: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    microsoft.graph[REGISTRATION] = lambda asked: registration()
    for _ in range(3):
        post()
    assert microsoft.count(REGISTRATION) == 1
    clock.advance(301)
    post()
    assert microsoft.count(REGISTRATION) == 2


def elsewhere(tenant: str, instance: str = "microsoftonline.us") -> Answer:
    base = f"{OTHER_LOGIN}/{tenant}"
    return Answer(
        {"issuer": f"{base}/v2.0", "token_endpoint": f"{base}/oauth2/v2.0/token", "cloud_instance_name": instance}
    )


def test_domain_in_two_clouds_asks(careful: Services, microsoft: FakeMicrosoft):
    microsoft.elsewhere[OTHER_LOGIN] = lambda asked: elsewhere("44444444-4444-4444-8444-444444444444")
    answer = post()
    assert (answer.status, answer.body["code"]) == (409, "tenant_in_two_clouds")
    assert {item["cloud"] for item in answer.body["choices"]} == {"global", "us_government"}
    assert answer.body["detail"] == "It exists in the worldwide cloud and the US Government cloud."
    assert post(cloud="global").body["tenantId"] == TENANT
    other = post(cloud="us_government")
    assert (other.status, other.body["code"], other.body["owner"]) == (400, "tenant_in_other_cloud", "msp_ops")


def test_same_tenant_seen_from_another_cloud_is_one_tenant(careful: Services, microsoft: FakeMicrosoft):
    microsoft.elsewhere[OTHER_LOGIN] = lambda asked: elsewhere(TENANT, "microsoftonline.com")
    assert post().status == 201


def test_tenant_only_in_another_cloud_is_told_apart_from_an_unknown_one(careful: Services, microsoft: FakeMicrosoft):
    microsoft.elsewhere[OTHER_LOGIN] = lambda asked: elsewhere("44444444-4444-4444-8444-444444444444")
    answer = post(tenant="only.us")
    assert (answer.status, answer.body["code"], answer.body["cloud"]) == (400, "tenant_in_other_cloud", "us_government")
    assert answer.body["detail"] == "It is in the US Government cloud."
    microsoft.elsewhere[OTHER_LOGIN] = lambda asked: Answer({"error": "invalid_tenant", "error_codes": [90002]}, 400)
    assert post(tenant="only.us").body["code"] == "tenant_not_found"


def test_silent_cloud_is_noted_and_stops_nothing(careful: Services, microsoft: FakeMicrosoft):
    microsoft.elsewhere[OTHER_LOGIN] = lambda asked: Answer(b"", 503)
    answer = post()
    assert answer.status == 201
    assert checks(answer)["cloud"] == "skipped"


def test_national_clouds_are_asked_only_by_the_global_one():
    default = {name: value for name, value in ENVIRONMENT.items() if name not in ("LOGIN_ENDPOINT", "GRAPH_ENDPOINT")}
    assert len(Settings.from_env(default).other_login_endpoints) == 2
    assert Settings.from_env(ENVIRONMENT).other_login_endpoints == ()


def test_look_says_what_connect_will_have_checked(careful: Services, microsoft: FakeMicrosoft):
    microsoft.graph[REGISTRATION] = lambda asked: registration()
    looked, connected = look(), post()
    assert (looked.status, connected.status) == (200, 201)
    assert looked.body["checks"] == connected.body["preflight"]
    for name in ("tenantId", "tenantDomain", "cloud", "permissions"):
        assert looked.body[name] == connected.body[name]


@pytest.mark.parametrize("tenant", ["", " ", "common", "not a domain", "nobody.test", "home.test", HOME])
def test_look_refuses_what_connect_refuses(careful: Services, tenant: str):
    refused = look(tenant)
    assert refused.status in (400, 404)
    assert (refused.status, said(refused)) == (post(tenant=tenant).status, said(post(tenant=tenant)))


@pytest.mark.parametrize("cloud", [None, "us_government", "mars"])
def test_look_asks_for_the_cloud_as_connect_does(careful: Services, microsoft: FakeMicrosoft, cloud: str | None):
    microsoft.elsewhere[OTHER_LOGIN] = lambda asked: elsewhere("44444444-4444-4444-8444-444444444444")
    chosen = {"cloud": cloud} if cloud else {}
    refused = look(**chosen)
    assert refused.status in (400, 409)
    assert said(refused) == said(post(**chosen))
    assert look(cloud="global").status == 200


def test_look_tells_a_dead_registration_as_connect_does(careful: Services, microsoft: FakeMicrosoft):
    microsoft.graph[REGISTRATION] = lambda asked: registration(signInAudience="AzureADMyOrg")
    refused = look()
    assert (refused.status, refused.body["code"]) == (502, "app_not_multitenant")
    assert said(refused) == said(post())
