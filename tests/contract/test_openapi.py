"""openapi.yaml is the contract: it names exactly the registered functions, and their answers keep to it."""

from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
import yaml
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tenantsync.problems import all_problem_codes, find_problem
from tenantsync.services import Services
from tests.app import App, app_index, http_functions, wsgi_app
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import TENANT, FakeMicrosoft, portal_token
from tests.fakes.partner import FakePartner
from tests.unit.journey import connected

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = yaml.load((ROOT / "openapi.yaml").read_text(), yaml.CSafeLoader)
OPERATIONS = {
    (method.upper(), path): operation for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
}
ROLES = ("Onboarding.Connect", "Onboarding.Read", "Onboarding.Support", "Onboarding.Ops")
SHORT, FULL = 5, 180
"""Cases an operation, valid ones and as many invalid ones: the fast suite's, and `--full`'s."""
STEADY: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "suppress_health_check": list(hypothesis.HealthCheck),
}
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


def test_document_has_exactly_the_registered_functions():
    registered = {(function.method, function.path): function.name for function in http_functions()}
    assert {key: operation["operationId"] for key, operation in OPERATIONS.items()} == registered
    assert len(registered) == len(app_index().of_kind("httpTrigger"))


def test_every_operation_says_who_may_call_it():
    for key, operation in OPERATIONS.items():
        is_open = operation.get("security") == []
        assert is_open != ("Role:" in operation["description"]), key
        assert is_open != ("401" in operation["responses"]), key


def test_every_problem_of_the_catalogue_has_a_documented_status():
    documented = {int(status) for operation in OPERATIONS.values() for status in operation["responses"]}
    refusals = {find_problem(code).status for code in all_problem_codes()} - {200, 500}
    assert refusals <= documented


def test_document_is_served_as_json():
    answer = App().call("GET", "/api/openapi.json")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.body == DOCUMENT


@pytest.fixture
def tenant_app(services: Services, microsoft: FakeMicrosoft, clock: FakeClock) -> tuple[Any, Any]:
    """The app with one connected tenant of a partner, so that ids of the examples lead somewhere."""
    FakePartner(microsoft, clock).add_contract(TENANT, "contoso.com")
    connected(services, microsoft)
    app = wsgi_app(App())
    return schemathesis.openapi.from_dict(DOCUMENT), app


def fuzz(schema: Any, app: Any, cases: int) -> int:
    """Sends generated requests to every operation; gives how many."""
    sent = 0
    headers = {"Authorization": f"Bearer {portal_token(*ROLES)}"}
    found = [result.ok() for result in schema.get_all_operations()]
    for operation, mode in product(found, GenerationMode):
        operation.app = app

        @hypothesis.settings(max_examples=cases, **STEADY)
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            nonlocal sent
            sent += 1
            if case.path_parameters and "tenantId" in case.path_parameters and sent % 2:
                case.path_parameters["tenantId"] = TENANT
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS)

        with suppress(Unsatisfiable):  # an operation that takes nothing cannot be sent anything invalid
            send()
    return sent


def test_generated_requests_get_documented_answers(tenant_app: Any):
    assert fuzz(*tenant_app, SHORT) >= SHORT * len(OPERATIONS)


@pytest.mark.slow
def test_five_thousand_generated_requests_get_documented_answers(tenant_app: Any):
    assert fuzz(*tenant_app, FULL) >= 5000
