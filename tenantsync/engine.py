"""The one loop that syncs any resource: fetch a page while the last one is written, then checkpoint, then go on.

A slice is bounded by pages and seconds. It never sleeps and never retries by itself: it says what should happen next,
and the orchestration waits with a durable timer. Everything it needs to go on is in the checkpoint.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import Any, Final

import orjson

from tenantsync import logs
from tenantsync.circles import pass_landmark
from tenantsync.clock import Clock, to_rfc3339
from tenantsync.errors import (
    ConflictError,
    ContractError,
    CursorExpiredError,
    NotLicensedError,
    PermissionMissingError,
    TenantSyncError,
)
from tenantsync.recovery import Recovery, recover
from tenantsync.resources.spec import Page, Reading, ResourceSpec
from tenantsync.store.deltas import DeltaPoint, DeltaPoints
from tenantsync.store.inventory import Inventory, Listing, add_tally
from tenantsync.store.runs import (
    Mode,
    Phase,
    ResourceProgress,
    ResourceState,
    Runs,
    StoredProgress,
    Verdict,
    WaitReason,
)
from tenantsync.store.throttle_gate import ThrottleGate

_LISTED: Final = 0.95
_UNCOUNTED_HALF: Final = 5
"""Without a count, this many pages look like half of the work."""
_CONFLICT_DELAY_SECONDS: Final = 5
_ASKS: Final = frozenset({Phase.LISTING, Phase.CERTIFYING})
"""The phases that ask Microsoft something; the others only work on the store."""


@dataclass(frozen=True, slots=True)
class SliceBudget:
    """How much one activity does before it hands back."""

    pages: int = 25
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class SliceTools:
    """What a slice works with."""

    reading: Reading
    inventory: Inventory
    runs: Runs
    clock: Clock
    budget: SliceBudget
    deltas: DeltaPoints
    gate: ThrottleGate
    in_propagation_window: bool = False


@dataclass(frozen=True, slots=True)
class SliceOutcome:
    """What the orchestration does next: call again, after `delay_seconds`; or nothing, when the resource has ended."""

    is_ended: bool
    delay_seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {"ended": self.is_ended, "delaySeconds": self.delay_seconds}


def sync_slice(spec: ResourceSpec, stored: StoredProgress, tools: SliceTools) -> SliceOutcome:
    """Moves a resource on from its checkpoint; safe to run again, or twice at once (one of the two gives way)."""
    work = _Slice(spec, stored, tools)
    try:
        return work.run()
    except ConflictError:
        return SliceOutcome(is_ended=False, delay_seconds=_CONFLICT_DELAY_SECONDS)
    except TenantSyncError as failure:
        return work.recover_from(failure)


class _Slice:
    def __init__(self, spec: ResourceSpec, stored: StoredProgress, tools: SliceTools) -> None:
        self._spec = spec
        self._progress, self._etag = stored.progress, stored.etag
        self._tools = tools
        self._deadline = tools.clock.now() + timedelta(seconds=tools.budget.seconds)

    def run(self) -> SliceOutcome:
        if self._progress.is_ended:
            self._settle()
            return SliceOutcome(is_ended=True)
        if self._progress.phase in _ASKS and (closed := self._gate_seconds()):
            return self._wait_at_gate(closed)
        self._save(state=ResourceState.RUNNING, waiting_reason="", waiting_until="")
        steps: dict[str, Callable[[], bool]] = {
            Phase.LISTING: self._list,
            Phase.COUNTING: self._count,
            Phase.CERTIFYING: self._confirm,
            Phase.SWEEPING: self._sweep,
        }
        while not self._progress.is_ended:
            if not steps[self._progress.phase]():
                return SliceOutcome(is_ended=False)
        return SliceOutcome(is_ended=True)

    def _gate_seconds(self) -> int:
        return ceil(self._tools.gate.seconds_closed(self._tools.reading.graph.tenant_id, self._spec.workload))

    def _wait_at_gate(self, seconds: int) -> SliceOutcome:
        """Another resource was throttled: this one waits with it, without an attempt of its own."""
        self._save(
            state=ResourceState.WAITING,
            waiting_reason=WaitReason.THROTTLED,
            waiting_until=to_rfc3339(self._tools.clock.now() + timedelta(seconds=seconds)),
            throttled_seconds=self._progress.throttled_seconds + seconds,
        )
        return SliceOutcome(is_ended=False, delay_seconds=seconds)

    def recover_from(self, failure: TenantSyncError) -> SliceOutcome:
        """Decides what the failure means for this resource and checkpoints that."""
        if self._progress.is_ended:  # only what follows from the end has failed: the next slice does it
            return SliceOutcome(is_ended=False, delay_seconds=_CONFLICT_DELAY_SECONDS)
        if failure.cause.status in self._spec.absent_statuses:
            failure = NotLicensedError("not_licensed", failure.detail, cause=failure.cause)
        recovery: Recovery = recover(self._progress, failure, in_window=self._tools.in_propagation_window)
        until = self._tools.clock.now() + timedelta(seconds=recovery.delay_seconds)
        changes = dict(recovery.changes)
        if changes.get("waiting_reason") == WaitReason.THROTTLED:
            tenant_id = self._tools.reading.graph.tenant_id
            self._tools.gate.close(tenant_id, self._spec.workload, recovery.delay_seconds)
        if changes.get("waiting_reason"):
            changes["waiting_until"] = to_rfc3339(until)
        try:
            self._save(**changes)
        except ConflictError:
            return SliceOutcome(is_ended=False, delay_seconds=_CONFLICT_DELAY_SECONDS)
        logs.event(
            "slice_failed",
            run_id=self._progress.run_id,
            resource=self._spec.key,
            problem=failure.code,
            status=failure.cause.status,
            provider_code=failure.cause.provider_code,
            request_id=failure.cause.request_id,
            outcome=self._progress.state,
        )
        return SliceOutcome(self._progress.is_ended, recovery.delay_seconds)

    # Each phase gives True when it has reached its end, False when the budget is used up.

    def _list(self) -> bool:
        self._begin_delta()
        self._ask_expected()
        is_delta = self._progress.mode == Mode.DELTA
        source = self._spec.changes if is_delta and self._spec.changes else self._spec.source
        pages = source.read(self._tools.reading, self._progress.cursor)
        for page in _one_ahead(pages, lambda read: not self._is_spent(read)):
            self._store(page)
            if page.cursor is None:
                return True
        return False

    def _store(self, page: Page) -> None:
        listing, progress = self._listing(), self._progress
        items = {key: item for key, item in page.rows.items() if item is not None}
        removed = [key for key, item in page.rows.items() if item is None]
        is_delta = progress.mode == Mode.DELTA
        write = self._tools.inventory.merge if is_delta else self._tools.inventory.write
        oversize = write(listing, items, self._spec.tally)
        self._tools.inventory.remove(listing, removed)
        for prefix in page.dropped:
            self._tools.inventory.remove_prefixed(listing, prefix)
        changes: dict[str, Any] = {
            "received": progress.received + page.received,
            "removed": progress.removed + len(removed),
            "unusable": progress.unusable + page.unusable + oversize,
            "pages": progress.pages + 1,
            "attempts": 0,
            "throttles": 0,
            "problem_code": page.note or progress.problem_code,
            "expected": page.expected if progress.expected is None else progress.expected,
            "gone": progress.gone + page.gone,
            "cursor": page.cursor or "",
            "landmark": pass_landmark(progress, page.cursor),
            "next_delta": page.delta_link or progress.next_delta,
        }
        if page.cursor is None:
            changes |= self._end_of_listing(is_changed=bool(progress.received + page.received + changes["gone"]))
        self._save(**changes)

    def _end_of_listing(self, *, is_changed: bool) -> dict[str, Any]:
        """What is stored is counted, unless a delta brought nothing: then the count of its beginning holds."""
        taken_at = self._progress.delta_taken_at or self._progress.started_at
        if self._progress.mode == Mode.DELTA and not is_changed:
            return {"phase": Phase.CERTIFYING, "delta_taken_at": taken_at}
        return {"phase": Phase.COUNTING, "delta_taken_at": taken_at, "stored": 0, "tally": ""}

    def _count(self) -> bool:
        """Counts what is really stored: a number is proven from the store, not from what was sent."""
        while True:
            progress = self._progress
            listing = self._listing()
            counted_rows = replace(listing, stamp="") if progress.mode == Mode.DELTA else listing
            step = self._tools.inventory.count(counted_rows, progress.cursor)
            tally = orjson.loads(progress.tally) if progress.tally else {}
            add_tally(tally, step.tally)
            counted: dict[str, Any] = {
                "stored": progress.stored + step.stored,
                "stale": progress.stale + step.stale,
                "tally": orjson.dumps(tally).decode(),
                "cursor": step.cursor,
            }
            if not step.cursor:
                self._certify(counted)
                return True
            self._progress = replace(progress, **counted)
            if self._is_late():
                self._save()
                return False

    def _confirm(self) -> bool:
        self._certify({})
        return True

    def _certify(self, counted: dict[str, Any]) -> None:
        progress = replace(self._progress, **counted)
        expected = progress.expected
        if expected is not None and progress.stored != expected and self._spec.count:
            expected = self._spec.count(self._tools.reading.graph)  # the tenant may have changed meanwhile
        is_delta = progress.mode == Mode.DELTA
        is_even = progress.stored == expected if is_delta else progress.stored >= (expected or 0)
        is_whole = progress.unusable == 0 and (expected is None or is_even)
        if is_delta and not is_whole:  # the changes do not add up, so everything is listed anew
            raise CursorExpiredError("page_expired", "the changes do not add up to what Microsoft counts")
        was_aborted = progress.phase == Phase.COUNTING and progress.verdict == Verdict.PARTIAL
        if was_aborted or not is_whole:
            problem = {} if was_aborted else _gap(progress, expected)
            self._end(ResourceState.PARTIAL, **counted, expected=expected, verdict=Verdict.PARTIAL, **problem)
        elif progress.stale:
            self._save(**counted, expected=expected, verdict=Verdict.COMPLETE, phase=Phase.SWEEPING)
        else:
            self._end(ResourceState.COMPLETED, **counted, expected=expected, verdict=Verdict.COMPLETE)

    def _sweep(self) -> bool:
        while True:
            cursor = self._tools.inventory.sweep(self._listing(), self._progress.cursor)
            if not cursor:
                self._end(ResourceState.COMPLETED, cursor="")
                return True
            self._progress = replace(self._progress, cursor=cursor)
            if self._is_late():
                self._save()
                return False

    def _ask_expected(self) -> None:
        if self._spec.count and not self._progress.is_counted:
            self._save(expected=self._spec.count(self._tools.reading.graph), is_counted=True)

    def _begin_delta(self) -> None:
        """Taken before the listing begins, so that nothing that changes meanwhile is missed by the next sync."""
        progress, changes = self._progress, self._spec.changes
        if changes is None or progress.mode == Mode.DELTA or progress.delta_taken_at or progress.cursor:
            return
        try:
            link = changes.begin(self._tools.reading.graph)
        except (ContractError, PermissionMissingError, CursorExpiredError) as failure:
            logs.event("no_delta", resource=self._spec.key, problem=failure.code)
            link = ""
        self._save(next_delta=link, delta_taken_at=to_rfc3339(self._tools.clock.now()))

    def _end(self, state: ResourceState, **changes: Any) -> None:
        """The checkpoint first: only the worker that ends the resource says where the next sync begins."""
        self._save(state=state, **changes)
        self._settle()

    def _settle(self) -> None:
        """What follows from the end; done again by the repetition of a slice that was cut off in between."""
        self._tools.reading.scratch.clear()
        ended = self._progress
        if ended.state == ResourceState.COMPLETED and ended.next_delta:
            self._tools.deltas.save(
                DeltaPoint(
                    tenant_id=self._tools.reading.graph.tenant_id,
                    resource=self._spec.key,
                    link=ended.next_delta,
                    taken_at=ended.delta_taken_at,
                    stored=ended.stored,
                    tally=ended.tally,
                )
            )

    def _save(self, **changes: Any) -> None:
        now = to_rfc3339(self._tools.clock.now())
        progress = replace(self._progress, **changes, updated_at=now, started_at=self._progress.started_at or now)
        progress = replace(progress, reached=max(progress.reached, share_reached(progress)))
        stored = self._tools.runs.checkpoint(progress, self._etag)
        self._progress, self._etag = stored.progress, stored.etag

    def _listing(self) -> Listing:
        return Listing(self._tools.reading.graph.tenant_id, self._spec.key, self._progress.stamp)

    def _is_spent(self, pages_read: int) -> bool:
        is_enough = pages_read >= self._tools.budget.pages * self._spec.slice_factor or self._is_late()
        return is_enough or self._tools.gate.is_closed_here(self._tools.reading.graph.tenant_id, self._spec.workload)

    def _is_late(self) -> bool:
        return self._tools.clock.now() >= self._deadline


def share_reached(progress: ResourceProgress) -> float:
    """How much of the resource is done, 0 to 1; an estimate until it has ended."""
    if progress.is_ended:
        return 1.0
    if progress.phase != Phase.LISTING:
        return _LISTED
    if progress.expected:
        return _LISTED * min(1.0, progress.received / progress.expected)
    return _LISTED * progress.pages / (progress.pages + _UNCOUNTED_HALF)


def _gap(progress: ResourceProgress, expected: int | None) -> dict[str, str]:
    if progress.unusable:
        return {
            "problem_code": "objects_unusable",
            "problem_message": f"{progress.unusable} objects could not be stored.",
        }
    message = f"Microsoft counts {expected}, the listing ended with {progress.stored}."
    return {"problem_code": "count_mismatch", "problem_message": message}


def _one_ahead(pages: Iterator[Page], may_read: Callable[[int], bool]) -> Iterator[Page]:
    """The pages, each next one fetched while the caller stores the last, as long as `may_read(pages so far)`."""
    read = 1
    with ThreadPoolExecutor(1, thread_name_prefix="page-reader") as reader:
        upcoming: Future[Page | None] | None = reader.submit(next, pages, None)
        while upcoming is not None and (page := upcoming.result()) is not None:
            upcoming = None
            if page.cursor is not None and may_read(read):
                upcoming = reader.submit(next, pages, None)
                read += 1
            yield page
        reader.submit(getattr(pages, "close", lambda: None)).result()
