"""One id leads from the portal's request through everything that comes of it; what is no id is never repeated."""

from uuid import UUID

import pytest

from activities.triggers import check_consent, list_tenants, verify_consent
from tenantsync.runs.syncing import begin_sync
from tenantsync.services import Services
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import MSP, TENANT, FakeMicrosoft, portal_token
from tests.telemetry import Telemetry
from tests.unit.journey import connected, query_of, state_of

GUID = "12345678-1234-4234-8234-123456789abc"
CALLBACK = "/api/msp-portal/tenants/callback"
TENANTS = "/api/msp-portal/tenants"


@pytest.fixture
def token() -> str:
    return portal_token("Onboarding.Connect", "Onboarding.Read")


def onboard(app: App, microsoft: FakeMicrosoft, token: str, headers: dict[str, str]) -> str:
    """From connect to the started run, whose id it gives; Microsoft's redirects carry no header of ours."""
    body = {"tenant": "contoso.com", "customer": {"name": "Contoso"}}
    connected = app.call("POST", f"{TENANTS}/connect", token, body, headers)
    consent = state_of(connected.body["authUrl"])
    link = app.call("GET", f"{CALLBACK}?state={consent}&tenant={TENANT}&admin_consent=True").headers["Location"]
    microsoft.nonce = query_of(link)["nonce"]
    app.call("GET", f"{CALLBACK}?state={state_of(link)}&code=one-time-code")
    return next(iter(app.client.instances))


def test_id_of_connect_is_the_runs_and_its_orchestrations(services: Services, microsoft: FakeMicrosoft, token: str):
    app = App()
    run_id = onboard(app, microsoft, token, {"x-correlation-id": GUID.upper()})
    run = services.runs.read(run_id)
    assert run is not None
    assert run.correlation_id == GUID
    assert app.client.instances[run_id][1]["correlationId"] == GUID


def test_id_of_connect_is_on_every_call_of_graph_and_in_the_log(
    services: Services, microsoft: FakeMicrosoft, telemetry: Telemetry, token: str, caplog: pytest.LogCaptureFixture
):
    app = App()
    caplog.set_level("INFO")
    run_id = onboard(app, microsoft, token, {"x-correlation-id": GUID})
    _, job = app.client.instances[run_id]
    trigger = verify_consent._function.get_user_function()
    assert trigger({**job, "attempt": 0})["state"] == "verified"
    calls = [span for span in telemetry.spans if span.attributes.get("peer.service") == "graph"]
    assert calls
    assert {span.attributes["connect.client_request_id"] for span in calls} == {GUID}
    assert {span.attributes["connect.run_id"] for span in calls} == {run_id}
    (activity,) = (span for span in telemetry.spans if span.name == "verify_consent")
    assert all(span.parent.span_id == activity.context.span_id for span in calls)
    (started,) = (line for line in caplog.messages if line.startswith("run_started "))
    assert started.startswith(f"run_started run_id={run_id} tenant_id={TENANT} ")
    assert started.endswith(f" correlation_id={GUID}")


