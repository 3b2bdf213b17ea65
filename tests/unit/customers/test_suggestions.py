"""A person decides which customer a company is, and no sync undoes that."""

from dataclasses import replace
from typing import Any

import pytest

from tenantsync.matching.companies import place_companies
from tenantsync.psa.port import Company, Provider
from tenantsync.services import Services, build_services, using
from tests.app import Answer, App
from tests.fakes.dying_tables import DyingTables
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, TENANT, FakeMicrosoft, portal_token
from tests.unit.journey import connected

ROLES = ("Onboarding.Connect", "Onboarding.Read")
HALO = Provider.HALOPSA
STORED = ("customers", "placements", "suggestions", "audit")
NOW = "2026-03-02T09:00:00.000Z"
CONTOSO = Company(external_id="1", name="Contoso", key="CON", domains=("contoso.com",))


@pytest.fixture
def app(services: Services) -> App:
    return App()


@pytest.fixture
def known(services: Services) -> str:
    """A customer made by hand that the company looks like."""
    customer_id = services.customers.find_or_create(MSP, "Contoso AG", NOW).customer_id
    place_companies(MSP, HALO, [CONTOSO], services)
    return customer_id


def call(app: App, method: str, path: str = "", body: Any = None, msp: str = MSP) -> Answer:
    return app.call(method, f"/api/msp-portal/customers{path}", portal_token(*ROLES, msp=msp), body)


def only(app: App) -> dict[str, Any]:
    (item,) = call(app, "GET", "/suggestions").body["items"]
    found: dict[str, Any] = item
    return found


def decide(app: App, action: str, **more: Any) -> Answer:
    return call(app, "POST", f"/suggestions/{only(app)['suggestionId']}", {"action": action, **more})


def test_suggestion_says_who_and_why(app: App, known: str):
    item = only(app)
    assert (item["company"]["provider"], item["company"]["name"]) == ("halopsa", "Contoso")
    (candidate,) = item["candidates"]
    assert (candidate["customerId"], candidate["name"]) == (known, "Contoso AG")
    assert candidate["reasons"] == [{"reason": "name", "evidence": "Contoso AG", "score": 0.85}]


def test_accepting_joins_the_company_and_removes_the_customer_it_had_made(app: App, known: str, services: Services):
    made = only(app)["company"]["customerId"]
    assert decide(app, "accept", customerId=known).body["state"] == "accepted"
    assert call(app, "GET", f"/{made}").status == 404
    joined = call(app, "GET", f"/{known}").body
    assert (joined["name"], joined["domains"]) == ("Contoso AG", ["contoso.com"])
    assert joined["externalReferences"][0]["key"] == "CON"
    assert call(app, "GET", "/suggestions").body["items"] == []
    assert place_companies(MSP, HALO, [CONTOSO], services).unchanged == 1
    assert services.customers.find_or_create(MSP, "Contoso", NOW).customer_id not in (made, known)


def test_any_other_customer_may_be_chosen_but_not_the_same(app: App, known: str, services: Services):
    other = services.customers.find_or_create(MSP, "Fabrikam", NOW).customer_id
    made = only(app)["company"]["customerId"]
    assert decide(app, "accept", customerId=made).status == 400
    assert decide(app, "accept", customerId=TENANT).body["code"] == "customer_not_found"
    assert decide(app, "accept").status == 400
    assert decide(app, "accept", customerId=other).status == 200
    assert call(app, "GET", f"/{other}").body["externalReferences"][0]["externalId"] == "1"


def test_customer_that_was_used_meanwhile_stays_without_the_company(app: App, known: str):
    made = only(app)["company"]["customerId"]
    call(app, "PATCH", f"/{made}", {"notes": "somebody works with it"})
    decide(app, "accept", customerId=known)
    left = call(app, "GET", f"/{made}").body
    assert (left["notes"], left["externalReferences"]) == ("somebody works with it", [])


