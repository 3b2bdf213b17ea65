"""The use cases: sync a tenant or one of its resources again, cancel what is under way, disconnect it."""

from typing import Any, Final

from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.handover import finish_handover
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import Orchestrations
from tenantsync.reach import find_connection, find_tenant
from tenantsync.runs.cancelling import Cancelled, cancel_work, note_cancelled
from tenantsync.services import Services
from tenantsync.store.connections import Connection
from tenantsync.store.owners import TenantOwner, removal_job
from tenantsync.store.tenants import LEAVING, ManagedTenant, TenantState
from tenantsync.wire import DISCONNECT_TENANT, disconnect_instance_id
from tenantsync.withdrawing import withdraw_offers
from tenantsync.wrong_tenant import describe_removal

_SETTLE_SECONDS: Final = 120
"""Longer than a slice: a worker that was in the middle of a page has stored it by then, so it is removed, too."""


def cancel(
    tenant_id: str, run_id: str, caller: Caller, services: Services, orchestrations: Orchestrations
) -> dict[str, Any]:
    """Ends the link and the run that are under way, for good; cancelling what has ended changes nothing.

    With `run_id` only that run is ended; raises RequestError `run_unknown` when it is not the one under way.
    """
    latest = find_connection(tenant_id, caller, services)
    connections = _connections_of(latest.msp_id, latest.tenant_id, services)
    wanted = [connection for connection in connections if run_id in ("", connection.run_id)]
    if not wanted:
        raise RequestError("run_unknown")
    cancelled = [_cancel(connection, caller, services, orchestrations) for connection in wanted]
    return {
        "tenantId": latest.tenant_id,
        "connectionId": latest.connection_id,
        "cancelled": any(cancelled),
        "statusUrl": f"/api/msp-portal/tenants/{latest.tenant_id}/sync-status",
    }


def _connections_of(msp_id: str, tenant_id: str, services: Services) -> list[Connection]:
    """The latest, and the one that owns the tenant if that is another: either may have something under way."""
    owner = services.owners.read(tenant_id)
    owning = services.connections.read(msp_id, owner.connection_id) if owner and owner.msp_id == msp_id else None
    latest = services.connections.read_latest(msp_id, tenant_id)
    known = {found.connection_id: found for found in (latest, owning) if found}
    return list(known.values())


def _cancel(connection: Connection, caller: Caller, services: Services, orchestrations: Orchestrations) -> bool:
    cancelled = cancel_work(connection, services, orchestrations)
    if cancelled is None:
        return False
    note_cancelled(connection, services)
    services.audit_by(
        caller,
        "cancelled",
        connection.tenant_id,
        connection.msp_id,
        once=(f"{cancelled.key}-cancelled", cancelled.at),
        connectionId=connection.connection_id,
    )
    return True


def disconnect(tenant_id: str, caller: Caller, services: Services, orchestrations: Orchestrations) -> dict[str, Any]:
    """Stops everything, removes the inventory in the background, and tells how the app is removed from the tenant."""
    finish_handover(tenant_id.lower(), services)
    tenant = find_tenant(tenant_id, caller, services)
    if tenant.state not in LEAVING:  # before anything is done, so that a deed never goes unrecorded
        services.audit_by(caller, "disconnected", tenant.tenant_id, tenant.msp_id, connectionId=tenant.connection_id)
    owner = _let_go(tenant, services)
    connections = _connections_of(tenant.msp_id, tenant.tenant_id, services)
    cancelled = [cancel_work(connection, services, orchestrations) for connection in connections]
    withdraw_offers(tenant.msp_id, tenant.tenant_id, services)
    leaving = TenantState.DISCONNECTING if owner else TenantState.DISCONNECTED
    services.note_state(tenant.msp_id, tenant.tenant_id, leaving, when=lambda known: known.state != leaving)
    if owner:
        _remove_inventory(owner, orchestrations, settle_seconds=_settle_seconds(cancelled, services))
    return _describe_disconnected(tenant, services, is_removing=owner is not None)


def _let_go(tenant: ManagedTenant, services: Services) -> TenantOwner | None:
    """The owner's row, from now on marked as leaving; None when the tenant is not the MSP's, or not yet."""
    owner = services.owners.read(tenant.tenant_id)
    if owner is None or owner.msp_id != tenant.msp_id:
        return None
    since = owner.leaving_since or to_rfc3339(services.clock.now())
    marked = services.owners.change(tenant.tenant_id, when=lambda row: row.msp_id == tenant.msp_id, leaving_since=since)
    if marked is None and services.owners.read(tenant.tenant_id):  # it has changed hands at this very moment
        raise RequestError("tenant_unknown")
    return marked


def _settle_seconds(cancelled: list[Cancelled | None], services: Services) -> int:
    ends = [parse_rfc3339(work.at) for work in cancelled if work and work.is_run]
    passed = [int((services.clock.now() - end).total_seconds()) for end in ends]
    return max((_SETTLE_SECONDS - seconds for seconds in passed if seconds < _SETTLE_SECONDS), default=0)


def _remove_inventory(owner: TenantOwner, orchestrations: Orchestrations, *, settle_seconds: int) -> None:
    job = {**removal_job(owner), "settleSeconds": settle_seconds}
    orchestrations.start(DISCONNECT_TENANT, disconnect_instance_id(owner.connection_id), job, again=True)


def _describe_disconnected(tenant: ManagedTenant, services: Services, *, is_removing: bool) -> dict[str, Any]:
    return {
        "tenantId": tenant.tenant_id,
        "state": TenantState.DISCONNECTED.value,
        "inventory": "removing" if is_removing else "removed",
        "removal": describe_removal(services.settings.client_id, tenant.tenant_id),
        "statusUrl": f"/api/msp-portal/tenants/{tenant.tenant_id}/sync-status",
    }
