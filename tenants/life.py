"""The use cases: sync a tenant or one of its resources again, cancel what is under way, disconnect it."""

from typing import Any, Final

from tenantsync.cancelling import Cancelled, cancel_work
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.handover import finish_handover
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import Orchestrations
from tenantsync.reach import find_connection, find_owner, find_tenant
from tenantsync.resources.registry import RESOURCES, find_resource
from tenantsync.services import Services
from tenantsync.starting import start_unless_paused
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.owners import TenantOwner, removal_job
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run
from tenantsync.store.tenants import LEAVING, ManagedTenant, TenantState
from tenantsync.syncing import DELTA, FULL, begin_sync
from tenantsync.wire import DISCONNECT_TENANT, disconnect_instance_id
from tenantsync.wishes import ResourceWish, read_wishes
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
    if connection is None or owner.leaving_since:
        raise RequestError("tenant_disconnecting")
    running = services.runs.read(connection.run_id)
    if running and running.state in ACTIVE_RUN_STATES and not _is_whole(running, services):
        raise RequestError("sync_running")
    run = begin_sync(connection, kind or DELTA, services)
    if run is None:
        raise RequestError("tenant_disconnecting")
    return _start(run, owner, caller, services, orchestrations)


def _is_whole(run: Run, services: Services) -> bool:
    """Whether the run is about all that is switched on: a part is not what somebody means who asks for a sync."""
    wishes = read_wishes(services.tenants.read(run.msp_id, run.tenant_id))
    wanted = {spec.key for spec in RESOURCES if wishes.get(spec.key, ResourceWish()).is_on}
    return not run.only or wanted.issubset(run.only.split())


def _start(
    run: Run, owner: TenantOwner, caller: Caller, services: Services, orchestrations: Orchestrations
) -> dict[str, Any]:
    if run.kind != "initial":
        once, about = (f"{run.run_id}-started", run.started_at), {"runId": run.run_id, "only": run.only.split()}
        services.audit_by(caller, "sync_started", owner.tenant_id, owner.msp_id, once=once, **about)
    start_unless_paused(run, services, orchestrations, anew=True)
    return run.to_reference()


def retry(
    tenant_id: str, resource: str, caller: Caller, services: Services, orchestrations: Orchestrations
) -> dict[str, Any]:
    """Starts a run of one resource; the others keep what the run before has certified."""
    owner = find_owner(tenant_id, caller, services)
    if find_resource(resource) is None:
        raise RequestError("resource_unknown", f"Resources: {', '.join(spec.key for spec in RESOURCES)}.")
    if not read_wishes(services.tenants.read(owner.msp_id, owner.tenant_id)).get(resource, ResourceWish()).is_on:
        raise RequestError("switched_off")
    connection = services.connections.read(owner.msp_id, owner.connection_id)
    if connection is None or owner.leaving_since:
        raise RequestError("tenant_disconnecting")
    running = services.runs.read(connection.run_id)
    if running and running.state in ACTIVE_RUN_STATES and running.only != resource:
        raise RequestError("sync_running")
    run = begin_sync(connection, DELTA, services, only=resource)
    if run is None:
        raise RequestError("tenant_disconnecting")
    if run.only != resource:  # somebody else started another one at this very moment
        raise RequestError("sync_running")
    return _start(run, owner, caller, services, orchestrations)


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
