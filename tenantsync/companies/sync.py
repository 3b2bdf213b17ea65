"""Syncs the companies of a PSA, slice by slice: place what has changed, mirror it, checkpoint, go on.

Nothing here sleeps or retries: an outcome says what should happen next, and the orchestration waits with a durable
timer. A slice may run again, or twice at once: one of the two finds the checkpoint changed and gives way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from itertools import islice
from secrets import randbelow
from typing import Any, Final

import orjson

from tenantsync import logs
from tenantsync.clock import Clock, to_rfc3339
from tenantsync.companies.comparison import Comparison, PageChanges, add_counts, is_mass_change, is_whole
from tenantsync.companies.mirror import COMPANIES_AT_ONCE, Mirror
from tenantsync.engine import SliceOutcome
from tenantsync.errors import Action, ConflictError, ContractError, TenantSyncError
from tenantsync.psa.port import Company, CompanyPage, PsaAdapter
from tenantsync.recovery import MAX_ATTEMPTS, MAX_RESTARTS, backoff_seconds
from tenantsync.store.psa_connections import CompanySyncs, StoredSync, SyncPhase, SyncState
from tenantsync.store.request_budget import RequestBudget
from tenantsync.store.row_hashes import RowHashes, pack
from tenantsync.store.scratch import Scratch
from tenantsync.store.throttle_gate import ThrottleGate

_CONFLICT_DELAY_SECONDS: Final = 5
_LONGEST_WAIT_SECONDS: Final = 3600.0
_AT_ONCE: Final = 100
"""Companies that become inactive between two looks at the clock."""
_SLICE: Final = timedelta(seconds=20)
_NOTE_NUMBERS: Final = 10**8
MOST_AN_HOUR: Final[Mapping[str, int]] = {"autotask": 5_000}
"""Autotask allows 10,000 requests an hour for all that works with a database, and slows down from half of it on."""

_NOT_WAITING: Final[Mapping[str, Any]] = {"attempts": 0, "waits": 0, "waiting_reason": "", "waiting_until": ""}
_FROM_THE_BEGINNING: Final[Mapping[str, Any]] = {
    "phase": SyncPhase.LISTING,
    "cursor": "",
    "pages": 0,
    "received": 0,
    "unchanged": 0,
    "duplicates": 0,
    "unusable": 0,
    "nameless": 0,
    "notes": "",
}

Place = Callable[[Sequence[Company]], Mapping[str, int]]
"""Finds or makes the customers of companies, and says how many went where; the same again changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyTools:
    """What a slice works with; `notes` are the sync's own."""

    adapter: PsaAdapter
    mirror: Mirror
    syncs: CompanySyncs
    notes: Scratch
    place: Place
    budget: RequestBudget
    gate: ThrottleGate
    clock: Clock


def sync_company_slice(stored: StoredSync, tools: CompanyTools) -> SliceOutcome:
    """Moves the sync on from its checkpoint until it has ended, has to wait, or its time is up."""
    work = _Slice(stored, tools)
    try:
        return work.run()
    except ConflictError:
        return SliceOutcome(is_ended=False, delay_seconds=_CONFLICT_DELAY_SECONDS)
    except TenantSyncError as failure:
        return work.recover_from(failure)


def account_of(msp_id: str, provider: str) -> str:
    """Whose requests are counted together."""
    return f"{provider}_{msp_id}"


