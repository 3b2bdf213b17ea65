import json
from codecs import BOM_UTF8
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connect.routes import connect_tenant
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Role
from tenantsync.identity.consent import hash_state
from tenantsync.permissions import PERMISSIONS
from tenantsync.services import Services
from tenantsync.store.runs import Run, RunState
from tenantsync.wire import CALLBACK_STATES_TABLE, CONNECTIONS_TABLE, CUSTOMERS_TABLE
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import GRAPH, LOGIN, MSP, OTHER_MSP, TENANT, Answer, FakeMicrosoft, portal_token
from tests.fakes.orchestrations import Started
from tests.http import Answered, call
from tests.unit.journey import (
    connect,
    connected,
    finish_sign_in,
    put_run,
    query_of,
    redirect,
    run_of,
    sign_in_link,
    state_of,
)

PATH = "/api/msp-portal/tenants/connect"
GOOD: dict[str, Any] = {"tenant": "contoso.com", "customer": {"name": "Contoso"}}


def post(body: Any = None, *, token: str | None = None, **options: Any) -> Answered:
    token = portal_token(Role.CONNECT) if token is None else token
    return call(connect_tenant, method="POST", path=PATH, token=token, body=GOOD if body is None else body, **options)


def test_connect_answers_the_contract(services: Services):
    answer = post()
    assert answer.status == 201
    fields = (
        "connectionId tenantId tenantDomain cloud customerId authUrl expiresAt permissions preflight access statusUrl"
    )
    assert set(answer.body) == set(fields.split())
    assert (answer.body["tenantId"], answer.body["tenantDomain"], answer.body["cloud"]) == (
        TENANT,
        "contoso.com",
        "global",
    )
    assert answer.body["statusUrl"] == f"/api/msp-portal/tenants/{TENANT}/sync-status"
    assert [item["name"] for item in answer.body["permissions"]] == [item.name for item in PERMISSIONS]
    assert answer.headers["Cache-Control"] == "no-store"


def test_body_may_begin_with_a_byte_order_mark(services: Services):
    """As files from Windows do that are sent as they are."""
    assert post(BOM_UTF8 + json.dumps(GOOD).encode()).status == 201


def test_connect_links_to_v2_admin_consent_with_exact_redirect(services: Services):
    link = post().body["authUrl"]
    query = query_of(link)
    assert link.startswith(f"{LOGIN}/{TENANT}/v2.0/adminconsent?")
    assert query["scope"] == f"{GRAPH}/.default"
    assert query["redirect_uri"] == services.settings.callback_url
    assert len(query["state"]) >= 43


def test_connect_stores_the_state_only_as_a_hash(services: Services, tables: MemoryTables):
    state = state_of(post().body["authUrl"])
    stored = services.callback_states.find(hash_state(state))
    assert stored is not None
    assert (stored.state.msp_id, stored.state.tenant_id) == (MSP, TENANT)
    everything = [row.values for table in (CALLBACK_STATES_TABLE, CONNECTIONS_TABLE) for row in tables.rows(table)]
    assert state not in json.dumps(everything, default=str)


