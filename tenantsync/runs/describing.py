"""Resources and runs as the API shows them, from their checkpoints alone."""

from collections.abc import Sequence
from typing import Any

import orjson

from tenantsync.clock import parse_rfc3339
from tenantsync.problems import find_problem
from tenantsync.store.progress import Mode, ResourceProgress, ResourceState
from tenantsync.store.runs import Run, WaitReason


def describe_resource(item: ResourceProgress) -> dict[str, Any]:
    """One resource of a sync-status."""
    is_planned = item.planned_seconds is not None
    return {
        "state": item.state,
        "mode": item.mode,
        "processed": _processed(item),
        "expected": item.expected,
        "pages": item.pages,
        "startedAt": item.started_at or None,
        "updatedAt": item.updated_at or None,
        "throttledSeconds": item.throttled_seconds,
        "workedSeconds": round(item.read_worked(), 3),
        "retries": item.retries,
        "waiting": {"reason": item.waiting_reason, "until": item.waiting_until} if item.waiting_reason else None,
        "plan": {"objects": item.planned, "seconds": item.planned_seconds} if is_planned else None,
        "carriedFrom": item.carried_from or None,
        "certificate": describe_certificate(item),
        "usage": _usage(item),
        "problem": describe_problem(item.problem_code, item.problem_message, ""),
    }


def describe_certificate(item: ResourceProgress) -> dict[str, Any]:
    """What the resource's numbers prove, and why: the evidence when complete, the problem's code when not."""
    return {
        "expectedAtStart": item.expected_at_start,
        "expected": item.expected,
        "received": item.received,
        "stored": item.stored,
        "duplicates": item.duplicates,
        "unchanged": item.kept,
        "gone": item.gone,
        "goneReasons": orjson.loads(item.gone_reasons) if item.gone_reasons else {},
        "pages": item.pages,
        "throttledSeconds": item.throttled_seconds,
        "asOf": item.as_of or None,
        "verdict": item.verdict,
        "reason": item.verdict_reason or item.problem_code or None,
    }


def describe_problem(code: str, message: str, microsoft_code: str) -> dict[str, Any] | None:
    """The problem as people read it, None without one."""
    return find_problem(code, message, microsoft_code).to_json() if code else None


def describe_waiting(run: Run, resources: Sequence[ResourceProgress]) -> dict[str, str] | None:
    """What a run under way waits for, as a whole or the longest of its resources; None when it works."""
    if run.waiting_reason:
        return {"reason": run.waiting_reason, "until": run.waiting_until}
    waiting = [item for item in resources if item.state == ResourceState.WAITING]
    if not waiting:
        return None
    last = max(waiting, key=lambda item: item.waiting_until)
    return {"reason": last.waiting_reason, "until": last.waiting_until}


def throttled_seconds(resources: Sequence[ResourceProgress]) -> int:
    """How long Microsoft has kept the run waiting: of waits at the same time the time counts once.

    Checkpoints know their newest hundred waits: beyond those it is at least what the resource kept longest has waited.
    """
    own = [item for item in resources if not item.carried_from]
    waits = [wait for item in own for wait in item.read_waits() if wait.reason == WaitReason.THROTTLED]
    seconds, covered = 0.0, ""
    for wait in sorted(waits):
        begun = max(wait.at, covered)  # all are written alike, so that they sort by time
        if wait.until > begun:
            seconds += (parse_rfc3339(wait.until) - parse_rfc3339(begun)).total_seconds()
            covered = wait.until
    return max([round(seconds), *(item.throttled_seconds for item in own)])


def describe_stall(run: Run, moved_at: str) -> dict[str, Any] | None:
    """What the watchdog has found, as long as nothing has moved since."""
    if not run.stalls or moved_at > run.stalled_at:
        return None
    return {"reason": run.stall_reason, "since": run.stalled_since, "times": run.stalls}


def updated_at(run: Run, resources: Sequence[ResourceProgress]) -> str:
    """When anything of the run was last stored."""
    return max(run.updated_at, *(item.updated_at for item in resources), "")


def percent_of(resources: Sequence[ResourceProgress]) -> int:
    """0 to 100 by the resources' weights; 100 only when every one has ended, and never less than before."""
    if not resources:
        return 0
    whole = sum(item.weight for item in resources)
    share = sum(item.weight * item.reached for item in resources) / whole
    return 100 if all(item.is_ended for item in resources) else min(99, int(share * 100))


def _usage(item: ResourceProgress) -> dict[str, Any]:
    """What asking Microsoft has cost, and how near its limits were."""
    is_refused = bool(item.throttle_scope or item.throttle_information)
    refusal = {"scope": item.throttle_scope or None, "information": item.throttle_information or None}
    return {
        "requests": item.requests,
        "resourceUnits": item.resource_units,
        "shareOfLimit": item.share_of_limit or None,
        "throttled": refusal if is_refused else None,
    }


def _processed(item: ResourceProgress) -> int:
    """Objects that are up to date: of a delta all that are stored, once it has ended."""
    if item.mode == Mode.DELTA:
        return item.stored if item.is_ended else 0
    return item.received - item.duplicates if item.is_ended else item.received
