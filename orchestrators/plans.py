"""The plans: how a tenant is onboarded, watched and let go, and what goes on in slices beside that.

Nothing here may look at a clock, an environment, the registry or the network: every run of a plan over the same
history must ask for the same things in the same order.
"""

from typing import Any

from tenantsync.wire import (
    ADMIT_RUN,
    CHECK_CONSENT,
    CHECK_GRANT,
    CONNECT_ITEMS,
    FINISH_RUN,
    LIST_TENANTS,
    PLAN_SYNC,
    REMOVE_INVENTORY,
    SYNC_COMPANY_SLICE,
    SYNC_RESOURCE,
    VERIFY_CONSENT,
    resource_instance_id,
)

from orchestrators import policy
from orchestrators.context import Context, Plan, attempt, wait


def onboard_tenant(context: Context) -> Plan:
    """Input `{"runId", "tenantId", "again", "plan"}`: verify consent, plan, wait for a place, sync, finish.

    `again` is there when an earlier orchestration has ended before its run, and keeps the children's ids apart; `plan`
    is there when an earlier generation has made it and the run still waits.
    """
    job = context.get_input()
    run_id = job["runId"]
    plan = job.get("plan") or (yield from _prepare(context, run_id))
    is_limited = "lanes" in plan  # plans of earlier releases had neither lanes nor places
    place: dict[str, Any] = (yield from _admit(context, run_id)) if is_limited else {"state": "admitted"}
    problem = plan.get("problem") or place.get("problem")
    if problem:
        return (yield from _finish(context, run_id, problem))
    if place["state"] == "waiting":
        context.continue_as_new({**job, "plan": plan})
        return None
    lanes = plan["lanes"] if is_limited else [[key] for key in plan["resources"]]
    yield from _sync(context, run_id, lanes, plan)
    return (yield from _finish_syncing(context, run_id, plan, at_once=len(lanes)))


def disconnect_tenant(context: Context) -> Plan:
    """Input `{"mspId", "tenantId", "connectionId", "settleSeconds"}`: removes the inventory, then lets the tenant go.

    A sync that was cancelled may still be storing its last page, so that one is waited for first.
    """
    job = context.get_input()
    if job.get("settleSeconds"):
        yield from wait(context, job["settleSeconds"])
    if (yield from _remove(context, job)):
        return {"ok": True}
    context.continue_as_new({**job, "settleSeconds": 0})
    return None


def _remove(context: Context, job: dict[str, Any]) -> Plan:
    """Whether the inventory is gone, after one generation's steps."""
    for _ in range(policy.SLICES_A_GENERATION):
        outcome = yield from attempt(context.call_activity(REMOVE_INVENTORY, job))
        if outcome.get("ended"):
            return True
        if not outcome["ok"]:
            yield from wait(context, policy.LOST_SLICE_DELAY_SECONDS)
    return False


def watch_consents(context: Context) -> Plan:
    """Input `{"cursor"}`: looks at a few tenants at once, then goes on with the next few in a new generation."""
    cursor = context.get_input()["cursor"]
    page = yield from _persist(context, LIST_TENANTS, {"cursor": cursor})
    if not page["ok"]:
        return {"ok": False}
    if page["tenants"]:
        yield from attempt(context.task_all([context.call_activity(CHECK_CONSENT, job) for job in page["tenants"]]))
    for job in page.get("leaving", ()):
        yield from _remove(context, job)
    if page["cursor"]:
        context.continue_as_new({"cursor": page["cursor"]})
        return None
    return {"ok": True}


def verify_grant(context: Context) -> Plan:
    """Input `{"grantId", "mspId", "tenantId"}`: looks until Microsoft shows it, or the activity gives up.

    While no activity answers at all, nothing is decided.
    """
    job = context.get_input()
    for number in range(policy.VERIFY_TRIES):
        outcome = yield from attempt(context.call_activity(CHECK_GRANT, {**job, "attempt": number}))
        if outcome.get("ended") or outcome.get("action") == "stop":
            return {"ok": outcome["ok"]}
        yield from wait(context, outcome.get("delaySeconds", policy.LOST_SLICE_DELAY_SECONDS))
    yield from wait(context, policy.LONG_PAUSE_SECONDS)
    context.continue_as_new(job)
    return None


def sync_companies(context: Context) -> Plan:
    """Input `{"mspId", "provider", "number"}`: slices until the sync of a PSA's companies has ended.

    When too many slices are lost it gives up; a timer begins it again, and the checkpoint holds all that counts.
    """
    job = context.get_input()
    lost = job.get("lost", 0)
    for _ in range(policy.SLICES_A_GENERATION):
        asked = {name: job[name] for name in ("mspId", "provider", "number")}
        outcome = yield from attempt(context.call_activity(SYNC_COMPANY_SLICE, asked))
        lost = 0 if outcome["ok"] else lost + 1
        if outcome.get("ended") or lost >= policy.LOST_SLICES or outcome.get("action") == "stop":
            return {"ok": outcome["ok"]}
        delay = outcome.get("delaySeconds", 0) if outcome["ok"] else policy.LOST_SLICE_DELAY_SECONDS
        if delay:
            yield from wait(context, delay)
    context.continue_as_new({**job, "lost": lost})
    return None


