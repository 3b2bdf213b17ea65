"""The plan of a lane: one resource after the other, slice by slice; one that waits lets the others go on."""

from datetime import datetime, timedelta
from typing import Any

from tenantsync.wire import SYNC_SLICE

from orchestrators import policy
from orchestrators.context import Context, Plan, attempt, wait

Waits = dict[str, dict[str, str]]
"""`{"until", "reason"}` by resource."""


def sync_resource(context: Context) -> Plan:
    """Input `{"runId", "resource", "then", "begun", "until", "reason"}`: slices until all of a lane have ended.

    `then` are the resources that have not begun; `begun` those that have, with `{"until", "reason"}` of their waits;
    `until` and `reason` are what is left of the resource's own. A resource's checkpoint holds all that counts.
    """
    job = dict(context.get_input())
    job.pop("reason", "")  # for people who read histories
    if until := job.pop("until", ""):
        yield context.create_timer(datetime.fromisoformat(until))
    lost = job.get("lost", 0)
    for _ in range(policy.SLICES_A_GENERATION):
        asked = {"runId": job["runId"], "resource": job["resource"]}
        outcome = yield from attempt(context.call_activity(SYNC_SLICE, asked))
        lost = 0 if outcome["ok"] else lost + 1
        if outcome.get("ended") or lost >= policy.LOST_SLICES or outcome.get("action") == "stop":
            return _go_on_with_next(context, job, is_ok=outcome["ok"])
        delay = outcome.get("delaySeconds", 0) if outcome["ok"] else policy.LOST_SLICE_DELAY_SECONDS
        if "begun" in job and outcome["ok"]:  # in plans of earlier releases, and after a lost slice, it keeps the lane
            if (yield from _take_turns(context, job, delay, outcome.get("reason", ""))):
                return None
        elif delay:
            yield from wait(context, delay)
    context.continue_as_new({**job, "lost": lost})
    return None


def _go_on_with_next(context: Context, job: dict[str, Any], *, is_ok: bool) -> dict[str, Any] | None:
    """The end of a resource; of its lane only when none is left in it."""
    then, begun = job.get("then", []), job.get("begun", {})
    if not then and not begun:
        return {"resource": job["resource"], "ok": is_ok}
    _hand_on(context, job, _choose(context, begun, then), begun)
    return None


def _take_turns(context: Context, job: dict[str, Any], delay: float, reason: str) -> Plan:
    """Whether another of the lane goes on instead, while this one waits or has had its slice."""
    if delay and (reason == "rest" or delay < policy.TURN_SECONDS):  # a rest is for other tenants
        yield from wait(context, delay)
        delay = 0
    until = context.current_utc_datetime + timedelta(seconds=delay)
    begun = {**job["begun"], job["resource"]: {"until": until.isoformat(), "reason": reason}}
    following = _choose(context, begun, job.get("then", []))
    if following != job["resource"]:
        _hand_on(context, job, following, begun)
        return True
    if delay:
        yield from wait(context, delay)
    return False


def _choose(context: Context, begun: Waits, then: list[str]) -> str:
    """Of the begun the first that waits no more, then one that has not begun, at last the one that waits least."""
    first = min(begun, key=lambda key: (_end_of(begun[key]), key), default="")
    is_ready = bool(first) and _end_of(begun[first]) <= context.current_utc_datetime
    return first if is_ready or not then else then[0]


def _end_of(wait: dict[str, str]) -> datetime:
    return datetime.fromisoformat(wait["until"])


def _hand_on(context: Context, job: dict[str, Any], following: str, begun: Waits) -> None:
    """The lane goes on with another of its resources, in a generation that first sits out what is left to wait."""
    kept: dict[str, Any] = {"then": [key for key in job.get("then", []) if key != following]}
    if "begun" in job:
        kept["begun"] = {key: wait for key, wait in begun.items() if key != following}
    if following in begun and _end_of(begun[following]) > context.current_utc_datetime:
        kept |= begun[following]
    context.continue_as_new({"runId": job["runId"], "resource": following, **kept})
