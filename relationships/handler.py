"""The use cases that change something: ask a customer for GDAP, extend it, end it."""

from typing import Any, Final

from relationships.listing import describe_fully, find_own
from tenantsync.bodies import MAX_NAME, Body, read_text, refuse_unknown
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ContractError, RequestError
from tenantsync.identity.authority import parse_tenant
from tenantsync.identity.caller import Caller
from tenantsync.identity.roles import GLOBAL_ADMINISTRATOR
from tenantsync.partner.access import WISH_FIELDS, parse_wish
from tenantsync.partner.describing import describe_access
from tenantsync.partner.microsoft import PartnerTenant, Relationship, is_refused, partner_tenant
from tenantsync.partner.noting import note_seen, status_of
from tenantsync.partner.offering import Offer, offer_relationship
from tenantsync.services import Services
from tenantsync.store.relationships import ENDED, USABLE, RelationshipStatus

_EXTENDABLE: Final = frozenset({RelationshipStatus.CREATED, RelationshipStatus.ACTIVE})
_PENDING: Final = frozenset({RelationshipStatus.CREATED, RelationshipStatus.APPROVAL_PENDING})


def ask_relationship(body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """Makes a relationship and locks it for approval; the same request gives the same one while it lasts."""
    refuse_unknown(body, WISH_FIELDS | {"tenant", "customerName"})
    wish = parse_wish({name: value for name, value in body.items() if name in WISH_FIELDS})
    name = " ".join(read_text(body, "customerName", optional=True).split())
    if len(name) > MAX_NAME:
        raise RequestError("invalid_request", f"`customerName` may have {MAX_NAME} characters.")
    operators = frozenset({services.settings.home_tenant_id} - {""})
    wanted = parse_tenant(read_text(body, "tenant", code="invalid_tenant"), operators)
    services.connect_rate.take(caller.msp_id, services.clock.now())
    tenant = services.authority.fetch_tenant(wanted)
    if tenant.tenant_id in operators | {caller.msp_id}:
        raise RequestError("invalid_tenant", "Nobody is a partner of his own tenant.")
    offer = Offer(
        msp_id=caller.msp_id,
        tenant_id=tenant.tenant_id,
        customer_name=name or tenant.domain or tenant.tenant_id,
        wish=wish,
        asked_by=caller.user_id,
    )
    return {"tenantId": tenant.tenant_id, **describe_access(offer_relationship(offer, services), services.settings)}


def extend_relationship(relationship_id: str, body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """Whether Microsoft lengthens it by 180 days whenever it would end; `autoExtend` is true unless it says false."""
    refuse_unknown(body, frozenset({"autoExtend"}))
    on = body.get("autoExtend", True)
    if not isinstance(on, bool):
        raise RequestError("invalid_request", "`autoExtend` must be true or false.")
    partner = partner_tenant(caller.msp_id, services)
    seen = partner.fetch(relationship_id)
    if status_of(seen) not in _EXTENDABLE:
        raise RequestError("relationship_closed", f"It is {status_of(seen)}.")
    if on and GLOBAL_ADMINISTRATOR in seen.roles:
        raise RequestError("relationship_refused", "Microsoft extends no relationship with Global Administrator.")
    if seen.auto_extend != on:
        _change(lambda: partner.set_auto_extend(seen, on=on))
        services.audit_by(caller, "relationship_extended", seen.customer_id, relationshipId=relationship_id, on=on)
    return _show_again(seen, partner, caller, services)


def end_relationship(relationship_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """Ends an active one. One that waits cannot be taken back at Microsoft: it is ended as soon as it is approved."""
    partner = partner_tenant(caller.msp_id, services)
    seen = partner.fetch(relationship_id)
    status, own = status_of(seen), find_own(seen, caller, services)
    if status in USABLE:
        _change(lambda: partner.terminate(seen))
    elif status in _PENDING and own:
        services.relationships.change(own, withdrawn_at=own.withdrawn_at or to_rfc3339(services.clock.now()))
    elif status not in ENDED:
        raise RequestError("relationship_closed", f"It is {status}; Microsoft lets nobody end it now.")
    if status not in ENDED:
        services.audit_by(caller, "relationship_ended", seen.customer_id, relationshipId=relationship_id)
    return _show_again(seen, partner, caller, services)


def _change(change: Any) -> None:
    try:
        change()
    except ContractError as failure:
        if not is_refused(failure):
            raise
        raise RequestError("tenant_changed", failure.detail, cause=failure.cause) from failure


def _show_again(before: Relationship, partner: PartnerTenant, caller: Caller, services: Services) -> dict[str, Any]:
    seen = partner.fetch(before.relationship_id)
    own = find_own(seen, caller, services)
    return describe_fully(seen, note_seen(own, seen, services) if own else None, partner, services)