class _Slice:
    def __init__(self, stored: StoredSync, tools: CompanyTools) -> None:
        self._sync, self._etag = stored.sync, stored.etag
        self._tools = tools
        self._deadline = tools.clock.now() + _SLICE
        self._counted, self._made = tools.adapter.requests, 0
        self._read: list[tuple[CompanyPage, PageChanges]] = []
        """Pages that are not stored yet."""

    def run(self) -> SliceOutcome:
        if self._sync.state != SyncState.RUNNING:
            self._forget_notes()
            return SliceOutcome(is_ended=True)
        while self._sync.phase == SyncPhase.LISTING:
            if wait := self._wait_before_asking():
                return wait
            self._read_page()
            if self._is_late() and self._sync.phase == SyncPhase.LISTING:
                self._flush()
                return SliceOutcome(is_ended=False)
        return SliceOutcome(is_ended=self._sweep())

    def recover_from(self, failure: TenantSyncError) -> SliceOutcome:
        """Decides what the failure means for the sync and checkpoints that."""
        if self._sync.state != SyncState.RUNNING:
            return SliceOutcome(is_ended=True)
        logs.event("company_slice_failed", run_id=self._sync.run_id, problem=failure.code, status=failure.cause.status)
        try:
            return self._recover(failure)
        except ConflictError:
            return SliceOutcome(is_ended=False, delay_seconds=_CONFLICT_DELAY_SECONDS)

    def _recover(self, failure: TenantSyncError) -> SliceOutcome:
        self._flush()  # what was read before is kept
        sync, asked = self._sync, failure.cause.retry_after_seconds
        if failure.action is Action.WAIT:
            seconds = backoff_seconds(sync.waits) if asked is None else max(asked, 1.0)
            self._tools.gate.close(sync.msp_id, sync.provider, min(seconds, _LONGEST_WAIT_SECONDS))
            return self._wait("throttled", seconds, waits=sync.waits + 1)
        if failure.action is Action.RETRY and sync.attempts < MAX_ATTEMPTS:
            seconds = max(asked or 0.0, backoff_seconds(sync.attempts))
            return self._wait("unavailable", seconds, attempts=sync.attempts + 1)
        if failure.action is Action.RESTART and sync.restarts < MAX_RESTARTS:
            self._save(restarts=sync.restarts + 1, **_FROM_THE_BEGINNING)
            return SliceOutcome(is_ended=False, delay_seconds=backoff_seconds(sync.restarts))
        self._end(SyncState.FAILED, problem_code=failure.code, problem_message=failure.detail)
        return SliceOutcome(is_ended=True)

    def _wait_before_asking(self) -> SliceOutcome | None:
        """Another worker was throttled, or the hour's requests are used up: both are known without asking."""
        msp_id, provider = self._sync.msp_id, self._sync.provider
        seconds, reason = self._tools.gate.seconds_closed(msp_id, provider), "throttled"
        if not seconds and provider in MOST_AN_HOUR:
            seconds = self._tools.budget.seconds_until(account_of(msp_id, provider), MOST_AN_HOUR[provider])
            reason = "hourly_budget"
        if not seconds:
            return None
        self._flush()
        return self._wait(reason, seconds)

    def _wait(self, reason: str, seconds: float, **changes: int) -> SliceOutcome:
        seconds = min(seconds, _LONGEST_WAIT_SECONDS)
        until = to_rfc3339(self._tools.clock.now() + timedelta(seconds=seconds))
        self._save(waiting_reason=reason, waiting_until=until, **changes)
        return SliceOutcome(is_ended=False, delay_seconds=seconds)

    def _read_page(self) -> None:
        if self._sync.since and not self._tools.adapter.is_incremental:
            self._save(since="")
        cursor = self._read[-1][0].cursor or "" if self._read else self._sync.cursor
        page = self._tools.adapter.list_companies(cursor, self._sync.since)
        if page.cursor is not None and page.cursor == cursor:
            raise ContractError("psa_unexpected_answer", "a page leads to itself")
        self._count_requests()
        self._read.append((page, self._comparison.take(page)))
        if page.cursor is None or sum(len(changes.seen) for _, changes in self._read) >= COMPANIES_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        """The customers first and the mirror last: what a crash leaves out is found changed once more.

        Many pages at once, as each time all customers have to be known.
        """
        read, self._read = self._read, []
        if not read:
            return
        sync, found = self._sync, [changes for _, changes in read]
        fresh = [company for changes in found for company in (*changes.created, *changes.changed)]
        placed = self._place(fresh)
        self._tools.mirror.write(fresh)
        note = self._note(found)
        last = read[-1][0]
        self._save(
            phase=SyncPhase.SWEEPING if last.cursor is None else SyncPhase.LISTING,
            cursor=last.cursor or "",
            pages=sync.pages + len(read),
            received=sync.received + sum(page.received for page, _ in read),
            expected=sync.expected if last.expected is None else last.expected,
            created=sync.created + sum(len(changes.created) for changes in found),
            changed=sync.changed + sum(len(changes.changed) for changes in found),
            unchanged=sync.unchanged + sum(changes.unchanged for changes in found),
            duplicates=sync.duplicates + sum(changes.duplicates for changes in found),
            unusable=sync.unusable + sum(changes.unusable for changes in found),
            nameless=sync.nameless + sum(changes.nameless for changes in found),
            notes=f"{sync.notes} {note}".strip(),
            placed=placed,
            **_NOT_WAITING,
        )

    def _note(self, found: Sequence[PageChanges]) -> int:
        """Numbered as nobody else's: a slice that gives way spoils no note of the one it gives way to."""
        number = randbelow(_NOTE_NUMBERS)
        self._tools.notes.write(number, pack(mark for changes in found for mark in changes.seen))
        self._tools.notes.kept().write(number, pack(mark for changes in found for mark in changes.gone))
        return number

    def _sweep(self) -> bool:
        """Whether the sync has ended; its companies that are gone become inactive, unless they are too many."""
        sync, active = self._sync, self._comparison.active
        missing = self._comparison.missing() if sync.is_full else []
        is_proven = is_whole(sync.expected, sync.received, sync.duplicates, sync.nameless)
        leaving = self._comparison.said_to_leave() + (missing if is_proven else [])
        if is_mass_change(len(leaving), active, sync.received, sync.confirmed):
            message = f"{len(leaving)} of {active} companies would become inactive."
            self._end(SyncState.HELD, leaving=len(leaving), problem_code="psa_mass_change", problem_message=message)
            return True
        self._save(leaving=max(sync.leaving, len(leaving)))
        waiting = iter(leaving)
        while keys := list(islice(waiting, _AT_ONCE)):
            gone = [replace(company, is_active=False) for company in self._tools.mirror.read(keys)]
            placed = self._place(gone)
            self._tools.mirror.write(gone)
            self._save(placed=placed)
            if self._is_late():
                return False
        self._complete(0 if is_proven else len(missing))
        return True

    def _complete(self, unlisted: int) -> None:
        sync, full = self._sync, dict[str, str]()
        if unlisted:
            message = f"{unlisted} companies were not listed; {sync.received} of {sync.expected} rows came."
            full = {"problem_code": "psa_listing_incomplete", "problem_message": message}
        if sync.is_full:
            full |= {"full_at": sync.started_at, "full_version": sync.version}
        self._end(SyncState.COMPLETED, deactivated=sync.leaving, synced_since=sync.started_at, **full)

    def _end(self, state: SyncState, **changes: Any) -> None:
        self._save(state=state, finished_at=to_rfc3339(self._tools.clock.now()), **_NOT_WAITING, **changes)
        logs.event("companies_synced", run_id=self._sync.run_id, outcome=state, problem=self._sync.problem_code)
        self._forget_notes()

    def _place(self, companies: Sequence[Company]) -> str:
        """The tally with these companies in it, as JSON."""
        counts = self._tools.place(companies) if companies else {}
        return orjson.dumps(add_counts(orjson.loads(self._sync.placed), counts)).decode()

    def _save(self, **changes: Any) -> None:
        self._count_requests()
        made, now = self._made, to_rfc3339(self._tools.clock.now())
        sync = replace(self._sync, **changes, requests=self._sync.requests + made, updated_at=now)
        stored = self._tools.syncs.checkpoint(sync, self._etag)
        self._sync, self._etag, self._made = stored.sync, stored.etag, 0

    def _count_requests(self) -> None:
        """The hour's budget hears of every request at once, the checkpoint when it is written."""
        made = self._tools.adapter.requests - self._counted
        self._counted += made
        self._made += made
        if made and self._sync.provider in MOST_AN_HOUR:
            self._tools.budget.spend(account_of(self._sync.msp_id, self._sync.provider), made)

    @cached_property
    def _comparison(self) -> Comparison:
        """Only the notes of pages that were checkpointed: the others are read again."""
        numbers = [int(number) for number in self._sync.notes.split()]
        seen, gone = self._tools.notes.read(numbers), self._tools.notes.kept().read(numbers)
        return Comparison(self._tools.mirror.read_known(), RowHashes(seen), RowHashes(gone))

    def _forget_notes(self) -> None:
        self._tools.notes.clear()

    def _is_late(self) -> bool:
        return self._tools.clock.now() >= self._deadline
