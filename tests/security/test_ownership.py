"""Another MSP's token on every route that names an object: as if there were nothing, and nothing changes."""

from contextlib import suppress
from dataclasses import replace

import pytest

from tenantsync.errors import ConflictError
from tenantsync.identity.caller import CallerIdentity
from tenantsync.matching.companies import place_companies
from tenantsync.psa.port import Company
from tenantsync.services import Services, using
from tenantsync.store.connect_batches import ConnectBatch
from tenantsync.store.runs import Run
from tests.app import App, HttpFunction
from tests.fakes.memory_tables import MemoryTables, snapshot
from tests.fakes.microsoft import MSP, OTHER_MSP, OTHER_TENANT, TENANT, portal_token
from tests.security.matrix import ALL_ROLES, BODIES, FUNCTIONS, filled

NAMED = (
    *("{tenantId}", "{transferId}", "{customerId}", "{suggestionId}", "{batchId}", "{relationshipId}", "{moveId}"),
    "{runId}",
)
OBJECTS = [function for function in FUNCTIONS if any(name in function.route for name in NAMED)]
THIRD = "66666666-6666-4666-8666-666666666666"
each_object = pytest.mark.parametrize("function", OBJECTS, ids=lambda item: item.name)


def offer(app: App, to: str) -> str:
    path = f"/api/msp-portal/tenants/{TENANT}/transfer"
    answer = app.call("POST", path, portal_token(*ALL_ROLES), {"toMspTenantId": to})
    return str(answer.body["transferId"])


def customers_of(services: Services, tenant: Run) -> dict[str, str]:
    """The tenant's customer, a suggestion about it, and a batch."""
    place_companies(MSP, "halopsa", [Company(external_id="1", name="Contoso")], services)
    (suggestion,) = services.suggestions.list_page(MSP, "", 10)
    batch = ConnectBatch(
        msp_id=MSP, batch_id=suggestion.suggestion_id, created_by="t", created_at="t", body_hash="h", size=0
    )
    with suppress(ConflictError):
        services.connect_batches.create(batch, [])
    return {"customerId": tenant.customer_id, "suggestionId": suggestion.suggestion_id, "batchId": batch.batch_id}


def partners_ids(app: App) -> dict[str, str]:
    """A relationship and a move of the first MSP."""
    token = portal_token(*ALL_ROLES)
    asked = app.call("POST", "/api/msp-portal/relationships", token, {"tenant": "contoso.com"}).body
    moved = app.call("POST", "/api/msp-portal/dap/moves", token, {"all": True}).body
    return {"relationshipId": asked["relationshipId"], "moveId": moved["moveId"]}


@each_object
def test_another_msp_finds_nothing_and_changes_nothing(
    app: App, tenant: Run, services: Services, tables: MemoryTables, function: HttpFunction
):
    allowed = frozenset({MSP, OTHER_MSP, THIRD})
    with using(replace(services, settings=replace(services.settings, allowed_msp_tenants=allowed))):
        path = filled(
            function,
            tenantId=TENANT,
            transferId=offer(app, THIRD),
            runId=tenant.run_id,
            **customers_of(services, tenant),
            **partners_ids(app),
        )
        before = snapshot(tables)
        token = portal_token(*ALL_ROLES, msp=OTHER_MSP)
        answer = app.call(function.method, path, token, BODIES.get(function.name))
    assert answer.status == 404
    assert answer.body["code"] in (
        "tenant_unknown",
        "transfer_unknown",
        "customer_not_found",
        "suggestion_unknown",
        "batch_unknown",
        "relationship_unknown",
        "move_unknown",
        "run_unknown",
    )
    assert snapshot(tables) == before


@each_object
def test_the_answer_is_the_same_as_for_a_tenant_nobody_has(
    app: App, tenant: Run, services: Services, function: HttpFunction
):
    """Not even the existence of another MSP's tenant can be told from status, text or headers."""
    token = portal_token(*ALL_ROLES, msp=OTHER_MSP)
    real = {"tenantId": TENANT, "transferId": TENANT, "runId": tenant.run_id, **customers_of(services, tenant)}
    theirs, nobodys = (
        app.call(function.method, filled(function, **ids), token, BODIES.get(function.name))
        for ids in (real, dict.fromkeys(real, OTHER_TENANT))
    )
    said = ("status", "title", "detail", "code", "owner", "nextAction")
    assert [theirs.body[key] for key in said] == [nobodys.body[key] for key in said]
    assert set(theirs.body) == set(nobodys.body)


def test_lists_show_ones_own_only(app: App, tenant: Run):
    token = portal_token(*ALL_ROLES, msp=OTHER_MSP)
    for path in (
        "tenants",
        "tenants/connect-batches",
        "customers",
        "customers/suggestions",
        "audit",
        f"audit?tenantId={TENANT}",
    ):
        assert app.call("GET", f"/api/msp-portal/{path}", token).body["items"] == []
    assert app.call("GET", f"/api/msp-portal/audit?mspId={MSP}", token).status == 404
    assert len(app.call("GET", "/api/msp-portal/tenants", portal_token(*ALL_ROLES)).body["items"]) == 1


def test_look_at_another_msps_tenant_says_no_more_than_connect(app: App, tenant: Run):
    token = portal_token(*ALL_ROLES, msp=OTHER_MSP)
    looked = app.call("GET", "/api/msp-portal/tenants/preflight?tenant=contoso.com", token)
    body = {"tenant": "contoso.com", "customer": {"name": "Mine"}}
    connected = app.call("POST", "/api/msp-portal/tenants/connect", token, body)
    assert (looked.status, looked.body["code"]) == (409, "tenant_already_connected")
    differing = {"instance": "", "correlationId": ""}
    assert looked.body | differing == connected.body | differing
    assert not any(word in looked.content.decode() for word in (MSP, tenant.customer_id, tenant.connection_id))


@pytest.mark.parametrize("field", ["mspId", "msp_id", "state", "tenantId", "connectionId", "consent", "createdBy"])
def test_fields_that_are_not_the_callers_are_refused(app: App, tenant: Run, tables: MemoryTables, field: str):
    before = snapshot(tables)
    answer = app.call("PATCH", f"/api/msp-portal/tenants/{TENANT}", portal_token(*ALL_ROLES), {field: OTHER_MSP})
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert snapshot(tables) == before


def test_operator_reaches_other_msps_only_with_support_or_ops(app: App, tenant: Run, services: Services):
    operator = replace(services, settings=replace(services.settings, operator_tenant_id=OTHER_MSP))
    operator = replace(operator, callers=CallerIdentity(operator.settings, services.outbound, services.clock))
    with using(operator):
        path = f"/api/msp-portal/tenants/{TENANT}/sync-status"
        assert app.call("GET", path, portal_token("Onboarding.Read", msp=OTHER_MSP)).status == 404
        assert app.call("GET", path, portal_token("Onboarding.Read", "Onboarding.Ops", msp=OTHER_MSP)).status == 200
        audit = app.call("GET", f"/api/msp-portal/audit?mspId={MSP}", portal_token("Onboarding.Ops", msp=OTHER_MSP))
        assert audit.status == 200
        assert {item["action"] for item in audit.body["items"]} >= {"connection_started", "consent_verified"}
