"""The phase that judges the numbers."""

from typing import Final

from tenantsync.errors import CursorExpiredError
from tenantsync.slices.advance import catch_up
from tenantsync.slices.certificate import judge, should_catch_up, state_of
from tenantsync.slices.counting import latest_number
from tenantsync.slices.ending import end
from tenantsync.slices.work import SliceWork
from tenantsync.store.progress import Phase, Verdict

_CATCH_UP_DELAY_SECONDS: Final = 10
"""Microsoft's counts lag behind its objects by seconds."""


def certify(work: SliceWork) -> float | None:
    """None when they are judged, else after how many seconds the listing catches up."""
    progress = work.progress
    if progress.kept_found < len(work.kept) and progress.verdict != Verdict.PARTIAL:
        raise CursorExpiredError("page_expired", "rows that were left alone are not what they were")
    latest = latest_number(work)
    expected = progress.expected if latest is None else latest
    if should_catch_up(progress, expected):
        work.save(expected=expected, **catch_up(progress))
        return _CATCH_UP_DELAY_SECONDS
    found = judge(progress, expected, work.spec.evidence)
    if work.is_delta and found.verdict != Verdict.COMPLETE and progress.verdict != Verdict.PARTIAL:
        raise CursorExpiredError("page_expired", "the changes do not add up to what Microsoft counts")
    proven = {"expected": expected, "verdict": found.verdict, "verdict_reason": found.reason, **found.problem}
    if found.verdict == Verdict.COMPLETE and progress.stale:
        work.save(**proven, phase=Phase.SWEEPING)
    else:
        end(work, state_of(found.verdict), **proven)
    return None
