"""Events of a history as sentences in the field's terms."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ops.events import Event
from tenantsync.resources.registry import RESOURCES
from tenantsync.wire import ADMIT_RUN, FINISH_RUN, PLAN_SYNC, SYNC_RESOURCE, SYNC_SLICE, VERIFY_CONSENT

REASONS: Final = {
    "throttled": "because Microsoft throttles",
    "propagation": "until consent has reached Microsoft's services",
    "queued": "for its place among the runs that sync at once",
    "retry": "before it is tried again",
    "conflict": "because another worker was on the same resource",
    "catch_up": "before what changed meanwhile is looked at",
    "rest": "so that smaller tenants get their turn",
}
_ACTIVITIES: Final = {
    VERIFY_CONSENT: "Looking for the consent",
    PLAN_SYNC: "Planning",
    ADMIT_RUN: "Asking for a place",
    SYNC_SLICE: "A slice",
    FINISH_RUN: "Closing the run",
}
_LANE: Final = re.compile("-(" + "|".join(spec.key for spec in RESOURCES) + ")(-|$)")


def describe_events(events: Sequence[Event], job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each event with a sentence; a wait is told with the reason the step before it gave, or the turn before."""
    rows, reason = [], job["reason"]
    for event in events:
        rows.append(_describe(event, _TEXTS.get(event.kind, _plain)(event, job, reason)))
        reason = reason_after(event, reason)
    return rows


def reason_after(event: Event, before: str) -> str:
    """Why a wait that follows this event is made; a wait itself changes nothing."""
    if event.kind == "TaskFailed" or event.result.get("ok") is False:
        return "retry"
    if event.kind != "TaskCompleted":
        return before
    by_activity = {VERIFY_CONSENT: "propagation", ADMIT_RUN: "queued"}
    return str(event.result.get("reason") or by_activity.get(event.name, "retry"))


def _describe(event: Event, text: str) -> dict[str, Any]:
    return {
        "at": event.at or None,
        "scheduledAt": event.scheduled_at or None,
        "seconds": event.seconds,
        "kind": event.kind,
        "name": event.name or None,
        "text": text,
        "isError": event.has_failed,
    }


def _begun(event: Event, job: Mapping[str, Any], _: str) -> str:
    if event.name != SYNC_RESOURCE:
        return "Orchestration of the run begun."
    following = f", then {', '.join(job['then'])}" if job["then"] else ""
    others = f", in turns with {', '.join(job['begun'])}" if job["begun"] else ""
    return f"Sync of {job['resource'] or 'a resource'}{others}{following}."


def _under_way(event: Event, job: Mapping[str, Any], _: str) -> str:
    about = f" of {job['resource']}" if event.name == SYNC_SLICE and job["resource"] else ""
    return f"{_ACTIVITIES.get(event.name, event.name or 'A step')}{about} is under way."


def _lost(event: Event, job: Mapping[str, Any], _: str) -> str:
    about = f" of {job['resource']}" if event.name == SYNC_SLICE and job["resource"] else ""
    return f"{_ACTIVITIES.get(event.name, event.name or 'A step')}{about} was lost: it crashed or took too long."


def _done(event: Event, job: Mapping[str, Any], _: str) -> str:
    if event.result.get("ok") is False:
        code = event.result.get("code", "no code")
        return f"{_ACTIVITIES.get(event.name, event.name)} failed: {code}."
    return _RESULTS.get(event.name, _any_result)(event.result, job)


def _slice(result: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    pages = result.get("pages", 0)
    stored = f" {pages} page{'s' if pages != 1 else ''}," if pages else ""
    following = "has ended" if result.get("ended") else "goes on"
    return f"Slice of {job['resource'] or 'a resource'}:{stored} {following}."


def _verified(result: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    texts = {"verified": "Consent is proven.", "cancelled": "The run was cancelled.", "waiting": "No consent seen yet."}
    code = f": {result['code']}" if "code" in result else ""
    return texts.get(result.get("state", ""), f"Consent could not be proven{code}.")


def _planned(result: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    return f"Planned: {', '.join(result.get('resources', ())) or 'nothing to sync'}."


def _admitted(result: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    return "It has its place." if result.get("state") == "admitted" else "No place is free yet."


def _finished(result: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    if result.get("unfinished"):
        return f"Not ended yet, so synced on: {', '.join(result['unfinished'])}."
    return f"Run closed: {result['state']}." if "state" in result else "Nothing to close."


def _any_result(_result: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    return "A step has ended."


def _waits(event: Event, _: Mapping[str, Any], reason: str) -> str:
    return f"Waits until {event.fires_at or 'a set time'} {REASONS.get(reason, '')}".rstrip() + "."


def _waited(event: Event, _: Mapping[str, Any], reason: str) -> str:
    return f"Waited {event.seconds or 0:.0f} s {REASONS.get(reason, '')}".rstrip() + "."


def _ended(event: Event, _: Mapping[str, Any], _reason: str) -> str:
    return f"Orchestration ended: {event.status or 'ended'}."


def _lane(event: Event, _: Mapping[str, Any], _reason: str) -> str:
    lane = _LANE.search(event.instance_id)
    return f"Lane of {lane[1]} is under way." if lane else "A lane of resources is under way."


def _plain(event: Event, _: Mapping[str, Any], _reason: str) -> str:
    return _PLAIN.get(event.kind, f"{event.kind or 'Unknown event'}.")


_RESULTS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], str]]] = {
    SYNC_SLICE: _slice,
    VERIFY_CONSENT: _verified,
    PLAN_SYNC: _planned,
    ADMIT_RUN: _admitted,
    FINISH_RUN: _finished,
}
_TEXTS: Final[Mapping[str, Callable[[Event, Mapping[str, Any], str], str]]] = {
    "ExecutionStarted": _begun,
    "TaskScheduled": _under_way,
    "TaskCompleted": _done,
    "TaskFailed": _lost,
    "TimerCreated": _waits,
    "TimerFired": _waited,
    "SubOrchestrationInstanceCreated": _lane,
    "ExecutionCompleted": _ended,
}
_PLAIN: Final = {
    "SubOrchestrationInstanceCompleted": "A lane of resources has ended.",
    "SubOrchestrationInstanceFailed": "A lane of resources was ended without a result.",
    "ExecutionTerminated": "Ended from outside.",
    "ExecutionSuspended": "Suspended from outside: it goes on when it is resumed.",
    "ExecutionResumed": "Resumed from outside.",
    "ContinueAsNew": "Goes on in a new generation.",
}
