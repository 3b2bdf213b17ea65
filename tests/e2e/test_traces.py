"""One id from the portal to Microsoft and back, and nothing in traces, metrics and logs that does not belong there."""

import re

import pytest

from devstack.demo.journey import AdminBrowser, Portal
from devstack.host.telemetry import METRICS, SPANS
from devstack.stack import ROOT, Stack
from devstack.trace import SpanLine, find_spans, read_spans

ACTIVITIES = {"verify_consent", "plan_sync", "admit_run", "sync_slice", "finish_run"}
LEAKS = re.compile(
    r"eyJ|\w(?:@|%40)\w|\b(?:code|state|session_state|admin_consent|client_secret)=|simulated-client-secret"
)


@pytest.fixture(scope="module")
def journey(stack: Stack) -> tuple[Portal, list[SpanLine]]:
    """A tenant that was onboarded, and what was written down of it."""
    portal, spans = Portal(stack), stack.telemetry / SPANS
    connected = portal.connect("traced.test", "Traced")
    AdminBrowser(stack).open(connected["authUrl"])
    status = list(portal.follow(connected["tenantId"]))[-1]
    assert status["state"] == "completed"

    def is_written(_: object) -> bool:
        return "finish_run" in {span.name for span in find_spans(read_spans(spans), status["runId"])}

    portal.wait_for(f"tenants/{connected['tenantId']}/sync-status", is_written)
    return portal, find_spans(read_spans(spans), portal.correlation_id)


def ancestors(span: SpanLine, spans: list[SpanLine]) -> list[str]:
    """Names, from the nearest to the first."""
    by_id, names = {item.id: item for item in spans}, []
    while span := by_id.get(span.parent):  # type: ignore[assignment]
        names.append(span.name)
    return names


def test_callers_id_leads_from_connect_through_every_activity_to_graph(journey: tuple[Portal, list[SpanLine]]):
    portal, spans = journey
    own = [span for span in spans if span.attributes.get("connect.correlation_id") == portal.correlation_id]
    assert {span.name for span in own} >= {"POST /api/msp-portal/tenants/connect", *ACTIVITIES}
    calls = [span for span in own if span.attributes.get("peer.service") == "graph"]
    assert {span.attributes["connect.client_request_id"] for span in calls} == {portal.correlation_id}
    assert all(span.attributes.get("connect.request_id") for span in calls)
    for call in calls:
        activity, *before = ancestors(call, spans)
        assert (activity in ACTIVITIES, before) == (True, ["accept_callback", "GET /api/msp-portal/tenants/callback"])


def test_id_of_any_call_of_graph_leads_back_to_the_run(journey: tuple[Portal, list[SpanLine]]):
    _, spans = journey
    call = next(span for span in spans if span.name == "GET /v1.0/users")
    back = find_spans(spans, call.attributes["connect.request_id"])
    assert {span.attributes["connect.run_id"] for span in back if span.name == "finish_run"} == {
        call.attributes["connect.run_id"]
    }
    assert call.attributes["connect.resource"] == "users"


def test_attributes_the_workbooks_query_looks_at_are_there(journey: tuple[Portal, list[SpanLine]]):
    _, spans = journey
    asked = set(re.findall(r'Properties\["(.+?)"\]', (ROOT / "infra/queries/one-cause.kql").read_text()))
    assert asked
    assert asked - {name for span in spans for name in span.attributes} <= {"connect.problem"}  # nothing has failed


@pytest.mark.parametrize("kind", [SPANS, METRICS, "host.log"])
def test_nothing_secret_or_personal_was_written_down(stack: Stack, journey: tuple[Portal, list[SpanLine]], kind: str):
    """Of all the journeys that went through this stack."""
    stack.telemetry.joinpath(METRICS).touch()
    path = stack.logs / kind if kind == "host.log" else stack.telemetry / kind
    text = path.read_text()
    assert sorted(set(LEAKS.findall(text))) == []
    if kind != "host.log":
        assert not re.search(r"\?|\.test\b|https?:|northwind|contoso", text)
