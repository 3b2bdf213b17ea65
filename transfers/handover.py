"""Re-keys a tenant from one MSP to another. Every step may be repeated; the owner's row decides, the rest follows."""

from dataclasses import replace

from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConflictError, RequestError
from tenantsync.services import Services
from tenantsync.store.connections import Connection
from tenantsync.store.owners import TenantOwner
from tenantsync.store.transfers import StoredTransfer, Transfer, TransferState


def hand_over(stored: StoredTransfer, services: Services) -> Transfer:
    """Gives the tenant to the receiving MSP; raises RequestError `transfer_closed` if it is somebody else's by now."""
    transfer, now = stored.transfer, to_rfc3339(services.clock.now())
    _change_owner(transfer, now, services)
    _bring_connection(transfer, now, services)
    _bring_tenant(transfer, now, services)
    services.connections.forget_latest(transfer.from_msp_id, transfer.tenant_id)
    services.tenants.remove(transfer.from_msp_id, transfer.tenant_id)
    return services.transfers.change(stored, state=TransferState.ACCEPTED, updated_at=now).transfer


def _change_owner(transfer: Transfer, now: str, services: Services) -> None:
    owner = TenantOwner(
        tenant_id=transfer.tenant_id,
        msp_id=transfer.to_msp_id,
        customer_id=transfer.customer_id,
        connection_id=transfer.connection_id,
        claimed_at=now,
    )
    try:
        services.owners.hand_over(owner, transfer.from_msp_id)
    except ConflictError as error:
        raise RequestError("transfer_closed") from error


def _bring_connection(transfer: Transfer, now: str, services: Services) -> None:
    known = services.connections.read(transfer.to_msp_id, transfer.connection_id)
    old = services.connections.read(transfer.from_msp_id, transfer.from_connection_id)
    if known or old is None:
        return
    if old.run_id:
        to = {"msp_id": transfer.to_msp_id, "customer_id": transfer.customer_id}
        services.runs.change(old.run_id, even_ended=True, connection_id=transfer.connection_id, **to)
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
        updated_at=now,
        syncs=0,
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
        automation="excluded",
        updated_at=now,
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
