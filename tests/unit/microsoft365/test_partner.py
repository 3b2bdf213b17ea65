"""The partner's side of the simulator: a relationship's life, and what Microsoft refuses on the way."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from devstack.microsoft365.facts import load_facts
from devstack.microsoft365.partner import DAY, GLOBAL_ADMINISTRATOR
from devstack.microsoft365.scenario import TenantSpec
from devstack.microsoft365.world import World
from tests.unit.microsoft365 import test_simulator
from tests.unit.microsoft365.test_simulator import TENANT, Client, authorized, tenant

PATH = "/v1.0/tenantRelationships/delegatedAdminRelationships"
READER, HELPDESK = "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "729827e3-9c14-49f7-bb1b-9608f156bbb8"
CUSTOMER = "22222222-2222-4222-8222-222222222222"
WRITE, READ = "DelegatedAdminRelationship.ReadWrite.All", "DelegatedAdminRelationship.Read.All"
DRAFT: dict[str, Any] = {
    "displayName": "Contoso 1",
    "duration": "P90D",
    "customer": {"tenantId": CUSTOMER, "displayName": "Contoso"},
    "accessDetails": {"unifiedRoles": [{"roleDefinitionId": READER}]},
}


class Partner:
    """Calls the simulated Graph for the partner's app."""

    def __init__(self, world: World, client: Client) -> None:
        self.world, self.client = world, client
        self.moment = 1_800_000_000.0
        world.clock = lambda: self.moment

    def pass_time(self, seconds: float) -> None:
        self.moment += seconds

    async def call(
        self, method: str, path: str = "", body: Any = None, *, role: str = WRITE, etag: str = ""
    ) -> tuple[int, Any]:
        headers = {**authorized(self.world, role), **({"If-Match": etag} if etag else {})}
        answer = await self.client.request(method, PATH + path, json=body, headers=headers)
        return answer.status, await answer.json() if answer.content_length else None

    async def made(self, **more: Any) -> dict[str, Any]:
        status, body = await self.call("POST", "", {**DRAFT, **more})
        assert status == 201, body
        return dict(body)

    async def status_of(self, identifier: str) -> str:
        return str((await self.call("GET", f"/{identifier}"))[1]["status"])

    async def locked(self, **more: Any) -> str:
        identifier = str((await self.made(**more))["id"])
        await self.call("POST", f"/{identifier}/requests", {"action": "lockForApproval"})
        return identifier

    async def active(self, **more: Any) -> str:
        identifier = await self.locked(**more)
        await self.client.post(
            f"/partners/invitation/granularAdminRelationships/{identifier}", data={"action": "accept"}
        )
        self.pass_time(2)
        return identifier

    def group(self, number: int) -> str:
        return self.world.tenants[TENANT].population.id_of(2, number)

    def assignment(self, number: int, *roles: str) -> dict[str, Any]:
        container = {"accessContainerId": self.group(number), "accessContainerType": "securityGroup"}
        details = {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]}
        return {"accessContainer": container, "accessDetails": details}


def play(scenario: Callable[[Partner], Awaitable[None]], **more: Any) -> None:
    async def run(world: World, client: Client) -> None:
        world.put_tenant(TenantSpec(tenant_id=CUSTOMER, domain="customer.sim"))
        await scenario(Partner(world, client))

    test_simulator.play(tenant(**{"partner_service": True, **more}), run)


def test_life_of_a_relationship_from_creation_to_its_end():
    async def scenario(partner: Partner) -> None:
        identifier = await partner.locked(duration="P30D")
        assert await partner.status_of(identifier) == "approvalPending"
        page = await partner.client.get(f"/partners/invitation/granularAdminRelationships/{identifier}")
        assert "Global Reader" in await page.text()
        await partner.client.post(
            f"/partners/invitation/granularAdminRelationships/{identifier}", data={"action": "accept"}
        )
        assert await partner.status_of(identifier) == "approved"
        partner.pass_time(0.6)
        assert await partner.status_of(identifier) == "activating"
        partner.pass_time(0.6)
        _, seen = await partner.call("GET", f"/{identifier}")
        assert (seen["status"], seen["customer"]["tenantId"]) == ("active", CUSTOMER)
        assert seen["endDateTime"] > seen["activatedDateTime"]
        partner.pass_time(30 * DAY - 0.1)
        assert await partner.status_of(identifier) == "expiring"
        partner.pass_time(1)
        assert await partner.status_of(identifier) == "expired"

    play(scenario)


def test_extension_moves_the_end_by_180_days():
    async def scenario(partner: Partner) -> None:
        identifier = await partner.active(duration="P1D", autoExtendDuration="P180D")
        partner.pass_time(2 * DAY)
        assert await partner.status_of(identifier) == "active"
        partner.pass_time(200 * DAY)
        assert await partner.status_of(identifier) == "active"

    play(scenario)


