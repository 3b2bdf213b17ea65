"""Moves one resource on by one slice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tenantsync.clock import parse_rfc3339
from tenantsync.engine import sync_slice as run_slice
from tenantsync.errors import ContractError
from tenantsync.resources.registry import find_resource
from tenantsync.resources.spec import Reading
from tenantsync.runs.admission import rest_seconds
from tenantsync.services import Services
from tenantsync.slices.work import SliceTools
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run, RunState

PROPAGATION_WINDOW: Final = timedelta(minutes=10)
"""So long after the callback a refusal may still mean that consent is on its way."""


def sync_slice(run_id: str, resource: str, services: Services) -> dict[str, Any]:
    """`{"ended": bool, "delaySeconds": number}`: whether, and after which wait, the next slice is due.

    For people who read histories, `pages` says how many were stored, and `reason` what the wait is for.
    """
    run, spec = services.runs.read(run_id), find_resource(resource)
    stored = services.runs.read_resource(run_id, resource)
    if run is None or spec is None or stored is None:
        raise ContractError("unexpected_answer", "there is no such run or resource")
    if run.state not in ACTIVE_RUN_STATES:  # cancelled meanwhile
        return {"ended": True, "delaySeconds": 0}
    tools = SliceTools(
        reading=Reading(services.graph_for(run.tenant_id), services.scratch_for(run_id, resource)),
        inventory=services.inventory,
        runs=services.runs,
        clock=services.clock,
        deltas=services.deltas,
        fingerprints=services.fingerprints,
        gate=services.gate,
        budget=services.slice_budget,
        in_propagation_window=_is_fresh(run, services),
    )
    began = services.clock.now()
    outcome = run_slice(spec, stored, tools)
    if not (outcome.is_ended or outcome.delay_seconds):
        rest = rest_seconds(run_id, services.clock.now() - began, services)
        outcome = replace(outcome, delay_seconds=rest, reason="rest" if rest else "")
    current = services.runs.read(run_id)
    if current and current.state == RunState.CANCELLED:  # while this slice was noting something down
        services.scratch_for(run_id, resource).clear()
    return outcome.to_json()


def _is_fresh(run: Run, services: Services) -> bool:
    return services.clock.now() - parse_rfc3339(run.started_at) < PROPAGATION_WINDOW
