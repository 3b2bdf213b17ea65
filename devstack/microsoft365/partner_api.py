"""`/tenantRelationships`, `/contracts` and single groups of a partner's tenant, as Graph serves them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from devstack.microsoft365.answers import Ask, GraphError, graph_headers, json_answer, next_link, read_position
from devstack.microsoft365.facts import Facts, PathFacts
from devstack.microsoft365.partner import (
    Assignment,
    Relationship,
    check_assigned,
    create_assignment,
    create_relationship,
    etag_of,
    group_of,
    refusal,
    roles_of,
)
from devstack.microsoft365.world import TenantState, World

PREFIX: Final = "/tenantRelationships"
_DEFAULT_PAGE: Final = 100
_ONE: Final = f"{PREFIX}/delegatedAdminRelationships/{{id}}"

Json = dict[str, Any]


class PartnerApi:
    """Answers for one world; the caller has checked token, permission and options."""

    def __init__(self, world: World, facts: Facts) -> None:
        self._world, self._facts = world, facts

    async def answer(self, facts: PathFacts, ask: Ask, state: TenantState, request: web.Request) -> web.StreamResponse:
        """Raises GraphError for everything Microsoft refuses."""
        if not state.spec.partner_service:
            text = "The service principal of Partner Customer Delegated Administration is missing in this tenant."
            raise GraphError(403, "accessDenied", text)
        for relationship in self._world.partner(state).values():
            relationship.settle(self._world.clock())
        if request.method == "GET":
            return json_answer(self._read(facts.template, ask, state), request)
        body = await _body(request)
        writes: dict[tuple[str, str], Callable[[], web.Response]] = {
            ("POST", _ONE.removesuffix("/{id}")): lambda: self._create(body, state, request),
            ("PATCH", _ONE): lambda: self._change(body, ask, state, request),
            ("DELETE", _ONE): lambda: self._delete(ask, state, request),
            ("POST", f"{_ONE}/requests"): lambda: self._ask(body, ask, state, request),
            ("POST", f"{_ONE}/accessAssignments"): lambda: self._assign(body, ask, state, request),
            ("PATCH", f"{_ONE}/accessAssignments/{{assignmentId}}"): lambda: self._reassign(body, ask, state, request),
            ("DELETE", f"{_ONE}/accessAssignments/{{assignmentId}}"): lambda: self._unassign(ask, state, request),
        }
        return writes[request.method, facts.template]()

    # Reading

    def _read(self, template: str, ask: Ask, state: TenantState) -> Json:
        lists: dict[str, Callable[[], list[Json]]] = {
            f"{PREFIX}/delegatedAdminCustomers": lambda: self._customers(state),
            f"{PREFIX}/delegatedAdminRelationships": lambda: [
                item.to_json() for item in self._world.partner(state).values()
            ],
            f"{_ONE}/requests": lambda: self._find(ask, state).requests,
            f"{_ONE}/operations": lambda: self._operations(self._find(ask, state)),
            f"{_ONE}/accessAssignments": lambda: self._assignments(self._find(ask, state)),
        }
        if template in lists:
            return page_of(self._world.graph, ask, lists[template]())
        if template == _ONE:
            return self._find(ask, state).to_json()
        return self._find_assignment(ask, state)[1].to_json(self._world.clock())

    def _customers(self, state: TenantState) -> list[Json]:
        active = [item for item in self._world.partner(state).values() if item.status in ("active", "expiring")]
        names = {item.customer_id: item.customer_name for item in active}
        return [{"id": tenant, "tenantId": tenant, "displayName": name} for tenant, name in names.items()]

    def _assignments(self, relationship: Relationship) -> list[Json]:
        now = self._world.clock()
        found = [item.to_json(now) for item in relationship.assignments.values()]
        return [item for item in found if item["status"] != "deleted"]

    def _operations(self, relationship: Relationship) -> list[Json]:
        return [
            {
                "id": item["id"],
                "operationType": "delegatedAdminAccessAssignmentUpdate",
                "status": "succeeded" if item["status"] == "active" else "running",
                "data": orjson.dumps({"AccessAssignmentId": item["id"]}).decode(),
                "createdDateTime": item["createdDateTime"],
                "lastModifiedDateTime": item["lastModifiedDateTime"],
            }
            for item in self._assignments(relationship)
        ]

    # Writing

    def _create(self, body: Json, state: TenantState, request: web.Request) -> web.Response:
        known = self._world.partner(state)
        made = create_relationship(body, known, self._facts.built_in_roles, self._world.clock())
        known[made.relationship_id] = made
        return _created(made.to_json(), request)

    def _change(self, body: Json, ask: Ask, state: TenantState, request: web.Request) -> web.Response:
        relationship = self._find(ask, state)
        _check_match(request, etag_of(relationship.version, relationship.relationship_id))
        relationship.change(body, self._facts.built_in_roles, self._world.clock())
        return json_answer(relationship.to_json(), request)

    def _delete(self, ask: Ask, state: TenantState, request: web.Request) -> web.Response:
        relationship = self._find(ask, state)
        _check_match(request, etag_of(relationship.version, relationship.relationship_id))
        if relationship.status != "created":
            raise refusal(f"A relationship in the status '{relationship.status}' cannot be deleted.")
        del self._world.partner(state)[relationship.relationship_id]
        return web.Response(status=204, headers=graph_headers(request))

    def _ask(self, body: Json, ask: Ask, state: TenantState, request: web.Request) -> web.Response:
        relationship = self._find(ask, state)
        if "If-Match" in request.headers:  # not required here, but believed
            _check_match(request, etag_of(relationship.version, relationship.relationship_id))
        return _created(relationship.ask(str(body.get("action")), self._world.clock()), request)

    def _assign(self, body: Json, ask: Ask, state: TenantState, request: web.Request) -> web.Response:
        relationship, now = self._find(ask, state), self._world.clock()
        self._check_group(group_of(body), state)
        made = create_assignment(body, relationship, now)
        relationship.assignments[made.assignment_id] = made
        return _created(made.to_json(now), request)

    def _reassign(self, body: Json, ask: Ask, state: TenantState, request: web.Request) -> web.Response:
        relationship, assignment = self._find_assignment(ask, state)
        _check_match(request, etag_of(assignment.version, assignment.assignment_id))
        check_assigned(roles_of(body), relationship)
        assignment.roles = roles_of(body)
        assignment.changed, assignment.version = self._world.clock(), assignment.version + 1
        return web.Response(status=204, headers=graph_headers(request))

    def _unassign(self, ask: Ask, state: TenantState, request: web.Request) -> web.Response:
        _, assignment = self._find_assignment(ask, state)
        _check_match(request, etag_of(assignment.version, assignment.assignment_id))
        assignment.is_deleted, assignment.changed = True, self._world.clock()
        return web.Response(status=204, headers=graph_headers(request))

    # Finding

    def _find(self, ask: Ask, state: TenantState) -> Relationship:
        found = self._world.partner(state).get(ask.values["id"].lower())
        if found is None:
            raise GraphError(404, "notFound", "The relationship was not found.")
        return found

    def _find_assignment(self, ask: Ask, state: TenantState) -> tuple[Relationship, Assignment]:
        relationship = self._find(ask, state)
        found = relationship.assignments.get(ask.values["assignmentId"].lower())
        if found is None or found.status(self._world.clock()) == "deleted":
            raise GraphError(404, "notFound", "The access assignment was not found.")
        return relationship, found

    def _check_group(self, group_id: str, state: TenantState) -> None:
        if not group_of_tenant(group_id, state, ("securityEnabled",)).get("securityEnabled"):
            raise refusal("The access container is not a security group.")


def group_of_tenant(group_id: str, state: TenantState, select: tuple[str, ...]) -> Json:
    """One group by its id, with the selected properties; raises GraphError when there is none."""
    population = state.population
    number = next((n for n in range(population.groups) if population.id_of(2, n) == group_id.lower()), None)
    if number is None:
        raise GraphError(404, "Request_ResourceNotFound", f"Resource '{group_id}' does not exist.")
    renderers = population.group_properties
    return {name: renderers[name](number) if name in renderers else None for name in select or tuple(renderers)}


def contracts(ask: Ask, state: TenantState, world: World) -> Json:
    """The reseller's contracts: customers reached by DAP."""
    found = [world.tenants[tenant_id].spec for tenant_id in state.spec.contracts if tenant_id in world.tenants]
    values = [
        {
            "id": state.population.id_of(6, number),
            "contractType": "ResellerPartner",
            "customerId": spec.tenant_id,
            "defaultDomainName": spec.domain,
            "displayName": spec.display_name or spec.domain,
        }
        for number, spec in enumerate(found)
    ]
    return page_of(world.graph, ask, values)


