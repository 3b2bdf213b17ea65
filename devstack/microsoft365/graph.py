"""Graph v1.0 for the paths we use, refusing what Graph refuses: paths, options, properties, headers, permissions."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

import jwt
from aiohttp import web

from devstack.microsoft365.answers import (
    Ask,
    GraphError,
    error_answer,
    graph_headers,
    json_answer,
    read_position,
)
from devstack.microsoft365.facts import Facts, PathFacts, load_facts
from devstack.microsoft365.faults import break_connection, refuse_on_purpose, spoil_page
from devstack.microsoft365.listings import (
    DEFAULT_PAGE,
    delta_page,
    directory_roles,
    grants_of,
    list_page,
    members_page,
    organization,
    subscribed_skus,
)
from devstack.microsoft365.mailbox_report import report_chunks
from devstack.microsoft365.partner_api import PREFIX, PartnerApi, contracts, group_of_tenant
from devstack.microsoft365.scenario import Fault
from devstack.microsoft365.scores import secure_scores
from devstack.microsoft365.world import TenantState, World

_DUE: Final = web.RequestKey("due", float)
_NO_INTUNE: Final = "Request not applicable to target tenant."
_DELTA_OPTIONS: Final = frozenset({"$select", "$deltatoken", "$skiptoken", "$filter"})
_REMEMBERED: Final = 5
_PAGE_OPTIONS: Final = frozenset({"$skiptoken"})
_ADVANCED: Final = frozenset({"$search", "$orderby", "$filter", "$expand", "$skip"})

Page = dict[str, Any]


class Graph:
    """Handlers for the Graph origin."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._facts: Facts = load_facts()
        self._partner = PartnerApi(world, self._facts)
        self._downloads: dict[str, tuple[str, bool]] = {}
        """The tenant of each address given out, and whether its answer will be cut off."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/v1.0/{path:.*}", self._handle),
            web.get("/report-files/{token}", self._download),
            web.route("*", "/{path:.*}", self._elsewhere),
        ]

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        return error_answer(_no_such_request(request), request)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except GraphError as error:
            await _linger(request)
            return error_answer(error, request)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        arrived = asyncio.get_running_loop().time()
        path = f"/{request.match_info['path']}"
        self._world.by_path[f"/v1.0{path}"] += 1
        state, roles = self._authenticate(request)
        request[_DUE] = arrived + state.spec.latency_ms / 1000
        found = self._facts.match(path)
        if found is None:
            raise GraphError(400, "BadRequest", f"Resource not found for the segment '{path.rsplit('/', 1)[-1]}'.")
        facts, values = found
        query = dict(request.query)
        await _until_released(state, f"/v1.0{path}")
        fault = state.fault(f"/v1.0{path}")
        refuse_on_purpose(fault, query, self._world)
        _check_permission(facts, roles, request)
        ask = Ask(state.spec.tenant_id, path, values, query, self._select(facts, query), _top(facts, query))
        _check_options(facts, ask)
        if facts.template.startswith(PREFIX):
            await _linger(request)
            return await self._partner.answer(facts, ask, state, request)
        return await self._serve(facts, ask, state, roles, request, fault)

    async def _serve(
        self,
        facts: PathFacts,
        ask: Ask,
        state: TenantState,
        roles: frozenset[str],
        request: web.Request,
        fault: Fault | None,
    ) -> web.StreamResponse:
        if facts.template.endswith("/$count"):
            await _linger(request)
            return self._count(facts, state, request)
        if facts.template.startswith("/reports/"):
            await _linger(request)
            return self._report(state, fault)
        is_about_roles = facts.entity == "directoryRole"
        body = directory_roles(ask, state, roles) if is_about_roles else self._page(facts, ask, state)
        await _linger(request)
        broken = await break_connection(fault, request, body)
        if broken is not None:
            return broken
        sent, state.sent[ask.binding] = state.sent.get(ask.binding, []), body.get("value", [])[:_REMEMBERED]
        return json_answer(spoil_page(fault, body, str(request.url), sent), request)

    def _authenticate(self, request: web.Request) -> tuple[TenantState, frozenset[str]]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            claims = self._world.signer.read(token) if scheme == "Bearer" else {}
        except jwt.InvalidTokenError:
            claims = {}
        state = self._world.tenants.get(str(claims.get("tid", "")))
        if state is None or claims.get("aud") != self._world.graph:
            raise GraphError(401, "InvalidAuthenticationToken", "Access token validation failure.")
        if not claims.get("roles"):
            raise GraphError(
                401,
                "Authorization_IdentityNotFound",
                "The identity of the calling application could not be established.",
            )
        return state, frozenset(claims["roles"])

    def _select(self, facts: PathFacts, query: Mapping[str, str]) -> tuple[str, ...]:
        names = tuple(name.strip() for name in query.get("$select", "").split(",") if name.strip())
        known = self._facts.properties.get(facts.entity or "", frozenset())
        for name in names:
            if name not in known:
                text = f"Could not find a property named '{name}' on type 'microsoft.graph.{facts.entity}'."
                raise GraphError(400, "BadRequest", f"Parsing OData Select and Expand failed: {text}")
        return names

    def _page(self, facts: PathFacts, ask: Ask, state: TenantState) -> Page:
        population, origin = state.population, self._world.graph
        lists: dict[str, Callable[[], Page]] = {
            "/organization": lambda: organization(ask, state),
            "/users": lambda: list_page(origin, ask, population.user_properties, population.users, DEFAULT_PAGE),
            "/groups": lambda: list_page(origin, ask, population.group_properties, population.groups, DEFAULT_PAGE),
            "/users/delta": lambda: delta_page(origin, ask, population),
            "/groups/delta": lambda: delta_page(origin, ask, population),
            "/groups/{id}": lambda: group_of_tenant(ask.values["id"], state, ask.select),
            "/groups/{id}/members": lambda: members_page(origin, ask, population),
            "/contracts": lambda: contracts(ask, state, self._world),
            "/subscribedSkus": lambda: subscribed_skus(ask, population),
            "/security/secureScores": lambda: secure_scores(origin, ask, state.spec),
            "/deviceManagement/managedDevices": lambda: self._devices(ask, state),
            "/deviceManagement/managedDeviceOverview": lambda: self._device_overview(state),
        }
        if facts.template in lists:
            return lists[facts.template]()
        return grants_of(facts.template, ask, state, self._world, self._facts.permission_ids)

    def _devices(self, ask: Ask, state: TenantState) -> Page:
        _require_intune(state)
        population = state.population
        page = list_page(self._world.graph, ask, population.device_properties, population.devices, 1000)
        return {**page, "@odata.count": population.devices}

    @staticmethod
    def _device_overview(state: TenantState) -> Page:
        _require_intune(state)
        return {
            "id": "overview",
            "enrolledDeviceCount": state.population.devices,
            "mdmEnrolledCount": state.population.devices,
        }

    def _count(self, facts: PathFacts, state: TenantState, request: web.Request) -> web.Response:
        if request.headers.get("ConsistencyLevel", "").lower() != "eventual":
            raise GraphError(
                400, "Request_BadRequest", "$count is not currently supported without ConsistencyLevel: eventual."
            )
        number = state.population.users if facts.entity == "user" else state.population.groups
        headers = {**graph_headers(request), "Content-Type": "text/plain"}
        return web.Response(text=str(number), headers=headers)

    # The usage report

    def _report(self, state: TenantState, fault: Fault | None) -> web.Response:
        token = secrets.token_urlsafe(24)
        self._downloads[token] = (state.spec.tenant_id, fault is not None and fault.kind in ("truncate", "drop"))
        headers = {"request-id": str(uuid4()), "Location": f"{self._world.graph}/report-files/{token}"}
        return web.Response(status=302, headers=headers)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        known = self._downloads.get(request.match_info["token"])
        if known is None or "Authorization" in request.headers:
            return web.Response(status=403, text="The address is pre-authenticated and good for one tenant only.")
        tenant_id, is_cut = known
        state = self._world.tenants[tenant_id]
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        for chunk in report_chunks(state.population, concealed=state.spec.concealed_names):
            await response.write(chunk[: len(chunk) // 2] if is_cut else chunk)
            if is_cut and request.transport is not None:
                request.transport.abort()
        await response.write_eof()
        return response


async def _until_released(state: TenantState, path: str) -> None:
    while path in state.spec.held_paths:
        await state.changed.wait()


async def _linger(request: web.Request) -> None:
    """Until the tenant's latency has passed since the request came: making the answer is a part of it."""
    due: float = request.get(_DUE, 0.0)
    if due:
        await asyncio.sleep(due - asyncio.get_running_loop().time())


