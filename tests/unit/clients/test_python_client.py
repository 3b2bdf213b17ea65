"""The Python client: waiting, following, refusals, what is never sent twice."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tenantsync.services import Services
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import portal_token
from tests.unit.clients.conftest import ORIGIN, Desk, Told, app_wire, scripted

JSON = {"Content-Type": "application/json"}
LOST = requests.ConnectionError("reset")
CUSTOMER = {"name": "Contoso"}


def told(body: Any, status: int = 200, **headers: str) -> Told:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Told(status, {**JSON, **named}, json.dumps(body).encode())


def busy(status: int = 429, **headers: str) -> Told:
    document = {
        "type": "about:blank",
        "title": "Busy",
        "status": status,
        "detail": "d",
        "instance": "/x",
        "code": "rate_limited",
        "owner": "technician",
        "nextAction": "Wait.",
        "correlationId": "c",
    }
    return told(document, status, Content_Type="application/problem+json", **headers)


def test_limit_of_the_api_is_waited_for(
    desk: Desk, services: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(services.preflight_rate, "_per_minute", 1)

    def sleep(seconds: float) -> None:
        desk.waited.append(seconds)
        clock.advance(seconds)

    connect = desk.client(app_wire(App()), lambda: portal_token("Onboarding.Connect"), sleep=sleep)
    for _ in range(2):
        assert connect.tenant_preflight(tenant="contoso.com")["tenantDomain"] == "contoso.com"
    assert desk.waited == [61]


def test_limit_is_told_when_patience_does_not_reach_so_far(desk: Desk):
    connect = desk.client(scripted(busy(Retry_After="8"), busy(Retry_After="8")), patience=10)
    with pytest.raises(desk.package.ProblemError) as refused:
        connect.connect_tenant({"tenant": "contoso.com", "customer": CUSTOMER})
    assert (refused.value.status, refused.value.code, refused.value.retry_after) == (429, "rate_limited", 8)
    assert str(refused.value) == "Busy [rate_limited] Wait."
    assert desk.waited == [8]


def test_change_is_refused_when_somebody_was_faster(desk: Desk, services: Services):
    connect = desk.client(app_wire(App()), lambda: portal_token("Onboarding.Connect", "Onboarding.Read"))
    customer_id = connect.customer_create(CUSTOMER)["customerId"]
    etag = desk.package.etag_of(connect.customer_details(customer_id))
    connect.customer_change(customer_id, {"name": "Fabrikam"}, if_match=etag)
    with pytest.raises(desk.package.ProblemError) as refused:
        connect.customer_change(customer_id, {"name": "Contoso"}, if_match=etag)
    assert (refused.value.status, refused.value.code) == (412, "customer_changed")
    assert connect.customer_remove(customer_id) is None


def test_following_asks_when_told_and_only_for_what_is_new(desk: Desk):
    wire = scripted(
        told({"state": "syncing"}, ETag='"1"', Retry_After="2"),
        Told(304, {"Retry-After": "5"}),
        told({"state": "completed"}, ETag='"2"'),
    )
    states = [status["state"] for status in desk.client(wire).follow("t/1", run_id="r")]
    assert states == ["syncing", "completed"]
    assert desk.waited == [2, 5]
    assert [request.headers.get("If-None-Match") for request in wire.sent] == [None, '"1"', '"1"']
    assert {request.path_url for request in wire.sent} == {
        "/api/msp-portal/tenants/t%2F1/sync-status?runId=r",
    }


def test_reading_is_repeated_while_the_service_is_away_with_a_fresh_token_each_time(desk: Desk):
    tokens = iter("abc")
    wire = scripted(LOST, busy(503), told({"status": "ready"}))
    assert desk.client(wire, lambda: next(tokens)).health() == {"status": "ready"}
    assert desk.waited == [1, 2]
    assert [request.headers["Authorization"] for request in wire.sent] == ["Bearer a", "Bearer b", "Bearer c"]


@pytest.mark.parametrize("trouble", [LOST, busy(503), Told(502)])
def test_what_could_be_done_twice_is_sent_once_and_with_a_key_again(desk: Desk, trouble: Any):
    batch = {"items": [{"tenant": "contoso.com"}]}
    with pytest.raises(desk.package.ConnectError) as failed:
        desk.client(scripted(trouble)).batch_send(batch)
    assert failed.value.is_passing
    assert not desk.waited
    answer = told({"batchId": "b"}, 202)
    assert desk.client(scripted(trouble, answer)).batch_send(batch, idempotency_key="k")["batchId"] == "b"


@pytest.mark.parametrize("status", [200, 404])
def test_page_of_somebody_else_is_no_answer_and_not_waited_for(desk: Desk, status: int):
    with pytest.raises(desk.package.NoAnswerError) as failed:
        desk.client(scripted(Told(status, {"Content-Type": "text/html"}, b"<html>"))).me_show()
    assert (failed.value.status, failed.value.is_passing, desk.waited) == (status, False, [])


@pytest.mark.parametrize("body", [b'{"title": "Bad gateway"}', b"[]", b"<html>"])
def test_problem_of_a_gateway_is_no_answer(desk: Desk, body: bytes):
    with pytest.raises(desk.package.NoAnswerError) as failed:
        desk.client(scripted(Told(400, {"Content-Type": "application/problem+json"}, body))).me_show()
    assert failed.value.status == 400


def test_answer_that_is_cut_off_is_no_answer(desk: Desk):
    with pytest.raises(desk.package.NoAnswerError):
        desk.client(scripted(Told(200, JSON, b'{"a":'))).me_show()


@pytest.mark.parametrize("token", ["", "can ary\n1", "canary\u2192"])
def test_what_is_no_token_is_not_sent_and_not_told(desk: Desk, token: str):
    wire = scripted()
    with pytest.raises(ValueError, match="no access token") as refused:
        desk.client(wire, lambda: token).me_show()
    assert "canary" not in repr(refused.value)
    assert not wire.sent


def test_token_of_a_file_may_end_with_its_line(desk: Desk):
    wire = scripted(told({}))
    desk.client(wire, lambda: "t\n").me_show()
    assert wire.sent[0].headers["Authorization"] == "Bearer t"


def test_netrc_does_not_replace_the_token(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wire, session = scripted(told({})), requests.Session()
    session.mount(ORIGIN, wire)
    desk.package.Connect(ORIGIN, lambda: "t", session=session).me_show()
    assert wire.sent[0].headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_part_of_a_path_does_not_lead_elsewhere(desk: Desk, part: str):
    with pytest.raises(ValueError, match="tenantId"):
        desk.client(scripted()).tenant_details(part)


def test_redirect_is_given_and_not_followed_with_the_token(desk: Desk):
    wire = scripted(Told(303, {"Location": "https://login.test/"}))
    assert desk.client(wire).invitation(token="x") == "https://login.test/"
    assert len(wire.sent) == 1


def test_truth_values_and_nothing_are_sent_as_the_api_reads_them(desk: Desk):
    wire = scripted(told({}, 202))
    desk.client(wire).psa_sync("halopsa", may_deactivate=True)
    assert wire.sent[0].path_url == "/api/msp-portal/psa/halopsa/sync?mayDeactivate=true"


def test_lists_are_sent_and_given(desk: Desk):
    wire = scripted(told([1, 2]))
    assert desk.client(wire).call("POST", "/x", query={"a": ["b", True]}, body=["c"]) == [1, 2]
    assert (wire.sent[0].path_url, wire.sent[0].body) == ("/x?a=b&a=true", b'["c"]')


def test_token_never_goes_over_an_open_line(package: Any):
    with pytest.raises(ValueError, match="not https"):
        package.Connect("http://connect.example", lambda: "t")
    package.Connect("http://127.0.0.1:7071", lambda: "t")
