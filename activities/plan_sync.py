"""Decides what a run syncs. The orchestration remembers the answer, so a later release cannot change a running plan."""

from typing import Any

from tenantsync.clock import to_rfc3339
from tenantsync.errors import ContractError
from tenantsync.resources.registry import RESOURCES
from tenantsync.resources.spec import ResourceSpec
from tenantsync.services import Services
from tenantsync.store.runs import ResourceProgress, ResourceState, Run


def plan_sync(run_id: str, services: Services) -> dict[str, Any]:
    """`{"resources": [keys to sync]}`; one without its permission is stored as skipped, with who must grant it."""
    run = services.runs.read(run_id)
    if run is None:
        raise ContractError("unexpected_answer", "there is no such run")
    roles = services.graph_for(run.tenant_id).roles()
    now = to_rfc3339(services.clock.now())
    plan = [_plan(spec, run, position, roles, now) for position, spec in enumerate(RESOURCES)]
    services.runs.plan(plan)
    return {"resources": [item.resource for item in plan if not item.is_ended]}


def _plan(spec: ResourceSpec, run: Run, position: int, roles: frozenset[str], now: str) -> ResourceProgress:
    progress = ResourceProgress(
        run_id=run.run_id, resource=spec.key, position=position, weight=spec.weight, updated_at=now
    )
    if not roles.isdisjoint(spec.permissions):
        return progress
    return ResourceProgress(
        run_id=run.run_id,
        resource=spec.key,
        position=position,
        weight=spec.weight,
        updated_at=now,
        state=ResourceState.SKIPPED,
        reached=1.0,
        problem_code="permission_missing",
        problem_message=f"{spec.title} needs {spec.permissions[0]}.",
    )
