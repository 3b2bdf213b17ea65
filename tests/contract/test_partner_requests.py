"""Every request to the MSP's own tenant, held against Microsoft's metadata: path, method, permission, fields."""

import json
from typing import Any

from activities.check_relationship import check_relationship
from devstack.microsoft365.facts import load_facts
from tenantsync.partner.customers import gdap_customers
from tenantsync.services import Services
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import MSP, TENANT, Asked, FakeMicrosoft, portal_token
from tests.fakes.partner import GROUP, PARTNER_ROLES, FakePartner
from tests.unit.journey import connect

ABOUT_PARTNERS = ("/v1.0/tenantRelationships", "/v1.0/contracts", "/v1.0/groups/")


def play_everything(services: Services, microsoft: FakeMicrosoft, clock: FakeClock) -> list[Asked]:
    """A relationship's whole life, and DAP; the requests about them."""
    partner = FakePartner(microsoft, clock)
    partner.add_contract(TENANT, "contoso.com")
    app, token = App(), portal_token("Onboarding.Connect", "Onboarding.Read")
    access = {"model": "gdap", "securityGroups": [{"groupId": GROUP}]}
    identifier = connect(services, access=access)["access"]["relationshipId"]
    relationship = partner.approve()
    (own,) = services.relationships.list_of_tenant(MSP, TENANT)
    job = {"mspId": MSP, "tenantId": TENANT, "key": own.key}
    check_relationship(job, services)
    (assignment,) = relationship.assignments.values()
    assignment.roles = assignment.roles[:1]
    check_relationship(job, services)
    list(gdap_customers(services, MSP))
    for method, path in (("GET", ""), ("POST", f"/{identifier}/extend"), ("DELETE", f"/{identifier}")):
        app.call(method, f"/api/msp-portal/relationships{path}", token, {})
    app.call("GET", "/api/msp-portal/dap", token)
    return [asked for asked in microsoft.asked if asked.path.startswith(ABOUT_PARTNERS)]


def test_requests_exist_at_microsoft_and_our_permissions_are_enough(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    asked = play_everything(services, microsoft, clock)
    seen = set()
    for request in asked:
        found = load_facts().match(request.path.removeprefix("/v1.0"))
        assert found is not None, request.path
        facts = found[0]
        permissions = facts.permissions_of(request.method)
        assert permissions is not None, (request.method, facts.template)
        assert not permissions.isdisjoint(PARTNER_ROLES), (request.method, facts.template)
        assert set(request.query) <= facts.options
        assert int(request.query.get("$top", "1")) <= (facts.max_top or 999)
        selected = set(filter(None, request.query.get("$select", "").split(",")))
        assert selected <= load_facts().properties[facts.entity or ""]
        seen.add((request.method, facts.template))
    assert {method for method, _ in seen} == {"GET", "POST", "PATCH"}
    assert len(seen) >= 10


def test_bodies_have_properties_of_microsofts_only(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    sent: list[tuple[str, dict[str, Any]]] = []
    for request in play_everything(services, microsoft, clock):
        found = load_facts().match(request.path.removeprefix("/v1.0"))
        if found and request.content:
            sent.append((found[0].entity or "", json.loads(request.content)))
    assert sent
    for entity, body in sent:
        assert set(body) <= load_facts().properties[entity] | {"action"}, entity
    actions = {body["action"] for _, body in sent if "action" in body}
    assert actions <= load_facts().enums["delegatedAdminRelationshipRequestAction"]


def test_changes_carry_the_version_they_were_made_for(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    requests = play_everything(services, microsoft, clock)
    changes = [request for request in requests if request.method in ("PATCH", "DELETE")]
    assert changes
    assert all(request.headers.get("if-match") for request in changes)
