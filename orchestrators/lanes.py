"""The plan of a lane: one resource after the other, slice by slice; one that waits lets the others go on."""

from datetime import datetime, timedelta
from typing import Any

from tenantsync.wire import SYNC_SLICE

from orchestrators import policy
from orchestrators.context import Context, Plan, attempt, wait


def sync_resource(context: Context) -> Plan:
    """Input `{"runId", "resource", "then", "begun"}`: slices until the resource and all others of its lane have ended.

    `then` are the ones that have not begun; `begun` those that have, with the moment until which each of them waits.
    A resource's checkpoint holds all that counts.
    """
    job = context.get_input()
    lost = job.get("lost", 0)
    for _ in range(policy.SLICES_A_GENERATION):
        asked = {"runId": job["runId"], "resource": job["resource"]}
        outcome = yield from attempt(context.call_activity(SYNC_SLICE, asked))
        lost = 0 if outcome["ok"] else lost + 1
        if outcome.get("ended") or lost >= policy.LOST_SLICES or outcome.get("action") == "stop":
            return (yield from _go_on_with_next(context, job, is_ok=outcome["ok"]))
        delay = outcome.get("delaySeconds", 0) if outcome["ok"] else policy.LOST_SLICE_DELAY_SECONDS
        if "begun" in job and outcome["ok"]:  # in plans of earlier releases a resource keeps its lane
            if (yield from _take_turns(context, job, delay, is_rest=outcome.get("reason") == "rest")):
                return None
        elif delay:
            yield from wait(context, delay)
    context.continue_as_new({**job, "lost": lost})
    return None


def _go_on_with_next(context: Context, job: dict[str, Any], *, is_ok: bool) -> Plan:
    """The end of a resource; of its lane only when none is left in it."""
    then, begun = job.get("then", []), job.get("begun", {})
    if not then and not begun:
        return {"resource": job["resource"], "ok": is_ok}
    following = (yield from _choose(context, begun, then)) if "begun" in job else then[0]
    _hand_on(context, job, following, begun)
    return None


def _take_turns(context: Context, job: dict[str, Any], delay: float, *, is_rest: bool) -> Plan:
    """Whether another of the lane goes on instead, while this one waits or has had its slice."""
    if delay and (is_rest or delay < policy.TURN_SECONDS):  # a rest is for other tenants
        yield from wait(context, delay)
        delay = 0
    until = context.current_utc_datetime + timedelta(seconds=delay)
    begun = {**job["begun"], job["resource"]: until.isoformat()}
    following = yield from _choose(context, begun, job.get("then", []))
    if following == job["resource"]:
        return False
    _hand_on(context, job, following, begun)
    return True


def _choose(context: Context, begun: dict[str, str], then: list[str]) -> Plan:
    """Of the begun the one that waits no more, then one that has not begun, at last the one that waits least."""
    untils = {key: datetime.fromisoformat(until) for key, until in begun.items()}
    ready = next((key for key, until in untils.items() if until <= context.current_utc_datetime), None)
    if ready or then:
        return ready or then[0]
    key = min(untils, key=lambda key: untils[key])
    yield context.create_timer(untils[key])
    return key


def _hand_on(context: Context, job: dict[str, Any], following: str, begun: dict[str, str]) -> None:
    """The lane goes on with another of its resources, in a generation of its own."""
    then = [key for key in job.get("then", []) if key != following]
    left = {"begun": {key: until for key, until in begun.items() if key != following}} if "begun" in job else {}
    context.continue_as_new({"runId": job["runId"], "resource": following, "then": then, **left})
