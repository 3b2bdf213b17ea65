"""Closes a run: what it came to, in one word, and the summary; then tells those who want to know."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from activities.consent_record import tell_lost
from tenantsync import logs, metrics
from tenantsync.clock import age_seconds, to_rfc3339
from tenantsync.errors import ConflictError, ContractError
from tenantsync.notifications import Event
from tenantsync.runs.admission import release
from tenantsync.runs.outcome import problem_of, state_after, verdict_of
from tenantsync.runs.summary import build_summary
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.progress import ENDED_RESOURCE_STATES, ResourceProgress, ResourceState
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run, RunState
from tenantsync.store.tenants import ConsentState, TenantState
from tenantsync.tenant_state import SETTLED
from tenantsync.ticket_texts import outcome
from tenantsync.tickets import Step, tell_ticket_of

_MOST_DOMAINS: Final = 100


def finish_run(
    run_id: str, services: Services, *, problem: Mapping[str, str] | None = None, force: bool = False
) -> dict[str, Any]:
    """Ends the run as failed with `problem`, else by its resources.

    Gives `{"unfinished": [keys]}` and changes nothing when resources have not ended, unless `force` gives those up.
    A run whose store came back older than its plan is left under way: it is found, and begun again from the start.
    """
    run = services.runs.read(run_id)
    if run is None:
        raise ContractError("unexpected_answer", "there is no such run")
    if run.state not in ACTIVE_RUN_STATES:
        return _tell(run, services)
    if problem:
        return _close(run, RunState.FAILED, services, problem=problem)
    resources = services.runs.read_resources(run_id)
    if _is_older_than_its_plan(run, resources):
        logs.event("plan_forgotten", run_id=run_id, outcome=run.state)
        return {"unfinished": []}
    unfinished = [item.resource for item in resources if item.state not in ENDED_RESOURCE_STATES]
    if unfinished and not force:
        return {"unfinished": unfinished}
    for key in unfinished:
        _give_up(run_id, key, services)
    resources = services.runs.read_resources(run_id)
    return _close(run, verdict_of(resources), services, resources=resources)


def _is_older_than_its_plan(run: Run, resources: Sequence[ResourceProgress]) -> bool:
    """Whether the proof of consent, or some of the resources, are forgotten: the numbers would be of a part only."""
    return run.state == RunState.VERIFYING or not any(item.position == 0 for item in resources)


def _give_up(run_id: str, resource: str, services: Services) -> None:
    stored = services.runs.read_resource(run_id, resource)
    if stored is None or stored.progress.is_ended:
        return
    failed = replace(stored.progress, state=ResourceState.FAILED, reached=1.0, problem_code="internal_error")
    try:
        services.runs.checkpoint(failed, stored.etag)
    except ConflictError:  # a worker that was thought dead has just moved on: it will end the resource itself
        logs.event("resource_alive", run_id=run_id, resource=resource)
        return
    services.scratch_for(run_id, resource).clear()


def _close(
    run: Run,
    state: RunState,
    services: Services,
    *,
    resources: Sequence[ResourceProgress] = (),
    problem: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    now, told = to_rfc3339(services.clock.now()), problem or {}
    closed = services.runs.change(
        run.run_id,
        state=state,
        updated_at=now,
        finished_at=now,
        waiting_reason="",
        waiting_until="",
        problem_code=told.get("code", ""),
        problem_message=told.get("message", ""),
        problem_microsoft_code=told.get("microsoftCode", ""),
        summary=orjson.dumps(build_summary(resources)).decode() if resources else "",
    )
    if closed and (closed.state, closed.finished_at) == (state, now):  # else it was cancelled, or finished, meanwhile
        logs.event("run_finished", run_id=run.run_id, outcome=state)
        metrics.RUN_DURATION.note(age_seconds(run.started_at, services.clock.now()), kind=run.kind, outcome=state)
    return _tell(closed or run, services)


def _tell(run: Run, services: Services) -> dict[str, Any]:
    """Notes the outcome where lists, auditors and webhooks find it; the same once more after a crash."""
    release(run, services)
    resources = services.runs.read_resources(run.run_id)
    tenant = services.tenants.read(run.msp_id, run.tenant_id)
    if tenant and tenant.connection_id == run.connection_id and run.state != RunState.CANCELLED:
        state = state_after(run)
        lost = state == TenantState.REVOKED
        consent: dict[str, Any] = {"consent": ConsentState.REVOKED.value} if lost else {}
        # one resource does not stand for the tenant
        synced: dict[str, Any] = {} if run.only else {"synced_at": run.finished_at}
        if state in SETTLED and not run.only:
            synced["verified_domains"] = _read_domains(run, services) or tenant.verified_domains
        why = problem_of(run, resources)
        noted = services.note_state(run.msp_id, run.tenant_id, state, **consent, **synced, **why)
        event = Event.CONSENT_LOST if lost else Event.FAILED if run.state == RunState.FAILED else Event.READY
        if noted and lost and tenant.consent != ConsentState.REVOKED:
            tell_lost(run.tenant_id)
        if noted:
            services.notifier.announce(event, noted, run.run_id, run.finished_at)
    _tell_ticket(run, resources, services)
    services.audit.record(
        "sync_finished",
        msp_id=run.msp_id,
        tenant_id=run.tenant_id,
        actor=SYSTEM,
        once=(f"{run.run_id}-finished", run.finished_at),
        detail={"runId": run.run_id, "state": run.state, "problem": run.problem_code},
    )
    return {"state": run.state, "unfinished": []}


def _tell_ticket(run: Run, resources: Sequence[ResourceProgress], services: Services) -> None:
    """Closed only when nothing is left to do."""
    summary = orjson.loads(run.summary) if run.summary else {}
    text = outcome(run, summary, resources)
    tell_ticket_of(run, Step.OUTCOME, text, services, closes=run.state == RunState.COMPLETED)


def _read_domains(run: Run, services: Services) -> str:
    """The tenant's verified domains; empty when its organization was not read."""
    found = services.inventory.read_page(run.tenant_id, "organization", 1, None).items
    names = [item["name"].lower() for organization in found for item in organization.get("verifiedDomains") or ()]
    return " ".join(names[:_MOST_DOMAINS])
