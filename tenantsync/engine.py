"""The one loop that syncs any resource: fetch a page while the last one is written, then checkpoint, then go on.

A slice is bounded by pages and seconds. It never sleeps and never retries by itself: it says what should happen next,
and the orchestration waits with a durable timer. Everything it needs to go on is in the checkpoint.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property, partial
from math import ceil
from typing import Any, Final

from tenantsync import logs
from tenantsync.advance import COUNT_ANEW, add_usage, after_count, after_page, catch_up
from tenantsync.certificate import judge, share_reached, should_catch_up, state_of
from tenantsync.clock import Clock, to_rfc3339
from tenantsync.errors import (
    ConflictError,
    ContractError,
    CursorExpiredError,
    NotLicensedError,
    PermissionMissingError,
    TenantSyncError,
)
from tenantsync.read_ahead import read_ahead
from tenantsync.recovery import Recovery, recover
from tenantsync.resources.spec import Page, Reading, ResourceSpec, Source
from tenantsync.store.deltas import DeltaPoint, DeltaPoints
from tenantsync.store.fingerprints import Fingerprints
from tenantsync.store.inventory import Inventory, Item, Listing
from tenantsync.store.progress import Mode, Phase, ResourceProgress, ResourceState, StoredProgress, Verdict
from tenantsync.store.row_hashes import RowHashes, pack
from tenantsync.store.runs import Runs, WaitReason
from tenantsync.store.throttle_gate import ThrottleGate

_CONFLICT_DELAY_SECONDS: Final = 5
_CATCH_UP_DELAY_SECONDS: Final = 10
"""Microsoft's counts lag behind its objects by seconds."""
_ASKS: Final = frozenset({Phase.LISTING, Phase.CATCHING_UP, Phase.CERTIFYING})
"""The phases that ask Microsoft something; the others only work on the store."""


@dataclass(frozen=True, slots=True)
class SliceBudget:
    """How much one activity does before it hands back and queues again: short, so that large tenants take turns."""

    pages: int = 100
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
    fingerprints: Fingerprints
    gate: ThrottleGate
    in_propagation_window: bool = False


@dataclass(frozen=True, slots=True)
class SliceOutcome:
    """What the orchestration does next: call again, after `delay_seconds`; or nothing, when the resource has ended."""

    is_ended: bool
    delay_seconds: float = 0.0
    reason: str = field(default="", compare=False)
    """Why there is a delay, for people who read histories: a WaitReason, `retry`, `conflict`, `catch_up` or `rest`."""
    pages: int = field(default=0, compare=False)
    """How many pages this slice has stored, for the same people."""

    def to_json(self) -> dict[str, Any]:
        told = {"reason": self.reason, "pages": self.pages}
        known = {name: value for name, value in told.items() if value}
        return {"ended": self.is_ended, "delaySeconds": self.delay_seconds, **known}


_GIVES_WAY: Final = SliceOutcome(is_ended=False, delay_seconds=_CONFLICT_DELAY_SECONDS, reason="conflict")


def sync_slice(spec: ResourceSpec, stored: StoredProgress, tools: SliceTools) -> SliceOutcome:
    """Moves a resource on from its checkpoint; safe to run again, or twice at once (one of the two gives way)."""
    work = _Slice(spec, stored, tools)
    try:
        outcome = work.run()
    except ConflictError:
        return _GIVES_WAY
    except TenantSyncError as failure:
        outcome = work.recover_from(failure)
    return replace(outcome, pages=work.pages)


