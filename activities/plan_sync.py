"""Decides what a run syncs. The orchestration remembers the answer, so a later release cannot change a running plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import ContractError
from tenantsync.resources.registry import RESOURCES
from tenantsync.resources.spec import ResourceSpec
from tenantsync.services import Services
from tenantsync.store.runs import Mode, ResourceProgress, ResourceState, Run

_LINKS_LIVE: Final = timedelta(days=6)
"""Microsoft keeps them for seven."""
_AT_ONCE: Final = 3
"""Resources of one run: a large tenant then leaves most of a worker's activities to the others."""


def plan_sync(run_id: str, services: Services) -> dict[str, Any]:
    """`{"resources": [keys to sync], "lanes": [[keys one after the other]]}`; the lanes go at once.

    A resource without its permission is stored as skipped, with who must grant it.
    """
    run = services.runs.read(run_id)
    if run is None:
        raise ContractError("unexpected_answer", "there is no such run")
    roles = services.graph_for(run.tenant_id).roles()
    plan = [_plan(spec, run, position, roles, services) for position, spec in enumerate(RESOURCES)]
    services.runs.plan(plan)
    wanted = [item for item in plan if not item.is_ended]
    return {"resources": [item.resource for item in wanted], "lanes": _lanes(wanted)}


def _lanes(wanted: Sequence[ResourceProgress]) -> list[list[str]]:
    """The longest first, each to the lane that has least to do."""
    lanes: list[list[ResourceProgress]] = [[] for _ in wanted[:_AT_ONCE]]
    for item in sorted(wanted, key=lambda item: -item.weight):
        min(lanes, key=lambda lane: sum(other.weight for other in lane)).append(item)
    return [[item.resource for item in lane] for lane in lanes]


def _plan(spec: ResourceSpec, run: Run, position: int, roles: frozenset[str], services: Services) -> ResourceProgress:
    now = services.clock.now()
    progress = ResourceProgress(
        run_id=run.run_id, resource=spec.key, position=position, weight=spec.weight, updated_at=to_rfc3339(now)
    )
    if roles.isdisjoint(spec.permissions):
        return replace(
            progress,
            state=ResourceState.SKIPPED,
            reached=1.0,
            problem_code="permission_missing",
            problem_message=f"{spec.title} needs {spec.permissions[0]}.",
        )
    point = services.deltas.read(run.tenant_id, spec.key) if spec.changes and run.kind == "delta" else None
    if point is None or now - parse_rfc3339(point.taken_at) > _LINKS_LIVE:
        return progress
    return replace(progress, mode=Mode.DELTA, cursor=point.link, stored=point.stored, tally=point.tally)