def test_customer_with_tenants_is_not_merged_away(app: App, known: str, services: Services):
    made = only(app)["company"]["customerId"]
    body = {"tenant": "contoso.com", "customerId": made}
    assert app.call("POST", "/api/msp-portal/tenants/connect", portal_token(*ROLES), body).status == 201
    refused = decide(app, "accept", customerId=known)
    assert (refused.status, refused.body["code"]) == (409, "customer_has_tenants")
    assert call(app, "GET", f"/{known}").body["externalReferences"] == []


def test_rejecting_is_for_good(app: App, known: str, services: Services):
    made = only(app)["company"]["customerId"]
    assert decide(app, "reject", customerId=made).status == 400
    assert decide(app, "reject", customerId=known).body["state"] == "rejected"
    assert call(app, "GET", "/suggestions").body["items"] == []
    call(app, "PATCH", f"/{made}", {"externalReferences": []})
    place_companies(MSP, HALO, [CONTOSO], services)
    offered = [
        item["customerId"] for one in call(app, "GET", "/suggestions").body["items"] for item in one["candidates"]
    ]
    assert known not in offered


def test_one_of_two_candidates_can_be_rejected(app: App, services: Services):
    ids = [services.customers.find_or_create(MSP, name, NOW).customer_id for name in ("Contoso AG", "Contoso Ltd")]
    place_companies(MSP, HALO, [CONTOSO], services)
    assert decide(app, "reject", customerId=ids[0]).body["state"] == "open"
    assert [item["customerId"] for item in only(app)["candidates"]] == [ids[1]]


def test_interrupted_acceptance_goes_on_when_it_is_sent_again(
    app: App, known: str, services: Services, tables: MemoryTables
):
    path = f"/suggestions/{only(app)['suggestionId']}"
    for writes in range(20):
        dying = build_services(services.settings, tables=DyingTables(tables, writes), clock=services.clock)
        with using(replace(services, **{name: getattr(dying, name) for name in STORED})):
            status = call(app, "POST", path, {"action": "accept", "customerId": known}).status
        if status == 200:
            break
    assert writes > 3
    assert [item["name"] for item in call(app, "GET").body["items"]] == ["Contoso AG"]
    assert call(app, "GET", f"/{known}").body["externalReferences"][0]["externalId"] == "1"


def test_decided_or_foreign_suggestions_are_unknown(app: App, known: str):
    suggestion = only(app)["suggestionId"]
    body = {"action": "reject"}
    assert call(app, "POST", f"/suggestions/{suggestion}", body, msp=OTHER_MSP).body["code"] == "suggestion_unknown"
    assert call(app, "POST", f"/suggestions/{suggestion}", body).status == 200
    assert call(app, "POST", f"/suggestions/{suggestion}", body).body["code"] == "suggestion_unknown"
    assert call(app, "POST", "/suggestions/x", body).status == 404


def test_candidate_that_is_gone_is_not_shown(app: App, known: str):
    call(app, "DELETE", f"/{known}")
    assert call(app, "GET", "/suggestions").body["items"] == []


def test_suggestions_are_paged(app: App, services: Services):
    for number in range(5):
        services.customers.find_or_create(MSP, f"{'abcde'[number] * 9} AG", NOW)
    told = [Company(external_id=str(number), name="abcde"[number] * 9) for number in range(5)]
    place_companies(MSP, HALO, told, services)
    seen, cursor = [], ""
    while cursor is not None:
        page = call(app, "GET", f"/suggestions?top=2&cursor={cursor}").body
        seen += [item["company"]["externalId"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


def test_wizard_asks_whose_a_tenant_may_be(app: App, services: Services):
    place_companies(MSP, HALO, [CONTOSO], services)
    (item,) = call(app, "GET", "/suggestions?tenant=Contoso.com").body["items"]
    assert (item["tenant"], item["suggestionId"]) == ("Contoso.com", None)
    assert [reason["reason"] for reason in item["candidates"][0]["reasons"]] == ["domain", "name"]
    assert call(app, "GET", "/suggestions?tenant=common").body["code"] == "invalid_tenant"


def test_tenant_that_is_there_is_its_customers(app: App, services: Services, microsoft: FakeMicrosoft):
    run = connected(services, microsoft)
    (item,) = call(app, "GET", f"/suggestions?tenant={TENANT}").body["items"]
    assert item["candidates"][0]["customerId"] == run.customer_id
