"""HaloPSA's authorization server: client credentials against short-lived tokens of a scope."""

import secrets
import time
from collections.abc import Callable
from typing import Final

from aiohttp import web

from devstack.psa.front import Refusal, State, json_answer
from devstack.psa.spec import HaloSpec

_EVERYTHING: Final = frozenset({"all", "all:standard"})
_SECRETS: Final = ("client_secret", "client_id")


class Tokens:
    """Issues and reads tokens; they are worth nothing elsewhere."""

    def __init__(self, state: State[HaloSpec], clock: Callable[[], float] = time.monotonic) -> None:
        self._state, self._clock = state, clock
        self._known: dict[str, tuple[frozenset[str], float]] = {}

    def forget(self) -> None:
        """All tokens have expired."""
        self._known.clear()

    async def answer(self, request: web.Request) -> web.Response:
        """The token endpoint."""
        spec, form = self._state.spec, {name: str(value) for name, value in (await request.post()).items()}
        if any(name in request.query for name in _SECRETS):
            self._state.usage.violations.append("credentials in the query of the token endpoint")
        tenant = request.query.get("tenant", form.get("tenant", ""))
        if tenant.lower() != spec.tenant:
            raise Refusal(500, "<html><body>Object reference not set.</body></html>", kind="text/html")
        if form.get("grant_type") != "client_credentials":
            raise _oauth_error(400, "unsupported_grant_type", "The specified 'grant_type' is not supported.")
        if form.get("client_id") != spec.client_id or form.get("client_secret") != spec.client_secret:
            raise _oauth_error(401, "invalid_client", "The specified client credentials are invalid.")
        return json_answer(self._issue(form.get("scope", "")))

    def _issue(self, scope: str) -> dict[str, object]:
        spec, wanted = self._state.spec, scope.split()
        if not wanted or not set(wanted) <= {*spec.scopes, *_EVERYTHING}:
            raise _oauth_error(400, "invalid_scope", "The specified 'scope' is not allowed for this application.")
        granted = spec.scopes if _EVERYTHING & set(wanted) else wanted
        token = secrets.token_urlsafe(48)
        self._known[token] = (frozenset(granted), self._clock() + spec.token_seconds)
        return {"scope": scope, "token_type": "Bearer", "access_token": token, "expires_in": spec.token_seconds}

    def scopes(self, request: web.Request) -> frozenset[str]:
        """What the request's token is good for; raises Refusal 401 for none and for one that has expired."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        scopes, expires_at = self._known.get(token, (frozenset[str](), 0.0))
        if kind != "Bearer" or self._clock() >= expires_at:
            raise Refusal(401, None, {"WWW-Authenticate": "Bearer"}, kind="text/plain")
        return scopes


def _oauth_error(status: int, code: str, text: str) -> Refusal:
    return Refusal(status, {"error": code, "error_description": text})
