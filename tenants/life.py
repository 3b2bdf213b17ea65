"""The use cases: sync a tenant again, cancel what is under way, disconnect it."""

from typing import Any, Final

from tenantsync.cancelling import Cancelled, cancel_work
from tenantsync.clock import parse_rfc3339
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import Orchestrations, start_run
from tenantsync.reach import find_connection, find_owner, find_tenant
from tenantsync.services import Services
from tenantsync.store.connections import ConnectionState
from tenantsync.store.owners import TenantOwner, removal_job
from tenantsync.store.runs import ACTIVE_RUN_STATES
from tenantsync.store.tenants import LEAVING, ManagedTenant, TenantState
from tenantsync.syncing import DELTA, FULL, begin_sync
from tenantsync.wire import DISCONNECT_TENANT, disconnect_instance_id
from tenantsync.withdrawing import withdraw_offers
from tenantsync.wrong_tenant import describe_removal

_KINDS: Final = (DELTA, FULL)
_UNDER_WAY: Final = frozenset({ConnectionState.AWAITING_CONSENT, *ACTIVE_RUN_STATES})
_SETTLE_SECONDS: Final = 120
"""Longer than a slice: a worker that was in the middle of a page has stored it by then, so it is removed, too."""


def resync(
    tenant_id: str, kind: str, caller: Caller, services: Services, orchestrations: Orchestrations
) -> dict[str, Any]:
    """Starts a sync, or names the one that is running. The newest attempt to connect anew becomes void.

    `kind`: `delta` (or empty) takes only what has changed where Microsoft can say that, `full` lists everything.
    """
    if kind not in ("", *_KINDS):
        raise RequestError("invalid_request", f"`kind` must be one of {', '.join(_KINDS)}.")
    owner = find_owner(tenant_id, caller, services)
    connection = services.connections.read(owner.msp_id, owner.connection_id)
    if connection is None:
        raise RequestError("tenant_disconnecting")
    run = begin_sync(connection, kind or DELTA, services)
    if run is None:
        raise RequestError("tenant_disconnecting")
    if run.kind != "initial":
        once = (f"{run.run_id}-started", run.started_at)
        services.audit_by(caller, "sync_started", owner.tenant_id, owner.msp_id, once=once, runId=run.run_id)
    start_run(orchestrations, run)
    return run.to_reference()


def cancel(tenant_id: str, caller: Caller, services: Services, orchestrations: Orchestrations) -> dict[str, Any]:
    """Ends the link or the run that is under way, for good; cancelling what has ended changes nothing."""
    connection = find_connection(tenant_id, caller, services)
    cancelled = cancel_work(connection, services, orchestrations)
    if cancelled:
        services.note_state(
            connection.msp_id,
            connection.tenant_id,
            TenantState.CANCELLED,
            when=lambda tenant: tenant.connection_id == connection.connection_id and tenant.state in _UNDER_WAY,
        )
        services.audit_by(
            caller,
            "cancelled",
            connection.tenant_id,
            connection.msp_id,
            once=(f"{cancelled.key}-cancelled", cancelled.at),
            connectionId=connection.connection_id,
        )
    return {
        "tenantId": connection.tenant_id,
        "connectionId": connection.connection_id,
        "cancelled": cancelled is not None,
        "statusUrl": f"/api/msp-portal/tenants/{connection.tenant_id}/sync-status",
    }


def disconnect(tenant_id: str, caller: Caller, services: Services, orchestrations: Orchestrations) -> dict[str, Any]:
    """Stops everything, removes the inventory in the background, and tells how the app is removed from the tenant."""
    tenant = find_tenant(tenant_id, caller, services)
    if tenant.state not in LEAVING:  # before anything is done, so that a deed never goes unrecorded
        services.audit_by(caller, "disconnected", tenant.tenant_id, tenant.msp_id, connectionId=tenant.connection_id)
    connection = services.connections.read_latest(tenant.msp_id, tenant.tenant_id)
    cancelled = cancel_work(connection, services, orchestrations) if connection else None
    withdraw_offers(tenant.msp_id, tenant.tenant_id, services)
    owner = services.owners.read(tenant.tenant_id)
    is_owned = owner is not None and owner.msp_id == tenant.msp_id
    leaving = TenantState.DISCONNECTING if is_owned else TenantState.DISCONNECTED
    services.note_state(tenant.msp_id, tenant.tenant_id, leaving, when=lambda known: known.state != leaving)
    if owner and is_owned:
        _remove_inventory(owner, orchestrations, settle_seconds=_settle_seconds(cancelled, services))
    return _describe_disconnected(tenant, services, is_removing=is_owned)


def _settle_seconds(cancelled: Cancelled | None, services: Services) -> int:
    if cancelled is None or not cancelled.is_run:
        return 0
    passed = services.clock.now() - parse_rfc3339(cancelled.at)
    return max(0, _SETTLE_SECONDS - int(passed.total_seconds()))


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
