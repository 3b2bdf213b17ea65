"""What is remembered of a relationship whenever Microsoft has shown it."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.notifications import Event
from tenantsync.partner.access import GDAP
from tenantsync.partner.microsoft import Relationship
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.relationships import ENDED, USABLE, OwnRelationship, RelationshipStatus
from tenantsync.store.tenants import ManagedTenant

APPROVAL_TIME: Final = timedelta(days=90)
"""Microsoft forgets a request nobody has approved by then."""
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WAITING: Final = frozenset({RelationshipStatus.CREATED, RelationshipStatus.APPROVAL_PENDING})


def status_of(seen: Relationship) -> str:
    """Microsoft's status in the spelling of our API."""
    return _HUMP.sub("_", seen.status).lower()


def expiry_of(seen: Relationship) -> str:
    """When it ends by itself: as a request nobody approves, or by its duration; empty when that is not known."""
    if status_of(seen) in _WAITING and seen.created_at:
        return to_rfc3339(parse_rfc3339(seen.created_at) + APPROVAL_TIME)
    return seen.ends_at


def note_seen(own: OwnRelationship, seen: Relationship, services: Services) -> OwnRelationship:
    """The row as Microsoft shows the relationship; what follows from a new status follows once."""
    return _note(
        own,
        services,
        relationship_id=seen.relationship_id,
        status=status_of(seen),
        auto_extend=seen.auto_extend,
        activated_at=seen.activated_at,
        expires_at=expiry_of(seen),
    )


def note_gone(own: OwnRelationship, services: Services) -> OwnRelationship:
    """The row of a relationship Microsoft does not know any more."""
    return _note(own, services, status=RelationshipStatus.GONE.value)


def remember_access(own: OwnRelationship, services: Services) -> None:
    """Shows the tenant's active relationship, else its newest, beside the tenant, if it is one of the MSP's."""
    known = services.relationships.list_of_tenant(own.msp_id, own.tenant_id)
    shown = min(known, key=lambda item: item.status not in USABLE, default=own)
    services.tenants.change(
        own.msp_id,
        own.tenant_id,
        access_model=GDAP,
        relationship_id=shown.relationship_id,
        access_status=shown.status,
        access_expires_at=shown.expires_at,
    )


def _note(own: OwnRelationship, services: Services, **facts: Any) -> OwnRelationship:
    if _has(own, facts):
        return own
    before = services.relationships.read(own.msp_id, own.tenant_id, own.key) or own
    if _has(before, facts):
        return before
    now = to_rfc3339(services.clock.now())
    changed = services.relationships.change(own, updated_at=now, **facts) or before
    remember_access(changed, services)
    if before.status != changed.status:
        _follow(changed, services)
    return changed


def _has(own: OwnRelationship, facts: Mapping[str, Any]) -> bool:
    return all(getattr(own, name) == value for name, value in facts.items())


def _follow(own: OwnRelationship, services: Services) -> None:
    is_over = own.status in ENDED
    if own.status not in USABLE and not is_over:
        return
    action = f"relationship_{own.status}"
    services.audit.record(
        action,
        msp_id=own.msp_id,
        tenant_id=own.tenant_id,
        actor=SYSTEM,
        once=(f"{own.key}-{own.status}", own.updated_at),
        detail={"relationshipId": own.relationship_id},
    )
    if is_over:
        announce(Event.ACCESS_ENDED, own, "ended", services)


def announce(event: Event, own: OwnRelationship, occasion: str, services: Services) -> None:
    """Tells the MSP, unless it wants no word of this tenant."""
    tenant = services.tenants.read(own.msp_id, own.tenant_id) or _unconnected(own)
    services.notifier.announce(event, tenant, f"{own.key}-{occasion}", to_rfc3339(services.clock.now()))


def _unconnected(own: OwnRelationship) -> ManagedTenant:
    """Stands for a customer that has GDAP and was never connected."""
    return ManagedTenant(
        msp_id=own.msp_id,
        tenant_id=own.tenant_id,
        customer_id="",
        connection_id="",
        state="",
        created_at=own.created_at,
        updated_at=own.updated_at,
    )
