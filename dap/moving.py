"""The use cases of moving customers from DAP to GDAP: a dry run, the move itself, and how far it is."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from dap.listing import find_current
from tenantsync import logs
from tenantsync.bodies import Body, refuse_unknown
from tenantsync.clock import to_rfc3339
from tenantsync.errors import RequestError, TenantSyncError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import Starter
from tenantsync.partner.access import WISH_FIELDS, GdapWish, parse_wish
from tenantsync.partner.describing import describe_access
from tenantsync.partner.microsoft import PartnerCustomer, Relationship, partner_tenant
from tenantsync.partner.noting import note_seen, status_of
from tenantsync.partner.offering import check_groups
from tenantsync.partner.roles import describe_role
from tenantsync.problems import find_problem
from tenantsync.services import Services
from tenantsync.store.moves import Move, MoveItem, MoveState
from tenantsync.store.relationships import USABLE, OwnRelationship
from tenantsync.wire import MOVE_TO_GDAP, move_instance_id

_FIELDS: Final = frozenset({"tenantIds", "all", "dryRun"})
_MOST_TENANTS: Final = 1000
_AFTERWARDS: Final = (
    "When GDAP is active and the technicians have tried it, take DAP away: in Partner Center under the customer's"
    " Account page, or the customer's administrator under Settings > Partner relationships."
)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A customer, and why there is nothing to do for it (empty when it will be asked)."""

    customer: PartnerCustomer
    skipped: str = ""


def start_move(body: Body, caller: Caller, services: Services, orchestrations: Starter) -> dict[str, Any]:
    """Plans the move with Microsoft's word of this moment; unless it is a dry run, begins it.

    Raises RequestError `dap_not_found` that names tenants without a contract.
    """
    refuse_unknown(body, _FIELDS | WISH_FIELDS)
    wish = parse_wish({name: value for name, value in body.items() if name in WISH_FIELDS})
    is_dry = _read_flag(body, "dryRun")
    partner = partner_tenant(caller.msp_id, services)
    check_groups(wish, partner)
    contracts = {item.tenant_id: item for item in partner.list_contracts()}
    chosen = _choose(body, contracts)
    current = find_current(caller.msp_id, partner, services)
    plans = [_plan(item, current.get(item.tenant_id)) for item in chosen]
    asked = [plan.customer for plan in plans if not plan.skipped]
    move_id = "" if is_dry or not asked else _begin(asked, wish, caller, services, orchestrations)
    return {
        "moveId": move_id or None,
        "dryRun": is_dry,
        "roles": [describe_role(role) for role in wish.roles],
        "duration": wish.duration,
        "asked": len(asked),
        "skipped": len(plans) - len(asked),
        "items": [_describe_plan(plan) for plan in plans],
        "afterwards": _AFTERWARDS,
        "statusUrl": f"/api/msp-portal/dap/moves/{move_id}" if move_id else None,
    }


