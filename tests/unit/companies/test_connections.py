"""Connecting a PSA: asked before anything is stored, secrets seen by nobody again, another MSP's never reached."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from tenantsync.errors import ThrottledError, TransientError
from tenantsync.matching.companies import place_companies
from tenantsync.outbound import Outbound
from tenantsync.psa.port import Company
from tenantsync.services import Services, build_services, using
from tenantsync.settings import Settings
from tenantsync.store.psa_connections import SyncState
from tenantsync.wire import PSA_COMPANIES_TABLE, PSA_CONNECTIONS_TABLE, SECRETS_TABLE, SYNC_COMPANIES
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import GRAPH, LOGIN, MSP, OTHER_MSP, FakeMicrosoft, portal_token
from tests.fakes.scripted_psa import BODY, FakePsa, companies, kinds_of
from tests.services import ENVIRONMENT
from tests.unit.companies.play import Placing, latest, mirrored, play, run

URL = "/api/msp-portal/psa/connectwise"
TOKEN = portal_token("Onboarding.Connect", "Onboarding.Read")
SECRET = BODY["privateKey"]


@pytest.fixture
def app(services: Services) -> App:
    return App()


def put(app: App, body: Any = BODY, token: str = TOKEN) -> Any:
    return app.call("PUT", URL, token, body)


def test_list_names_what_every_psa_needs(app: App):
    put(app)
    listed = app.call("GET", "/api/msp-portal/psa", TOKEN).body["items"]
    assert [(item["provider"], item["isConnected"]) for item in listed] == [("connectwise", True), ("autotask", False)]
    assert {"name": "privateKey", "title": "Private key", "isSecret": True, "isRequired": True} in listed[1]["fields"]


def test_connected_psa_shows_everything_but_secrets(app: App, psa: FakePsa):
    psa.companies = companies(150)
    answer = put(app, {**BODY, "customerTypes": ["2"]})
    assert answer.status == 200
    assert answer.body["firstPage"] == {"received": 100, "expected": 150}
    shown = app.call("GET", URL, TOKEN).body
    assert shown["values"] == {"host": "psa.example.com", "publicKey": "public"}
    assert shown["account"] == {"name": "Northwind MSP", "version": "2026.1", "facts": {"codebase": "v1/"}}
    assert [(item["id"], item["isCustomer"]) for item in shown["types"]] == [("1", False), ("2", True)]
    assert psa.opened[-1]["customerTypes"] == "2"


def test_secrets_are_in_no_row_answer_or_log(
    app: App, services: Services, psa: FakePsa, tables: MemoryTables, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    psa.companies = companies(2)
    answers = [put(app), put(app, {**BODY, "privateKey": "canary-wrong"}), put(app, {"customerTypes": ["1"]})]
    answers += [app.call("POST", f"{URL}/test", TOKEN), app.call("POST", f"{URL}/sync", TOKEN)]
    play(latest(services), services, clock, Placing())
    answers += [app.call("GET", path, TOKEN) for path in (URL, f"{URL}/sync-status", "/api/msp-portal/audit")]
    assert [answer.status for answer in answers] == [200, 409, 200, 200, 202, 200, 200, 200]
    stored = [row.values for table in tables.tables for row in tables.rows(table)]
    text = caplog.text + str([answer.body for answer in answers]) + str(stored) + str(app.client.instances)
    for secret in (SECRET, "canary-wrong"):
        assert secret not in text
    assert len(tables.rows(SECRETS_TABLE)) == 1


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "Missing: host, publicKey, privateKey."),
        ({**BODY, "password": "x"}, "Unknown fields: password."),
        ({**BODY, "host": ["x"]}, "`host` must be text."),
        ({**BODY, "host": "x" * 3000}, "`host` must be text."),
        ({**BODY, "privateKey": None}, "Missing: privateKey."),
        ({**BODY, "privateKey": ""}, "Missing: privateKey."),
        ({**BODY, "customerTypes": "1"}, "`customerTypes` must be a list of ids of company types."),
        ({**BODY, "customerTypes": ["7"]}, "`customerTypes`: the PSA has no type 7."),
        ({**BODY, "host": "10.0.0.1"}, "The host may not be called."),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_stored(app: App, tables: MemoryTables, body: Any, detail: str):
    answer = put(app, body)
    assert (answer.status, answer.body["code"], answer.body["detail"]) == (400, "invalid_request", detail)
    assert not tables.rows(PSA_CONNECTIONS_TABLE)
    assert not tables.rows(SECRETS_TABLE)


@pytest.mark.parametrize(
    ("failure", "status"),
    [(TransientError("service_unavailable"), 503), (ThrottledError("throttled"), 429), (None, 409)],
)
def test_refused_credentials_leave_the_old_ones(
    app: App, services: Services, psa: FakePsa, tables: MemoryTables, failure: Any, status: int
):
    put(app)
    before = services.psa_connections.read(MSP, "connectwise")
    psa.failures = [failure]
    assert put(app, {**BODY, "privateKey": "wrong"}).status == status
    assert services.psa_connections.read(MSP, "connectwise") == before
    assert before
    assert services.vault.read(before.secret_name)
    assert len(tables.rows(SECRETS_TABLE)) == 1


def test_options_change_without_the_secrets(app: App, services: Services, psa: FakePsa):
    put(app, {**BODY, "integrationCode": "canary-code"})
    before = services.psa_connections.read(MSP, "connectwise")
    answer = put(app, {"customerTypes": ["1"], "host": BODY["host"]})
    after = services.psa_connections.read(MSP, "connectwise")
    assert (answer.status, answer.body["customerTypes"]) == (200, ["1"])
    assert before
    assert after
    assert (before.secret_name, before.mirror_id) == (after.secret_name, after.mirror_id)
    assert before.version != after.version
    assert psa.opened[-1] == {**BODY, "integrationCode": "canary-code", "customerTypes": "1"}


@pytest.mark.parametrize("change", [{"host": "thief.example.com"}, {"publicKey": "other"}, {"publicKey": None}])
def test_stored_secrets_go_nowhere_else(app: App, psa: FakePsa, change: Any):
    put(app)
    opened = len(psa.opened)
    answer = put(app, change)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert "privateKey" in answer.body["detail"]
    assert len(psa.opened) == opened
    assert app.call("POST", f"{URL}/test", TOKEN, change).status == 400
    assert len(psa.opened) == opened


def test_new_secret_replaces_the_old_one(app: App, services: Services, psa: FakePsa, tables: MemoryTables):
    put(app)
    psa.right_key = "second"
    assert put(app, {"privateKey": "second"}).status == 200
    assert len(tables.rows(SECRETS_TABLE)) == 1


def test_psa_of_another_company_is_refused(app: App, psa: FakePsa):
    put(app)
    psa.name = "Tailspin MSP"
    answer = put(app)
    assert (answer.status, answer.body["code"]) == (409, "psa_account_changed")
    assert app.call("DELETE", URL, TOKEN).status == 204
    assert put(app).status == 200


def test_ids_of_another_account_are_not_taken_for_the_customers_that_are_here(
    app: App, services: Services, psa: FakePsa, clock: FakeClock
):
    psa.companies = [Company(external_id=str(n), name=f"Customer {n}") for n in range(1, 4)]
    put(app)
    run(services, clock, place_companies)
    before = {customer.customer_id: customer.name for customer in services.customers.all(MSP)}
    app.call("DELETE", URL, TOKEN)
    psa.name = "Sandbox"
    psa.companies = [Company(external_id=str(n), name=f"Strange {n}") for n in range(1, 6)]
    assert put(app).status == 200
    assert run(services, clock, place_companies).state == SyncState.COMPLETED
    after = {customer.customer_id: customer.name for customer in services.customers.all(MSP)}
    assert before.items() <= after.items()
    assert sorted(after.values()) == sorted([*before.values(), *(f"Strange {n}" for n in range(1, 6))])


def test_account_that_comes_back_finds_its_customers_again(
    app: App, services: Services, psa: FakePsa, clock: FakeClock
):
    psa.companies = [Company(external_id=str(n), name=f"Customer {n}") for n in range(1, 4)]
    put(app)
    run(services, clock, place_companies)
    before = {customer.customer_id for customer in services.customers.all(MSP)}
    app.call("DELETE", URL, TOKEN)
    psa.name = "Renamed MSP"
    psa.companies[0] = replace(psa.companies[0], name="Customer 1 Ltd")
    put(app)
    run(services, clock, place_companies)
    assert {customer.customer_id for customer in services.customers.all(MSP)} == before


def test_a_secret_can_be_taken_away(app: App, psa: FakePsa):
    put(app, {**BODY, "integrationCode": "of-our-own"})
    refused = put(app, {"integrationCode": None})
    assert (refused.status, "privateKey" in refused.body["detail"]) == (400, True)
    assert put(app, {"privateKey": SECRET, "integrationCode": None}).status == 200
    assert put(app, {}).status == 200
    assert "integrationCode" not in psa.opened[-1]


def test_dry_run_refuses_types_the_psa_does_not_have(app: App):
    put(app)
    answer = app.call("POST", f"{URL}/test", TOKEN, {"customerTypes": ["77"]})
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_disconnecting_forgets_secret_and_mirror_and_may_be_repeated(
    app: App, services: Services, psa: FakePsa, tables: MemoryTables, clock: FakeClock
):
    psa.companies = companies(30)
    put(app)
    run(services, clock, Placing())
    tables.fail_next = 0
    assert [app.call("DELETE", URL, TOKEN).status for _ in range(2)] == [204, 204]
    for table in (SECRETS_TABLE, PSA_COMPANIES_TABLE, PSA_CONNECTIONS_TABLE):
        assert not tables.rows(table)
    assert app.call("GET", URL, TOKEN).body["code"] == "psa_not_connected"
    put(app)
    assert run(services, clock, Placing()).created == 30


def test_without_a_vault_no_psa_is_asked(
    tables: MemoryTables, clock: FakeClock, microsoft: FakeMicrosoft, psa: FakePsa
):
    settings = Settings.from_env(ENVIRONMENT)
    outbound = Outbound((LOGIN, GRAPH), adapter=microsoft)
    built = build_services(settings, tables=tables, clock=clock, outbound=outbound, psa_kinds=kinds_of(psa))
    with using(built):
        answer = App().call("PUT", URL, TOKEN, BODY)
    assert (answer.status, answer.body["code"], answer.body["owner"]) == (409, "vault_missing", "msp_ops")
    assert psa.requests == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", "/test"), ("POST", "/sync"), ("GET", "/sync-status"), ("DELETE", "")],
)
def test_another_msp_sees_nothing(app: App, services: Services, method: str, path: str):
    put(app)
    stranger = portal_token("Onboarding.Connect", "Onboarding.Read", msp=OTHER_MSP)
    answer = app.call(method, URL + path, stranger)
    assert answer.status == (204 if method == "DELETE" else 404)
    assert services.psa_connections.read(MSP, "connectwise")
    listed = app.call("GET", "/api/msp-portal/psa", stranger).body["items"]
    assert not any(item["isConnected"] for item in listed)


def test_unknown_psa_is_404(app: App):
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/sync")):
        answer = app.call(method, f"/api/msp-portal/psa/jira{path}", TOKEN, {} if method == "PUT" else None)
        assert (answer.status, answer.body["code"]) == (404, "not_found")


# Test and sync


def test_dry_run_tells_what_a_sync_would_do_and_writes_nothing(
    app: App, services: Services, psa: FakePsa, tables: MemoryTables, clock: FakeClock
):
    psa.companies = companies(230)
    put(app)
    run(services, clock, Placing())
    psa.companies = [*companies(228, phone="1")[:1], *psa.companies[1:229], *companies(231)[-1:]]
    before = {table: {row.key: row.etag for row in tables.rows(table)} for table in (PSA_COMPANIES_TABLE, "PsaSyncs")}
    answer = app.call("POST", f"{URL}/test", TOKEN)
    assert answer.status == 200
    told = answer.body
    assert told["counts"] == {
        "created": 1, "changed": 1, "unchanged": 228, "duplicates": 0, "unusable": 0, "deactivated": 1
    }  # fmt: skip
    assert told["names"] == {"created": ["Company 231"], "changed": ["Company 1"], "deactivated": ["Company 230"]}
    assert (told["isComplete"], told["isMassChange"], told["isSameAccount"]) == (True, False, True)
    assert (told["pages"], told["requests"], told["received"], told["active"]) == (3, 4, 230, 230)
    assert before == {table: {row.key: row.etag for row in tables.rows(table)} for table in before}
    assert run(services, clock, Placing(), is_full=True).created == told["counts"]["created"]


def test_dry_run_of_a_connection_that_is_not_stored(app: App, psa: FakePsa, tables: MemoryTables):
    psa.companies = companies(30)
    told = app.call("POST", f"{URL}/test", TOKEN, BODY).body
    assert (told["counts"]["created"], len(told["names"]["created"])) == (30, 20)
    assert not tables.rows(PSA_CONNECTIONS_TABLE)
    assert not tables.rows(SECRETS_TABLE)


def test_dry_run_that_is_throttled_half_way_tells_what_it_has(app: App, psa: FakePsa):
    psa.companies = companies(300)
    put(app)
    psa.failures = [None, None, ThrottledError("throttled")]
    told = app.call("POST", f"{URL}/test", TOKEN).body
    assert (told["isComplete"], told["pages"], "deactivated" in told["counts"]) == (False, 1, False)


def test_sync_is_started_once_and_can_be_watched(app: App, services: Services, psa: FakePsa, clock: FakeClock):
    psa.companies = companies(3)
    put(app)
    assert app.call("GET", f"{URL}/sync-status", TOKEN).body == {"provider": "connectwise", "state": "never"}
    first, second = (app.call("POST", f"{URL}/sync?kind=full", TOKEN) for _ in range(2))
    assert (first.status, second.status) == (202, 202)
    assert first.body["runId"] == second.body["runId"] == "companies-connectwise-1"
    assert app.client.started == {
        f"companies-{MSP}-connectwise-1": (
            SYNC_COMPANIES,
            {"mspId": MSP, "provider": "connectwise", "number": 1},
        )
    }
    status = app.call("GET", f"{URL}/sync-status", TOKEN)
    assert (status.body["state"], status.headers["Retry-After"]) == ("running", "2")
    play(latest(services), services, clock, Placing())
    done = app.call("GET", f"{URL}/sync-status", TOKEN)
    assert (done.body["state"], done.body["processed"], done.body["result"]["created"]) == ("completed", 3, 3)
    assert "Retry-After" not in done.headers
    known = {"if-none-match": done.headers["ETag"]}
    assert app.call("GET", f"{URL}/sync-status", TOKEN, headers=known).status == 304


def test_held_sync_says_whose_move_it_is_and_goes_on_when_told(
    app: App, services: Services, psa: FakePsa, clock: FakeClock
):
    psa.companies = companies(30)
    put(app)
    run(services, clock, Placing())
    psa.companies = []
    run(services, clock, Placing(), is_full=True)
    told = app.call("GET", f"{URL}/sync-status", TOKEN).body
    assert told["state"] == "held"
    assert (told["problem"]["code"], told["problem"]["owner"]) == ("psa_mass_change", "technician")
    assert "mayDeactivate" in told["problem"]["nextAction"]
    assert app.call("POST", f"{URL}/sync?mayDeactivate=30", TOKEN).status == 202
    assert play(latest(services), services, clock, Placing()).state == SyncState.COMPLETED
    assert not any(mirrored(services).values())


@pytest.mark.parametrize("query", ["kind=delta", "mayDeactivate=-1", "mayDeactivate=all", "mayDeactivate=12345678901"])
def test_wrong_parameters_are_refused(app: App, query: str):
    put(app)
    assert app.call("POST", f"{URL}/sync?{query}", TOKEN).status == 400
