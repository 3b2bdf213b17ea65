"""The use cases: offer a tenant to another MSP, accept it, or call it off.

The current owner offers. The operator's support may offer for an owner who cannot, but then the tenant's administrator
must sign in before anything changes hands. Nothing is synced again: data is keyed by tenant, only its owner changes.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from tenantsync.admin_links import begin_sign_in
from tenantsync.bodies import Body, CustomerChoice, read_guid, refuse_unknown
from tenantsync.clock import to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.handover import hand_over, is_open, note_accepted
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller, Role
from tenantsync.reach import find_owner
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState, Purpose
from tenantsync.store.runs import ACTIVE_RUN_STATES
from tenantsync.store.tenants import LEAVING
from tenantsync.store.transfers import OPEN_TRANSFER_STATES, StoredTransfer, Transfer, TransferState

LIFETIME: Final = timedelta(days=14)


def offer_transfer(tenant_id: str, body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """Creates the offer; `proofUrl` is the administrator's sign-in, where one is needed.

    Any company may be named: who uses this service is nobody else's business, and one that does not will not accept.
    """
    refuse_unknown(body, frozenset({"toMspTenantId"}))
    owner = find_owner(tenant_id, caller, services)
    _refuse_other_staff(owner.msp_id, caller)
    receiver = read_guid(body, "toMspTenantId")
    if receiver == owner.msp_id:
        raise RequestError("invalid_request", "The tenant is that company's already.")
    _check_free(owner.tenant_id, owner.msp_id, services)
    now = services.clock.now()
    transfer = Transfer(
        transfer_id=str(uuid4()),
        tenant_id=owner.tenant_id,
        from_msp_id=owner.msp_id,
        to_msp_id=receiver,
        from_connection_id=owner.connection_id,
        needs_proof=caller.msp_id != owner.msp_id,
        created_at=to_rfc3339(now),
        created_by=caller.user_id,
        updated_at=to_rfc3339(now),
        expires_at=to_rfc3339(now + LIFETIME),
    )
    services.transfers.create(transfer)
    _audit("transfer_offered", transfer, caller, services)
    proof = _proof_link(transfer, services) if transfer.needs_proof else None
    return {**describe(transfer, services), "proofUrl": proof}


def list_transfers(caller: Caller, services: Services) -> dict[str, Any]:
    """Offers made to the caller's MSP and by it."""
    return {"items": [describe(transfer, services) for transfer in services.transfers.list_of(caller.msp_id)]}