class _Slice:
    def __init__(self, spec: ResourceSpec, stored: StoredProgress, tools: SliceTools) -> None:
        self._spec = spec
        self._progress, self._etag = stored.progress, stored.etag
        self._pages_before = stored.progress.pages
        self._tools = tools
        self._deadline = tools.clock.now() + timedelta(seconds=tools.budget.seconds * spec.slice_factor)
        self._pause_seconds = 0
        self._latest: Future[int | None] | None = None
        """Microsoft's number at the end, when it was asked for while the rows were counted."""

    @property
    def pages(self) -> int:
        """How many it has stored."""
        return self._progress.pages - self._pages_before

    def run(self) -> SliceOutcome:
        if self._progress.is_ended:
            self._settle()
            return SliceOutcome(is_ended=True)
        if self._progress.phase in _ASKS and (closed := self._gate_seconds()):
            return self._wait_at_gate(closed)
        self._save(state=ResourceState.RUNNING, waiting_reason="", waiting_until="")
        steps: dict[str, Callable[[], bool]] = {
            Phase.LISTING: self._list,
            Phase.CATCHING_UP: self._catch_up,
            Phase.COUNTING: self._count,
            Phase.CERTIFYING: self._certify,
            Phase.SWEEPING: self._sweep,
        }
        while not self._progress.is_ended:
            if not steps[self._progress.phase]():
                reason = "catch_up" if self._pause_seconds else ""
                return SliceOutcome(is_ended=False, delay_seconds=self._pause_seconds, reason=reason)
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
        return SliceOutcome(is_ended=False, delay_seconds=seconds, reason=WaitReason.THROTTLED)

    def recover_from(self, failure: TenantSyncError) -> SliceOutcome:
        """Decides what the failure means for this resource and checkpoints that."""
        if self._progress.is_ended:  # only what follows from the end has failed: the next slice does it
            return _GIVES_WAY
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
            return _GIVES_WAY
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
        reason = changes.get("waiting_reason") or ("retry" if recovery.delay_seconds else "")
        return SliceOutcome(self._progress.is_ended, recovery.delay_seconds, reason)

    # Each phase gives True when it has reached its end, False when the budget is used up.

    def _list(self) -> bool:
        self._begin_delta()
        self._ask_expected()
        is_delta = self._progress.mode == Mode.DELTA
        return self._read(self._spec.changes if is_delta and self._spec.changes else self._spec.source)

    def _catch_up(self) -> bool:
        """What has changed while the listing went on: then its numbers speak of one moment."""
        try:
            return self._read(self._spec.changes or self._spec.source)
        except (ContractError, PermissionMissingError, CursorExpiredError) as failure:
            if self._progress.mode == Mode.DELTA:
                raise
            logs.event("no_catch_up", resource=self._spec.key, problem=failure.code)
            self._save(cursor="", next_delta="", **COUNT_ANEW)
            return True

    def _read(self, source: Source) -> bool:
        pages = source.read(self._tools.reading, self._progress.cursor)
        for page in read_ahead(pages, lambda read: not self._is_spent(read)):
            self._store(page)
            if page.cursor is None:
                return True
        return False

    def _store(self, page: Page) -> None:
        listing, progress = self._listing(), self._progress
        items = {key: item for key, item in page.rows.items() if item is not None}
        removed = [key for key, item in page.rows.items() if item is None]
        kept = self._write(listing, items)
        self._tools.inventory.remove(listing, removed)
        for prefix in page.dropped:
            self._tools.inventory.remove_prefixed(listing, prefix)
        now = to_rfc3339(self._tools.clock.now())
        self._save(**after_page(progress, page, kept=kept, now=now))

    def _write(self, listing: Listing, items: Mapping[str, Item]) -> int:
        """How many rows were left alone, as the store has exactly them already; they are noted for the count."""
        inventory, tally = self._tools.inventory, self._spec.tally
        changes, is_delta = self._spec.changes, self._progress.mode == Mode.DELTA
        if changes is None:
            kept = inventory.write_changed(listing, items, tally, self._known)
            if len(self._known):  # also when none was left alone: a page may be read a second time, and have changed
                self._tools.reading.scratch.kept().write(self._progress.pages, pack(kept))
            return len(kept)
        if (is_delta or self._progress.phase == Phase.CATCHING_UP) and not changes.has_whole_objects:
            inventory.merge(listing, items, tally)
        else:
            inventory.write(listing, items, tally)
        return 0

    def _count(self) -> bool:
        """Counts what is really stored, while Microsoft is asked once more: the tenant may have changed meanwhile."""
        with ThreadPoolExecutor(1, thread_name_prefix="count-asker") as asker:
            self._latest = asker.submit(self._ask_latest())
            return self._count_rows()

    def _count_rows(self) -> bool:
        """A number is proven from the store, not from what was sent."""
        listing = self._listing()
        counted_rows = replace(listing, stamp="") if self._progress.mode == Mode.DELTA else listing
        for step in self._tools.inventory.count(counted_rows, self._progress.cursor, self._kept):
            progress = self._progress
            if self._spec.changes is None and step.hashes:
                self._tools.fingerprints.note(listing.tenant_id, listing.resource, progress.count_steps, step.hashes)
            self._progress = replace(progress, **after_count(progress, step))
            if step.cursor and self._is_late():
                self._save()
                return False
        self._save(phase=Phase.CERTIFYING)
        return True

    def _certify(self) -> bool:
        """Judges the numbers."""
        progress = self._progress
        if progress.kept_found < len(self._kept) and progress.verdict != Verdict.PARTIAL:
            raise CursorExpiredError("page_expired", "rows that were left alone are not what they were")
        latest = self._latest.result() if self._latest else self._ask_latest()()
        expected = progress.expected if latest is None else latest
        if should_catch_up(progress, expected):
            self._pause_seconds = _CATCH_UP_DELAY_SECONDS
            self._save(expected=expected, **catch_up(progress))
            return False
        found = judge(progress, expected, self._spec.evidence)
        if progress.mode == Mode.DELTA and found.verdict != Verdict.COMPLETE and progress.verdict != Verdict.PARTIAL:
            raise CursorExpiredError("page_expired", "the changes do not add up to what Microsoft counts")
        proven = {"expected": expected, "verdict": found.verdict, "verdict_reason": found.reason, **found.problem}
        if found.verdict == Verdict.COMPLETE and progress.stale:
            self._save(**proven, phase=Phase.SWEEPING)
        else:
            self._end(state_of(found.verdict), **proven)
        return True

    def _ask_latest(self) -> Callable[[], int | None]:
        """The question for Microsoft's number, as it stands by what is known now."""
        count, graph = self._spec.count, self._tools.reading.graph
        return partial(count, graph) if count and self._is_worth_asking() else lambda: None

    def _is_worth_asking(self) -> bool:
        """Not after a moment's look at changes that brought none and left the number right, nor for what is partial."""
        progress = self._progress
        was_quiet = progress.mode == Mode.DELTA and not (progress.received or progress.gone)
        is_settled = progress.verdict == Verdict.PARTIAL or (was_quiet and progress.stored == progress.expected)
        return progress.expected_at_start is not None and not is_settled

    def _sweep(self) -> bool:
        if len(self._kept) < self._progress.kept_found:
            raise CursorExpiredError("page_expired", "the notes of the rows that were left alone are gone")
        while True:
            cursor = self._tools.inventory.sweep(self._listing(), self._progress.cursor, self._kept)
            if not cursor:
                self._end(ResourceState.COMPLETED, cursor="")
                return True
            self._progress = replace(self._progress, cursor=cursor)
            if self._is_late():
                self._save()
                return False

    @cached_property
    def _known(self) -> RowHashes:
        """What the last complete listing left; a listing that had to start again trusts only itself."""
        if self._progress.restarts:
            return RowHashes()
        return self._tools.fingerprints.read(self._tools.reading.graph.tenant_id, self._spec.key)

    @cached_property
    def _kept(self) -> RowHashes:
        is_compared = self._spec.changes is None and self._progress.kept
        return RowHashes(self._tools.reading.scratch.kept().read_all() if is_compared else ())

    def _ask_expected(self) -> None:
        if self._spec.count and not self._progress.is_counted:
            number = self._spec.count(self._tools.reading.graph)
            self._save(expected=number, expected_at_start=number, is_counted=True)

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
        if self._progress.state == ResourceState.COMPLETED:
            self._remember(self._progress)
        self._tools.reading.scratch.clear()

    def _remember(self, ended: ResourceProgress) -> None:
        """Where the next sync begins, or what it need not write again."""
        tenant_id = self._tools.reading.graph.tenant_id
        if self._spec.changes is None:
            self._tools.fingerprints.publish(tenant_id, self._spec.key, ended.stamp)
        elif ended.next_delta:
            self._tools.deltas.save(
                DeltaPoint(
                    tenant_id=tenant_id,
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
        progress = add_usage(progress, self._tools.reading.graph.usage.take())
        stored = self._tools.runs.checkpoint(progress, self._etag)
        self._progress, self._etag = stored.progress, stored.etag

    def _listing(self) -> Listing:
        return Listing(self._tools.reading.graph.tenant_id, self._spec.key, self._progress.stamp)

    def _is_spent(self, pages_read: int) -> bool:
        is_enough = pages_read >= self._tools.budget.pages * self._spec.slice_factor or self._is_late()
        return is_enough or self._tools.gate.is_closed_here(self._tools.reading.graph.tenant_id, self._spec.workload)

    def _is_late(self) -> bool:
        return self._tools.clock.now() >= self._deadline
