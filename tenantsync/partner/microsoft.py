"""GDAP relationships, their customers and DAP contracts, as Microsoft keeps them in one MSP's own tenant."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import (
    Cause,
    ConsentError,
    ContractError,
    PermissionMissingError,
    RequestError,
    TenantSyncError,
    ThrottledError,
)
from tenantsync.graph.client import TenantGraph
from tenantsync.graph.paging import read_pages
from tenantsync.services import Services
from tenantsync.store.throttle_gate import ThrottleGate

WORKLOAD: Final = "partner"
EXTENDED: Final = "P180D"
NOT_EXTENDED: Final = "PT0S"
_ROOT: Final = "/tenantRelationships"
_RELATIONSHIPS: Final = f"{_ROOT}/delegatedAdminRelationships"
_PAGE: Final = "$top=300"
_WAIT_SECONDS: Final = 30.0
_NOT_FOUND: Final = 404
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,100}")
_CALLERS_FAULT: Final = frozenset({400, _NOT_FOUND, 409, 412})

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A GDAP relationship; `status` is Microsoft's word, times are RFC 3339 and empty before they are known."""

    relationship_id: str
    etag: str
    display_name: str
    status: str
    duration: str
    roles: tuple[str, ...]
    customer_id: str = ""
    customer_name: str = ""
    auto_extend: bool = False
    created_at: str = ""
    activated_at: str = ""
    ends_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Roles of a relationship given to a security group of the MSP."""

    assignment_id: str
    etag: str
    group_id: str
    roles: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerCustomer:
    """A customer as Microsoft names it to the partner; `kind` is the contract's type, empty for GDAP."""

    tenant_id: str
    display_name: str
    domain: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a new relationship asks the customer for."""

    display_name: str
    duration: str
    roles: tuple[str, ...]
    customer_id: str
    customer_name: str
    auto_extend: bool


class PartnerTenant:
    """The MSP's own tenant at Microsoft.

    Raises RequestError `partner_access_missing` when this service may not manage it, ThrottledError while Microsoft
    wants to be left alone, else as `graph.failures`.
    """

    def __init__(self, graph: TenantGraph, gate: ThrottleGate) -> None:
        self._graph, self._gate = graph, gate

    def list_relationships(self) -> list[Relationship]:
        """All of them, ended ones included."""
        return [_relationship(item) for item in self._list(f"{_RELATIONSHIPS}?{_PAGE}")]

    def fetch(self, relationship_id: str) -> Relationship:
        """One of them; raises RequestError `relationship_unknown`."""
        if not _ID.fullmatch(relationship_id):
            raise RequestError("relationship_unknown")
        with self._asking(unknown="relationship_unknown"):
            return _relationship(self._graph.fetch_json(_path(relationship_id)))

    def create(self, draft: Draft) -> Relationship:
        """A new one in the status `created`; raises ContractError for what Microsoft does not accept."""
        body = {
            "displayName": draft.display_name,
            "duration": draft.duration,
            "customer": {"tenantId": draft.customer_id, "displayName": draft.customer_name},
            "accessDetails": _details(draft.roles),
            "autoExtendDuration": EXTENDED if draft.auto_extend else NOT_EXTENDED,
        }
        return _relationship(self._send("POST", _RELATIONSHIPS, body))

    def lock(self, relationship: Relationship) -> None:
        """From now on the customer can approve it, and nothing but the extension can be changed."""
        path = f"{_path(relationship.relationship_id)}/requests"
        self._send("POST", path, {"action": "lockForApproval"}, etag=relationship.etag)

    def set_auto_extend(self, relationship: Relationship, *, on: bool) -> None:
        """Whether Microsoft lengthens it by 180 days whenever it would end."""
        body = {"autoExtendDuration": EXTENDED if on else NOT_EXTENDED}
        self._send("PATCH", _path(relationship.relationship_id), body, etag=relationship.etag)

    def terminate(self, relationship: Relationship) -> None:
        """Ends an active one."""
        path = f"{_path(relationship.relationship_id)}/requests"
        self._send("POST", path, {"action": "terminate"}, etag=relationship.etag)

    def list_assignments(self, relationship_id: str) -> list[Assignment]:
        """Which groups have which of its roles."""
        return [_assignment(item) for item in self._list(f"{_path(relationship_id)}/accessAssignments")]

    def assign(self, relationship_id: str, group_id: str, roles: Sequence[str]) -> None:
        """Gives roles to a group that has none of this relationship yet; ContractError 404 without that group."""
        container = {"accessContainerId": group_id, "accessContainerType": "securityGroup"}
        body = {"accessContainer": container, "accessDetails": _details(roles)}
        with self._asking():
            self._graph.send_json("POST", f"{_path(relationship_id)}/accessAssignments", body)

    def reassign(self, relationship_id: str, assignment: Assignment, roles: Sequence[str]) -> None:
        """Other roles for a group that has some."""
        path = f"{_path(relationship_id)}/accessAssignments/{quote(assignment.assignment_id)}"
        with self._asking():
            self._graph.send_json("PATCH", path, {"accessDetails": _details(roles)}, etag=assignment.etag)

    def is_security_group(self, group_id: str) -> bool:
        """Whether the MSP has a security group of this id."""
        try:
            with self._asking():
                group = self._graph.fetch_json(f"/groups/{quote(group_id)}?$select=id,securityEnabled")
        except ContractError as failure:
            if failure.cause.status == _NOT_FOUND:
                return False
            raise
        return bool(group.get("securityEnabled"))

    def list_customers(self) -> Iterator[PartnerCustomer]:
        """The customers with an active GDAP relationship."""
        for item in self._list(f"{_ROOT}/delegatedAdminCustomers?{_PAGE}"):
            name = str(item.get("displayName") or "")
            yield PartnerCustomer(tenant_id=str(item.get("tenantId", "")).lower(), display_name=name)

    def list_contracts(self) -> Iterator[PartnerCustomer]:
        """The customers with a reseller's contract, which is what DAP came with."""
        for item in self._list("/contracts?$top=999"):
            yield PartnerCustomer(
                tenant_id=str(item.get("customerId") or "").lower(),
                display_name=str(item.get("displayName") or ""),
                domain=str(item.get("defaultDomainName") or ""),
                kind=str(item.get("contractType") or ""),
            )

    def _list(self, path: str) -> Iterator[Json]:
        with self._asking(unknown="relationship_unknown"):
            for page in read_pages(self._graph, path):
                yield from page.objects

    def _send(self, method: str, path: str, body: Json | None = None, etag: str = "") -> Json:
        with self._asking(unknown="relationship_unknown"):
            return self._graph.send_json(method, path, body, etag=etag)

    @contextmanager
    def _asking(self, unknown: str = "") -> Iterator[None]:
        tenant_id = self._graph.tenant_id
        closed = self._gate.seconds_closed(tenant_id, WORKLOAD)
        if closed:
            raise ThrottledError("partner_throttled", cause=Cause(429, retry_after_seconds=closed))
        try:
            yield
        except ThrottledError as failure:
            seconds = failure.cause.retry_after_seconds or _WAIT_SECONDS
            self._gate.close(tenant_id, WORKLOAD, seconds)
            cause = replace(failure.cause, retry_after_seconds=seconds)
            raise ThrottledError("partner_throttled", failure.detail, cause=cause) from failure
        except (PermissionMissingError, ConsentError) as failure:
            raise RequestError("partner_access_missing", failure.detail) from failure
        except ContractError as failure:
            if unknown and failure.cause.status == _NOT_FOUND:
                raise RequestError(unknown) from failure
            raise