def _require_intune(state: TenantState) -> None:
    if not state.spec.intune:
        raise GraphError(400, "BadRequest", _NO_INTUNE)


def _no_such_request(request: web.Request) -> GraphError:
    return GraphError(400, "BadRequest", f"Invalid version or method: {request.method} {request.path}.")


def _check_permission(facts: PathFacts, roles: frozenset[str], request: web.Request) -> None:
    enough = facts.permissions_of(request.method)
    if enough is None:
        raise _no_such_request(request)
    if not enough.isdisjoint(roles):
        return
    if facts.template.startswith("/deviceManagement"):
        raise GraphError(403, "UnknownError", '{"ErrorCode":"Forbidden","Message":"Application is not authorized."}')
    if facts.template.startswith("/reports/"):
        raise GraphError(403, "UnknownError", '{"error":{"code":"S2SUnauthorized","message":"Invalid permission."}}')
    raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def _top(facts: PathFacts, query: Mapping[str, str]) -> int | None:
    text = query.get("$top")
    if text is None or facts.template.endswith("/delta"):
        return None
    limit = facts.max_top or 1000
    if not text.isdigit() or not 1 <= int(text) <= limit:
        raise GraphError(
            400,
            "Request_UnsupportedQuery",
            f"Invalid page size specified: '{text}'. Must be between 1 and {limit} inclusive.",
        )
    return int(text)


def _check_options(facts: PathFacts, ask: Ask) -> None:
    allowed = facts.options | _PAGE_OPTIONS
    if facts.template.endswith("/delta"):
        allowed = _DELTA_OPTIONS | {"$top"}
    for name in ask.query:
        if name.startswith("$") and (name not in allowed or name in _ADVANCED):
            raise GraphError(400, "Request_UnsupportedQuery", f"The query option '{name}' is not supported here.")
        if not name.startswith("$") and name:
            raise GraphError(400, "BadRequest", f"The query option '{name}' is unknown.")
    if facts.template in ("/users", "/groups"):
        read_position(ask)