def connect_batch(context: Context) -> Plan:
    """Input `{"mspId", "batchId"}`: connects a list of tenants, some at a time; each item's outcome is in the store.

    While no activity answers at all, nothing is given up.
    """
    job, lost = context.get_input(), 0
    for _ in range(policy.SLICES_A_GENERATION):
        outcome = yield from attempt(context.call_activity(CONNECT_ITEMS, job))
        if outcome.get("ended"):
            return {"ok": True}
        lost = 0 if outcome["ok"] else lost + 1
        if lost == policy.LOST_SLICES:
            yield from wait(context, policy.LONG_PAUSE_SECONDS)
            break
        delay = outcome.get("delaySeconds", 0) if outcome["ok"] else policy.LOST_SLICE_DELAY_SECONDS
        if delay:
            yield from wait(context, delay)
    context.continue_as_new(job)
    return None


def _prepare(context: Context, run_id: str) -> Plan:
    """What plan_sync has answered, or the `problem` why there is nothing to sync."""
    context.set_custom_status({"phase": "verifying"})
    problem = yield from _verify(context, run_id)
    if problem:
        return {"problem": problem}
    plan = yield from _persist(context, PLAN_SYNC, {"runId": run_id})
    if not plan["ok"]:
        return {"problem": {"code": plan["code"]}}
    context.set_custom_status({"phase": "syncing", "resources": plan["resources"]})
    return plan


def _verify(context: Context, run_id: str) -> Plan:
    """None when consent is proven, else the problem."""
    for number in range(policy.VERIFY_TRIES):
        job = {"runId": run_id, "attempt": number}
        outcome = yield from attempt(context.call_activity(VERIFY_CONSENT, job))
        if outcome.get("state") == "verified":
            return None
        if outcome.get("state") in ("failed", "cancelled"):
            return outcome.get("problem", {"code": "cancelled"})
        if outcome.get("action") == "stop":
            return {"code": outcome["code"]}
        yield from wait(context, outcome.get("delaySeconds", policy.LOST_SLICE_DELAY_SECONDS))
    return {"code": "consent_not_found"}


def _admit(context: Context, run_id: str) -> Plan:
    """`state` is `admitted`, or `waiting` after one generation's looks; `problem` when nobody can say."""
    for _ in range(policy.LOOKS_A_GENERATION):
        outcome = yield from attempt(context.call_activity(ADMIT_RUN, {"runId": run_id}))
        if outcome.get("state") == "admitted":
            return outcome
        if outcome.get("action") == "stop":
            return {"problem": {"code": outcome["code"]}}
        yield from wait(context, outcome.get("delaySeconds", policy.LOST_SLICE_DELAY_SECONDS))
    return {"state": "waiting"}


def _sync(
    context: Context, run_id: str, lanes: list[list[str]], plan: dict[str, Any], *, round_number: int = 0
) -> Plan:
    """One sub-orchestration a lane, known by its first resource.

    They return envelopes, so one that fails never takes the others down.
    """
    again = context.get_input().get("again", "")
    suffix = "".join(f"-{part}" for part in (again, round_number) if part)
    ids = {first: resource_instance_id(run_id, first) + suffix for first, *_ in lanes}
    context.set_custom_status({"phase": "syncing", "children": list(ids.values())})  # the watchdog looks at them
    turns: dict[str, Any] = {"begun": {}} if plan.get("turns") else {}
    children = [
        context.call_sub_orchestrator(
            SYNC_RESOURCE,
            {"runId": run_id, "resource": first, **({"then": rest, **turns} if rest else {})},
            ids[first],
        )
        for first, *rest in lanes
    ]
    if children:
        yield from attempt(context.task_all(children))


def _finish_syncing(context: Context, run_id: str, plan: dict[str, Any], *, at_once: int) -> Plan:
    """Finishes; resources whose checkpoint says that they have not ended are synced on first.

    That happens when the store came back older than the history, or a resource was given up on too early.
    """
    for number in range(1, policy.FINISH_TRIES):
        finished = yield from _persist(context, FINISH_RUN, {"runId": run_id})
        if finished["ok"] and not finished["unfinished"]:
            return finished
        if finished["ok"]:
            left = finished["unfinished"]
            lanes = [left[first::at_once] for first in range(min(at_once, len(left)))]
            yield from _sync(context, run_id, lanes, plan, round_number=number)
    return (yield from _persist(context, FINISH_RUN, {"runId": run_id, "force": True}))


def _finish(context: Context, run_id: str, problem: dict[str, str]) -> Plan:
    return (yield from _persist(context, FINISH_RUN, {"runId": run_id, "problem": problem}))


def _persist(context: Context, activity: str, job: dict[str, Any]) -> Plan:
    """An activity that should not fail, tried again for a while if it does."""
    outcome: dict[str, Any] = {"ok": False, "code": "internal_error"}
    for number in range(policy.FINISH_TRIES):
        outcome = yield from attempt(context.call_activity(activity, job))
        if outcome["ok"] or outcome.get("action") == "stop":
            return outcome
        if number + 1 < policy.FINISH_TRIES:
            yield from wait(context, policy.FINISH_DELAY_SECONDS)
    return outcome
