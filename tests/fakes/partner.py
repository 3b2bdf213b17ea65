"""The MSP's own tenant with the simulator's rules, in process: relationships, contracts, security groups."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import jwt

from devstack.microsoft365.answers import GraphError
from devstack.microsoft365.facts import load_facts
from devstack.microsoft365.partner import (
    Relationship,
    check_assigned,
    create_assignment,
    create_relationship,
    etag_of,
    group_of,
    roles_of,
)
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import MSP, Answer, Asked, FakeMicrosoft, graph_error, graph_page

ROOT = "/v1.0/tenantRelationships"
PARTNER_ROLES = ("DelegatedAdminRelationship.ReadWrite.All", "Directory.Read.All", "Group.Read.All")
GROUP = "77777777-0000-4000-8000-000000000001"
OTHER_GROUP = "77777777-0000-4000-8000-000000000002"
_PATH = re.compile(rf"{ROOT}/delegatedAdminRelationships(?:/([^/]+))?(?:/(requests|accessAssignments)(?:/([^/]+))?)?")


def tenant_of(asked: Asked) -> str:
    """The tenant of the request's token."""
    token = asked.headers["authorization"].removeprefix("Bearer ")
    return str(jwt.decode(token, options={"verify_signature": False})["tid"])


@dataclass
class FakePartner:
    """Serves one MSP's tenant; `relationships` are what Microsoft has, `fail` is raised by the next write."""

    microsoft: FakeMicrosoft
    clock: FakeClock
    relationships: dict[str, Relationship] = field(default_factory=dict)
    groups: dict[str, bool] = field(default_factory=lambda: {GROUP: True, OTHER_GROUP: True})
    contracts: list[dict[str, Any]] = field(default_factory=list)
    fail: list[Answer] = field(default_factory=list)
    fail_after: list[Answer] = field(default_factory=list)
    """Answers that get lost after the write was done."""

    def __post_init__(self) -> None:
        self.microsoft.consented[MSP] = PARTNER_ROLES
        self.microsoft.below[ROOT] = self._route
        self.microsoft.below["/v1.0/groups/"] = self._group
        self.microsoft.graph["/v1.0/contracts"] = lambda asked: graph_page(
            self.contracts if tenant_of(asked) == MSP else []
        )

    @property
    def only(self) -> Relationship:
        """The one relationship there is."""
        (found,) = self._settled()
        return found

    def approve(self, relationship: Relationship | None = None) -> Relationship:
        """The customer's administrator approves, and Microsoft is done with it."""
        found = relationship or self.only
        found.approve(found.customer_id, found.customer_name, self._now)
        self.clock.advance(2)
        return found.settle(self._now)

    def add_contract(self, tenant_id: str, domain: str) -> None:
        kind = {"contractType": "ResellerPartner"}
        self.contracts.append({**kind, "customerId": tenant_id, "defaultDomainName": domain, "displayName": domain})

    @property
    def _now(self) -> float:
        return self.clock.now().timestamp()

    def _settled(self) -> list[Relationship]:
        return [item.settle(self._now) for item in self.relationships.values()]

    def _group(self, asked: Asked) -> Answer:
        group_id = asked.path.rsplit("/", 1)[-1]
        if group_id not in self.groups:
            return graph_error(404, "Request_ResourceNotFound")
        return Answer({"id": group_id, "securityEnabled": self.groups[group_id]})

    def _route(self, asked: Asked) -> Answer:
        if tenant_of(asked) != MSP:  # another partner, who has nothing
            is_listing = asked.path.count("/") == ROOT.count("/") + 1
            return graph_page([]) if is_listing else graph_error(404, "notFound")
        if asked.method != "GET" and self.fail:
            return self.fail.pop(0)
        try:
            answer = self._answer(asked)
        except GraphError as error:
            return graph_error(error.status, error.code, error.message)
        return self.fail_after.pop(0) if asked.method != "GET" and self.fail_after else answer

    def _answer(self, asked: Asked) -> Answer:
        self._settled()
        if asked.path == f"{ROOT}/delegatedAdminCustomers":
            active = [item for item in self._settled() if item.status == "active"]
            return graph_page([{"tenantId": item.customer_id, "displayName": item.customer_name} for item in active])
        found = _PATH.fullmatch(unquote(asked.path))
        assert found, asked.path
        identifier, kind, part = found.groups()
        body = json.loads(asked.content) if asked.content else {}
        if identifier is None:
            return self._all(asked, body)
        if identifier not in self.relationships:
            raise GraphError(404, "notFound", "There is none.")
        relationship = self.relationships[identifier]
        if kind == "requests":
            return Answer(relationship.ask(body["action"], self._now), 201)
        if kind == "accessAssignments":
            return self._assignments(asked, body, relationship, part)
        if asked.method == "PATCH":
            self._match(asked, etag_of(relationship.version, identifier))
            relationship.change(body, load_facts().built_in_roles, self._now)
        return Answer(relationship.to_json())

    def _all(self, asked: Asked, body: dict[str, Any]) -> Answer:
        if asked.method == "GET":
            return graph_page([item.to_json() for item in self.relationships.values()])
        made = create_relationship(body, self.relationships, load_facts().built_in_roles, self._now)
        self.relationships[made.relationship_id] = made
        return Answer(made.to_json(), 201)

    def _assignments(self, asked: Asked, body: dict[str, Any], relationship: Relationship, part: str | None) -> Answer:
        if asked.method == "GET":
            return graph_page([item.to_json(self._now) for item in relationship.assignments.values()])
        if part is None:
            if not self.groups.get(group_of(body)):
                raise GraphError(404, "Request_ResourceNotFound", "There is no such group.")
            made = create_assignment(body, relationship, self._now)
            relationship.assignments[made.assignment_id] = made
            return Answer(made.to_json(self._now), 201)
        assignment = relationship.assignments[part]
        self._match(asked, etag_of(assignment.version, part))
        check_assigned(roles_of(body), relationship)
        assignment.roles, assignment.changed = roles_of(body), self._now
        assignment.version += 1
        return Answer(b"", 204)

    @staticmethod
    def _match(asked: Asked, etag: str) -> None:
        if asked.headers.get("if-match") != etag:
            raise GraphError(412, "preconditionFailed", "The ETag does not match.")
