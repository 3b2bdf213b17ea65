"""The token endpoint: app tokens, and codes redeemed with PKCE, refused with Microsoft's error codes.

Browsers' requests of the portal's registration go on to `PortalTokens`.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import jwt
from aiohttp import web

from devstack.microsoft365.portal_tokens import PortalTokens
from devstack.microsoft365.refusals import refuse
from devstack.microsoft365.world import IssuedCode, TenantState, World

_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenEndpoint:
    """One for all tenants."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def answer(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        portal = self._world.scenario.portal
        if portal is not None and form.get("client_id") == portal.client_id:
            return PortalTokens(self._world, portal).answer(request, form)
        if request.headers.get("Origin"):
            text = "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type."
            return refuse("invalid_request", 9002326, text)
        return self._answer_confidential(request, form)

    def _answer_confidential(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        state = self._world.find(request.match_info["tenant"])
        if state is None:
            return refuse("invalid_request", 90002, f"Tenant '{request.match_info['tenant']}' not found.")
        refusal = self._check_client(form)
        if refusal:
            return refusal
        if form.get("grant_type") == "client_credentials":
            return self._app_token(state, form)
        if form.get("grant_type") == "authorization_code":
            return self._redeem(state, form)
        return refuse("unsupported_grant_type", 70003, "The grant type is not supported.")

    def _check_client(self, form: Mapping[str, str]) -> web.Response | None:
        app = self._world.scenario.app
        if form.get("client_id") != app.client_id:
            return refuse("unauthorized_client", 700016, "Application was not found in the directory.")
        if form.get("client_assertion"):
            return (
                None
                if _is_assertion_of(form, app.client_id)
                else refuse("invalid_client", 700027, "The assertion is invalid.", 401)
            )
        if not form.get("client_secret"):
            return refuse(
                "invalid_client", 7000218, "The request body must contain client_assertion or client_secret.", 401
            )
        if form["client_secret"] != app.client_secret:
            return refuse("invalid_client", 7000215, "Invalid client secret provided.", 401)
        return None

    def _app_token(self, state: TenantState, form: Mapping[str, str]) -> web.Response:
        if form.get("scope") != f"{self._world.graph}/.default":
            return refuse("invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid.")
        roles = self._world.roles_of(state)
        if roles is None:
            return refuse(
                "invalid_client", 7000229, "The client application is missing service principal in the tenant.", 401
            )
        tenant_id, app = state.spec.tenant_id, self._world.scenario.app.client_id
        claims: dict[str, Any] = {
            "aud": self._world.graph,
            "iss": f"https://sts.windows.net/{tenant_id}/",
            "tid": tenant_id,
            "appid": app,
            "azp": app,
            "idtyp": "app",
            "oid": state.population.id_of(8, 0),
        }
        token = self._world.signer.sign({**claims, "roles": list(roles)} if roles else claims)
        return web.json_response(
            {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}
        )

    def _redeem(self, state: TenantState, form: Mapping[str, str]) -> web.Response:
        issued = self._world.codes.pop(form.get("code", ""), None)
        if issued is None or issued.tenant_id != state.spec.tenant_id:
            return refuse("invalid_grant", 54005, "The authorization code was already redeemed.")
        if self._world.clock() > issued.expires_at:
            return refuse("invalid_grant", 70008, "The provided authorization code has expired.")
        if form.get("redirect_uri") != issued.redirect_uri:
            return refuse("invalid_client", 500112, "The reply address does not match.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != issued.challenge:
            return refuse("invalid_grant", 501481, "The code_verifier does not match the code_challenge.")
        return web.json_response(self._signed_in_tokens(issued))

    def _signed_in_tokens(self, issued: IssuedCode) -> dict[str, Any]:
        world, tenant_id = self._world, issued.tenant_id
        spec = world.tenants[tenant_id].spec
        identity = {"tid": tenant_id, "oid": issued.object_id, "sub": f"sub-{issued.object_id}", "ver": "2.0"}
        id_token = world.signer.sign(
            {
                **identity,
                "iss": f"{world.login}/{tenant_id}/v2.0",
                "aud": world.scenario.app.client_id,
                "nonce": issued.nonce,
                **({"wids": list(spec.admin_roles)} if spec.shows_roles_in_tokens else {}),
                "preferred_username": f"admin@{spec.domain}",
            }
        )
        access_token = world.signer.sign({**identity, "aud": world.graph, "scp": "openid profile"})
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": access_token, "id_token": id_token}


def _is_assertion_of(form: Mapping[str, str], client_id: str) -> bool:
    """Whether the assertion is a JWT of this client; its signature is nobody's business here."""
    if form.get("client_assertion_type") != _ASSERTION:
        return False
    try:
        claims = jwt.decode(form["client_assertion"], options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return False
    return bool(claims.get("iss") == claims.get("sub") == client_id)