def test_connect_by_guid_has_no_domain(services: Services):
    answer = post({**GOOD, "tenant": TENANT.upper()})
    assert (answer.status, answer.body["tenantId"], answer.body["tenantDomain"]) == (201, TENANT, None)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**GOOD, "tenant": "common"}, 400, "invalid_tenant"),
        ({**GOOD, "tenant": "1234"}, 400, "invalid_tenant"),
        ({**GOOD, "tenant": 7}, 400, "invalid_tenant"),
        ({"customer": {"name": "Contoso"}}, 400, "invalid_tenant"),
        ({**GOOD, "tenant": "unknown.example"}, 404, "tenant_not_found"),
        ({"tenant": "contoso.com"}, 400, "invalid_request"),
        ({**GOOD, "customerId": "both"}, 400, "invalid_request"),
        ({**GOOD, "customer": "Contoso"}, 400, "invalid_request"),
        ({**GOOD, "customer": {"name": ""}}, 400, "invalid_request"),
        ({**GOOD, "customer": {"name": "x" * 201}}, 400, "invalid_request"),
        ({**GOOD, "customer": {"name": "a\x00b"}}, 400, "invalid_request"),
        ({**GOOD, "customer": {"name": "Contoso", "msp": "x"}}, 400, "invalid_request"),
        ({**GOOD, "state": "completed"}, 400, "invalid_request"),
        ({**GOOD, "access": {"model": "magic"}}, 400, "invalid_request"),
        ({**GOOD, "access": {"model": "dap"}}, 400, "access_model_unsupported"),
        ({**GOOD, "ticketRef": ["1"]}, 400, "invalid_request"),
        ({"tenant": "contoso.com", "customerId": "no-such"}, 404, "customer_not_found"),
        ({"tenant": "contoso.com", "customerId": "33333333-3333-4333-8333-333333333333"}, 404, "customer_not_found"),
        ([], 400, "invalid_request"),
        (b"not json", 400, "invalid_request"),
        (b"", 400, "invalid_request"),
        (b'{"tenant": "' + b"x" * 70_000 + b'"}', 413, "payload_too_large"),
    ],
)
def test_connect_refuses_bad_input_and_stores_nothing(
    services: Services, tables: MemoryTables, body: Any, status: int, code: str
):
    answer = post(body)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.body) - {"microsoftCode"} == {
        "type", "title", "status", "detail", "instance", "code", "owner", "nextAction", "correlationId"
    }  # fmt: skip
    assert answer.body["instance"] == PATH
    for table in (CALLBACK_STATES_TABLE, CONNECTIONS_TABLE, CUSTOMERS_TABLE):
        assert tables.rows(table) == []


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("/tenants/new?step=5", True),
        ("https://portal.test/tenants", True),
        ("/a?next=https://b.test/", True),
        ("//evil.test", False),
        ("/.//evil.test", False),
        ("/a/..//evil.test", False),
        ("/\\evil.test", False),
        ("\\\\evil.test", False),
        ("https://evil.test/", False),
        ("https:evil.test", False),
        ("https://portal.test@evil.test/", False),
        ("https://portal.test.evil.test/", False),
        ("http://portal.test/", False),
        ("javascript:alert(1)", False),
        ("https://[portal.test", False),
        ("https://portal.test:99999999/", False),
    ],
)
def test_return_url_stays_with_the_portal(services: Services, url: str, is_allowed: bool):
    answer = post({**GOOD, "returnUrl": url})
    assert (answer.status, (answer.body or {}).get("code")) == (
        (201, None) if is_allowed else (400, "invalid_return_url")
    )


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        ("", 401, "unauthenticated"),
        (portal_token(Role.READ), 403, "role_missing"),
        (portal_token(Role.CONNECT, msp=TENANT), 403, "msp_not_allowed"),
    ],
)
def test_connect_needs_the_connect_role_of_an_allowed_msp(services: Services, token: str, status: int, code: str):
    answer = post(token=token)
    assert (answer.status, answer.body["code"]) == (status, code)


def test_one_name_is_one_customer_whatever_its_case(services: Services):
    first = post()
    second = post({**GOOD, "customer": {"name": "  CONTOSO "}})
    assert first.body["customerId"] == second.body["customerId"]
    assert post({"tenant": "contoso.com", "customerId": first.body["customerId"]}).status == 201


def test_customer_of_another_msp_is_not_found(services: Services):
    customer_id = post().body["customerId"]
    other = portal_token(Role.CONNECT, msp=OTHER_MSP)
    assert post({"tenant": "contoso.com", "customerId": customer_id}, token=other).status == 404


def test_sign_in_service_down_is_a_problem_with_an_owner(services: Services, microsoft: FakeMicrosoft):
    microsoft.overrides["/contoso.com/v2.0/.well-known/openid-configuration"] = lambda asked: Answer("down", 503)
    answer = post()
    assert (answer.status, answer.body["code"], answer.body["owner"]) == (503, "microsoft_unavailable", "microsoft")


