"""The simulator refuses what Microsoft refuses, and its pages add up to its truth."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from devstack.microsoft365.admin_center import AdminCenter
from devstack.microsoft365.control import Control
from devstack.microsoft365.graph import Graph
from devstack.microsoft365.login import Login
from devstack.microsoft365.population import Population
from devstack.microsoft365.scenario import AppSpec, Fault, Scenario, TenantSpec, parse_tenant_spec
from devstack.microsoft365.truth import truth_of
from devstack.microsoft365.world import APPLICATION_PERMISSIONS, World

TENANT = "11111111-1111-4111-8111-111111111111"
CLIENT = "c0ffee00-0000-4000-8000-00000000c11e"
REDIRECT = "http://127.0.0.1:7071/api/msp-portal/tenants/callback"
GRAPH = "https://graph.sim"
LOGIN = "https://login.sim"

Client = TestClient[web.Request, web.Application]


def tenant(**more: Any) -> TenantSpec:
    return TenantSpec(tenant_id=TENANT, domain="contoso.sim", consented=True, **more)


def play(spec: TenantSpec, scenario: Callable[[World, Client], Awaitable[None]]) -> None:
    """Serves both origins in one application, without TLS; links are asked by their path."""
    app = AppSpec(client_id=CLIENT, client_secret="right", redirect_uris=(REDIRECT,))
    world = World(Scenario(app=app, tenants=(spec,)), LOGIN, GRAPH)
    application = web.Application()
    application.add_routes(
        [*Control(world).routes(), *AdminCenter(world).routes(), *Login(world).routes(), *Graph(world).routes()]
    )

    async def run() -> None:
        async with TestClient(TestServer(application)) as client:
            await scenario(world, client)

    asyncio.run(run())


def authorized(world: World, *roles: str, **claims: Any) -> dict[str, str]:
    standard = {"tid": TENANT, "aud": GRAPH, "appid": CLIENT, "roles": list(roles or APPLICATION_PERMISSIONS)}
    return {"Authorization": f"Bearer {world.signer.sign({**standard, **claims})}"}


async def walk(world: World, client: Client, path: str) -> tuple[list[dict[str, Any]], int]:
    """All objects of a listing, and the number of pages."""
    objects: list[dict[str, Any]] = []
    pages = 0
    while path:
        answer = await client.get(path, headers=authorized(world))
        body = await answer.json()
        assert answer.status == 200, body
        objects += body["value"]
        path = body.get("@odata.nextLink", "").removeprefix(GRAPH)
        pages += 1
    return objects, pages


@pytest.mark.parametrize(("users", "pages"), [(1, 1), (99, 1), (999, 1), (1000, 2), (2500, 3)])
def test_pages_add_up_to_the_truth(users: int, pages: int):
    async def scenario(world: World, client: Client) -> None:
        truth = truth_of(world.tenants[TENANT].population)
        found, read = await walk(world, client, "/v1.0/users?$top=999&$select=id,userType,assignedLicenses")
        assert (len(found), len({user["id"] for user in found}), read) == (users, users, pages)
        assert sum(user["userType"] == "Guest" for user in found) == truth["guests"]
        assert sum(len(user["assignedLicenses"]) for user in found) == truth["licenses"]["assigned"]
        groups, _ = await walk(world, client, "/v1.0/groups?$top=999&$select=id")
        assert len(groups) == truth["groups"]
        deltas, _ = await walk(world, client, "/v1.0/groups/delta?$select=id,members")
        members = {(g["id"], m["id"]) for g in deltas for m in g.get("members@delta", ())}
        assert len(members) == truth["memberships"]
        select = "$select=operatingSystem,complianceState"
        devices, _ = await walk(world, client, f"/v1.0/deviceManagement/managedDevices?{select}")
        assert Counter(device["operatingSystem"] for device in devices) == truth["devicesByPlatform"]
        assert Counter(device["complianceState"] for device in devices) == truth["devicesByCompliance"]
        skus, _ = await walk(world, client, "/v1.0/subscribedSkus")
        consumed = {sku["skuPartNumber"]: sku["consumedUnits"] for sku in skus}
        assert consumed == {sku["skuPartNumber"]: sku["consumed"] for sku in truth["licenses"]["bySku"]}
        assert sum(consumed.values()) == truth["licenses"]["assigned"]

    play(tenant(users=users), scenario)


def test_population_is_the_same_every_time_and_costs_no_memory():
    one, other = Population(tenant(users=1_000_000)), Population(tenant(users=1_000_000))
    assert one.user_properties["displayName"](999_999) == other.user_properties["displayName"](999_999)
    assert one.id_of(1, 999_999) == other.id_of(1, 999_999) != one.id_of(1, 999_998)
    assert (one.users, one.groups, one.guests) == (1_000_000, 200_000, 10_000)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1.0/nowhere", 400, "BadRequest"),
        ("/beta/users", 400, "BadRequest"),
        ("/v1.0/users?$select=id,shoeSize", 400, "BadRequest"),
        ("/v1.0/users?$top=1000", 400, "Request_UnsupportedQuery"),
        ("/v1.0/users?$top=0", 400, "Request_UnsupportedQuery"),
        ("/v1.0/users?$skip=5", 400, "Request_UnsupportedQuery"),
        ("/v1.0/users?$expand=manager", 400, "Request_UnsupportedQuery"),
        ("/v1.0/users?page=2", 400, "BadRequest"),
        ("/v1.0/users/$count", 400, "Request_BadRequest"),
        ("/v1.0/users?$skiptoken=forged.token", 400, "Directory_ExpiredPageToken"),
    ],
)
def test_request_graph_would_refuse_is_refused(path: str, status: int, code: str):
    async def scenario(world: World, client: Client) -> None:
        answer = await client.get(path, headers=authorized(world))
        assert (answer.status, (await answer.json())["error"]["code"]) == (status, code)

    play(tenant(), scenario)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"tid": "22222222-2222-4222-8222-222222222222"}, "InvalidAuthenticationToken"),
        ({"aud": "https://elsewhere"}, "InvalidAuthenticationToken"),
        ({"exp": 1}, "InvalidAuthenticationToken"),
        ({"roles": []}, "Authorization_IdentityNotFound"),
    ],
)
def test_token_that_is_not_good_here_is_refused(claims: dict[str, Any], code: str):
    async def scenario(world: World, client: Client) -> None:
        answer = await client.get("/v1.0/users", headers=authorized(world, **claims))
        assert (answer.status, (await answer.json())["error"]["code"]) == (401, code)

    play(tenant(), scenario)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1.0/users", "Authorization_RequestDenied"),
        ("/v1.0/deviceManagement/managedDevices", "UnknownError"),
        ("/v1.0/reports/getMailboxUsageDetail(period='D7')", "UnknownError"),
    ],
)
def test_missing_permission_is_refused_in_the_services_own_way(path: str, code: str):
    async def scenario(world: World, client: Client) -> None:
        answer = await client.get(path, headers=authorized(world, "SecurityEvents.Read.All"), allow_redirects=False)
        assert (answer.status, (await answer.json())["error"]["code"]) == (403, code)

    play(tenant(), scenario)


def test_page_link_is_good_for_its_own_listing_only():
    async def scenario(world: World, client: Client) -> None:
        first = await (await client.get("/v1.0/users?$top=10&$select=id", headers=authorized(world))).json()
        token = parse_qs(urlsplit(first["@odata.nextLink"]).query)["$skiptoken"][0]
        stolen = await client.get(f"/v1.0/users?$top=10&$select=mail&$skiptoken={token}", headers=authorized(world))
        assert stolen.status == 400

    play(tenant(), scenario)


def test_count_needs_eventual_consistency():
    async def scenario(world: World, client: Client) -> None:
        headers = {**authorized(world), "ConsistencyLevel": "eventual"}
        assert await (await client.get("/v1.0/users/$count", headers=headers)).text() == "200"

    play(tenant(), scenario)


def test_report_is_behind_a_redirect_that_must_not_see_the_token():
    async def scenario(world: World, client: Client) -> None:
        path = "/v1.0/reports/getMailboxUsageDetail(period='D7')"
        answer = await client.get(path, headers=authorized(world), allow_redirects=False)
        location = answer.headers["Location"].removeprefix(GRAPH)
        assert answer.status == 302
        assert (await client.get(location, headers=authorized(world))).status == 403
        content = await (await client.get(location)).read()
        assert content.startswith(b"\xef\xbb\xbfReport Refresh Date,User Principal Name")
        live = sum(b",False,," in line for line in content.splitlines())
        assert live == world.tenants[TENANT].population.mailboxes

    play(tenant(), scenario)


def test_tenant_without_intune_answers_as_intune_does():
    async def scenario(world: World, client: Client) -> None:
        answer = await client.get("/v1.0/deviceManagement/managedDevices", headers=authorized(world))
        error = (await answer.json())["error"]
        assert (answer.status, error["message"]) == (400, "Request not applicable to target tenant.")

    play(tenant(intune=False), scenario)


@pytest.mark.parametrize(
    ("kind", "status", "header"),
    [
        ("throttle", 429, "2"),
        ("throttle_no_header", 429, None),
        ("unavailable", 503, None),
        ("forbidden", 403, None),
        ("error_in_200", 200, None),
    ],
)
def test_fault_strikes_as_often_as_told(kind: str, status: int, header: str | None):
    fault = Fault(path="/v1.0/users", kind=kind, times=1)

    async def scenario(world: World, client: Client) -> None:
        first = await client.get("/v1.0/users", headers=authorized(world))
        assert (first.status, first.headers.get("Retry-After")) == (status, header)
        assert "error" in await first.json()
        assert "value" in await (await client.get("/v1.0/users", headers=authorized(world))).json()

    play(tenant(faults=(fault,)), scenario)


@pytest.mark.parametrize("document", [{"shoeSize": 4}, {"faults": [{"path": "/x", "kind": "magic"}]}])
def test_scenario_with_unknown_words_is_refused(document: dict[str, Any]):
    with pytest.raises(ValueError, match=r"shoe_size|magic"):
        parse_tenant_spec({"tenantId": TENANT, "domain": "contoso.sim", **document})


def consent_query(**changes: str) -> dict[str, str]:
    query = {"client_id": CLIENT, "redirect_uri": REDIRECT, "scope": f"{GRAPH}/.default", "state": "s"}
    return {name: value for name, value in {**query, **changes}.items() if value}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "https://evil.sim"}, "AADSTS50011"),
        ({"client_id": "other"}, "AADSTS700016"),
        ({"scope": ""}, "AADSTS900144"),
    ],
)
def test_consent_that_cannot_return_stays_on_microsofts_page(changes: dict[str, str], code: str):
    async def scenario(world: World, client: Client) -> None:
        answer = await client.get(f"/{TENANT}/v2.0/adminconsent", params=consent_query(**changes))
        assert (answer.status, code in await answer.text()) == (400, True)

    play(tenant(), scenario)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("accept", {"admin_consent": ["True"], "tenant": [TENANT], "scope": [f"{GRAPH}/.default"], "state": ["s"]}),
        ("cancel", {"error": ["access_denied"], "admin_consent": ["True"], "state": ["s"]}),
    ],
)
def test_consent_page_returns_what_microsoft_returns(action: str, fields: dict[str, list[str]]):
    async def scenario(world: World, client: Client) -> None:
        page = await client.get(f"/{TENANT}/v2.0/adminconsent", params=consent_query())
        assert "User.Read.All" in await page.text()
        answer = await client.post(
            f"/{TENANT}/v2.0/adminconsent", params=consent_query(), data={"action": action}, allow_redirects=False
        )
        returned = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert {name: returned.get(name) for name in fields} == fields
        assert ("tenant" in returned) is (action == "accept")

    play(tenant(), scenario)


def test_consent_reaches_the_token_service_step_by_step():
    async def scenario(world: World, client: Client) -> None:
        now = [1000.0]
        world.clock = lambda: now[0]
        state = world.tenants[TENANT]
        state.consented_at = None
        form = {"client_id": CLIENT, "client_secret": "right", "grant_type": "client_credentials"}
        form["scope"] = f"{GRAPH}/.default"

        async def roles() -> Any:
            body = await (await client.post(f"/{TENANT}/oauth2/v2.0/token", data=form)).json()
            return (
                world.signer.read(body["access_token"]).get("roles") if "access_token" in body else body["error_codes"]
            )

        assert await roles() == [7000229]
        state.consented_at = now[0]
        assert await roles() == [7000229]
        now[0] += 6
        assert await roles() is None
        now[0] += 5
        assert await roles() == list(APPLICATION_PERMISSIONS)

    play(tenant(propagation_seconds=10), scenario)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_secret": "wrong"}, 7000215),
        ({"client_secret": ""}, 7000218),
        ({"client_id": "other"}, 700016),
        ({"scope": "https://elsewhere/.default"}, 70011),
        ({"grant_type": "password"}, 70003),
        ({"grant_type": "authorization_code", "code": "unknown"}, 54005),
    ],
)
def test_token_request_microsoft_would_refuse_is_refused(changes: dict[str, str], code: int):
    form = {"client_id": CLIENT, "client_secret": "right", "grant_type": "client_credentials"}
    form["scope"] = f"{GRAPH}/.default"

    async def scenario(world: World, client: Client) -> None:
        answer = await client.post(f"/{TENANT}/oauth2/v2.0/token", data={**form, **changes})
        assert (await answer.json())["error_codes"] == [code]

    play(tenant(), scenario)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [("contoso.sim", 200, None), (TENANT, 200, None), ("nobody.sim", 400, 90002), ("nonsense", 400, 900023)],
)
def test_metadata_knows_domains_and_guids(name: str, status: int, code: int | None):
    async def scenario(world: World, client: Client) -> None:
        answer = await client.get(f"/{name}/v2.0/.well-known/openid-configuration")
        body = await answer.json()
        assert (answer.status, body.get("error_codes", [None])[0]) == (status, code)
        if status == 200:
            assert body["issuer"] == f"{LOGIN}/{TENANT}/v2.0"

    play(tenant(), scenario)


def test_directory_roles_are_shown_to_those_who_may_see_them():
    async def scenario(world: World, client: Client) -> None:
        administrator = world.tenants[TENANT].population.id_of(9, 0)
        path = f"/v1.0/users/{administrator}/transitiveMemberOf/microsoft.graph.directoryRole?$select=id,roleTemplateId"
        seen: list[Any] = []
        for roles in (("Directory.Read.All",), ("User.Read.All",)):
            answer = await client.get(path, headers=authorized(world, *roles))
            seen += [role["roleTemplateId"] for role in (await answer.json())["value"]]
        assert seen == ["62e90394-69f5-4237-9190-012177145e10", None]
        refused = await client.get(path, headers=authorized(world, "Reports.Read.All"))
        unknown = await client.get(path.replace(administrator, TENANT), headers=authorized(world))
        assert (refused.status, unknown.status) == (403, 404)

    play(tenant(), scenario)