def accept_transfer(transfer_id: str, body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """Makes the tenant the caller's; sending it again goes on where a crash has interrupted it."""
    refuse_unknown(body, frozenset({"customerId", "customer"}))
    stored = _find(transfer_id, services, lambda transfer: transfer.to_msp_id == caller.msp_id)
    choice = CustomerChoice.parse(body)
    if stored.transfer.state != TransferState.ACCEPTED:
        owner = services.owners.read(stored.transfer.tenant_id)
        if not is_open(stored.transfer, owner, services):
            raise RequestError("transfer_closed")
        if stored.transfer.state == TransferState.OFFERED:
            stored = _begin(stored, choice, caller, services)
        stored = hand_over(stored, services)
    note_accepted(stored.transfer, lambda msp_id: _actor(caller, msp_id, stored.transfer), services)
    services.transfers.forget_accepting(stored.transfer.transfer_id)
    return describe(stored.transfer, services)


def _begin(stored: StoredTransfer, choice: CustomerChoice, caller: Caller, services: Services) -> StoredTransfer:
    if stored.transfer.needs_proof and not stored.transfer.proven_at:
        raise RequestError("transfer_unproven")
    _refuse_leaving(stored.transfer.tenant_id, stored.transfer.from_msp_id, services)
    _check_idle(stored.transfer, services)
    services.transfers.expect_accepting(stored.transfer.transfer_id)
    return services.transfers.change(
        stored,
        state=TransferState.ACCEPTING,
        customer_id=services.choose_customer(caller.msp_id, choice),
        connection_id=str(uuid4()),
        updated_at=to_rfc3339(services.clock.now()),
    )


def end_transfer(transfer_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """Calls an offer off: the giving side cancels, the receiving side declines."""
    stored = _find(transfer_id, services, lambda transfer: _is_party(transfer, caller))
    is_receiver = caller.msp_id == stored.transfer.to_msp_id
    if not is_receiver:
        _refuse_other_staff(stored.transfer.from_msp_id, caller)
    if stored.transfer.state in OPEN_TRANSFER_STATES:
        stored = _end(stored, is_receiver=is_receiver, services=services)
    if stored.transfer.state == TransferState.ACCEPTED:
        raise RequestError("transfer_closed")
    _audit(f"transfer_{stored.transfer.state}", stored.transfer, caller, services)
    return describe(stored.transfer, services)


def _end(stored: StoredTransfer, *, is_receiver: bool, services: Services) -> StoredTransfer:
    """Also of one that is being accepted, as long as the tenant has not changed hands: that is final."""
    owner = services.owners.read(stored.transfer.tenant_id)
    if owner and owner.msp_id == stored.transfer.to_msp_id:
        raise RequestError("transfer_closed")
    state = TransferState.DECLINED if is_receiver else TransferState.CANCELLED
    ended = services.transfers.change(stored, state=state, updated_at=to_rfc3339(services.clock.now()))
    kept = services.owners.change(ended.transfer.tenant_id, when=lambda row: row.msp_id == ended.transfer.from_msp_id)
    if owner and kept is None:  # it was accepted at this very moment
        raise RequestError("transfer_closed")
    return ended


def describe(transfer: Transfer, services: Services) -> dict[str, Any]:
    """A transfer as both sides may see it; the receiving customer is the receiver's business."""
    is_over = transfer.state in OPEN_TRANSFER_STATES and not is_open(
        transfer, services.owners.read(transfer.tenant_id), services
    )
    return {
        "transferId": transfer.transfer_id,
        "tenantId": transfer.tenant_id,
        "fromMspTenantId": transfer.from_msp_id,
        "toMspTenantId": transfer.to_msp_id,
        "state": "expired" if is_over else transfer.state,
        "needsProof": transfer.needs_proof,
        "provenAt": transfer.proven_at or None,
        "createdAt": transfer.created_at,
        "expiresAt": transfer.expires_at,
        "updatedAt": transfer.updated_at,
    }


def _refuse_other_staff(msp_id: str, caller: Caller) -> None:
    """For another company only Support moves tenants; the operator's other people just look."""
    if caller.msp_id != msp_id and Role.SUPPORT not in caller.roles:
        raise RequestError("role_missing", f"The role {Role.SUPPORT.value} is needed.")


def _check_free(tenant_id: str, msp_id: str, services: Services) -> None:
    _refuse_leaving(tenant_id, msp_id, services)
    latest = services.transfers.find_latest(tenant_id)
    owner = services.owners.read(tenant_id)
    if latest and latest.transfer.from_msp_id == msp_id and is_open(latest.transfer, owner, services):
        raise RequestError("transfer_pending", members={"transferId": latest.transfer.transfer_id})


def _refuse_leaving(tenant_id: str, msp_id: str, services: Services) -> None:
    tenant, owner = services.tenants.read(msp_id, tenant_id), services.owners.read(tenant_id)
    if (tenant and tenant.state in LEAVING) or (owner and owner.leaving_since):
        raise RequestError("tenant_disconnecting")


def _check_idle(transfer: Transfer, services: Services) -> None:
    connection = services.connections.read_latest(transfer.from_msp_id, transfer.tenant_id)
    run = services.runs.read(connection.run_id) if connection and connection.run_id else None
    if run and run.state in ACTIVE_RUN_STATES:
        raise RequestError("sync_running")


def _find(transfer_id: str, services: Services, is_visible: Callable[[Transfer], bool]) -> StoredTransfer:
    transfer_id = transfer_id.lower()
    stored = services.transfers.find(transfer_id) if is_guid(transfer_id) else None
    if stored is None or not is_visible(stored.transfer):
        raise RequestError("transfer_unknown")
    return stored


def _is_party(transfer: Transfer, caller: Caller) -> bool:
    return caller.msp_id == transfer.to_msp_id or caller.reaches(transfer.from_msp_id)


def _proof_link(transfer: Transfer, services: Services) -> str:
    errand = CallbackState(
        msp_id=transfer.to_msp_id,
        connection_id="",
        tenant_id=transfer.tenant_id,
        purpose=Purpose.TRANSFER,
        subject_id=transfer.transfer_id,
    )
    return begin_sign_in(errand, services, LIFETIME)


def _audit(action: str, transfer: Transfer, caller: Caller, services: Services) -> None:
    """For both sides; who it was is for the person's own company, the other one learns which company it was."""
    for msp_id in (transfer.from_msp_id, transfer.to_msp_id):
        services.audit.record(
            action,
            msp_id=msp_id,
            tenant_id=transfer.tenant_id,
            actor=_actor(caller, msp_id, transfer),
            actor_msp_id=caller.msp_id,
            once=(f"{transfer.transfer_id}-{transfer.state}", transfer.updated_at),
            detail={"transferId": transfer.transfer_id},
        )


def _actor(caller: Caller, msp_id: str, transfer: Transfer) -> str:
    is_own = msp_id == caller.msp_id or (caller.is_operator and msp_id == transfer.from_msp_id)
    return caller.user_id if is_own else caller.msp_id