def page_of(origin: str, ask: Ask, values: list[Json]) -> Json:
    """A page of objects that are all at hand; only the selected properties."""
    (start,) = read_position(ask) or [0]
    end = min(len(values), start + (ask.top or _DEFAULT_PAGE))
    shown = [_selected(value, ask.select) for value in values[start:end]]
    page: Json = {"@odata.context": f"{origin}/v1.0/$metadata#{ask.path.strip('/')}", "value": shown}
    return {**page, "@odata.nextLink": next_link(origin, ask, [end])} if end < len(values) else page


def _selected(value: Mapping[str, Any], select: tuple[str, ...]) -> Json:
    return {name: item for name, item in value.items() if not select or name in select or name.startswith("@")}


def _check_match(request: web.Request, etag: str) -> None:
    given = request.headers.get("If-Match")
    if given is None:
        raise refusal("The header If-Match is required.")
    if given not in (etag, "*"):
        raise GraphError(412, "preconditionFailed", "The ETag does not match the current version.")


def _created(body: Json, request: web.Request) -> web.Response:
    response = json_answer(body, request, 201)
    response.headers["Location"] = f"{request.url.with_query(None)}/{body['id']}"
    return response


async def _body(request: web.Request) -> Json:
    content = await request.read()
    try:
        body = orjson.loads(content) if content else {}
    except orjson.JSONDecodeError as error:
        raise refusal("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise refusal("The body must be an object.")
    return body
