"""One look at a GDAP relationship: finishes making it, gives groups their roles, warns before its end."""

from datetime import timedelta
from typing import Any, Final

from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import ContractError, RequestError
from tenantsync.notifications import Event
from tenantsync.partner.access import GroupWish, days_of, read_groups
from tenantsync.partner.microsoft import Assignment, PartnerTenant, Relationship, is_refused, partner_tenant
from tenantsync.partner.noting import announce, note_gone, note_seen
from tenantsync.partner.offering import finish_offer
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.relationships import USABLE, OwnRelationship, RelationshipStatus

WARNING_DAYS: Final = (90, 30, 7)
_DAY_SECONDS: Final = 24 * 3600
_SOON_SECONDS: Final = 15
_PATIENCE: Final = (
    (timedelta(minutes=5), _SOON_SECONDS),
    (timedelta(hours=1), 60),
    (timedelta(days=1), 15 * 60),
)
"""How often it is looked for an approval, by how long ago it was asked for."""
_RARELY_SECONDS: Final = 6 * 3600
_MOVING: Final = frozenset({RelationshipStatus.APPROVED, RelationshipStatus.ACTIVATING})
_LEAVING: Final = frozenset({"deleting", "deleted"})
_ENDED: Final = {"ended": True}


def check_relationship(job: dict[str, Any], services: Services) -> dict[str, Any]:
    """`{"ended": true}` when there is nothing to watch any more, else `{"ended": false, "delaySeconds"}`."""
    own = services.relationships.read(job["mspId"], job["tenantId"], job["key"])
    if own is None or own.is_ended:
        return _ENDED
    try:
        own = finish_offer(own, services)
        partner = partner_tenant(own.msp_id, services)
        seen = partner.fetch(own.relationship_id)
    except RequestError as failure:
        return _after_refusal(own, failure, services)
    own = note_seen(own, seen, services)
    if own.is_ended:
        return _ENDED
    delay = _tend(own, seen, partner, services) if own.status in USABLE else _patience_seconds(own, services)
    return {"ended": False, "delaySeconds": delay}


def _after_refusal(own: OwnRelationship, failure: RequestError, services: Services) -> dict[str, Any]:
    """Nothing is left to watch when Microsoft has refused to make it, or does not know it any more."""
    if services.relationships.read(own.msp_id, own.tenant_id, own.key) is None:
        return _ENDED
    if failure.code == "relationship_unknown":
        note_gone(own, services)
        return _ENDED
    raise failure


def _patience_seconds(own: OwnRelationship, services: Services) -> int:
    if own.status in _MOVING:
        return _SOON_SECONDS
    waited = services.clock.now() - parse_rfc3339(own.created_at)
    return next((seconds for limit, seconds in _PATIENCE if waited < limit), _RARELY_SECONDS)


def _tend(own: OwnRelationship, seen: Relationship, partner: PartnerTenant, services: Services) -> int:
    """What an active one needs; seconds until the next look."""
    if own.withdrawn_at:
        partner.terminate(seen)
        return _SOON_SECONDS
    _warn(own, services)
    if not _give_roles(own, partner, services):
        return _SOON_SECONDS
    left = (parse_rfc3339(own.expires_at) - services.clock.now()).total_seconds() if own.expires_at else _DAY_SECONDS
    return int(min(max(left, _SOON_SECONDS), _DAY_SECONDS))


# Before the end


def _warn(own: OwnRelationship, services: Services) -> None:
    """Tells 90, 30 and 7 days before the end, each once; whoever asked for less time than that is not told."""
    nearest = 0 if own.auto_extend else _nearest_warning(own, services)
    if nearest == 0 and own.warned_days:  # it was extended
        services.relationships.change(own, warned_days=0)
    if nearest == 0 or (own.warned_days and own.warned_days <= nearest):
        return
    _tell(own, nearest, services)
    services.relationships.change(own, warned_days=nearest)


def _nearest_warning(own: OwnRelationship, services: Services) -> int:
    if not own.expires_at:
        return 0
    left = parse_rfc3339(own.expires_at) - services.clock.now()
    due = [days for days in WARNING_DAYS if days < days_of(own.duration) and left <= timedelta(days=days)]
    return min(due, default=0)


def _tell(own: OwnRelationship, days: int, services: Services) -> None:
    occasion = f"{days}-{own.expires_at[:10]}"
    announce(Event.ACCESS_EXPIRING, own, occasion, services)
    _audit("relationship_expiring", own, occasion, own.expires_at, services, days=days)


# Roles of groups


def _give_roles(own: OwnRelationship, partner: PartnerTenant, services: Services) -> bool:
    """Whether every group was seen with its roles, or needs a person; False while Microsoft is still at it."""
    wanted = read_groups(own.groups)
    if not wanted:
        return True
    assigned = partner.list_assignments(own.relationship_id)
    current = {item.group_id: item for item in assigned if item.status not in _LEAVING}
    problems = [_give(own, group, current.get(group.group_id), partner) for group in wanted]
    failed = "; ".join(filter(None, problems))
    is_done = not failed and all(_has_roles(group, current.get(group.group_id)) for group in wanted)
    _note_roles(own, failed, services, is_done=is_done)
    return is_done or bool(failed)


def _give(own: OwnRelationship, group: GroupWish, current: Assignment | None, partner: PartnerTenant) -> str:
    """Asks for what is missing; why it cannot be had, or an empty text."""
    if current and current.status == "error":
        return f"{group.group_id}: Microsoft reports an error"
    try:
        if current is None:
            partner.assign(own.relationship_id, group.group_id, group.roles)
        elif set(current.roles) != set(group.roles):
            partner.reassign(own.relationship_id, current, group.roles)
    except ContractError as failure:
        if not is_refused(failure):
            raise
        return f"{group.group_id}: {failure.detail}"
    return ""


def _has_roles(group: GroupWish, current: Assignment | None) -> bool:
    return current is not None and current.status == "active" and set(current.roles) == set(group.roles)


def _note_roles(own: OwnRelationship, failed: str, services: Services, *, is_done: bool) -> None:
    code, now = ("role_assignment_failed" if failed else ""), to_rfc3339(services.clock.now())
    assigned_at = (own.assigned_at or now) if is_done else ""
    if (code, failed, assigned_at) != (own.problem_code, own.problem_message, own.assigned_at):
        services.relationships.change(own, problem_code=code, problem_message=failed, assigned_at=assigned_at)
    if is_done and not own.assigned_at:
        _audit("relationship_roles_assigned", own, "assigned", now, services, groups=len(read_groups(own.groups)))


def _audit(action: str, own: OwnRelationship, occasion: str, at: str, services: Services, **detail: object) -> None:
    services.audit.record(
        action,
        msp_id=own.msp_id,
        tenant_id=own.tenant_id,
        actor=SYSTEM,
        once=(f"{own.key}-{occasion}", at),
        detail={"relationshipId": own.relationship_id, **detail},
    )
