"""What a resource's numbers prove. Pure decisions, so that each can be read and tested by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tenantsync.store.progress import Mode, Phase, ResourceProgress, ResourceState, Verdict

COUNTED: Final = "counted"
"""The reason for `complete` where Microsoft gives a number; else the source names its own evidence."""
MOST_CATCH_UPS: Final = 3
_LISTED: Final = 0.95
_UNCOUNTED_HALF: Final = 5
"""Without a count, this many pages look like half of the work."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, its reason as a code, and what is wrong with the numbers in words."""

    verdict: Verdict
    reason: str
    problem: Mapping[str, Any] = field(default_factory=dict)


def judge(progress: ResourceProgress, expected: int | None, evidence: str) -> Judgement:
    """The counted rows against Microsoft's number, if there is one.

    More rows than Microsoft counts are complete after a listing: those objects were deleted while it went on, and
    leave with the next sync. After changes only the exact number is.
    """
    if progress.verdict == Verdict.PARTIAL:  # the listing was given up; what arrived has been counted
        return Judgement(Verdict.PARTIAL, progress.problem_code)
    if progress.unusable:
        words = f"{progress.unusable} objects could not be read."
        return _partial("objects_unusable", words)
    if expected is None and progress.stale and not progress.stored and not progress.is_emptiness_known:
        return _partial("empty_answer", f"Microsoft sent nothing where {progress.stale} objects are known.")
    if expected is None:
        return Judgement(Verdict.COMPLETE, evidence)
    is_enough = progress.stored == expected if progress.mode == Mode.DELTA else progress.stored >= expected
    if not is_enough:
        return _partial("count_mismatch", f"Microsoft counts {expected}, the listing ended with {progress.stored}.")
    return Judgement(Verdict.COMPLETE, COUNTED)


def should_catch_up(progress: ResourceProgress, expected: int | None) -> bool:
    """Whether looking at the latest changes may still make the number exact."""
    is_exact = expected is None or progress.stored == expected
    can = bool(progress.next_delta) and progress.catch_ups < MOST_CATCH_UPS and progress.verdict != Verdict.PARTIAL
    return can and not is_exact


def share_reached(progress: ResourceProgress) -> float:
    """How much of the resource is done, 0 to 1; an estimate until it has ended."""
    if progress.is_ended:
        return 1.0
    if progress.phase != Phase.LISTING:
        return _LISTED
    foreseen = None if progress.mode == Mode.DELTA else progress.expected or progress.planned
    if foreseen:
        return _LISTED * min(1.0, progress.received / foreseen)
    return _LISTED * progress.pages / (progress.pages + _UNCOUNTED_HALF)


def state_of(verdict: Verdict) -> ResourceState:
    """How a resource ends whose numbers have that verdict."""
    return ResourceState.COMPLETED if verdict == Verdict.COMPLETE else ResourceState.PARTIAL


def _partial(code: str, words: str) -> Judgement:
    return Judgement(Verdict.PARTIAL, code, {"problem_code": code, "problem_message": words})
