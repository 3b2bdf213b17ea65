"""Re-keys a tenant from one MSP to another. Every step may be repeated; the owner's row decides, the rest follows."""

from collections.abc import Callable
from dataclasses import replace

from tenantsync import logs
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import ConflictError, RequestError
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.connections import Connection
from tenantsync.store.grants import GrantState
from tenantsync.store.owners import TenantOwner
from tenantsync.store.records import left_to_newer_release
from tenantsync.store.tenants import DEFAULT_NOTIFICATIONS, DEFAULT_SYNC_HOURS
from tenantsync.store.transfers import OPEN_TRANSFER_STATES, StoredTransfer, Transfer, TransferState


def is_open(transfer: Transfer, owner: TenantOwner | None, services: Services) -> bool:
    """Whether it can be accepted: the tenant is attached as it was when it was offered, and the offer has not expired.

    Once the receiver owns the tenant it can only be finished.
    """
    if owner is None or transfer.state == TransferState.ACCEPTED:
        return False
    if transfer.connection_id and owner.connection_id == transfer.connection_id:
        return True
    is_over = services.clock.now() >= parse_rfc3339(transfer.expires_at)
    return transfer.state in OPEN_TRANSFER_STATES and _is_as_offered(transfer, owner) and not is_over


def _is_as_offered(transfer: Transfer, owner: TenantOwner) -> bool:
    is_same = owner.msp_id == transfer.from_msp_id and owner.connection_id == transfer.from_connection_id
    return is_same and not owner.leaving_since


def finish_handover(tenant_id: str, services: Services) -> None:
    """Finishes the tenant's transfer if a crash has interrupted it after the owner had changed."""
    latest = services.transfers.find_latest(tenant_id)
    if latest and latest.transfer.state != TransferState.ACCEPTED and _has_changed_hands(latest.transfer, services):
        note_accepted(hand_over(latest, services).transfer, lambda _: SYSTEM, services)


def finish_handovers(services: Services) -> int:
    """Finishes every transfer that was interrupted; gives how many there were."""
    finished = 0
    for transfer_id in services.transfers.list_accepting():
        with left_to_newer_release(transfer_id=transfer_id):
            finished += _finish_interrupted(transfer_id, services)
    return finished


def _finish_interrupted(transfer_id: str, services: Services) -> bool:
    stored = services.transfers.find(transfer_id)
    is_interrupted = stored is not None and stored.transfer.state == TransferState.ACCEPTING
    if stored and is_interrupted:
        if not _has_changed_hands(stored.transfer, services):
            return False  # the receiver may still send it again
        logs.event("transfer_finished", transfer_id=transfer_id, tenant_id=stored.transfer.tenant_id)
        note_accepted(hand_over(stored, services).transfer, lambda _: SYSTEM, services)
    services.transfers.forget_accepting(transfer_id)
    return is_interrupted


def note_accepted(transfer: Transfer, actor_for: Callable[[str], str], services: Services) -> None:
    """One audit entry for either side; `actor_for` gives who did it, as that MSP may know them."""
    for msp_id in (transfer.from_msp_id, transfer.to_msp_id):
        services.audit.record(
            "transfer_accepted",
            msp_id=msp_id,
            tenant_id=transfer.tenant_id,
            actor=actor_for(msp_id),
            actor_msp_id=transfer.to_msp_id,
            once=(f"{transfer.transfer_id}-{transfer.state}", transfer.updated_at),
            detail={"transferId": transfer.transfer_id},
        )


def _has_changed_hands(transfer: Transfer, services: Services) -> bool:
    owner = services.owners.read(transfer.tenant_id)
    return owner is not None and bool(transfer.connection_id) and owner.connection_id == transfer.connection_id


def hand_over(stored: StoredTransfer, services: Services) -> StoredTransfer:
    """Gives the tenant to the receiving MSP; raises RequestError `transfer_closed` if it is somebody else's by now."""
    transfer, now = stored.transfer, to_rfc3339(services.clock.now())
    _change_owner(transfer, now, services)
    _bring_connection(transfer, now, services)
    _bring_tenant(transfer, now, services)
    _bring_ledger(transfer, services)
    services.connections.forget_latest(transfer.from_msp_id, transfer.tenant_id)
    services.tenants.remove(transfer.from_msp_id, transfer.tenant_id)
    return _finish(stored, now, services)