def test_request_nobody_approves_dies_after_90_days():
    async def scenario(partner: Partner) -> None:
        identifier = await partner.locked()
        partner.pass_time(90 * DAY)
        assert await partner.status_of(identifier) == "expired"

    play(scenario)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"displayName": "x" * 51}, 400),
        ({"displayName": ""}, 400),
        ({"duration": "P731D"}, 400),
        ({"duration": "P0D"}, 400),
        ({"duration": "PT5H"}, 400),
        ({"autoExtendDuration": "P90D"}, 400),
        ({"accessDetails": {"unifiedRoles": []}}, 400),
        ({"accessDetails": {"unifiedRoles": [{"roleDefinitionId": CUSTOMER}]}}, 400),
        (
            {
                "accessDetails": {"unifiedRoles": [{"roleDefinitionId": GLOBAL_ADMINISTRATOR}]},
                "autoExtendDuration": "P180D",
            },
            400,
        ),
        ({"status": "active"}, 400),
        ({"duration": "P2Y"}, 201),
        ({"duration": "P1D"}, 201),
        ({"accessDetails": {"unifiedRoles": [{"roleDefinitionId": GLOBAL_ADMINISTRATOR}]}}, 201),
    ],
)
def test_creation_keeps_microsofts_limits(change: dict[str, Any], status: int):
    async def scenario(partner: Partner) -> None:
        assert (await partner.call("POST", "", {**DRAFT, **change}))[0] == status

    play(scenario)


def test_name_is_used_once():
    async def scenario(partner: Partner) -> None:
        await partner.made()
        assert (await partner.call("POST", "", DRAFT))[0] == 409

    play(scenario)


def test_changes_need_the_current_etag():
    async def scenario(partner: Partner) -> None:
        made = await partner.made()
        path, change = f"/{made['id']}", {"autoExtendDuration": "P180D"}
        assert (await partner.call("PATCH", path, change))[0] == 400
        status, changed = await partner.call("PATCH", path, change, etag=made["@odata.etag"])
        assert (status, changed["autoExtendDuration"]) == (200, "P180D")
        assert (await partner.call("PATCH", path, change, etag=made["@odata.etag"]))[0] == 412
        assert (await partner.call("DELETE", path, etag=made["@odata.etag"]))[0] == 412
        assert (await partner.call("DELETE", path, etag=changed["@odata.etag"]))[0] == 204
        assert (await partner.call("GET", path))[0] == 404

    play(scenario)


def test_active_one_can_lose_global_administrator_and_be_extended_and_nothing_else():
    async def scenario(partner: Partner) -> None:
        both = {"unifiedRoles": [{"roleDefinitionId": READER}, {"roleDefinitionId": GLOBAL_ADMINISTRATOR}]}
        path = f"/{await partner.active(accessDetails=both)}"

        async def change(body: dict[str, Any]) -> int:
            etag = (await partner.call("GET", path))[1]["@odata.etag"]
            return (await partner.call("PATCH", path, body, etag=etag))[0]

        assert await change({"displayName": "Other"}) == 400
        assert await change({"autoExtendDuration": "P180D"}) == 400
        added = [*DRAFT["accessDetails"]["unifiedRoles"], {"roleDefinitionId": HELPDESK}]
        assert await change({"accessDetails": {"unifiedRoles": added}}) == 400
        assert await change({"accessDetails": DRAFT["accessDetails"]}) == 200
        assert await change({"autoExtendDuration": "P180D"}) == 200

    play(scenario)


def test_only_an_active_one_is_terminated_and_only_a_new_one_locked():
    async def scenario(partner: Partner) -> None:
        identifier = await partner.locked()
        for action in ("terminate", "lockForApproval", "approve"):
            assert (await partner.call("POST", f"/{identifier}/requests", {"action": action}))[0] == 400
        active = await partner.active(displayName="Contoso 2")
        status, asked = await partner.call("POST", f"/{active}/requests", {"action": "terminate"})
        assert (status, asked["action"]) == (201, "terminate")
        assert await partner.status_of(active) == "terminationRequested"
        partner.pass_time(2)
        assert await partner.status_of(active) == "terminated"

    play(scenario)


