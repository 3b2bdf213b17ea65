"""The answers about a connected PSA keep to the contract: generated requests hardly ever get so far."""

from typing import Any

import pytest
import schemathesis

from tenantsync.services import Services
from tests.app import App, wsgi_app
from tests.contract.test_openapi import CHECKS, DOCUMENT, ROLES
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import portal_token
from tests.fakes.scripted_psa import BODY, FakePsa, companies
from tests.unit.companies.play import Placing, latest, play

PSA = "/api/msp-portal/psa"
ONE = f"{PSA}/{{provider}}"


@pytest.fixture
def api(services: Services, psa: FakePsa) -> Any:
    psa.companies = companies(120)
    schema, app = schemathesis.openapi.from_dict(DOCUMENT), wsgi_app(App())

    def send(method: str, path: str, status: int, **more: Any) -> Any:
        operation = schema[path][method]
        operation.app = app
        case = operation.Case(path_parameters={"provider": "connectwise"} if "{" in path else {}, **more)
        response = case.call(headers={"Authorization": f"Bearer {portal_token(*ROLES)}"})
        assert response.status_code == status
        case.validate_response(response, checks=CHECKS)
        return response.json() if response.content else None

    return send


def test_answers_of_a_connections_whole_life_keep_to_the_contract(api: Any, services: Services, clock: FakeClock):
    sent = {"body": BODY, "media_type": "application/json"}
    api("GET", PSA, 200)
    api("POST", f"{ONE}/test", 200, **sent)
    api("PUT", ONE, 200, **sent)
    api("GET", f"{ONE}/sync-status", 200)
    assert api("POST", f"{ONE}/sync", 202, query={"kind": "full"})["state"] == "running"
    api("GET", f"{ONE}/sync-status", 200)
    play(latest(services), services, clock, Placing())
    assert api("GET", f"{ONE}/sync-status", 200)["state"] == "completed"
    assert api("GET", ONE, 200)["isConnected"]
    assert api("GET", PSA, 200)["items"][0]["sync"]["processed"] == 120
    api("POST", f"{ONE}/test", 200)
    api("DELETE", ONE, 204)
    api("GET", ONE, 404)


def test_held_sync_keeps_to_the_contract(api: Any, services: Services, clock: FakeClock, psa: FakePsa):
    api("PUT", ONE, 200, body=BODY, media_type="application/json")
    api("POST", f"{ONE}/sync", 202)
    play(latest(services), services, clock, Placing())
    psa.companies = []
    api("POST", f"{ONE}/sync", 202, query={"kind": "full"})
    play(latest(services), services, clock, Placing())
    assert api("GET", f"{ONE}/sync-status", 200)["problem"]["code"] == "psa_mass_change"
