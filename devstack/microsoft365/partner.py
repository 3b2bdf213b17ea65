"""A partner's delegated administration (GDAP) as Microsoft keeps it: what may be asked for, what time makes of it.

Which statuses there are, and when something may be changed, is Microsoft's documentation; the codes and texts of its
refusals are not documented and guessed here.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from devstack.microsoft365.answers import GraphError

GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"
DAY: Final = 24 * 3600.0
SETTLE_SECONDS: Final = 0.5
"""So long everything takes that Microsoft does in the background."""
_APPROVAL_DAYS: Final = 90
_EXTENSION_DAYS: Final = 180
_MOST_DAYS: Final = 730
_LONGEST_NAME: Final = 50
_DURATION: Final = re.compile(r"P(?:(\d{1,2})Y)?(?:(\d{1,3})M)?(?:(\d{1,4})D)?")
_NO_EXTENSION: Final = ("PT0S", "P0D")
_EXTENSION: Final = "P180D"
_CREATABLE: Final = frozenset({"displayName", "duration", "customer", "accessDetails", "autoExtendDuration"})
_TERMINABLE: Final = frozenset({"active", "expiring"})
_ON_ITS_WAY: Final = {
    "approved": "activating",
    "activating": "active",
    "expiring": "expired",
    "terminationRequested": "terminating",
    "terminating": "terminated",
}
"""What a status becomes by itself after a moment."""

Json = dict[str, Any]


@dataclass
class Assignment:
    """Roles of a relationship given to one security group; times are seconds since the epoch."""

    assignment_id: str
    group_id: str
    roles: tuple[str, ...]
    created: float
    changed: float
    version: int = 1
    is_deleted: bool = False

    def status(self, now: float) -> str:
        """As Graph shows it."""
        has_settled = now - self.changed >= SETTLE_SECONDS
        if self.is_deleted:
            return "deleted" if has_settled else "deleting"
        return "active" if has_settled else "pending"

    def to_json(self, now: float) -> Json:
        return {
            "@odata.etag": etag_of(self.version, self.assignment_id),
            "id": self.assignment_id,
            "status": self.status(now),
            "createdDateTime": _moment(self.created),
            "lastModifiedDateTime": _moment(self.changed),
            "accessContainer": {"accessContainerId": self.group_id, "accessContainerType": "securityGroup"},
            "accessDetails": _details(self.roles),
        }


@dataclass
class Relationship:
    """One relationship; `settle` brings it to a moment before anything is read from it."""

    relationship_id: str
    display_name: str
    duration: str
    roles: tuple[str, ...]
    created: float
    customer_id: str = ""
    customer_name: str = ""
    auto_extend: str = "PT0S"
    status: str = "created"
    since: float = 0.0
    """When the status began."""
    activated: float | None = None
    ends: float | None = None
    version: int = 1
    assignments: dict[str, Assignment] = field(default_factory=dict)
    requests: list[Json] = field(default_factory=list)

    def settle(self, now: float) -> "Relationship":
        """What has happened by itself until now."""
        while self._moves_on(now):
            self.version += 1
        return self

    def _moves_on(self, now: float) -> bool:
        following = _ON_ITS_WAY.get(self.status)
        if following and now - self.since >= SETTLE_SECONDS:
            self._become(following, self.since + SETTLE_SECONDS)
            return True
        if self.status == "approvalPending" and now - self.since >= _APPROVAL_DAYS * DAY:
            self._become("expired", now)
            return True
        if self.status == "active" and self.ends is not None and now >= self.ends:
            if self.auto_extend == _EXTENSION:
                self.ends += _EXTENSION_DAYS * DAY
            else:
                self._become("expiring", self.ends)
            return True
        return False

    def _become(self, status: str, at: float) -> None:
        self.status, self.since = status, at
        if status == "active":
            self.activated, self.ends = at, at + parse_days(self.duration) * DAY

    def ask(self, action: str, now: float) -> Json:
        """`lockForApproval` or `terminate`; the request as Graph shows it."""
        allowed = {"lockForApproval": frozenset({"created"}), "terminate": _TERMINABLE}
        if action not in allowed:
            raise refusal(f"The action '{action}' is not supported.")
        if self.status not in allowed[action]:
            raise refusal(f"The action '{action}' is not allowed in the status '{self.status}'.")
        self._become("approvalPending" if action == "lockForApproval" else "terminationRequested", now)
        self.version += 1
        moment = _moment(now)
        times = {"createdDateTime": moment, "lastModifiedDateTime": moment}
        self.requests.append({"id": str(uuid4()), "action": action, "status": "succeeded", **times})
        return {**self.requests[-1], "status": "created"}

    def approve(self, customer_id: str, customer_name: str, now: float) -> None:
        """The customer's administrator accepts."""
        if self.status != "approvalPending" or self.customer_id not in ("", customer_id):
            raise refusal("This request cannot be approved.")
        self.customer_id, self.customer_name = customer_id, customer_name
        self._become("approved", now)
        self.version += 1

    def change(self, body: Mapping[str, Any], known_roles: Mapping[str, str], now: float) -> None:
        """A PATCH: everything while it is created, later only the extension, or Global Administrator taken out."""
        only = {"autoExtendDuration", "accessDetails"} if self.status == "active" else _CREATABLE
        if self.status not in ("created", "active") or not only.issuperset(body):
            raise refusal(f"This cannot be changed in the status '{self.status}'.")
        fields = {**self._draft(), **body}
        _check(fields, known_roles)
        roles = roles_of(fields)
        before = set(self.roles)
        if self.status == "active" and set(roles) not in (before, before - {GLOBAL_ADMINISTRATOR}):
            raise refusal("Of an active relationship only Global Administrator can be removed.")
        self.display_name, self.duration, self.roles = fields["displayName"], fields["duration"], roles
        self.auto_extend = fields.get("autoExtendDuration") or "PT0S"
        self.version += 1

    def age(self, days: float) -> None:
        """For tests: as if everything had happened so many days earlier."""
        seconds = days * DAY
        self.created, self.since = self.created - seconds, self.since - seconds
        self.activated = None if self.activated is None else self.activated - seconds
        self.ends = None if self.ends is None else self.ends - seconds
        self.version += 1

    def _draft(self) -> Json:
        return {
            "displayName": self.display_name,
            "duration": self.duration,
            "accessDetails": _details(self.roles),
            "autoExtendDuration": self.auto_extend,
        }

    def to_json(self) -> Json:
        customer = {"tenantId": self.customer_id, "displayName": self.customer_name} if self.customer_id else None
        return {
            "@odata.etag": etag_of(self.version, self.relationship_id),
            "id": self.relationship_id,
            **self._draft(),
            "customer": customer,
            "status": self.status,
            "createdDateTime": _moment(self.created),
            "lastModifiedDateTime": _moment(max(self.created, self.since)),
            "activatedDateTime": _moment(self.activated),
            "endDateTime": _moment(self.ends),
        }


