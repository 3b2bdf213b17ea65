"""Decides what a run syncs. The orchestration remembers the answer, so a later release cannot change a running plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import ContractError
from tenantsync.resources.registry import RESOURCES
from tenantsync.resources.spec import ResourceSpec
from tenantsync.runs.foresight import ask_counts, foresee, is_proven
from tenantsync.runs.wishes import ResourceWish, read_wishes
from tenantsync.services import Services
from tenantsync.store.deltas import DeltaPoint
from tenantsync.store.progress import Mode, ResourceProgress, ResourceState
from tenantsync.store.runs import Run
from tenantsync.ticket_texts import sync_began
from tenantsync.tickets import Step, tell_ticket_of

_LINKS_LIVE: Final = timedelta(days=6)
"""Microsoft keeps them for seven."""
_AT_ONCE: Final = 3
"""Resources of one run: a large tenant then leaves most of a worker's activities to the others."""


def plan_sync(run_id: str, services: Services) -> dict[str, Any]:
    """`{"resources": [keys to sync], "lanes": [[keys]], "turns": True}`; the lanes go at once.

    `turns` says that a resource which waits lets the others of its lane go on.
    What is left out is stored, too, with the reason and whose move it is.
    """
    run = services.runs.read(run_id)
    if run is None:
        raise ContractError("unexpected_answer", "there is no such run")
    planner = _Planner(
        run=run,
        roles=services.graph_for(run.tenant_id).roles(),
        earlier={item.resource: item for item in services.runs.read_earlier(run)},
        wishes=read_wishes(services.tenants.read(run.msp_id, run.tenant_id)),
        now=services.clock.now(),
    )
    plan = [planner.plan(spec, position, _point(spec, run, services)) for position, spec in enumerate(RESOURCES)]
    services.runs.plan(_with_foresight(plan, planner, services))
    tell_ticket_of(run, Step.SYNC_BEGAN, sync_began(plan), services)
    wanted = [item for item in plan if not item.is_ended]
    return {"resources": [item.resource for item in wanted], "lanes": _lanes(wanted), "turns": True}


def _lanes(wanted: Sequence[ResourceProgress]) -> list[list[str]]:
    """The longest first, each to the lane that has least to do."""
    lanes: list[list[ResourceProgress]] = [[] for _ in wanted[:_AT_ONCE]]
    for item in sorted(wanted, key=lambda item: -item.weight):
        min(lanes, key=lambda lane: sum(other.weight for other in lane)).append(item)
    return [[item.resource for item in lane] for lane in lanes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planner:
    run: Run
    roles: frozenset[str]
    earlier: Mapping[str, ResourceProgress]
    wishes: Mapping[str, ResourceWish]
    now: datetime

    def plan(self, spec: ResourceSpec, position: int, point: DeltaPoint | None) -> ResourceProgress:
        place: dict[str, Any] = {"run_id": self.run.run_id, "position": position, "weight": spec.weight}
        earlier = self.earlier.get(spec.key)
        progress = ResourceProgress(
            resource=spec.key,
            updated_at=to_rfc3339(self.now),
            is_emptiness_known=earlier is not None and earlier.problem_code == "empty_answer",
            **place,
        )
        if not self.wishes.get(spec.key, ResourceWish()).is_on:
            return _skipped(progress, "switched_off", f"{spec.title} is switched off for this tenant.")
        if self.run.only and spec.key not in self.run.only.split() and earlier and earlier.is_ended:
            origin = earlier.carried_from or earlier.run_id
            carried: dict[str, Any] = {"planned": None, "planned_seconds": None, "reached": 1.0}
            return replace(earlier, **place, **carried, carried_from=origin)
        if self.roles.isdisjoint(spec.permissions):
            return _skipped(progress, "permission_missing", f"{spec.title} needs {spec.permissions[0]}.")
        if point is None or self.now - parse_rfc3339(point.taken_at) > _LINKS_LIVE:
            return progress
        return replace(progress, mode=Mode.DELTA, cursor=point.link, stored=point.stored, tally=point.tally)


def _skipped(progress: ResourceProgress, code: str, message: str) -> ResourceProgress:
    state = ResourceState.SKIPPED
    return replace(progress, state=state, reached=1.0, problem_code=code, problem_message=message)


def _point(spec: ResourceSpec, run: Run, services: Services) -> DeltaPoint | None:
    return services.deltas.read(run.tenant_id, spec.key) if spec.changes and run.kind == "delta" else None


def _with_foresight(plan: list[ResourceProgress], planner: _Planner, services: Services) -> list[ResourceProgress]:
    """What is foreseen for the resources that will run; Microsoft is asked where nothing is known yet."""
    known = {key: item for key, item in planner.earlier.items() if is_proven(item)}
    running = {item.resource for item in plan if not item.is_ended}
    wanted = [spec for spec in RESOURCES if spec.key in running and spec.key not in known]
    counts = ask_counts(wanted, services.graph_for(planner.run.tenant_id))
    specs = {spec.key: spec for spec in RESOURCES}

    def foreseen(item: ResourceProgress) -> ResourceProgress:
        found = foresee(specs[item.resource], Mode(item.mode), known, counts)
        return replace(item, planned=found.objects, planned_seconds=found.seconds)

    return [item if item.is_ended else foreseen(item) for item in plan]
