"""What a failure means for a resource: wait, try again, start again, go without, or stop. Pure decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tenantsync.errors import Action, ConsentPendingError, PermissionMissingError, TenantSyncError
from tenantsync.store.progress import Mode, Phase, ResourceProgress, ResourceState, Verdict
from tenantsync.store.runs import WaitReason

MAX_ATTEMPTS: Final = 8
MAX_RESTARTS: Final = 2
_LONGEST_BACKOFF_SECONDS: Final = 60.0
PROPAGATION_DELAYS_SECONDS: Final = (5.0, 10.0, 15.0)
"""Right after consent, Graph may refuse what the token already allows."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Changes to the checkpoint, and when to come back."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    delay_seconds: float = 0.0


def recover(progress: ResourceProgress, failure: TenantSyncError, *, in_window: bool) -> Recovery:
    """The decision for one failure; `in_window` says that consent was given minutes ago."""
    if in_window and isinstance(failure, ConsentPendingError | PermissionMissingError):
        waits = progress.propagation_waits
        if waits < len(PROPAGATION_DELAYS_SECONDS):
            return _wait(WaitReason.PROPAGATION, PROPAGATION_DELAYS_SECONDS[waits], propagation_waits=waits + 1)
    if failure.action is Action.WAIT and not isinstance(failure, ConsentPendingError):
        return _throttled(progress, failure)
    if failure.action is Action.RETRY and progress.attempts < MAX_ATTEMPTS:
        return _try_again(progress, failure)
    if failure.action is Action.RESTART and progress.restarts < MAX_RESTARTS:
        return _start_again(progress)
    if failure.action is Action.SKIP and not progress.received:
        return Recovery({"state": ResourceState.SKIPPED, "cursor": "", **_problem(failure)})
    return _stop(progress, failure)


def backoff_seconds(failures: int) -> float:
    """2, 4, 8 … seconds, at most a minute."""
    return min(2.0 ** (failures + 1), _LONGEST_BACKOFF_SECONDS)


def _throttled(progress: ResourceProgress, failure: TenantSyncError) -> Recovery:
    asked = failure.cause.retry_after_seconds
    delay = backoff_seconds(progress.throttles) if asked is None else max(asked, 1.0)
    return _wait(WaitReason.THROTTLED, delay, throttles=progress.throttles + 1)


def _try_again(progress: ResourceProgress, failure: TenantSyncError) -> Recovery:
    delay = max(failure.cause.retry_after_seconds or 0.0, backoff_seconds(progress.attempts))
    return Recovery({"attempts": progress.attempts + 1, "retries": progress.retries + 1}, delay)


def _start_again(progress: ResourceProgress) -> Recovery:
    changes = {
        "restarts": progress.restarts + 1,
        "mode": Mode.FULL,
        "phase": Phase.LISTING,
        "cursor": "",
        "landmark": "",
        "next_delta": "",
        "delta_taken_at": "",
        "gone": 0,
        "gone_reasons": "",
        "kept": 0,
        "catch_ups": 0,
        "is_counted": False,
        "verdict": Verdict.UNKNOWN,
        "problem_code": "",
        "problem_message": "",
        "received": 0,
        "removed": 0,
        "unusable": 0,
        "stored": 0,
        "stale": 0,
        "count_steps": 0,
        "kept_found": 0,
        "tally": "",
        "retries": progress.retries + 1,
    }
    return Recovery(changes, backoff_seconds(progress.restarts))


def _stop(progress: ResourceProgress, failure: TenantSyncError) -> Recovery:
    if progress.received and progress.phase != Phase.COUNTING:
        # what did arrive is counted before the resource ends, and marked as not whole
        changes = {
            "phase": Phase.COUNTING,
            "cursor": "",
            "verdict": Verdict.PARTIAL,
            "attempts": 0,
            "stored": 0,
            "stale": 0,
            "count_steps": 0,
            "kept_found": 0,
            "tally": "",
        }
        return Recovery({**changes, **_problem(failure)})
    return Recovery({"state": ResourceState.FAILED, **_problem(failure)})


def _wait(reason: WaitReason, delay_seconds: float, **changes: int) -> Recovery:
    return Recovery({"state": ResourceState.WAITING, "waiting_reason": reason, **changes}, delay_seconds)


def _problem(failure: TenantSyncError) -> dict[str, str]:
    return {"problem_code": failure.code, "problem_message": failure.detail}
