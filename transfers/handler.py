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
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller
from tenantsync.reach import find_owner
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState, Purpose
from tenantsync.store.owners import TenantOwner
from tenantsync.store.runs import ACTIVE_RUN_STATES
from tenantsync.store.tenants import TenantState
from tenantsync.store.transfers import OPEN_TRANSFER_STATES, StoredTransfer, Transfer, TransferState
from transfers.handover import hand_over

LIFETIME: Final = timedelta(days=14)


def offer_transfer(tenant_id: str, body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """Creates the offer; `proofUrl` is the administrator's sign-in, where one is needed."""
    refuse_unknown(body, frozenset({"toMspTenantId"}))
    owner = find_owner(tenant_id, caller, services)
    receiver = read_guid(body, "toMspTenantId")
    _check_receiver(receiver, owner.msp_id, services)
    _check_free(owner.tenant_id, owner.msp_id, services)
    now = services.clock.now()
    transfer = Transfer(
        transfer_id=str(uuid4()),
        tenant_id=owner.tenant_id,
        from_msp_id=owner.msp_id,
        to_msp_id=receiver,
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
    if stored.transfer.state == TransferState.ACCEPTED:
        return describe(stored.transfer, services)
    owner = _check_open(stored.transfer, services)
    if stored.transfer.needs_proof and not stored.transfer.proven_at:
        raise RequestError("transfer_unproven")
    if stored.transfer.state == TransferState.OFFERED:
        _refuse_leaving(stored.transfer.tenant_id, stored.transfer.from_msp_id, services)
        _check_idle(stored.transfer, services)
        customer_id = services.choose_customer(caller.msp_id, choice)
        now = to_rfc3339(services.clock.now())
        stored = services.transfers.change(
            stored,
            state=TransferState.ACCEPTING,
            customer_id=customer_id,
            connection_id=str(uuid4()),
            from_connection_id=owner.connection_id,
            updated_at=now,
        )
    accepted = hand_over(stored, services)
    _audit("transfer_accepted", accepted, caller, services)
    return describe(accepted, services)


def end_transfer(transfer_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """Calls an offer off: the giving side cancels, the receiving side declines."""
    stored = _find(transfer_id, services, lambda transfer: _is_party(transfer, caller))
    if stored.transfer.state in (TransferState.CANCELLED, TransferState.DECLINED):
        return describe(stored.transfer, services)
    if stored.transfer.state != TransferState.OFFERED:
        raise RequestError("transfer_closed")
    is_receiver = caller.msp_id == stored.transfer.to_msp_id
    state = TransferState.DECLINED if is_receiver else TransferState.CANCELLED
    ended = services.transfers.change(stored, state=state, updated_at=to_rfc3339(services.clock.now())).transfer
    _audit(f"transfer_{state.value}", ended, caller, services)
    return describe(ended, services)


def describe(transfer: Transfer, services: Services) -> dict[str, Any]:
    """A transfer as both sides may see it; the receiving customer is the receiver's business."""
    is_over = services.clock.now() >= parse_rfc3339(transfer.expires_at)
    expired = is_over and transfer.state == TransferState.OFFERED
    return {
        "transferId": transfer.transfer_id,
        "tenantId": transfer.tenant_id,
        "fromMspTenantId": transfer.from_msp_id,
        "toMspTenantId": transfer.to_msp_id,
        "state": "expired" if expired else transfer.state,
        "needsProof": transfer.needs_proof,
        "provenAt": transfer.proven_at or None,
        "createdAt": transfer.created_at,
        "expiresAt": transfer.expires_at,
        "updatedAt": transfer.updated_at,
    }


def _check_receiver(receiver: str, owner_msp_id: str, services: Services) -> None:
    allowed = services.settings.allowed_msp_tenants
    if receiver == owner_msp_id:
        raise RequestError("invalid_request", "The tenant is that company's already.")
    if allowed is not None and receiver not in allowed:
        raise RequestError("invalid_request", "`toMspTenantId` is not a company that uses this service.")


def _check_free(tenant_id: str, msp_id: str, services: Services) -> None:
    _refuse_leaving(tenant_id, msp_id, services)
    latest = services.transfers.find_latest(tenant_id)
    if latest and latest.transfer.from_msp_id == msp_id and _is_open(latest.transfer, services):
        raise RequestError("transfer_pending", members={"transferId": latest.transfer.transfer_id})


def _refuse_leaving(tenant_id: str, msp_id: str, services: Services) -> None:
    tenant = services.tenants.read(msp_id, tenant_id)
    if tenant and tenant.state == TenantState.DISCONNECTING:
        raise RequestError("tenant_disconnecting")


def _check_idle(transfer: Transfer, services: Services) -> None:
    connection = services.connections.read_latest(transfer.from_msp_id, transfer.tenant_id)
    run = services.runs.read(connection.run_id) if connection and connection.run_id else None
    if run and run.state in ACTIVE_RUN_STATES:
        raise RequestError("sync_running")


def _check_open(transfer: Transfer, services: Services) -> TenantOwner:
    """The owner: still the giving side, or the receiving one when a crash has interrupted the handover."""
    owner = services.owners.read(transfer.tenant_id)
    if owner is None or owner.msp_id not in (transfer.from_msp_id, transfer.to_msp_id):
        raise RequestError("transfer_closed")
    if not _is_open(transfer, services):
        raise RequestError("transfer_closed")
    return owner


def _is_open(transfer: Transfer, services: Services) -> bool:
    is_over = services.clock.now() >= parse_rfc3339(transfer.expires_at)
    return transfer.state in OPEN_TRANSFER_STATES and not (is_over and transfer.state == TransferState.OFFERED)


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
    for msp_id in (transfer.from_msp_id, transfer.to_msp_id):
        services.audit_by(caller, action, transfer.tenant_id, msp_id, transferId=transfer.transfer_id)
