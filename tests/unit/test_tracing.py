"""Spans say what was done and for whom, and nothing of what was in it."""

import pytest
import requests
from opentelemetry.trace import StatusCode

from tenantsync import logs
from tenantsync.errors import ThrottledError, TransientError
from tenantsync.read_ahead import read_ahead
from tenantsync.services import Services
from tenantsync.tracing import exchange, route_template, span, url_template
from tests.fakes.microsoft import TENANT, Answer, FakeMicrosoft, graph_page
from tests.telemetry import Telemetry

GUID = "12345678-1234-4234-8234-123456789abc"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/v1.0/users/delta?$deltatoken=secret", "/v1.0/users/delta"),
        ("/v1.0/users/$count", "/v1.0/users/$count"),
        (f"/v1.0/users/{GUID}/transitiveMemberOf/microsoft.graph.directoryRole", None),
        ("/v1.0/users/admin@contoso.com", "/v1.0/users/{id}"),
        ("/v1.0/users/admin%40contoso.com", "/v1.0/users/{id}"),
        ("/v1.0/servicePrincipals(appId='x')/appRoleAssignments", "/v1.0/servicePrincipals({id})/appRoleAssignments"),
        (f"/{GUID}/oauth2/v2.0/token", "/{id}/oauth2/v2.0/token"),
        ("/contoso.com/v2.0/.well-known/openid-configuration", "/{id}/v2.0/.well-known/openid-configuration"),
        ("/('x')/a", "/{id}/a"),
        ("", ""),
    ],
)
def test_template_keeps_what_an_api_is_made_of_and_nothing_of_its_contents(path: str, shown: str | None):
    expected = shown if shown is not None else "/v1.0/users/{id}/transitiveMemberOf/microsoft.graph.directoryRole"
    assert url_template(f"https://user:pass@host.test{path}") == expected


def test_template_of_a_service_with_names_in_its_paths_has_known_words_only(
    telemetry: Telemetry, services: Services, microsoft: FakeMicrosoft
):
    url = "https://na.example.test/login/companyinfo/northwind"
    assert url_template(url, {"login", "companyinfo"}) == "/login/companyinfo/{id}"
    microsoft.overrides["/v1.0/reports/file"] = lambda asked: Answer(b"")
    services.outbound.get("https://graph.test/v1.0/reports/file", report=True)
    assert telemetry.span("GET /{id}/{id}/{id}").attributes["peer.service"] == "reports"


def test_route_of_a_path_has_the_names_of_its_values():
    path = f"/api/msp-portal/tenants/{GUID}/inventory/users"
    assert route_template(path, {"tenantId": GUID, "resource": "users"}) == (
        "/api/msp-portal/tenants/{tenantId}/inventory/{resource}"
    )
    assert route_template("/api/msp-portal/tenants/a%40b.com/x", {"tenantId": "a@b.com"}).endswith("{tenantId}/x")


def test_call_of_graph_is_found_by_microsofts_id_and_by_ours(
    services: Services, microsoft: FakeMicrosoft, telemetry: Telemetry
):
    microsoft.overrides["/v1.0/users"] = lambda asked: Answer({"value": []}, headers={"request-id": "graph-1"})
    with logs.correlated(GUID, run_id="run-1"), logs.about(resource="users"):
        services.graph_for(TENANT).fetch_json("/users?$filter=mail eq 'a@b.com'")
    asked = microsoft.asked[-1]
    called = telemetry.span("GET /v1.0/users")
    assert asked.headers["client-request-id"] == GUID
    assert called.attributes == {
        "connect.correlation_id": GUID,
        "connect.run_id": "run-1",
        "connect.resource": "users",
        "connect.tenant_id": TENANT,
        "connect.client_request_id": GUID,
        "connect.request_id": "graph-1",
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "url.template": "/v1.0/users",
        "url.full": "/v1.0/users",
        "peer.service": "graph",
    }
    assert telemetry.sum("connect.requests", service="graph", outcome="2xx") == 1


def test_call_outside_of_a_request_has_an_id_of_its_own(
    services: Services, microsoft: FakeMicrosoft, telemetry: Telemetry
):
    microsoft.overrides["/v1.0/users"] = lambda asked: graph_page([])
    with logs.correlated("onboard-not-a-guid"):
        services.graph_for(TENANT).fetch_json("/users")
    sent = microsoft.asked[-1].headers["client-request-id"]
    assert sent == telemetry.span("GET /v1.0/users").attributes["connect.client_request_id"]
    assert len(sent) == 36


def test_refusal_is_told_by_its_status_and_how_long_to_wait(
    services: Services, microsoft: FakeMicrosoft, telemetry: Telemetry
):
    headers = {"Retry-After": "17", "request-id": "a b; c"}
    microsoft.overrides["/v1.0/users"] = lambda asked: Answer({"error": {"code": "x"}}, 429, headers)
    with pytest.raises(ThrottledError):
        services.graph_for(TENANT).fetch_json("/users")
    called = telemetry.span("GET /v1.0/users")
    assert (called.attributes["connect.retry_after"], called.status.status_code) == ("17", StatusCode.ERROR)
    assert "connect.request_id" not in called.attributes
    assert telemetry.sum("connect.requests", service="graph", outcome="throttled") == 1


def test_no_answer_is_counted_and_told_by_the_kind_of_failure(telemetry: Telemetry):
    with pytest.raises(requests.ConnectionError), exchange("graph", "GET", "https://graph.test/v1.0/users"):
        raise requests.ConnectionError("https://graph.test/v1.0/users?token=secret")
    called = telemetry.span("GET /v1.0/users")
    assert (called.attributes["error.type"], called.status.description, called.events) == ("ConnectionError", None, ())
    assert telemetry.sum("connect.requests", service="graph", outcome="none") == 1


def test_failure_of_ours_is_told_by_its_code(telemetry: Telemetry):
    with pytest.raises(TransientError), span("something"):
        raise TransientError("microsoft_unavailable", "graph.test said a@b.com")
    assert telemetry.span("something").attributes == dict.fromkeys(
        ("error.type", "connect.problem"), "microsoft_unavailable"
    )


def test_page_read_ahead_belongs_to_whoever_reads(telemetry: Telemetry):
    def pages():
        for number in range(3):
            with span(f"page {number}"):
                yield_value = number
            yield yield_value

    with logs.correlated(GUID), span("slice"):
        assert list(read_ahead(pages())) == [0, 1, 2]
    whole = telemetry.span("slice")
    for number in range(3):
        page = telemetry.span(f"page {number}")
        assert page.parent.span_id == whole.context.span_id
        assert page.attributes["connect.correlation_id"] == GUID
