"""How a checkpoint moves on: pure arithmetic over what a page, a step of counting or an answer has brought."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

import orjson

from tenantsync.graph.usage import Usage
from tenantsync.resources.spec import Page
from tenantsync.slices.circles import pass_landmark
from tenantsync.store.inventory import Count, add_tally
from tenantsync.store.progress import Mode, Phase, ResourceProgress

_KEPT_WAITS: Final = 100
COUNT_ANEW: Final[Mapping[str, Any]] = {
    "phase": Phase.COUNTING,
    "stored": 0,
    "stale": 0,
    "count_steps": 0,
    "kept_found": 0,
    "tally": "",
}


def after_page(progress: ResourceProgress, page: Page, *, kept: int, now: str) -> dict[str, Any]:
    """Changes to the checkpoint once a page is stored; `kept` of its rows were left alone."""
    changes: dict[str, Any] = {
        # what comes again because it has changed meanwhile was not sent twice
        "received": progress.received + (0 if progress.phase == Phase.CATCHING_UP else page.received),
        "removed": progress.removed + sum(1 for item in page.rows.values() if item is None),
        "kept": progress.kept + kept,
        "unusable": progress.unusable + page.unusable,
        "pages": progress.pages + 1,
        "attempts": 0,
        "throttles": 0,
        "problem_code": page.note or progress.problem_code,
        "expected": page.expected if progress.expected is None else progress.expected,
        "as_of": page.as_of or progress.as_of,
        "cursor": page.cursor or "",
        "landmark": pass_landmark(progress, page.cursor),
        "next_delta": page.delta_link or progress.next_delta,
        **_add_gone(progress, page.gone),
    }
    if page.cursor is None:
        changes |= _after_last_page(replace(progress, **changes), now)
    return changes


def _after_last_page(progress: ResourceProgress, now: str) -> dict[str, Any]:
    """A listing is followed by what changed meanwhile; a delta that brought nothing needs no new count."""
    since = progress.delta_taken_at or progress.started_at
    if progress.phase == Phase.CATCHING_UP:
        return {**COUNT_ANEW, "delta_taken_at": now}
    if progress.mode == Mode.DELTA and not (progress.received or progress.gone):
        return {"phase": Phase.CERTIFYING, "delta_taken_at": since}
    if progress.mode == Mode.FULL and progress.next_delta:
        return {**catch_up(progress), "delta_taken_at": since}
    return {**COUNT_ANEW, "delta_taken_at": since}


def catch_up(progress: ResourceProgress) -> dict[str, Any]:
    """Goes on with what has changed since the last look."""
    following = {"phase": Phase.CATCHING_UP, "cursor": progress.next_delta, "landmark": ""}
    return {**following, "catch_ups": progress.catch_ups + 1}


def after_count(progress: ResourceProgress, step: Count) -> dict[str, Any]:
    """Changes once a step of rows is counted."""
    tally = orjson.loads(progress.tally) if progress.tally else {}
    add_tally(tally, step.tally)
    return {
        "stored": progress.stored + step.stored,
        "stale": progress.stale + step.stale,
        "count_steps": progress.count_steps + bool(step.hashes),
        "kept_found": progress.kept_found + step.kept,
        "tally": orjson.dumps(tally).decode(),
        "cursor": step.cursor,
    }


def add_wait(progress: ResourceProgress, now: str) -> ResourceProgress:
    """The checkpoint with the wait that begins now; histories forget theirs, so that operations would not see it."""
    wait = f"{now}/{progress.waiting_until}/{progress.waiting_reason}"
    return replace(progress, waits=" ".join([*progress.waits.split(), wait][-_KEPT_WAITS:]))


def add_throttled(progress: ResourceProgress, workload: str, seconds: int, *, own: str) -> dict[str, Any]:
    """Changes for a wait that Microsoft asks for, or has asked another resource for; `own` is its own workload."""
    by_workload = Counter(progress.read_throttled(own))
    by_workload[workload] += seconds
    return {
        "throttled_seconds": progress.throttled_seconds + seconds,
        "throttled_by": orjson.dumps(by_workload).decode(),
    }


def add_usage(progress: ResourceProgress, used: Usage) -> ResourceProgress:
    """The checkpoint with what Graph's answers since the last one have told."""
    known = Usage(
        requests=progress.requests,
        resource_units=progress.resource_units,
        share_of_limit=progress.share_of_limit,
        throttle_scope=progress.throttle_scope,
        throttle_information=progress.throttle_information,
    )
    return replace(progress, **asdict(known + used))


def _add_gone(progress: ResourceProgress, gone: Mapping[str, int]) -> dict[str, Any]:
    if not gone:
        return {}
    reasons = Counter(orjson.loads(progress.gone_reasons) if progress.gone_reasons else {}) + Counter(gone)
    return {"gone": reasons.total(), "gone_reasons": orjson.dumps(reasons).decode()}
