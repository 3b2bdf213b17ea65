"""When a run and its resources worked and waited, as far as checkpoints and histories tell.

A history knows every step of the present generation; what was before is told by the checkpoint's times and its newest
waits, so that earlier turns of others in the lane look like work.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from ops.events import Event, known_job, read_events
from ops.instances import Orchestration
from ops.sentences import reason_after
from tenantsync.orchestrations import InstanceHistory
from tenantsync.store.progress import ResourceProgress, ResourceState
from tenantsync.store.runs import ACTIVE_RUN_STATES, WholeRun
from tenantsync.wire import ADMIT_RUN, FINISH_RUN, PLAN_SYNC, VERIFY_CONSENT

WORKING: Final = "working"
WAITING: Final = "waiting"
_MOST: Final = 500
_PAUSE: Final = timedelta(seconds=2)
"""Steps that follow each other sooner are one stretch of work."""
_STEPS: Final = {VERIFY_CONSENT: "verifying", PLAN_SYNC: "planning", ADMIT_RUN: "queueing", FINISH_RUN: "finishing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time (RFC 3339); no `until` while it goes on, no `resource` for the run itself."""

    at: str
    until: str = ""
    resource: str = ""
    what: str = WORKING
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """The span as the API shows it."""
        return {
            "at": self.at,
            "until": self.until or None,
            "resource": self.resource or None,
            "what": self.what,
            "reason": self.reason or None,
        }


def describe_timeline(whole: WholeRun, orchestration: Orchestration | None) -> list[dict[str, Any]]:
    """The run's stretches of work and of waiting, in the order they began; the newest five hundred."""
    histories = (orchestration.own, *orchestration.histories) if orchestration else ()
    known = [span for history in histories for span in _merge(list(_spans(history)))]
    resting = {name for history in histories for name in known_job(history)["begun"]}
    noted = [span for item in whole.resources for span in _of_checkpoint(item, known, resting)]
    if not histories and whole.run.waiting_reason and whole.run.state in ACTIVE_RUN_STATES:
        waits = {"until": whole.run.waiting_until, "what": WAITING, "reason": whole.run.waiting_reason}
        noted.append(Span(at=whole.run.updated_at, **waits))
    return [span.to_json() for span in sorted([*known, *noted], key=lambda span: span.at)[-_MOST:]]


def _spans(history: InstanceHistory) -> Iterator[Span]:
    job = known_job(history)
    resource, reason = job["resource"], job["reason"]
    for event in read_events(history):
        span = _span(event, reason)
        if span and span.at:
            yield replace(span, resource=resource)
        reason = reason_after(event, reason)


def _span(event: Event, reason: str) -> Span | None:
    what = _STEPS.get(event.name, WORKING)
    if event.kind in ("TaskCompleted", "TaskFailed"):
        return Span(at=event.scheduled_at, until=event.at, what=what)
    if event.kind == "TaskScheduled":
        return Span(at=event.at, what=what)
    if event.kind == "TimerFired":
        return Span(at=event.scheduled_at, until=event.at, what=WAITING, reason=reason)
    if event.kind == "TimerCreated":
        return Span(at=event.at, until=event.fires_at, what=WAITING, reason=reason)
    return None


def _merge(spans: Sequence[Span]) -> list[Span]:
    """Steps of one kind that follow each other at once become one."""
    merged: list[Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last and last.until and (last.what, last.reason) == (span.what, span.reason) and _follows(last, span):
            merged[-1] = replace(last, until=span.until)
        else:
            merged.append(span)
    return merged


def _follows(last: Span, span: Span) -> bool:
    return datetime.fromisoformat(span.at) - datetime.fromisoformat(last.until) < _PAUSE


def _of_checkpoint(item: ResourceProgress, known: Sequence[Span], resting: Collection[str]) -> Iterator[Span]:
    """What the checkpoint tells beyond the histories; nothing of a resource that another run has brought.

    The `resting` have begun, and others of their lane have the turn.
    """
    if not item.started_at or item.carried_from:
        return
    begun = min((span.at for span in known if span.resource == item.resource), default="")
    if begun:
        if item.started_at < begun:
            yield from _with_waits(item, begun)
        return
    is_waiting = item.state == ResourceState.WAITING
    until = item.updated_at if item.is_ended or is_waiting or item.resource in resting else ""
    yield from _with_waits(item, until)
    if is_waiting:
        waits = {"until": item.waiting_until, "what": WAITING, "reason": item.waiting_reason}
        yield Span(at=item.updated_at, resource=item.resource, **waits)


def _with_waits(item: ResourceProgress, until: str) -> Iterator[Span]:
    """The work from the resource's start on, but for the waits that began before `until`, if that is known."""
    at = item.started_at
    for wait in item.read_waits():
        if until and wait.at >= until:
            break
        if at < wait.at:
            yield Span(at=at, until=wait.at, resource=item.resource)
        at = min(wait.until, until or wait.until)
        yield Span(at=wait.at, until=at, resource=item.resource, what=WAITING, reason=wait.reason)
    if not until or at < until:
        yield Span(at=at, until=until, resource=item.resource)
