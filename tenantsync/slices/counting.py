"""The phase that counts what is really stored. A number is proven from the store, not from what was sent."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from functools import partial

from tenantsync.slices.advance import after_count
from tenantsync.slices.work import SliceWork
from tenantsync.store.progress import Phase, Verdict


def count(work: SliceWork) -> float | None:
    """None when all rows are counted; Microsoft is asked once more meanwhile: the tenant may have changed."""
    with ThreadPoolExecutor(1, thread_name_prefix="count-asker") as asker:
        work.latest = asker.submit(copy_context().run, _latest_question(work))
        return _count_rows(work)


def latest_number(work: SliceWork) -> int | None:
    """Microsoft's number as of now; None when it need not be asked, or has none."""
    return work.latest.result() if work.latest else _latest_question(work)()


def _count_rows(work: SliceWork) -> float | None:
    listing = work.listing
    counted_rows = replace(listing, stamp="") if work.is_delta else listing
    for step in work.tools.inventory.count(counted_rows, work.progress.cursor, work.kept):
        if work.spec.changes is None and step.hashes:
            steps = work.progress.count_steps
            work.tools.fingerprints.note(listing.tenant_id, listing.resource, steps, step.hashes)
        work.advance(**after_count(work.progress, step))
        if step.cursor and work.is_late():
            work.save()
            return 0
    work.save(phase=Phase.CERTIFYING)
    return None


def _latest_question(work: SliceWork) -> Callable[[], int | None]:
    """The question for Microsoft's number, as it stands by what is known now."""
    ask = work.spec.count
    return partial(ask, work.tools.reading.graph) if ask and _is_worth_asking(work) else lambda: None


def _is_worth_asking(work: SliceWork) -> bool:
    """Not after a moment's look at changes that brought none and left the number right, nor for what is partial."""
    progress = work.progress
    was_quiet = work.is_delta and not (progress.received or progress.gone)
    is_settled = progress.verdict == Verdict.PARTIAL or (was_quiet and progress.stored == progress.expected)
    return progress.expected_at_start is not None and not is_settled