def partner_tenant(msp_id: str, services: Services) -> PartnerTenant:
    """The MSP's own tenant."""
    return PartnerTenant(services.graph_for(msp_id), services.gate)


def is_refused(failure: TenantSyncError) -> bool:
    """Whether Microsoft has said no for good to what was asked: nothing was changed."""
    return failure.cause.status in _CALLERS_FAULT


def _path(relationship_id: str) -> str:
    return f"{_RELATIONSHIPS}/{quote(relationship_id, safe='')}"


def _details(roles: Sequence[str]) -> Json:
    return {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]}


def _relationship(item: Json) -> Relationship:
    customer = item.get("customer") or {}
    return Relationship(
        relationship_id=str(item["id"]),
        etag=str(item.get("@odata.etag") or ""),
        display_name=str(item.get("displayName") or ""),
        status=str(item.get("status") or ""),
        duration=str(item.get("duration") or ""),
        roles=_roles(item),
        customer_id=str(customer.get("tenantId") or "").lower(),
        customer_name=str(customer.get("displayName") or ""),
        auto_extend=item.get("autoExtendDuration") == EXTENDED,
        created_at=_time(item.get("createdDateTime")),
        activated_at=_time(item.get("activatedDateTime")),
        ends_at=_time(item.get("endDateTime")),
    )


def _assignment(item: Json) -> Assignment:
    container = item.get("accessContainer") or {}
    return Assignment(
        assignment_id=str(item["id"]),
        etag=str(item.get("@odata.etag") or ""),
        group_id=str(container.get("accessContainerId") or "").lower(),
        roles=_roles(item),
        status=str(item.get("status") or ""),
    )


def _time(value: object) -> str:
    return to_rfc3339(parse_rfc3339(str(value))) if value else ""


def _roles(item: Json) -> tuple[str, ...]:
    details = item.get("accessDetails") or {}
    return tuple(str(role.get("roleDefinitionId") or "").lower() for role in details.get("unifiedRoles") or ())
