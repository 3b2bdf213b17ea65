"""What a technician may ask for with `access`: checked, with least privilege and an early end as the default."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tenantsync.bodies import Body, read_guid, read_text, refuse_unknown
from tenantsync.errors import RequestError
from tenantsync.identity.roles import GLOBAL_ADMINISTRATOR
from tenantsync.partner.roles import READ_ONLY, TEMPLATES, find_template, parse_role

DIRECT, GDAP, DAP = MODELS = ("direct", "gdap", "dap")
WISH_FIELDS: Final = frozenset({"duration", "autoExtend", "roleTemplate", "roles", "securityGroups"})
DEFAULT_DURATION: Final = "P90D"
_DURATION: Final = re.compile(r"P(?:([12])Y|(\d{1,3})D)")
_MOST_DAYS: Final = 730
_MOST_GROUPS: Final = 20
_MOST_ROLES: Final = 50
_GROUP_FIELDS: Final = frozenset({"groupId", "roles"})
_NO_DAP: Final = (
    "Microsoft has given no DAP to new customers since 25 September 2023 and takes it away from old ones: it made every"
    " technician a Global Administrator of every customer."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWish:
    """A security group of the MSP and the role ids it shall have."""

    group_id: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GdapWish:
    """A checked wish for a GDAP relationship. Without groups nobody has access until somebody is given some."""

    duration: str = DEFAULT_DURATION
    auto_extend: bool = False
    roles: tuple[str, ...]
    groups: tuple[GroupWish, ...] = ()

    def groups_to_text(self) -> str:
        """The groups as a row keeps them."""
        return orjson.dumps([{"groupId": group.group_id, "roles": group.roles} for group in self.groups]).decode()


def read_groups(text: str) -> tuple[GroupWish, ...]:
    """The inverse of `groups_to_text`."""
    return tuple(GroupWish(group_id=item["groupId"], roles=tuple(item["roles"])) for item in orjson.loads(text))


def days_of(duration: str) -> int:
    """The days of a checked duration."""
    found = _DURATION.fullmatch(duration)
    years, days = (int(part or 0) for part in found.groups()) if found else (0, 0)
    return years * 365 + days


def parse_access(access: object) -> GdapWish | None:
    """`access` of a connect: None for direct access. Raises RequestError, for DAP with the way to GDAP."""
    if access is None:
        return None
    if not isinstance(access, Mapping) or access.get("model") not in MODELS:
        raise RequestError("invalid_request", f"`access.model` must be {DIRECT}, {GDAP} or {DAP}.")
    if access["model"] == DAP:
        raise RequestError("access_model_unsupported", _NO_DAP)
    wish = {name: value for name, value in access.items() if name != "model"}
    if access["model"] == DIRECT:
        refuse_unknown(wish, frozenset())
        return None
    return parse_wish(wish)


def parse_wish(body: Body) -> GdapWish:
    """The fields of a wish; raises RequestError that names the field."""
    refuse_unknown(body, WISH_FIELDS)
    roles, auto_extend = _parse_roles(body), body.get("autoExtend", False)
    if not isinstance(auto_extend, bool):
        raise RequestError("invalid_request", "`autoExtend` must be true or false.")
    if auto_extend and GLOBAL_ADMINISTRATOR in roles:
        text = "Microsoft extends no relationship with Global Administrator: leave that role or `autoExtend` out."
        raise RequestError("invalid_request", text)
    duration = _parse_duration(body)
    return GdapWish(duration=duration, auto_extend=auto_extend, roles=roles, groups=_parse_groups(body, roles))


def _parse_duration(body: Body) -> str:
    duration = read_text(body, "duration", optional=True) or DEFAULT_DURATION
    if not 1 <= days_of(duration) <= _MOST_DAYS:
        raise RequestError("invalid_request", "`duration` must be P1D to P730D, P1Y or P2Y.")
    return duration


def _parse_roles(body: Body) -> tuple[str, ...]:
    if "roles" in body and "roleTemplate" in body:
        raise RequestError("invalid_request", "Give either `roleTemplate` or `roles`.")
    if "roles" in body:
        return _parse_role_list(body["roles"], "roles")
    template = find_template(read_text(body, "roleTemplate", optional=True) or READ_ONLY)
    if template is None:
        raise RequestError("invalid_request", f"`roleTemplate` must be one of {', '.join(t.key for t in TEMPLATES)}.")
    return tuple(sorted(template.role_ids))


def _parse_role_list(value: object, name: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else []
    if not 0 < len(listed) <= _MOST_ROLES or not all(isinstance(role, str) for role in listed):
        raise RequestError("invalid_request", f"`{name}` must be a list of 1 to {_MOST_ROLES} role names or ids.")
    return tuple(sorted({parse_role(role) for role in listed}))


def _parse_groups(body: Body, roles: tuple[str, ...]) -> tuple[GroupWish, ...]:
    listed: Any = body.get("securityGroups") or []
    is_list = isinstance(listed, list) and len(listed) <= _MOST_GROUPS
    if not is_list or not all(isinstance(item, Mapping) for item in listed):
        raise RequestError("invalid_request", f"`securityGroups` must be a list of up to {_MOST_GROUPS} groups.")
    groups = tuple(sorted((_parse_group(item, roles) for item in listed), key=lambda group: group.group_id))
    if len({group.group_id for group in groups}) < len(groups):
        raise RequestError("invalid_request", "`securityGroups` names a group twice.")
    return groups


def _parse_group(item: Body, roles: tuple[str, ...]) -> GroupWish:
    refuse_unknown(item, _GROUP_FIELDS)
    wanted = _parse_role_list(item["roles"], "securityGroups.roles") if "roles" in item else roles
    if not set(roles).issuperset(wanted):
        raise RequestError("invalid_request", "`securityGroups.roles` must be among the relationship's roles.")
    return GroupWish(group_id=read_guid(item, "groupId"), roles=wanted)
