"""Syncs that people ask for: of a whole tenant, or of one of its resources again."""

from typing import Any, Final

from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import Orchestrations
from tenantsync.reach import find_owner
from tenantsync.resources.registry import RESOURCES, find_resource
from tenantsync.runs.starting import start_unless_paused
from tenantsync.runs.syncing import DELTA, FULL, begin_sync
from tenantsync.runs.wishes import ResourceWish, read_wishes
from tenantsync.services import Services
from tenantsync.store.owners import TenantOwner
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run

_KINDS: Final = (DELTA, FULL)


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
