"""For tests and the demo, nothing of Microsoft's: the truth, changes at run time, portal tokens, request counts."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiohttp import web

from devstack.microsoft365.scenario import parse_tenant_spec
from devstack.microsoft365.truth import truth_of
from devstack.microsoft365.world import TenantState, World

_IDS_A_CHUNK = 2000


class Control:
    """Handlers below `/_simulator` on the login origin."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/_simulator/tenants/{tenant}/truth", self._truth),
            web.get("/_simulator/tenants/{tenant}/truth/{resource}", self._ids),
            web.put("/_simulator/tenants/{tenant}", self._change),
            web.delete("/_simulator/tenants/{tenant}/consent", self._revoke),
            web.post("/_simulator/tenants", self._add),
            web.post("/_simulator/relationships/{id}/age", self._age),
            web.post("/_simulator/portal-tokens", self._portal_token),
            web.post("/_simulator/msps/{tenant}/sign-out-everywhere", self._sign_out_everywhere),
            web.get("/_simulator/requests", self._requests),
            web.delete("/_simulator/requests", self._reset),
        ]

    async def _truth(self, request: web.Request) -> web.Response:
        return web.json_response(truth_of(self._state(request).population))

    async def _ids(self, request: web.Request) -> web.StreamResponse:
        ids = self._ids_of(request)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        while chunk := list(islice(ids, _IDS_A_CHUNK)):
            await response.write(("\n".join(f'"{item}"' for item in chunk) + "\n").encode())
        await response.write_eof()
        return response

    def _ids_of(self, request: web.Request) -> Iterator[str]:
        try:
            return self._state(request).population.ids(request.match_info["resource"])
        except KeyError as error:
            raise web.HTTPNotFound from error

    async def _change(self, request: web.Request) -> web.Response:
        state = self._state(request)
        self._world.put_tenant(parse_tenant_spec(await request.json(), state.spec))
        return web.Response(status=204)

    async def _revoke(self, request: web.Request) -> web.Response:
        self._world.revoke(self._state(request))
        return web.Response(status=204)

    async def _add(self, request: web.Request) -> web.Response:
        self._world.put_tenant(parse_tenant_spec(await request.json()))
        return web.Response(status=204)

    async def _age(self, request: web.Request) -> web.Response:
        """Body `{"days"}`: as if everything about a GDAP relationship had happened so much earlier."""
        found = self._world.find_relationship(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        found[1].age((await request.json())["days"])
        return web.Response(status=204)

    async def _portal_token(self, request: web.Request) -> web.Response:
        wanted: dict[str, Any] = await request.json()
        tenant_id, app = wanted["tenantId"], self._world.scenario.app
        claims = {
            "iss": f"{self._world.login}/{tenant_id}/v2.0",
            "aud": wanted.get("audience", app.api_audience),
            "tid": tenant_id,
            "oid": "00000000-0000-4000-8000-00000000feed",
            "name": wanted.get("name", "Demo technician"),
            "roles": wanted["roles"],
            "ver": "2.0",
        }
        token = self._world.signer.sign(claims, wanted.get("expiresInSeconds", 3600))
        return web.json_response({"accessToken": token})

    async def _sign_out_everywhere(self, request: web.Request) -> web.Response:
        """As after "revoke sessions": tokens stay good until they expire, nothing can be had anew."""
        tenant_id = request.match_info["tenant"].lower()
        if not self._world.knows_msp(tenant_id):
            raise web.HTTPNotFound
        self._world.technicians.sign_out_everywhere(tenant_id)
        return web.Response(status=204)

    async def _requests(self, request: web.Request) -> web.Response:
        return web.json_response(self._world.describe_requests())

    async def _reset(self, request: web.Request) -> web.Response:
        self._world.by_path.clear()
        self._world.throttled = 0
        return web.Response(status=204)

    def _state(self, request: web.Request) -> TenantState:
        state = self._world.find(request.match_info["tenant"])
        if state is None:
            raise web.HTTPNotFound
        return state