def show_move(move_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """How far a move is; raises RequestError `move_unknown`."""
    move_id = move_id.lower()
    move = services.moves.read(caller.msp_id, move_id) if is_guid(move_id) else None
    if move is None:
        raise RequestError("move_unknown")
    _look(move, services)
    asked = {own.key: own for own in services.relationships.list_all(move.msp_id)}
    items = [_describe_item(item, asked.get(item.relationship_key), services) for item in _items_of(move, services)]
    counts = Counter(item["state"] for item in items)
    return {
        "moveId": move.move_id,
        "createdAt": move.created_at,
        "total": len(items),
        "counts": dict(counts),
        "isDone": not counts[MoveState.PENDING] and not counts[MoveState.ASKED],
        "items": items,
        "afterwards": _AFTERWARDS,
    }


def _look(move: Move, services: Services) -> None:
    """What has happened since the watches looked last; without Microsoft's word the last known is shown."""
    try:
        seen = {item.relationship_id: item for item in partner_tenant(move.msp_id, services).list_relationships()}
    except TenantSyncError as failure:
        logs.event("move_not_refreshed", move_id=move.move_id, problem=failure.code)
        return
    for own in services.relationships.list_all(move.msp_id):
        if own.relationship_id in seen and not own.is_ended:
            note_seen(own, seen[own.relationship_id], services)


def _choose(body: Body, contracts: dict[str, PartnerCustomer]) -> list[PartnerCustomer]:
    if _read_flag(body, "all") == ("tenantIds" in body):
        raise RequestError("invalid_request", "Give either `tenantIds` or `all`: true.")
    if "tenantIds" not in body:
        return sorted(contracts.values(), key=lambda item: item.tenant_id)
    listed = body["tenantIds"] if isinstance(body["tenantIds"], list) else []
    if not 0 < len(listed) <= _MOST_TENANTS or not all(
        isinstance(item, str) and is_guid(item.lower()) for item in listed
    ):
        raise RequestError("invalid_request", f"`tenantIds` must be a list of 1 to {_MOST_TENANTS} GUIDs.")
    wanted = sorted({item.lower() for item in listed})
    if unknown := [item for item in wanted if item not in contracts]:
        raise RequestError("dap_not_found", f"No contract: {', '.join(unknown[:20])}.")
    return [contracts[item] for item in wanted]


def _plan(customer: PartnerCustomer, current: Relationship | None) -> _Plan:
    if current and status_of(current) in USABLE:
        return _Plan(customer, "gdap_active")
    return _Plan(customer, "approval_pending" if current else "")


def _begin(
    asked: list[PartnerCustomer], wish: GdapWish, caller: Caller, services: Services, orchestrations: Starter
) -> str:
    now = to_rfc3339(services.clock.now())
    move = Move(
        move_id=str(uuid4()),
        msp_id=caller.msp_id,
        duration=wish.duration,
        roles=" ".join(wish.roles),
        auto_extend=wish.auto_extend,
        groups=wish.groups_to_text(),
        created_by=caller.user_id,
        created_at=now,
    )
    named = [(item.tenant_id, item.domain or item.display_name or item.tenant_id) for item in asked]
    items = [MoveItem(tenant_id=tenant_id, customer_name=name, updated_at=now) for tenant_id, name in named]
    services.moves.create(move, items)
    services.audit_by(caller, "dap_move_started", moveId=move.move_id, tenants=len(items))
    job = {"mspId": move.msp_id, "moveId": move.move_id, "after": ""}
    orchestrations.start(MOVE_TO_GDAP, move_instance_id(move.move_id), job)
    return move.move_id


def _items_of(move: Move, services: Services) -> list[MoveItem]:
    found: list[MoveItem] = []
    while page := services.moves.list_items(move.move_id, found[-1].tenant_id if found else ""):
        found += page
    return found


def _describe_plan(plan: _Plan) -> dict[str, Any]:
    return {
        "tenantId": plan.customer.tenant_id,
        "displayName": plan.customer.display_name,
        "action": "skip" if plan.skipped else "ask",
        "reason": plan.skipped or None,
    }


def _describe_item(item: MoveItem, own: OwnRelationship | None, services: Services) -> dict[str, Any]:
    problem = find_problem(item.problem_code, item.problem_message).to_json() if item.problem_code else None
    return {
        "tenantId": item.tenant_id,
        "customerName": item.customer_name,
        "state": _state_of(item, own),
        "access": describe_access(own, services.settings) if own else None,
        "problem": problem,
        "updatedAt": own.updated_at if own else item.updated_at,
    }


def _state_of(item: MoveItem, own: OwnRelationship | None) -> str:
    """`pending`, `asked`, `active`, or `failed` also when the relationship has ended before it was active."""
    if own is None:
        return str(item.state)
    if own.status in USABLE:
        return "active"
    return MoveState.FAILED.value if own.is_ended else str(item.state)


def _read_flag(body: Body, name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise RequestError("invalid_request", f"`{name}` must be true or false.")
    return value