def _finish(stored: StoredTransfer, now: str, services: Services) -> StoredTransfer:
    """The tenant has changed hands, so this is the truth even if the giver has just tried to cancel."""
    try:
        return services.transfers.change(stored, state=TransferState.ACCEPTED, updated_at=now)
    except ConflictError:
        current = services.transfers.find(stored.transfer.transfer_id)
        if current is None or current.transfer.state == TransferState.ACCEPTED:
            return current or stored
        return services.transfers.change(current, state=TransferState.ACCEPTED, updated_at=now)


def _change_owner(transfer: Transfer, now: str, services: Services) -> None:
    """Decided by the owner's row alone, which whoever calls the offer off changes, too."""
    if _has_changed_hands(transfer, services):
        return

    def is_offered(owner: TenantOwner) -> bool:
        current = services.transfers.find(transfer.transfer_id)
        is_wanted = current is not None and current.transfer.state == TransferState.ACCEPTING
        return is_wanted and _is_as_offered(transfer, owner)

    changes = {"msp_id": transfer.to_msp_id, "customer_id": transfer.customer_id}
    if not services.owners.change(
        transfer.tenant_id, when=is_offered, connection_id=transfer.connection_id, claimed_at=now, **changes
    ):
        raise RequestError("transfer_closed")


def _bring_connection(transfer: Transfer, now: str, services: Services) -> None:
    known = services.connections.read(transfer.to_msp_id, transfer.connection_id)
    old = services.connections.read(transfer.from_msp_id, transfer.from_connection_id)
    if known or old is None:
        return
    if old.run_id:
        to = {"msp_id": transfer.to_msp_id, "customer_id": transfer.customer_id}
        run = services.runs.change(old.run_id, even_ended=True, connection_id=transfer.connection_id, **to)
        if run:
            msps = {"from_msp_id": transfer.from_msp_id, "to_msp_id": transfer.to_msp_id}
            services.recent_runs.move(run.run_id, run.started_at, **msps)
    services.connections.create(_moved(old, transfer, now))


def _moved(old: Connection, transfer: Transfer, now: str) -> Connection:
    """The old connection without what belongs to the old MSP's people: who made it, where it returns, its ticket."""
    return replace(
        old,
        msp_id=transfer.to_msp_id,
        connection_id=transfer.connection_id,
        customer_id=transfer.customer_id,
        created_by="",
        return_url="",
        ticket_ref="",
        ticket_provider="",
        updated_at=now,
        syncs=0,
        correlation_id=logs.correlation_id(),
    )


def _bring_tenant(transfer: Transfer, now: str, services: Services) -> None:
    old = services.tenants.read(transfer.from_msp_id, transfer.tenant_id)
    if old is None:
        return
    moved = replace(
        old,
        msp_id=transfer.to_msp_id,
        customer_id=transfer.customer_id,
        connection_id=transfer.connection_id,
        tags="[]",
        notifications=DEFAULT_NOTIFICATIONS,
        services="",
        sync_every_hours=DEFAULT_SYNC_HOURS,
        automation="excluded",
        updated_at=now,
        access_model="direct",  # the old MSP's GDAP and DAP are in its own tenant, and stay there
        relationship_id="",
        access_status="",
        access_expires_at="",
        has_dap=False,
    )
    services.tenants.open(moved)
    services.tenants.change(
        transfer.to_msp_id,
        transfer.tenant_id,
        consent=old.consent,
        consent_checked_at=old.consent_checked_at,
        app_permissions=old.app_permissions,
        delegated_permissions=old.delegated_permissions,
    )


def _bring_ledger(transfer: Transfer, services: Services) -> None:
    """What the tenant has granted stays granted; who asked for it was one of the old MSP's people.

    An entry that Microsoft has not confirmed yet is confirmed with the new owner.
    """
    for grant in services.grants.list_all(transfer.from_msp_id, transfer.tenant_id):
        if grant.state in (GrantState.CONSENTED, GrantState.GRANTED, GrantState.REVOKED):
            if services.grants.read(transfer.to_msp_id, transfer.tenant_id, grant.grant_id) is None:
                services.grants.put(replace(grant, msp_id=transfer.to_msp_id, requested_by=""))
            services.grants.remove(grant)
