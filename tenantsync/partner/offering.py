"""Makes a GDAP relationship once, whatever interrupts it: our own row first, Microsoft's next, found again by name."""

import hashlib
from dataclasses import dataclass
from typing import Final

from tenantsync import logs
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ContractError, RequestError, TenantSyncError, TransientError
from tenantsync.partner.access import GdapWish
from tenantsync.partner.microsoft import Draft, PartnerTenant, Relationship, is_refused, partner_tenant
from tenantsync.partner.noting import note_seen
from tenantsync.services import Services
from tenantsync.store.relationships import OwnRelationship, RelationshipStatus

_NAME: Final = "OpsPilot365 {customer:.24} {key:.8}"
"""Microsoft allows fifty characters, and no name twice."""
_KEY_LENGTH: Final = 24
_MADE: Final = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Who asks which customer for what."""

    msp_id: str
    tenant_id: str
    customer_name: str
    wish: GdapWish
    asked_by: str


def offer_relationship(offer: Offer, services: Services) -> OwnRelationship:
    """The relationship, locked for the customer's approval; the same wish gives the same one while it lasts.

    Raises RequestError `security_group_unusable`, `partner_access_missing` or `relationship_refused`, and then nothing
    was made. After any other failure it may have been: the watch finishes it, and so does asking again.
    """
    partner = partner_tenant(offer.msp_id, services)
    check_groups(offer.wish, partner)
    known = services.relationships.list_of_tenant(offer.msp_id, offer.tenant_id)
    open_one = next((item for item in known if _is_same(item, offer)), None)
    if open_one:
        return finish_offer(open_one, services)
    wanted = _to_row(offer, len(known), services)
    is_new = services.relationships.create(wanted)
    _audit(wanted, services)
    return finish_offer(wanted, services, is_new=is_new)


def finish_offer(own: OwnRelationship, services: Services, *, is_new: bool = False) -> OwnRelationship:
    """Takes an unfinished one on to the customer's approval; any other is left as it is."""
    if own.status != RelationshipStatus.MAKING:
        return own
    partner = partner_tenant(own.msp_id, services)
    made = _find_or_make(own, partner, services, is_new=is_new)
    services.relationships.change(own, relationship_id=made.relationship_id)
    return note_seen(own, _lock(made, partner), services)


def check_groups(wish: GdapWish, partner: PartnerTenant) -> None:
    """Raises RequestError `security_group_unusable` for a group Microsoft would not take."""
    for group in wish.groups:
        if not partner.is_security_group(group.group_id):
            raise RequestError("security_group_unusable", f"{group.group_id} is no security group of your tenant.")


def _is_same(item: OwnRelationship, offer: Offer) -> bool:
    wish = offer.wish
    asked = (wish.duration, " ".join(wish.roles), wish.auto_extend, wish.groups_to_text())
    is_open = not item.is_over and not item.warned_days  # after the first warning the same wish is a renewal
    return is_open and (item.duration, item.roles, item.auto_extend, item.groups) == asked


def _to_row(offer: Offer, number: int, services: Services) -> OwnRelationship:
    """`number` counts the earlier ones, so that a new one after them gets another key and name."""
    wish, now = offer.wish, to_rfc3339(services.clock.now())
    asked = (offer.msp_id, offer.tenant_id, wish.duration, *wish.roles, str(wish.auto_extend), wish.groups_to_text())
    key = hashlib.sha256("|".join((*asked, str(number))).encode()).hexdigest()[:_KEY_LENGTH]
    return OwnRelationship(
        msp_id=offer.msp_id,
        tenant_id=offer.tenant_id,
        key=key,
        display_name=_NAME.format(customer=offer.customer_name, key=key),
        customer_name=offer.customer_name,
        duration=wish.duration,
        roles=" ".join(wish.roles),
        auto_extend=wish.auto_extend,
        groups=wish.groups_to_text(),
        created_by=offer.asked_by,
        correlation_id=logs.correlation_id(),
        created_at=now,
        updated_at=now,
    )


def _find_or_make(own: OwnRelationship, partner: PartnerTenant, services: Services, *, is_new: bool) -> Relationship:
    found = None if is_new else _find(own, partner)
    if found:
        return found
    try:
        return partner.create(_draft(own))
    except TenantSyncError as failure:
        if isinstance(failure, ContractError) and is_refused(failure):  # perhaps because the name is taken: by us
            found = _find(own, partner)
            failure = RequestError("relationship_refused", failure.detail, cause=failure.cause)
        if found:
            return found
        if isinstance(failure, RequestError):
            _forget(own, services)
        raise failure


def _forget(own: OwnRelationship, services: Services) -> None:
    """Nothing was made, unless by another worker at the same time."""
    known = services.relationships.read(own.msp_id, own.tenant_id, own.key)
    if known and not known.relationship_id:
        services.relationships.remove(own)


def _find(own: OwnRelationship, partner: PartnerTenant) -> Relationship | None:
    return next((item for item in partner.list_relationships() if item.display_name == own.display_name), None)


def _lock(made: Relationship, partner: PartnerTenant) -> Relationship:
    if made.status == _MADE:
        try:
            partner.lock(made)
        except ContractError as failure:  # somebody else, most likely ourselves, was faster
            if not is_refused(failure):
                raise
    seen = partner.fetch(made.relationship_id)
    if seen.status == _MADE:
        raise TransientError("microsoft_unavailable", "the relationship is not locked for approval yet")
    return seen


def _draft(own: OwnRelationship) -> Draft:
    return Draft(
        display_name=own.display_name,
        duration=own.duration,
        roles=tuple(own.roles.split()),
        customer_id=own.tenant_id,
        customer_name=own.customer_name,
        auto_extend=own.auto_extend,
    )


def _audit(own: OwnRelationship, services: Services) -> None:
    services.audit.record(
        "relationship_requested",
        msp_id=own.msp_id,
        tenant_id=own.tenant_id,
        actor=own.created_by,
        once=(f"{own.key}-requested", own.created_at),
        detail={"roles": own.roles.split(), "duration": own.duration, "autoExtend": own.auto_extend},
    )
