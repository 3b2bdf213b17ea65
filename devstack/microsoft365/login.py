"""The sign-in service: metadata, keys, admin consent and sign-in, with Microsoft's error codes."""

import re
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

from aiohttp import web

from devstack.microsoft365.cross_origin import CrossOrigin
from devstack.microsoft365.pages import consent_page, error_page, sign_in_page
from devstack.microsoft365.portal_sign_in import PortalSignIn
from devstack.microsoft365.refusals import refuse
from devstack.microsoft365.token_endpoint import TokenEndpoint
from devstack.microsoft365.world import (
    IssuedCode,
    TenantState,
    World,
)

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ANY_TENANT: Final = frozenset({"organizations", "common"})
_CODE_SECONDS: Final = 600
_SESSION: Final = "simulator_session"


class Login:
    """Handlers for the login origin."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._portal = PortalSignIn(world)

    def routes(self) -> list[web.RouteDef]:
        portal = self._world.scenario.portal
        cross_origin = CrossOrigin(portal.redirect_uris if portal else ())
        token, metadata = "/{tenant}/oauth2/v2.0/token", "/{tenant}/v2.0/.well-known/openid-configuration"
        return [
            web.get("/common/discovery/instance", self._instance_discovery),
            web.get(metadata, cross_origin.wrap(self._metadata)),
            web.options(metadata, cross_origin.preflight),
            web.get("/{tenant}/.well-known/openid-configuration", self._metadata),
            web.get("/{tenant}/discovery/v2.0/keys", self._keys),
            web.get("/{tenant}/v2.0/adminconsent", self._ask_consent),
            web.post("/{tenant}/v2.0/adminconsent", self._answer_consent),
            web.get("/{tenant}/adminconsent", self._ask_consent),
            web.post("/{tenant}/adminconsent", self._answer_consent),
            web.get("/{tenant}/oauth2/v2.0/authorize", self._ask_sign_in),
            web.post("/{tenant}/oauth2/v2.0/authorize", self._answer_sign_in),
            web.get("/{tenant}/oauth2/v2.0/logout", self._portal.log_out),
            web.post(token, cross_origin.wrap(TokenEndpoint(self._world).answer)),
            web.options(token, cross_origin.preflight),
        ]

    # Discovery

    async def _instance_discovery(self, request: web.Request) -> web.Response:
        endpoint = f"{self._world.login}/common/v2.0/.well-known/openid-configuration"
        return web.json_response({"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": []})

    async def _metadata(self, request: web.Request) -> web.Response:
        name = request.match_info["tenant"].lower()
        state = self._world.find(name)
        if state is None and not self._world.knows_msp(name) and name not in _ANY_TENANT:
            return _unknown_tenant(name)
        named = state.spec.tenant_id if state else name
        base, tenant_id = f"{self._world.login}/{named}", "{tenantid}" if named in _ANY_TENANT else named
        is_v2 = "/v2.0/" in request.path
        return web.json_response(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "issuer": f"{self._world.login}/{tenant_id}/v2.0" if is_v2 else f"https://sts.windows.net/{tenant_id}/",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "response_types_supported": ["code", "id_token"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
                "cloud_graph_host_name": "graph.windows.net",
                "msgraph_host": self._world.graph.removeprefix("https://"),
            }
        )

    async def _keys(self, request: web.Request) -> web.Response:
        return web.json_response(self._world.signer.jwks())

    # Admin consent

    async def _ask_consent(self, request: web.Request) -> web.Response:
        complaint = self._check_consent(request)
        if complaint:
            return complaint
        chosen = self._world.find(request.match_info["tenant"])
        permissions = self._world.asked_permissions(request.query["client_id"], request.query.get("scope", ""))
        name = self._world.scenario.app.display_name
        return consent_page(name, permissions, self._accounts(), chosen.spec.tenant_id if chosen else "")

    async def _answer_consent(self, request: web.Request) -> web.Response:
        complaint = self._check_consent(request)
        if complaint:
            return complaint
        form = await request.post()
        query = request.query
        state = {"state": query["state"]} if "state" in query else {}
        if form.get("action") != "accept":
            return _redirect(query["redirect_uri"], {**_DECLINED, "admin_consent": "True", **state})
        chosen = self._world.find(str(form.get("account_tenant") or request.match_info["tenant"]))
        if chosen is None:
            return error_page("AADSTS50020", "The account does not exist in this tenant.")
        self._world.consent(chosen, query["client_id"], query.get("scope", ""))
        granted = {"admin_consent": "True", "tenant": chosen.spec.tenant_id, "scope": query.get("scope", "")}
        response = _redirect(query["redirect_uri"], {**granted, **state})
        response.set_cookie(_SESSION, chosen.spec.tenant_id, httponly=True, samesite="Lax", secure=True)
        return response

    def _check_consent(self, request: web.Request) -> web.Response | None:
        query, app = request.query, self._world.scenario.app
        tenant = request.match_info["tenant"]
        if tenant == "common" and "/v2.0/" in request.path:
            return error_page("AADSTS90019", "The 'common' endpoint is not supported for admin consent.")
        if tenant not in ("common", "organizations") and self._world.find(tenant) is None:
            return error_page("AADSTS90002", f"Tenant '{tenant}' not found.")
        if query.get("client_id") not in self._world.client_ids:
            return error_page("AADSTS700016", "Application was not found in the directory.")
        if query.get("redirect_uri") not in app.redirect_uris:
            return error_page("AADSTS50011", "The redirect URI does not match the ones configured for the application.")
        return _check_scope(query.get("scope", "")) if "/v2.0/" in request.path else None

    # Sign-in

    async def _ask_sign_in(self, request: web.Request) -> web.Response:
        if self._portal.is_asked(request):
            return await self._portal.ask(request)
        complaint = self._check_sign_in(request)
        if complaint:
            return complaint
        requested = self._requested(request)
        session = self._world.find(request.cookies.get(_SESSION, ""))
        if session and session is requested and request.query.get("prompt") != "select_account":
            return self._signed_in(request, session)
        chosen = session.spec.tenant_id if session else requested.spec.tenant_id
        return sign_in_page(self._world.scenario.app.display_name, self._accounts(), chosen)

    async def _answer_sign_in(self, request: web.Request) -> web.Response:
        if self._portal.is_asked(request):
            return await self._portal.answer(request)
        complaint = self._check_sign_in(request)
        if complaint:
            return complaint
        form = await request.post()
        if form.get("action") != "accept":
            cancelled = {**_DECLINED, "error_subcode": "cancel", "state": request.query.get("state", "")}
            return _redirect(request.query["redirect_uri"], cancelled)
        requested = self._requested(request)
        chosen = self._world.find(str(form.get("account_tenant") or requested.spec.tenant_id))
        if chosen is not requested:
            return error_page("AADSTS50020", "The account does not exist in this tenant.")
        response = self._signed_in(request, requested)
        response.set_cookie(_SESSION, requested.spec.tenant_id, httponly=True, samesite="Lax", secure=True)
        return response

    def _requested(self, request: web.Request) -> TenantState:
        state = self._world.find(request.match_info["tenant"])
        if state is None:
            raise web.HTTPBadRequest(text="AADSTS90002: tenant not found")
        return state

    def _check_sign_in(self, request: web.Request) -> web.Response | None:
        query, app = request.query, self._world.scenario.app
        if query.get("client_id") != app.client_id:
            return error_page("AADSTS700016", "Application was not found in the directory.")
        if query.get("redirect_uri") not in app.redirect_uris:
            return error_page("AADSTS50011", "The redirect URI does not match the ones configured for the application.")
        if query.get("response_mode", "query") != "query" or query.get("response_type") != "code":
            return error_page("AADSTS70007", "The response type or mode is not supported here.")
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge") or not query.get("nonce"):
            return error_page("AADSTS9002325", "Proof Key for Code Exchange is required.")
        if "openid" not in query.get("scope", "").split():
            return error_page("AADSTS900144", "The scope must contain openid.")
        return None

    def _signed_in(self, request: web.Request, state: TenantState) -> web.Response:
        query, code = request.query, f"0.{secrets.token_urlsafe(48)}"
        self._world.codes[code] = IssuedCode(
            tenant_id=state.spec.tenant_id,
            nonce=query["nonce"],
            challenge=query["code_challenge"],
            redirect_uri=query["redirect_uri"],
            object_id=state.population.id_of(9, 0),
            expires_at=self._world.clock() + _CODE_SECONDS,
        )
        return _redirect(
            query["redirect_uri"], {"code": code, "state": query.get("state", ""), "session_state": str(uuid4())}
        )

    def _accounts(self) -> dict[str, str]:
        return {tenant_id: f"admin@{state.spec.domain}" for tenant_id, state in self._world.tenants.items()}


def _check_scope(scope: str) -> web.Response | None:
    names = scope.split()
    if not names:
        return error_page("AADSTS900144", "The request body must contain the following parameter: 'scope'.")
    if len(names) > 1 and any(name.endswith("/.default") for name in names):
        return error_page("AADSTS70011", "The scope .default can't be combined with resource-specific scopes.")
    return None


_DECLINED: Final = {
    "error": "access_denied",
    "error_description": "AADSTS65004: User declined to consent to access the app.",
    "error_uri": "https://login.microsoftonline.com/error?code=65004",
}


def _redirect(address: str, query: Mapping[str, str]) -> web.Response:
    return web.Response(status=302, headers={"Location": f"{address}?{urlencode(query)}"})


def _unknown_tenant(name: str) -> web.Response:
    if "." not in name and not _GUID.fullmatch(name):
        return refuse(
            "invalid_request",
            900023,
            f"Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain.",
        )
    return refuse("invalid_tenant", 90002, f"Tenant '{name}' not found.")
