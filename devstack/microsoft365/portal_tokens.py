"""The token endpoint for the portal: a public client in a browser, whose codes and refresh tokens are redeemed here."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from devstack.microsoft365.refusals import refuse
from devstack.microsoft365.scenario import PortalSpec
from devstack.microsoft365.technicians import REFRESH_SECONDS, PortalGrant, Technician, unknown_scopes
from devstack.microsoft365.world import World

_NOT_CROSS_ORIGIN: Final = (
    "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."
)
_BAD_TOKEN: Final = "bad_token"  # noqa: S105 - at this MSAL.js forgets the token and asks the person again
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class PortalTokens:
    """Redeems for one registration."""

    def __init__(self, world: World, portal: PortalSpec) -> None:
        self._world = world
        self._portal = portal
        self._technicians = world.technicians

    def answer(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        """The tokens, or Microsoft's refusal."""
        if not request.headers.get("Origin"):
            return refuse("invalid_request", 9002327, _NOT_CROSS_ORIGIN)
        if form.get("client_secret") or form.get("client_assertion"):
            text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."
            return refuse("invalid_client", 700025, text, 401)
        if form.get("grant_type") == "authorization_code":
            return self._redeem_code(request.match_info["tenant"], form)
        if form.get("grant_type") == "refresh_token":
            return self._redeem_refresh_token(request.match_info["tenant"], form)
        return refuse("unsupported_grant_type", 70003, "The grant type is not supported.")

    def _redeem_code(self, tenant: str, form: Mapping[str, str]) -> web.Response:
        code = self._technicians.codes.pop(form.get("code", ""), None)
        if code is None or not code.technician.belongs_to(tenant):
            return refuse("invalid_grant", 54005, "The authorization code was already redeemed.")
        if self._world.clock() > code.expires_at:
            return refuse("invalid_grant", 70008, "The provided authorization code has expired.")
        if form.get("redirect_uri") != code.redirect_uri:
            return refuse("invalid_client", 500112, "The reply address does not match.")
        if not _is_verified(form.get("code_verifier", ""), code.challenge):
            return refuse("invalid_grant", 501481, "The code_verifier does not match the code_challenge.")
        grant = PortalGrant(code.technician, code.scope, self._world.clock() + REFRESH_SECONDS)
        return self._tokens(form, grant, code.nonce)

    def _redeem_refresh_token(self, tenant: str, form: Mapping[str, str]) -> web.Response:
        token = form.get("refresh_token", "")
        grant = self._technicians.grants.get(token)
        if grant is None or not grant.technician.belongs_to(tenant):
            return refuse("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
        if token in self._technicians.revoked:
            text = "The provided grant has expired due to it being revoked, a fresh auth token is needed."
            return refuse("invalid_grant", 50173, text, suberror=_BAD_TOKEN)
        if self._world.clock() > grant.expires_at:
            text = "The refresh token was issued to a single page app (SPA), and has a fixed lifetime of 24 hours."
            return refuse("invalid_grant", 700084, text, suberror=_BAD_TOKEN)
        return self._tokens(form, grant, nonce="")

    def _tokens(self, form: Mapping[str, str], grant: PortalGrant, nonce: str) -> web.Response:
        asked = form.get("scope") or grant.scope
        if unknown := unknown_scopes(asked, self._world.portal_scope):
            return refuse("invalid_client", 650053, f"The scope '{unknown[0]}' doesn't exist on the resource.")
        grant, seconds = replace(grant, scope=asked), self._portal.access_token_seconds
        body: dict[str, Any] = {
            "token_type": "Bearer",
            **self._access_token(grant),
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "id_token": self._id_token(grant.technician, nonce),
        }
        if "offline_access" in asked.split():
            body["refresh_token"] = self._technicians.issue_refresh_token(grant)
            body["refresh_token_expires_in"] = int(grant.expires_at - self._world.clock())
        if form.get("client_info") == "1":
            body["client_info"] = grant.technician.client_info
        return web.json_response(body, headers={"Cache-Control": "no-store"})

    def _access_token(self, grant: PortalGrant) -> dict[str, str]:
        """For the portal's API if its scope was asked for, else for Graph, where it is good for nothing."""
        audience, scope, named = self._world.graph, "openid profile", "openid profile"
        if self._world.portal_scope in grant.scope.split():
            audience, scope = self._world.scenario.app.api_audience, self._world.portal_scope
            named = scope.rsplit("/", 1)[-1]
        claims = {
            **self._identity(grant.technician),
            "aud": audience,
            "azp": self._portal.client_id,
            "azpacr": "0",
            "scp": named,
        }
        return {"access_token": self._world.signer.sign(claims, self._portal.access_token_seconds), "scope": scope}

    def _id_token(self, technician: Technician, nonce: str) -> str:
        named = {"nonce": nonce} if nonce else {}
        return self._world.signer.sign({**self._identity(technician), **named, "aud": self._portal.client_id})

    def _identity(self, technician: Technician) -> dict[str, Any]:
        tenant_id, object_id = technician.msp.tenant_id, technician.object_id
        roles = {"roles": list(technician.spec.roles)} if technician.spec.roles else {}
        return {
            "iss": f"{self._world.login}/{tenant_id}/v2.0",
            "tid": tenant_id,
            "oid": object_id,
            "sub": hashlib.sha256(f"{self._portal.client_id}/{object_id}".encode()).hexdigest()[:43],
            "name": technician.spec.name,
            "preferred_username": technician.spec.username,
            **roles,
            "ver": "2.0",
        }


def _is_verified(verifier: str, challenge: str) -> bool:
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return bool(_VERIFIER.fullmatch(verifier)) and digest == challenge