def test_roles_go_to_security_groups_of_the_partner_and_settle():
    async def scenario(partner: Partner) -> None:
        waiting, active = await partner.locked(), await partner.active(displayName="Contoso 2")
        security, unified = 1, 3
        path = f"/{active}/accessAssignments"
        assert (await partner.call("POST", f"/{waiting}/accessAssignments", partner.assignment(security, READER)))[
            0
        ] == 400
        assert (await partner.call("POST", path, partner.assignment(unified, READER)))[0] == 400
        assert (await partner.call("POST", path, partner.assignment(security, HELPDESK)))[0] == 400
        nobody = {
            **partner.assignment(security, READER),
            "accessContainer": {"accessContainerId": CUSTOMER, "accessContainerType": "securityGroup"},
        }
        assert (await partner.call("POST", path, nobody))[0] == 404
        status, made = await partner.call("POST", path, partner.assignment(security, READER))
        assert (status, made["status"]) == (201, "pending")
        assert (await partner.call("POST", path, partner.assignment(security, READER)))[0] == 409
        partner.pass_time(1)
        assert [item["status"] for item in (await partner.call("GET", path))[1]["value"]] == ["active"]
        assert (await partner.call("DELETE", f"{path}/{made['id']}"))[0] == 400
        assert (await partner.call("DELETE", f"{path}/{made['id']}", etag=made["@odata.etag"]))[0] == 204
        partner.pass_time(1)
        assert (await partner.call("GET", path))[1]["value"] == []

    play(scenario)


@pytest.mark.parametrize(
    ("role", "method", "status"),
    [(READ, "GET", 200), (READ, "POST", 403), ("Directory.Read.All", "GET", 403), (WRITE, "PUT", 400)],
)
def test_permissions_are_those_of_the_metadata(role: str, method: str, status: int):
    async def scenario(partner: Partner) -> None:
        assert (await partner.call(method, "", DRAFT, role=role))[0] == status

    play(scenario)


def test_app_needs_the_partner_service_principal():
    async def scenario(partner: Partner) -> None:
        status, body = await partner.call("GET")
        assert (status, body["error"]["code"]) == (403, "accessDenied")

    play(scenario, partner_service=False)


def test_pages_are_up_to_300_and_end():
    async def scenario(partner: Partner) -> None:
        for number in range(5):
            await partner.made(displayName=f"Contoso {number}")
        assert (await partner.call("GET", "?$top=301"))[0] == 400
        _, page = await partner.call("GET", "?$top=3")
        _, rest = await partner.call("GET", page["@odata.nextLink"].partition("delegatedAdminRelationships")[2])
        assert (len(page["value"]), len(rest["value"]), "@odata.nextLink" in rest) == (3, 2, False)

    play(scenario)


def test_only_a_global_administrator_of_that_customer_approves():
    async def scenario(partner: Partner) -> None:
        address = f"/partners/invitation/granularAdminRelationships/{await partner.locked()}"
        reader = replace(partner.world.tenants[CUSTOMER].spec, admin_roles=(READER,))
        stranger = await partner.client.post(address, data={"action": "accept", "account_tenant": TENANT})
        partner.world.put_tenant(reader)
        unprivileged = await partner.client.post(address, data={"action": "accept"})
        assert (stranger.status, unprivileged.status) == (400, 400)

    play(scenario)


def test_what_is_shown_are_words_of_the_metadata():
    facts = load_facts()

    async def scenario(partner: Partner) -> None:
        active = await partner.active()
        await partner.call("POST", f"/{active}/accessAssignments", partner.assignment(1, READER))
        listed = (await partner.call("GET"))[1]["value"]
        assignments = (await partner.call("GET", f"/{active}/accessAssignments"))[1]["value"]
        requests = (await partner.call("GET", f"/{active}/requests"))[1]["value"]
        operations = (await partner.call("GET", f"/{active}/operations"))[1]["value"]
        for items, entity in (
            (listed, "delegatedAdminRelationship"),
            (assignments, "delegatedAdminAccessAssignment"),
            (requests, "delegatedAdminRelationshipRequest"),
            (operations, "delegatedAdminRelationshipOperation"),
        ):
            assert items
            assert {name for item in items for name in item if name[0] != "@"} <= facts.properties[entity]
        assert {item["status"] for item in listed} <= facts.enums["delegatedAdminRelationshipStatus"]
        assert {item["status"] for item in assignments} <= facts.enums["delegatedAdminAccessAssignmentStatus"]
        assert {item["action"] for item in requests} <= facts.enums["delegatedAdminRelationshipRequestAction"]

    play(scenario)


def test_customers_and_contracts_come_from_the_scenario_and_from_approvals():
    async def scenario(partner: Partner) -> None:
        customers = "/v1.0/tenantRelationships/delegatedAdminCustomers"
        found = await (await partner.client.get(customers, headers=authorized(partner.world, READ))).json()
        assert [item["tenantId"] for item in found["value"]] == [CUSTOMER]
        headers = authorized(partner.world, "Directory.Read.All")
        contracts = await (await partner.client.get("/v1.0/contracts", headers=headers)).json()
        assert [(item["customerId"], item["contractType"]) for item in contracts["value"]] == [
            (CUSTOMER, "ResellerPartner")
        ]

    play(scenario, gdap_customers=(CUSTOMER,), contracts=(CUSTOMER,))