def test_id_the_administrator_is_shown_leads_to_the_one_of_connect(
    services: Services, microsoft: FakeMicrosoft, telemetry: Telemetry, token: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    onboard(App(), microsoft, token, {"x-correlation-id": GUID})
    shown = [span.attributes["connect.correlation_id"] for span in telemetry.spans if span.name == f"GET {CALLBACK}"]
    accepted = [span.attributes for span in telemetry.spans if span.name == "accept_callback"]
    assert [ids["connect.callback_id"] for ids in accepted] == shown
    assert ({ids["connect.correlation_id"] for ids in accepted}, GUID in shown) == ({GUID}, False)
    (started,) = (line for line in caplog.messages if line.startswith("run_started "))
    assert f" callback_id={shown[-1]} " in started


def test_later_sync_has_the_id_of_who_asked_for_it(services: Services, microsoft: FakeMicrosoft, token: str):
    app, run = App(), connected(services, microsoft)
    asked = app.call("POST", f"{TENANTS}/{run.tenant_id}/resync", token, headers={"x-correlation-id": GUID})
    assert app.client.instances[asked.body["runId"]][1]["correlationId"] == GUID


def test_whatever_a_request_starts_has_its_id(services: Services, microsoft: FakeMicrosoft, token: str):
    app, run = App(), connected(services, microsoft)
    app.call("DELETE", f"{TENANTS}/{run.tenant_id}", token, headers={"x-correlation-id": GUID})
    assert app.client.instances[f"disconnect-{run.connection_id}"][1]["correlationId"] == GUID


def test_sync_nobody_asked_for_has_an_id_of_its_own(services: Services, microsoft: FakeMicrosoft):
    connection = services.connections.read(MSP, connected(services, microsoft).connection_id)
    assert connection is not None
    run = begin_sync(connection, "delta", services, is_scheduled=True)
    assert run is not None
    assert str(UUID(run.correlation_id)) == run.correlation_id


def test_each_days_look_at_a_consent_has_an_id_of_its_own(
    services: Services, microsoft: FakeMicrosoft, telemetry: Telemetry, clock: FakeClock
):
    """By which its calls of Microsoft are known."""
    connected(services, microsoft)
    look, check = (trigger._function.get_user_function() for trigger in (list_tenants, check_consent))
    jobs = [look({"cursor": f"{MSP} "})["tenants"][0] for _ in range(2)]
    clock.advance(24 * 3600)
    jobs += look({"cursor": f"{MSP} "})["tenants"]
    first, repeated, tomorrows = (job["correlationId"] for job in jobs)
    assert (first == repeated, first == tomorrows, first == str(UUID(first))) == (True, False, True)
    before = len(telemetry.spans)
    assert check(jobs[0])["consent"] == "granted"
    spans = telemetry.spans[before:]
    assert {span.attributes["connect.correlation_id"] for span in spans} == {first}
    asked = {span.attributes["connect.client_request_id"] for span in spans if "/v1.0/" in span.name}
    assert asked == {first}


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "1",
        f"{{{GUID}}}",
        f"urn:uuid:{GUID}",
        GUID.replace("-", ""),
        f"{GUID}\r\nX-Evil: 1",
        f"{GUID} ",
        f"{chr(0xFF11)}{GUID[1:]}",
        "<script>alert(1)</script>",
        "admin@contoso.com",
        "a" * 10_000,
    ],
)
def test_what_is_no_id_is_replaced_and_not_repeated(
    services: Services, telemetry: Telemetry, junk: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    answer = App().call("GET", f"{TENANTS}/{TENANT}/sync-status", "no-token", headers={"x-correlation-id": junk})
    given = answer.body["correlationId"]
    assert answer.headers["X-Correlation-Id"] == given == str(UUID(given))
    everywhere = f"{answer.headers}{answer.content.decode()}{caplog.text}{telemetry.text()}"
    assert not junk.strip() or len(junk) == 1 or junk not in everywhere
    assert given not in (junk, GUID)


def test_answer_and_problem_carry_the_callers_id(services: Services):
    answer = App().call("GET", f"{TENANTS}/{TENANT}/sync-status", "no-token", headers={"x-correlation-id": GUID})
    assert (answer.headers["X-Correlation-Id"], answer.body["correlationId"]) == (GUID, GUID)


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        (TENANT, TENANT),
        ("contoso.com", "contoso.com"),
        ("admin%40contoso.com", "*"),
        ("problem=credential_rejected", "*"),
        ("x%20problem=credential_rejected", "*"),
        ("a" * 65, "*"),
    ],
)
def test_path_in_the_log_has_no_address_and_nothing_an_alert_would_take_for_a_problem(
    services: Services, caplog: pytest.LogCaptureFixture, step: str, shown: str
):
    caplog.set_level("INFO")
    App().call("GET", f"{TENANTS}/{step}/sync-status", "no-token", headers={"x-correlation-id": GUID})
    (line,) = (item for item in caplog.messages if item.startswith("request_refused "))
    assert line == f"request_refused problem=unauthenticated path={TENANTS}/{shown}/sync-status correlation_id={GUID}"
