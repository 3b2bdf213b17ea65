"""Deny by default: who may call what, for every registered function; a new one without a row here fails."""

import pytest

from tenantsync.services import Services
from tenantsync.store.runs import Run
from tests.app import App, HttpFunction
from tests.fakes.memory_tables import MemoryTables, snapshot
from tests.fakes.microsoft import TENANT, portal_token
from tests.security.matrix import ALL_ROLES, ALLOWED, ANYBODY, BODIES, FUNCTIONS, filled

STRANGER = "77777777-7777-4777-8777-777777777777"
guarded = pytest.mark.parametrize(
    "function", [item for item in FUNCTIONS if item.name not in ANYBODY], ids=lambda item: item.name
)
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda item: item.name)
TAKE_NO_BODY = {"tenant_resync", "tenant_cancel", "resource_retry", "psa_sync"}
TAKE_NO_BODY |= {"ops_run_terminate", "ops_run_purge", "ops_resource_retry", "ops_drain_begin"}
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
READABLE = {"ETag", "Location", "Retry-After", "X-Correlation-Id"}


def test_every_function_has_its_row():
    assert {item.name for item in FUNCTIONS} == set(ALLOWED) | ANYBODY


@guarded
def test_without_a_token_nothing_is_answered(app: App, tenant: Run, tables: MemoryTables, function: HttpFunction):
    before = snapshot(tables)
    answer = app.call(
        function.method,
        filled(function, tenantId=TENANT, transferId=TENANT, relationshipId=TENANT, moveId=TENANT),
        body=BODIES.get(function.name),
    )
    assert (answer.status, answer.body["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert snapshot(tables) == before


@guarded
@pytest.mark.parametrize("role", [*ALL_ROLES, "Onboarding.Admin", ""])
def test_a_role_opens_its_functions_and_no_other(app: App, tenant: Run, function: HttpFunction, role: str):
    token = portal_token(*filter(None, [role]))
    path = filled(function, tenantId=TENANT, transferId=TENANT, relationshipId=TENANT, moveId=TENANT)
    answer = app.call(function.method, path, token, BODIES.get(function.name))
    is_refused = answer.status == 403 and answer.body["code"] == "role_missing"
    assert is_refused is (role not in ALLOWED[function.name])


@guarded
def test_an_msp_that_is_not_allowed_is_told_so_everywhere(app: App, services: Services, function: HttpFunction):
    token = portal_token(*ALL_ROLES, msp=STRANGER)
    answer = app.call(
        function.method,
        filled(function, tenantId=TENANT, transferId=TENANT, relationshipId=TENANT, moveId=TENANT),
        token,
    )
    assert (answer.status, answer.body["code"]) == (403, "msp_not_allowed")


@each_function
def test_every_answer_carries_the_security_headers(app: App, services: Services, function: HttpFunction):
    answer = app.call(
        function.method, filled(function, tenantId=TENANT, transferId=TENANT, relationshipId=TENANT, moveId=TENANT)
    )
    assert SECURITY_HEADERS.items() <= answer.headers.items()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) == READABLE


@each_function
def test_unknown_method_is_not_served(app: App, services: Services, function: HttpFunction):
    known = {item.method for item in FUNCTIONS if item.route == function.route}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
        answer = app.call(
            method, filled(function, tenantId=TENANT, relationshipId=TENANT, moveId=TENANT), portal_token(*ALL_ROLES)
        )
        assert answer.status in (
            400,
            404,
        )  # `connect` and `callback` are then taken for a tenant id, which they are not


@pytest.mark.parametrize(
    "function", [f for f in FUNCTIONS if f.method in ("POST", "PUT", "PATCH")], ids=lambda f: f.name
)
def test_large_bodies_are_refused(app: App, tenant: Run, function: HttpFunction):
    body = b'{"tenant": "' + b"a" * 70_000 + b'"}'
    answer = app.call(
        function.method,
        filled(function, tenantId=TENANT, transferId=TENANT, relationshipId=TENANT, moveId=TENANT),
        portal_token(*ALL_ROLES),
        body,
    )
    assert (answer.status == 413) is (function.name not in TAKE_NO_BODY)