def create_relationship(
    body: Mapping[str, Any], known: Mapping[str, Relationship], known_roles: Mapping[str, str], now: float
) -> Relationship:
    """A new one from a POST's body; raises GraphError for what Microsoft does not accept."""
    if unknown := sorted(set(body) - _CREATABLE):
        raise refusal(f"The property '{unknown[0]}' cannot be set.")
    _check(body, known_roles)
    if any(other.display_name.casefold() == body["displayName"].casefold() for other in known.values()):
        raise GraphError(409, "conflict", "A relationship with this displayName exists already.")
    customer = body.get("customer") or {}
    return Relationship(
        relationship_id=f"{uuid4()}-{uuid4()}",
        display_name=body["displayName"],
        duration=body["duration"],
        roles=roles_of(body),
        created=now,
        since=now,
        customer_id=str(customer.get("tenantId", "")).lower(),
        customer_name=str(customer.get("displayName", "")),
        auto_extend=body.get("autoExtendDuration") or "PT0S",
    )


def create_assignment(body: Mapping[str, Any], relationship: Relationship, now: float) -> Assignment:
    """A new one; the caller has checked the group."""
    if relationship.status != "active":
        raise refusal(f"The relationship is '{relationship.status}', not active.")
    group_id, roles = group_of(body), roles_of(body)
    check_assigned(roles, relationship)
    if any(item.group_id == group_id and not item.is_deleted for item in relationship.assignments.values()):
        raise GraphError(409, "conflict", "This group has an access assignment already.")
    return Assignment(str(uuid4()), group_id, roles, now, now)


def check_assigned(roles: tuple[str, ...], relationship: Relationship) -> None:
    """Raises GraphError unless the relationship has them all."""
    if not roles or not set(relationship.roles).issuperset(roles):
        raise refusal("The roles must be among the relationship's.")


def group_of(body: Mapping[str, Any]) -> str:
    """The security group an assignment is for."""
    container = body.get("accessContainer")
    is_group = isinstance(container, dict) and container.get("accessContainerType") == "securityGroup"
    if not is_group or not isinstance(container, dict) or not isinstance(container.get("accessContainerId"), str):
        raise refusal("accessContainer must name a security group.")
    return str(container["accessContainerId"]).lower()


def parse_days(duration: str) -> int:
    """The days of an ISO 8601 duration from P1D to P2Y; raises GraphError."""
    found = _DURATION.fullmatch(duration)
    years, months, days = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    total = years * 365 + months * 30 + days
    if not 1 <= total <= _MOST_DAYS:
        raise refusal("duration must be between P1D and P2Y.")
    return total


def etag_of(version: int, identifier: str) -> str:
    """A weak ETag that changes with every version."""
    return f'W/"{base64.urlsafe_b64encode(f"{version}-{identifier[:8]}".encode()).decode()}"'


def refusal(text: str) -> GraphError:
    """The answer to what the service does not accept."""
    return GraphError(400, "badRequest", text)


def _check(body: Mapping[str, Any], known_roles: Mapping[str, str]) -> None:
    name, extension = body.get("displayName"), body.get("autoExtendDuration") or "PT0S"
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise refusal(f"displayName must have 1 to {_LONGEST_NAME} characters.")
    if not isinstance(body.get("duration"), str):
        raise refusal("duration is required.")
    parse_days(body["duration"])
    roles = roles_of(body)
    if not roles or not set(known_roles).issuperset(roles):
        raise refusal("accessDetails must name built-in roles.")
    if extension not in (*_NO_EXTENSION, _EXTENSION):
        raise refusal("autoExtendDuration must be P0D, PT0S or P180D.")
    if extension == _EXTENSION and GLOBAL_ADMINISTRATOR in roles:
        raise refusal("A relationship with Global Administrator cannot be extended automatically.")


def roles_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The role ids of `accessDetails`."""
    details = body.get("accessDetails")
    listed = details.get("unifiedRoles") if isinstance(details, dict) else None
    if not isinstance(listed, list) or not all(isinstance(role, dict) for role in listed):
        raise refusal("accessDetails.unifiedRoles is required.")
    return tuple(str(role.get("roleDefinitionId", "")).lower() for role in listed)


def _details(roles: tuple[str, ...]) -> Json:
    return {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]}


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
