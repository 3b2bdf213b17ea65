"""Technicians sign in to the portal at the simulator as MSAL.js does it, and are refused what Entra refuses."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from aiohttp import ClientResponse, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from devstack.microsoft365.control import Control
from devstack.microsoft365.login import Login
from devstack.microsoft365.scenario import AppSpec, MspSpec, PortalSpec, Scenario, parse_msp_spec
from devstack.microsoft365.world import World

LOGIN = "https://login.sim"
APP, PORTAL = "c0ffee00-0000-4000-8000-00000000c11e", "c0ffee00-0000-4000-8000-00000000c130"
ORIGIN = "http://127.0.0.1:7071"
REDIRECT = f"{ORIGIN}/"
SCOPE = "api://portal/access_as_user"
NORTHWIND, TAILSPIN = "5e1f0000-0000-4000-8000-00000000a111", "5e1f0000-0000-4000-8000-00000000b222"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
TECH, OTHER_TECH = "tech@northwind.example", "tech@tailspin.example"


class Browser:
    """What a browser with the portal in it does at the sign-in service."""

    def __init__(self, world: World, client: TestClient[web.Request, web.Application]) -> None:
        self.world = world
        self.client = client

    async def ask(self, tenant: str = "organizations", **changes: str) -> ClientResponse:
        url, query = f"/{tenant}/oauth2/v2.0/authorize", authorize_query(**changes)
        return await self.client.get(url, params=query, allow_redirects=False)

    async def pick(self, account: str = TECH, tenant: str = "organizations", **changes: str) -> ClientResponse:
        url, query, form = f"/{tenant}/oauth2/v2.0/authorize", authorize_query(**changes), {"account": account}
        return await self.client.post(url, params=query, data=form, allow_redirects=False)

    async def redeem(self, tenant: str = "organizations", origin: str = ORIGIN, **changes: str) -> ClientResponse:
        form = {"client_id": PORTAL, "grant_type": "authorization_code", "redirect_uri": REDIRECT, "client_info": "1"}
        form |= {"code_verifier": VERIFIER, "scope": f"{SCOPE} openid profile offline_access", **changes}
        headers = {"Origin": origin} if origin else {}
        given = {name: value for name, value in form.items() if value}
        return await self.client.post(f"/{tenant}/oauth2/v2.0/token", data=given, headers=headers)

    async def sign_in(self, account: str = TECH) -> dict[str, Any]:
        answer = await self.redeem(code=returned(await self.pick(account))["code"])
        body: dict[str, Any] = await answer.json()
        assert answer.status == 200, body
        return body

    async def refresh(self, token: str, **changes: str) -> ClientResponse:
        return await self.redeem(
            **{"grant_type": "refresh_token", "refresh_token": token, "code_verifier": "", **changes}
        )


def authorize_query(**changes: str) -> dict[str, str]:
    query = {
        "client_id": PORTAL,
        "response_type": "code",
        "response_mode": "fragment",
        "redirect_uri": REDIRECT,
        "scope": f"{SCOPE} openid profile offline_access",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "nonce": "n-1",
        "state": "s+/= 1",
        "client_info": "1",
    }
    return {name: value for name, value in {**query, **changes}.items() if value}


def returned(answer: ClientResponse, separator: str = "#") -> dict[str, str]:
    """What the portal reads in its own address."""
    assert answer.status == 302
    address, _, values = answer.headers["Location"].partition(separator)
    assert address == REDIRECT
    return {name: found[0] for name, found in parse_qs(values).items()}


def msp(tenant_id: str, domain: str) -> MspSpec:
    people = [
        {"name": "Tess", "username": f"tech@{domain}", "roles": ["Onboarding.Read", "Onboarding.Connect"]},
        {"name": "Olga", "username": f"ops@{domain}", "roles": []},
    ]
    return parse_msp_spec({"tenantId": tenant_id, "name": domain, "domain": domain, "people": people})


def play(scenario: Callable[[Browser], Awaitable[None]]) -> None:
    app = AppSpec(client_id=APP, client_secret="right", redirect_uris=(f"{ORIGIN}/cb",), api_audience="api://portal")
    portal = PortalSpec(client_id=PORTAL, redirect_uris=(REDIRECT,), access_token_seconds=301)
    msps = (msp(NORTHWIND, "northwind.example"), msp(TAILSPIN, "tailspin.example"))
    world = World(Scenario(app=app, portal=portal, msps=msps), LOGIN, "https://graph.sim")
    application = web.Application()
    application.add_routes([*Control(world).routes(), *Login(world).routes()])

    async def run() -> None:
        server = TestServer(application)
        await server.start_server()
        # The session's cookie is for https only, and the test server speaks http.
        jar = CookieJar(unsafe=True, treat_as_secure_origin=server.make_url("/").origin())
        async with TestClient(server, cookie_jar=jar) as client:
            await scenario(Browser(world, client))

    asyncio.run(run())


async def refusal(answer: ClientResponse) -> tuple[str, int]:
    body = await answer.json()
    return body["error"], body["error_codes"][0]


def test_sign_in_gives_what_msal_needs():
    async def scenario(browser: Browser) -> None:
        page = await (await browser.ask()).text()
        assert all(f'value="{name}@{domain}.example"' in page for name in ("tech", "ops") for domain in ("northwind",))
        back = returned(await browser.pick())
        assert (back["state"], set(back)) == ("s+/= 1", {"code", "state", "session_state", "client_info"})
        body = await (await browser.redeem(code=back["code"])).json()
        identity = browser.world.signer.read(body["id_token"])
        access = browser.world.signer.read(body["access_token"])
        assert body["client_info"] == back["client_info"]
        named = json.loads(base64.urlsafe_b64decode(body["client_info"] + "=="))
        assert named == {"uid": identity["oid"], "utid": NORTHWIND}
        assert (body["scope"], body["expires_in"], body["token_type"]) == (SCOPE, 301, "Bearer")
        wanted = {"aud": PORTAL, "tid": NORTHWIND, "nonce": "n-1", "preferred_username": TECH, "name": "Tess"}
        wanted |= {"iss": f"{LOGIN}/{NORTHWIND}/v2.0", "ver": "2.0"}
        assert {name: identity[name] for name in wanted} == wanted
        wanted = {"aud": "api://portal", "scp": "access_as_user", "azp": PORTAL, "iss": identity["iss"], "ver": "2.0"}
        wanted |= {"oid": identity["oid"], "tid": NORTHWIND, "roles": ["Onboarding.Read", "Onboarding.Connect"]}
        assert {name: access[name] for name in wanted} == wanted
        assert access["exp"] - access["nbf"] == 301
        assert identity["roles"] == access["roles"]

    play(scenario)


def test_response_mode_query_is_kept_apart_from_the_fragment():
    async def scenario(browser: Browser) -> None:
        assert "code" in returned(await browser.pick(response_mode="query"), "?")

    play(scenario)


def test_second_time_goes_through_at_once_until_asked_otherwise():
    async def scenario(browser: Browser) -> None:
        await browser.sign_in()
        silent = returned(await browser.ask(prompt="none"))
        assert "code" in returned(await browser.ask())
        assert (await browser.redeem(code=silent["code"])).status == 200
        for changes in ({"prompt": "select_account"}, {"prompt": "login"}, {"login_hint": OTHER_TECH}):
            assert (await browser.ask(**changes)).status == 200
        assert returned(await browser.ask(prompt="none", login_hint=OTHER_TECH))["error"] == "login_required"
        assert (await browser.ask(TAILSPIN)).status == 200

    play(scenario)


def test_session_ends_with_signing_out():
    async def scenario(browser: Browser) -> None:
        await browser.sign_in()
        url = "/organizations/oauth2/v2.0/logout"
        elsewhere = await browser.client.get(
            url, params={"post_logout_redirect_uri": "https://evil.sim/"}, allow_redirects=False
        )
        assert (elsewhere.status, "Location" in elsewhere.headers) == (200, False)
        await browser.sign_in()
        query = {"post_logout_redirect_uri": REDIRECT, "state": "out"}
        back = await browser.client.get(url, params=query, allow_redirects=False)
        assert (back.status, back.headers["Location"]) == (302, f"{REDIRECT}?state=out")
        assert returned(await browser.ask(prompt="none"))["error"] == "login_required"

    play(scenario)


def test_hints_choose_whom_the_page_offers():
    async def scenario(browser: Browser) -> None:
        only = await (await browser.ask(domain_hint="tailspin.example")).text()
        assert ("@tailspin.example" in only, "@northwind.example" in only) == (True, False)
        hinted = await (await browser.ask(login_hint=OTHER_TECH)).text()
        assert hinted.index(OTHER_TECH) < hinted.index(TECH)
        own = await (await browser.ask(NORTHWIND)).text()
        assert "@tailspin.example" not in own
        stranger = await browser.pick(OTHER_TECH, tenant=NORTHWIND)
        assert (stranger.status, "AADSTS50020" in await stranger.text()) == (400, True)

    play(scenario)


def test_cancel_goes_back_with_microsofts_error():
    async def scenario(browser: Browser) -> None:
        answer = await browser.client.post(
            "/organizations/oauth2/v2.0/authorize",
            params=authorize_query(),
            data={"action": "cancel"},
            allow_redirects=False,
        )
        back = returned(answer)
        assert (back["error"], back["error_subcode"], back["state"]) == ("access_denied", "cancel", "s+/= 1")

    play(scenario)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "https://evil.sim/"}, "AADSTS50011"),
        ({"redirect_uri": f"{ORIGIN}/elsewhere"}, "AADSTS50011"),
        ({"client_id": "other"}, "AADSTS700016"),
        ({"response_mode": "form_post"}, "AADSTS70007"),
        ({"tenant": "nobody.example"}, "AADSTS90002"),
    ],
)
def test_request_that_cannot_return_stays_on_the_page(changes: dict[str, str], code: str):
    async def scenario(browser: Browser) -> None:
        for answer in (await browser.ask(**changes), await browser.pick(**changes)):
            assert (answer.status, code in await answer.text()) == (400, True)

    play(scenario)


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"response_type": "id_token"}, "unsupported_response_type", "AADSTS700054"),
        ({"code_challenge": ""}, "invalid_request", "AADSTS9002325"),
        ({"code_challenge_method": "plain"}, "invalid_request", "AADSTS9002325"),
        ({"prompt": "sometimes"}, "invalid_request", "AADSTS90023"),
        ({"scope": ""}, "invalid_request", "AADSTS900144"),
        ({"scope": "openid api://portal/everything"}, "invalid_client", "AADSTS650053"),
        ({"prompt": "none"}, "login_required", "AADSTS50058"),
    ],
)
def test_request_entra_would_refuse_goes_back_refused(changes: dict[str, str], error: str, code: str):
    async def scenario(browser: Browser) -> None:
        back = returned(await browser.ask(**changes))
        assert (back["error"], code in back["error_description"], back["state"]) == (error, True, "s+/= 1")

    play(scenario)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"origin": ""}, ("invalid_request", 9002327)),
        ({"client_secret": "right"}, ("invalid_client", 700025)),
        ({"client_id": APP}, ("invalid_request", 9002326)),
        ({"grant_type": "client_credentials"}, ("unsupported_grant_type", 70003)),
        ({"code": "1.unknown"}, ("invalid_grant", 54005)),
        ({"tenant": TAILSPIN}, ("invalid_grant", 54005)),
        ({"redirect_uri": f"{ORIGIN}/other"}, ("invalid_client", 500112)),
        ({"code_verifier": "w" * 50}, ("invalid_grant", 501481)),
        ({"code_verifier": ""}, ("invalid_grant", 501481)),
        ({"scope": "api://portal/everything"}, ("invalid_client", 650053)),
    ],
)
def test_redemption_entra_would_refuse_is_refused(changes: dict[str, str], refused: tuple[str, int]):
    async def scenario(browser: Browser) -> None:
        code = returned(await browser.pick())["code"]
        assert await refusal(await browser.redeem(**{"code": code, **changes})) == refused

    play(scenario)


def test_code_is_good_once_and_for_ten_minutes():
    async def scenario(browser: Browser) -> None:
        code = returned(await browser.pick())["code"]
        assert (await browser.redeem(code=code)).status == 200
        assert await refusal(await browser.redeem(code=code)) == ("invalid_grant", 54005)
        code, now = returned(await browser.pick())["code"], browser.world.clock()
        browser.world.clock = lambda: now + 601
        assert await refusal(await browser.redeem(code=code)) == ("invalid_grant", 70008)

    play(scenario)


def test_refreshing_does_not_prolong_the_day():
    async def scenario(browser: Browser) -> None:
        now = [browser.world.clock()]
        browser.world.clock = lambda: now[0]
        first = (await browser.sign_in())["refresh_token"]
        now[0] += 23 * 3600
        body = await (await browser.refresh(first)).json()
        assert body["refresh_token"] != first
        assert body["refresh_token_expires_in"] == 3600
        assert "nonce" not in browser.world.signer.read(body["id_token"])
        assert (await browser.refresh(first)).status == 200
        now[0] += 3601
        answer = await browser.refresh(body["refresh_token"])
        assert await refusal(answer) == ("invalid_grant", 700084)
        assert (await answer.json())["suberror"] == "bad_token"

    play(scenario)


def test_token_without_the_apis_scope_is_for_graph_and_nothing_else():
    async def scenario(browser: Browser) -> None:
        token = (await browser.sign_in())["refresh_token"]
        body = await (await browser.refresh(token, scope="openid profile")).json()
        assert "refresh_token" not in body
        with pytest.raises(jwt.InvalidAudienceError):
            jwt.decode(body["access_token"], browser.world.signer._key.public_key(), ["RS256"], audience="api://portal")

    play(scenario)


def test_signed_out_everywhere_is_one_msps_affair():
    async def scenario(browser: Browser) -> None:
        other = (await browser.sign_in(OTHER_TECH))["refresh_token"]
        own = (await browser.sign_in())["refresh_token"]
        code = returned(await browser.ask())["code"]
        answer = await browser.client.post(f"/_simulator/msps/{NORTHWIND}/sign-out-everywhere")
        assert answer.status == 204
        assert await refusal(await browser.refresh(own)) == ("invalid_grant", 50173)
        assert await refusal(await browser.redeem(code=code)) == ("invalid_grant", 54005)
        assert returned(await browser.ask(prompt="none"))["error"] == "login_required"
        assert (await browser.refresh(other)).status == 200
        assert (await browser.client.post(f"/_simulator/msps/{APP}/sign-out-everywhere")).status == 404

    play(scenario)


@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN, ORIGIN), ("https://evil.sim", None), ("null", None)])
def test_answers_are_readable_by_the_registered_origin_only(origin: str, allowed: str | None):
    async def scenario(browser: Browser) -> None:
        metadata = "/organizations/v2.0/.well-known/openid-configuration"
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answers = [
            await browser.redeem(origin=origin, code="1.unknown"),
            await browser.client.get(metadata, headers={"Origin": origin}),
            await browser.client.options(metadata, headers=headers),
            await browser.client.options("/organizations/oauth2/v2.0/token", headers=headers),
        ]
        assert [answer.headers.get("Access-Control-Allow-Origin") for answer in answers] == [allowed] * 4
        assert all(answer.headers["Vary"] == "Origin" for answer in answers)
        assert ("Access-Control-Allow-Methods" in answers[3].headers) is (allowed is not None)

    play(scenario)


def test_metadata_for_all_organizations_leaves_the_tenant_open():
    async def scenario(browser: Browser) -> None:
        body = await (await browser.client.get("/organizations/v2.0/.well-known/openid-configuration")).json()
        assert body["issuer"] == f"{LOGIN}/{{tenantid}}/v2.0"
        assert urlsplit(body["token_endpoint"]).path == "/organizations/oauth2/v2.0/token"
        assert urlsplit(body["end_session_endpoint"]).path == "/organizations/oauth2/v2.0/logout"
        own = await (await browser.client.get(f"/{NORTHWIND}/v2.0/.well-known/openid-configuration")).json()
        assert own["issuer"] == f"{LOGIN}/{NORTHWIND}/v2.0"

    play(scenario)


def test_msp_without_people_is_still_a_scenario():
    assert parse_msp_spec({"tenantId": NORTHWIND, "name": "Northwind"}).people == ()
    with pytest.raises(ValueError, match="shoe_size"):
        parse_msp_spec({"tenantId": NORTHWIND, "people": [{"name": "T", "username": "t@n", "shoeSize": 4}]})
