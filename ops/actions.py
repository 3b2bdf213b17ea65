"""The use cases: end a run, forget what Durable remembers of one that has ended, sync one of its resources again."""

from typing import Any, Final

from ops.finding import find_run
from ops.instances import list_children
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import Orchestrations, terminate_run
from tenantsync.runs.cancelling import end_run, note_cancelled
from tenantsync.runs.resyncing import retry
from tenantsync.services import Services
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run

ENDED_BY_OPS: Final = "ended_by_ops"


def terminate(run_id: str, caller: Caller, services: Services, orchestrations: Orchestrations) -> dict[str, Any]:
    """Ends a run for good, stuck or not, with every orchestration behind it; its status says who did.

    A run that has ended stays as it is, and what Durable still has of it under way is ended. Repeating it finishes
    what a crash has interrupted.
    """
    run = find_run(run_id, caller, services).run
    ended = end_run(run.run_id, services, orchestrations, problem_code=ENDED_BY_OPS)
    current = services.runs.read(run.run_id) or run
    is_ours = ended is not None and current.problem_code == ENDED_BY_OPS
    if ended is None:
        keys = [item.resource for item in services.runs.read_resources(run.run_id)]
        terminate_run(orchestrations, run.run_id, keys)
    elif is_ours:
        _note_ended(current, caller, services)
    return {
        "runId": current.run_id,
        "tenantId": current.tenant_id,
        "state": current.state,
        "terminated": is_ours,
        "statusUrl": f"/api/ops/runs/{current.run_id}",
    }


def purge(run_id: str, caller: Caller, services: Services, orchestrations: Orchestrations) -> dict[str, Any]:
    """Forgets the histories of a run that has ended; raises RequestError `sync_running` while anything goes on.

    The run itself, its certificates and the inventory stay.
    """
    run = find_run(run_id, caller, services).run
    own, children = orchestrations.find(run.run_id), list_children(run.run_id, orchestrations)
    has_ended = (own is None or own.is_ended) and all(child.is_ended for child in children)
    if run.state in ACTIVE_RUN_STATES or not has_ended:
        raise RequestError("sync_running", "An orchestration of this run has not ended.")
    ids = [*(child.instance_id for child in children), run.run_id]
    purged = sum(orchestrations.purge(instance_id) for instance_id in ids)
    if purged:
        services.audit_by(caller, "history_purged", run.tenant_id, run.msp_id, runId=run.run_id, instances=purged)
    return {"runId": run.run_id, "purged": purged}


def retry_resource(
    run_id: str, resource: str, caller: Caller, services: Services, orchestrations: Orchestrations
) -> dict[str, Any]:
    """Syncs one resource of the run's tenant again, in a run of its own; the rest as `resyncing.retry`."""
    run = find_run(run_id, caller, services).run
    return retry(run.tenant_id, resource, caller, services, orchestrations)


def _note_ended(run: Run, caller: Caller, services: Services) -> None:
    connection = services.connections.read(run.msp_id, run.connection_id)
    if connection and connection.run_id == run.run_id:
        note_cancelled(connection, services)
    once = (f"{run.run_id}-terminated", run.finished_at)
    services.audit_by(caller, "sync_terminated", run.tenant_id, run.msp_id, once=once, runId=run.run_id)