def test_storage_down_is_a_problem_and_no_crash(services: Services, tables: MemoryTables):
    tables.fail_next = 2  # the first is whether the MSP is known, which may stay open
    answer = post()
    assert (answer.status, answer.body["code"]) == (503, "storage_unavailable")


def test_requests_at_the_same_moment_are_not_mistaken_for_too_many(
    services: Services, tables: MemoryTables, clock: FakeClock
):
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: services.connect_rate.take(MSP, clock.now()), range(100)))
    assert len(tables.rows("ConnectRate")) == 100
    clock.advance(60)
    services.connect_rate.take(MSP, clock.now())
    assert len(tables.rows("ConnectRate")) == 1  # the last minute's are forgotten


def test_connect_is_limited_per_msp_and_minute(services: Services, clock: FakeClock):
    for _ in range(services.settings.connect_rate_per_minute):
        services.connect_rate.take(MSP, clock.now())
    refused = post()
    assert (refused.status, refused.body["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert post(token=portal_token(Role.CONNECT, msp=OTHER_MSP)).status == 201
    clock.advance(60)
    assert post().status == 201


def test_two_msps_may_wait_for_one_tenant(services: Services):
    assert post().status == 201
    assert post(token=portal_token(Role.CONNECT, msp=OTHER_MSP)).status == 201


@pytest.mark.parametrize(
    ("state", "is_refused"),
    [
        (RunState.VERIFYING, True),
        (RunState.SYNCING, True),
        (RunState.COMPLETED, True),
        (RunState.FAILED, False),
        (RunState.CANCELLED, False),
    ],
)
def test_tenant_of_the_same_msp_is_refused_with_its_customer(
    services: Services, microsoft: FakeMicrosoft, state: RunState, is_refused: bool
):
    started = Started()
    connected = connect(services)
    finish_sign_in(services, microsoft, sign_in_link(services, connected, started), started)
    run = run_of(services, started)
    from activities.verify_consent import verify_consent

    assert verify_consent(run.run_id, 0, services) == {"state": "verified"}
    put_run(services, Run(**{**{name: getattr(run, name) for name in Run.__slots__}, "state": state}))
    answer = post()
    assert (answer.status == 409) is is_refused
    if is_refused:
        assert connected["customerId"] in answer.body["detail"]


def test_failed_attempt_to_connect_anew_does_not_lock_the_tenant(services: Services, microsoft: FakeMicrosoft):
    run = connected(services, microsoft, RunState.FAILED)
    for _ in range(2):
        again = connect(services)
        redirect(services, Started(), state=state_of(again["authUrl"]), error="access_denied")
    assert post().status == 201
    services.runs.change(run.run_id, even_ended=True, state=RunState.COMPLETED)
    assert post().status == 409


def test_refusal_for_another_msps_tenant_says_nothing_of_the_owner(services: Services, microsoft: FakeMicrosoft):
    started = Started()
    connected = connect(services)
    finish_sign_in(services, microsoft, sign_in_link(services, connected, started), started)
    from activities.verify_consent import verify_consent

    verify_consent(started.runs[0], 0, services)
    answer = post(token=portal_token(Role.CONNECT, msp=OTHER_MSP))
    assert (answer.status, answer.body["detail"]) == (409, "Contact support.")
    assert not {MSP, connected["customerId"]} & set(json.dumps(answer.body).replace('"', " ").split())


def test_own_tenant_is_refused_also_by_its_domain(services: Services):
    from dataclasses import replace

    from connect.handler import start_connection
    from connect.request import parse_connect_request
    from tests.unit.journey import TECHNICIAN

    own = replace(services, settings=replace(services.settings, home_tenant_id=TENANT))
    with pytest.raises(RequestError, match="own tenant"):
        start_connection(parse_connect_request(GOOD, own.settings), TECHNICIAN, own)
