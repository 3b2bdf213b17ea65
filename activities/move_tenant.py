"""Asks the next customer of a move from DAP to GDAP; what goes wrong with one never stops the others."""

from typing import Any, Final

from tenantsync.clock import to_rfc3339
from tenantsync.errors import Action, TenantSyncError
from tenantsync.partner.access import GdapWish, read_groups
from tenantsync.partner.offering import Offer, offer_relationship
from tenantsync.services import Services
from tenantsync.store.moves import Move, MoveItem, MoveState

_TRIES: Final = 10
_PASSING: Final = frozenset({Action.WAIT, Action.RETRY})


def move_tenant(job: dict[str, Any], services: Services) -> dict[str, Any]:
    """`{"ended": true}` behind the last customer, else `{"ended": false, "after"}`.

    Raises what may pass; when the job's `lost` says that it was tried often enough, its `code` is what is told.
    """
    move = services.moves.read(job["mspId"], job["moveId"])
    items = services.moves.list_items(job["moveId"], job.get("after", ""), limit=1)
    if move is None or not items:
        return {"ended": True}
    item = items[0]
    if item.state == MoveState.PENDING:
        changes = _failed(job["code"]) if job.get("lost", 0) >= _TRIES else _ask(move, item, services)
        services.moves.change(move.move_id, item, updated_at=to_rfc3339(services.clock.now()), **changes)
    return {"ended": False, "after": item.tenant_id}


def _failed(code: str, message: str = "") -> dict[str, Any]:
    return {"state": MoveState.FAILED, "problem_code": code, "problem_message": message}


def _ask(move: Move, item: MoveItem, services: Services) -> dict[str, Any]:
    wish = GdapWish(
        duration=move.duration,
        auto_extend=move.auto_extend,
        roles=tuple(move.roles.split()),
        groups=read_groups(move.groups),
    )
    offer = Offer(
        msp_id=move.msp_id,
        tenant_id=item.tenant_id,
        customer_name=item.customer_name,
        wish=wish,
        asked_by=move.created_by,
    )
    try:
        own = offer_relationship(offer, services)
    except TenantSyncError as failure:
        if failure.action in _PASSING:
            raise
        return _failed(failure.code, failure.detail)
    return {"state": MoveState.ASKED, "relationship_key": own.key}
