"""The one loop, against a source that can be scripted page by page."""

from contextlib import suppress
from dataclasses import replace

import pytest

from tenantsync.engine import SliceOutcome, sync_slice
from tenantsync.errors import (
    Cause,
    ConsentError,
    ContractError,
    CursorExpiredError,
    NotLicensedError,
    PermissionMissingError,
    TenantSyncError,
    ThrottledError,
    TransientError,
)
from tenantsync.graph.workloads import DIRECTORY, REPORTS
from tenantsync.resources.spec import Reading
from tenantsync.services import Services
from tenantsync.slices.work import SliceBudget, SliceTools
from tenantsync.store.inventory import Inventory, Listing
from tenantsync.store.progress import Phase, ResourceProgress, ResourceState, StoredProgress, Verdict
from tenantsync.store.row_hashes import hash_row, pack
from tenantsync.store.runs import Runs
from tenantsync.store.throttle_gate import ThrottleGate
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import OTHER_TENANT, TENANT
from tests.unit.slices.bench import RUN, Bench, Scripted


@pytest.fixture
def bench(services: Services, clock: FakeClock) -> Bench:
    return Bench(services, clock, Scripted())


def test_listing_is_certified_from_the_stored_rows(bench: Bench):
    bench.counts = [29, 30]
    progress = bench.run()
    assert (progress.state, progress.verdict, progress.verdict_reason) == ("completed", Verdict.COMPLETE, "counted")
    assert progress.expected_at_start == 29
    assert (progress.expected, progress.received, progress.stored, progress.duplicates) == (30, 30, 30, 0)
    assert progress.pages == 3


def test_pages_are_read_once_and_in_order_over_many_slices(bench: Bench):
    bench.source.pages, bench.budget = 20, SliceBudget(pages=3)
    assert bench.run().stored == 200
    assert bench.source.reads == list(range(20))


def test_slice_ends_when_its_time_is_up(bench: Bench):
    bench.source.pages, bench.budget = 5, SliceBudget(seconds=0)
    assert bench.slice() == SliceOutcome(is_ended=False)
    assert bench.progress.pages == 1


def test_slice_that_is_dear_to_begin_takes_more_pages(bench: Bench):
    bench.source.pages, bench.slice_factor, bench.budget = 20, 3, SliceBudget(pages=2)
    assert (bench.slice().is_ended, bench.progress.pages) == (False, 6)


def test_slice_that_is_dear_to_begin_takes_more_time(bench: Bench, clock: FakeClock):
    def slow_rows(number: int) -> dict[str, dict[str, str] | None]:
        clock.advance(1)
        return {str(number): {"id": str(number)}}

    bench.source.pages, bench.source.rows, bench.budget = 40, slow_rows, SliceBudget(seconds=5)
    bench.slice_factor = 3
    assert bench.slice() == SliceOutcome(is_ended=False)
    assert bench.progress.pages == 15


def test_ended_resource_does_nothing_when_run_again(bench: Bench):
    bench.run()
    reads = len(bench.source.reads)
    assert bench.slice() == SliceOutcome(is_ended=True)
    assert len(bench.source.reads) == reads


def test_rows_are_stored_before_the_checkpoint_moves(bench: Bench, tables: MemoryTables):
    """A crash between the two writes repeats a page, which changes nothing."""
    bench.source.pages, bench.budget = 2, SliceBudget(pages=1)
    bench.slice()
    before = bench.services.runs.read_resource(RUN, "things")
    assert before is not None
    bench.slice()
    after = bench.services.runs.read_resource(RUN, "things")
    assert after is not None
    bench.services.runs.checkpoint(before.progress, after.etag)  # the lost checkpoint
    progress = bench.run()
    assert (progress.received, progress.stored, progress.duplicates) == (20, 20, 0)


def test_worker_that_was_overtaken_gives_way(bench: Bench):
    stored = bench.services.runs.read_resource(RUN, "things")
    assert stored is not None
    bench.services.runs.checkpoint(stored.progress, stored.etag)
    tools = SliceTools(
        reading=Reading(bench.services.graph_for(TENANT), bench.services.scratch_for(RUN, "things")),
        inventory=bench.services.inventory,
        runs=bench.services.runs,
        clock=bench.clock,
        deltas=bench.services.deltas,
        fingerprints=bench.services.fingerprints,
        gate=bench.services.gate,
        budget=bench.budget,
    )
    outcome = sync_slice(bench.spec, stored, tools)
    assert (outcome.is_ended, outcome.delay_seconds > 0, bench.source.reads) == (False, True, [])


def test_object_sent_twice_is_stored_once_and_said(bench: Bench):
    bench.source.rows = lambda number: {f"{n}": {"id": f"{n}"} for n in range(number, number + 10)}
    progress = bench.run()
    assert (progress.received, progress.stored, progress.duplicates) == (30, 12, 18)


def test_object_removed_on_a_later_page_is_gone(bench: Bench):
    bench.source.rows = lambda number: (
        {"gone": {"id": "gone"}, "kept": {"id": "kept"}} if number == 0 else {"gone": None}
    )
    progress = bench.run()
    assert (progress.stored, progress.verdict) == (1, Verdict.COMPLETE)


@pytest.mark.parametrize(
    ("counts", "state", "verdict", "expected", "problem"),
    [
        ([30, 30], ResourceState.COMPLETED, Verdict.COMPLETE, 30, ""),
        ([28, 30], ResourceState.COMPLETED, Verdict.COMPLETE, 30, ""),
        ([25, 29], ResourceState.COMPLETED, Verdict.COMPLETE, 29, ""),
        ([31, 30], ResourceState.COMPLETED, Verdict.COMPLETE, 30, ""),
        ([31, 31], ResourceState.PARTIAL, Verdict.PARTIAL, 31, "count_mismatch"),
        ([None], ResourceState.COMPLETED, Verdict.COMPLETE, None, ""),
    ],
)
def test_number_is_proven_against_microsofts_count(
    bench: Bench,
    counts: list[int | None],
    state: ResourceState,
    verdict: Verdict,
    expected: int | None,
    problem: str,
):
    bench.counts = counts
    progress = bench.run()
    assert (progress.state, progress.verdict, progress.expected, progress.problem_code) == (
        state,
        verdict,
        expected,
        problem,
    )


def test_number_without_microsofts_count_says_what_it_rests_on(bench: Bench):
    progress = bench.run()
    assert (progress.verdict, progress.verdict_reason) == (Verdict.COMPLETE, "answered")


def test_object_beyond_a_row_is_stored_all_the_same(bench: Bench):
    bench.source.pages = 1
    bench.source.rows = lambda number: {"small": {"id": "small"}, "huge": {"id": "x" * 1_200_000}}
    progress = bench.run()
    assert (progress.state, progress.stored, progress.problem_code) == (ResourceState.COMPLETED, 2, "")


def test_rows_that_did_not_change_are_not_written_again(bench: Bench, tables: MemoryTables):
    bench.run()
    written = tables.written
    bench.source.rows = lambda number: {
        f"{number}-{n}": {"id": f"{number}-{n}", **({"new": "1"} if n == 3 else {})} for n in range(9)
    }
    again = bench.another_run()
    assert (tables.written - written, again.kept, again.stored, again.received) == (3, 24, 27, 27)
    assert again.verdict == Verdict.COMPLETE
    assert len(ids(bench)) == 27
    assert tables.rows("Scratch") == []


def test_row_that_vanished_from_the_store_is_noticed_and_written_again(bench: Bench, tables: MemoryTables):
    bench.run()
    lost = next(rows for name, rows in tables.tables["Inventory"].items() if rows and name.startswith(TENANT))
    lost.popitem()
    again = bench.another_run()
    assert (again.stored, again.verdict, again.restarts) == (30, Verdict.COMPLETE, 1)
    assert len(ids(bench)) == 30


def fewer(bench: Bench) -> None:
    """The next listing has nine of ten, unchanged."""
    bench.source.rows = lambda number: {f"{number}-{n}": {"id": f"{number}-{n}"} for n in range(9)}


class KilledError(BaseException):
    """As a process that ends in the middle."""


OUTAGE = TransientError("storage_unavailable")


@pytest.mark.parametrize("failures", [[KilledError()], [OUTAGE, OUTAGE]], ids=["kill", "outage"])
def test_end_that_is_interrupted_sweeps_nothing_that_was_left_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, failures: list[BaseException]
):
    bench.run()
    fewer(bench)
    left, checkpoint = list(failures), Runs.checkpoint

    def interrupted(runs: Runs, progress: ResourceProgress, etag: str) -> StoredProgress:
        has_begun = len(left) < len(failures)
        if left and (has_begun or progress.state == ResourceState.COMPLETED):
            raise left.pop(0)
        return checkpoint(runs, progress, etag)

    monkeypatch.setattr(Runs, "checkpoint", interrupted)
    with suppress(KilledError, TransientError):
        bench.another_run()
    progress = bench.run()
    assert (progress.stored, progress.verdict, len(ids(bench)), left) == (27, Verdict.COMPLETE, 27, [])
    assert progress.restarts == 0  # the notes were still there


def test_sweep_without_its_notes_lists_again_instead(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    bench.run()
    fewer(bench)

    def lost(*more: object) -> str:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Inventory, "sweep", lost)
        with pytest.raises(KilledError):
            bench.another_run()
    bench.services.scratch_for(bench.run_id, "things").clear()
    progress = bench.run()
    assert (progress.stored, progress.verdict, progress.restarts, len(ids(bench))) == (27, Verdict.COMPLETE, 1, 27)


def test_empty_answer_deletes_nothing_the_first_time_and_is_believed_the_second(bench: Bench):
    bench.run()
    bench.source.rows = lambda number: {}
    doubted = bench.another_run()
    assert (doubted.state, doubted.problem_code, doubted.verdict) == ("partial", "empty_answer", Verdict.PARTIAL)
    assert len(ids(bench)) == 30
    believed = bench.another_run(is_emptiness_known=True)
    assert (believed.state, believed.stored, believed.verdict) == ("completed", 0, Verdict.COMPLETE)
    assert ids(bench) == set()


def test_page_that_is_read_again_leaves_no_older_notes(bench: Bench):
    bench.source.pages = 2
    bench.run()
    bench.source.rows = lambda number: {
        f"{name}-{n}": {"id": f"{name}-{n}"} for name in (number or "new",) for n in range(10)
    }
    kept = bench.services.scratch_for(f"{RUN}-again", "things").kept()
    kept.write(0, pack([hash_row(f"0-{n}", f'{{"id":"0-{n}"}}') for n in range(10)]))  # of a reading that was lost
    progress = bench.another_run()
    assert (progress.kept, progress.stored, len(ids(bench)), progress.verdict) == (10, 20, 20, Verdict.COMPLETE)


def test_listing_that_starts_again_forgets_that_it_was_partial(bench: Bench):
    bench.run()
    bench.source.rows = lambda number: {f"{number}-{n}": {"id": f"{number}-{n}", "new": "1"} for n in range(10)}
    bench.source.failures = {2: ContractError("unexpected_answer")}
    assert bench.another_run().state == ResourceState.PARTIAL
    bench.source.rows = None
    bench.source.failures = {2: ContractError("unexpected_answer")}
    progress = bench.another_run()
    assert (progress.state, progress.verdict_reason, progress.restarts) == ("partial", "unexpected_answer", 0)
    assert len(ids(bench)) == 30


def stale_row(bench: Bench) -> None:
    listing = Listing(TENANT, "things", "an-older-run.0")
    bench.services.inventory.write(listing, {"old": {"id": "old"}, "0-1": {"id": "0-1"}})


def ids(bench: Bench) -> set[str]:
    return {item["id"] for item in bench.services.inventory.read_page(TENANT, "things", 1000, None).items}


def test_vanished_object_is_swept_after_a_complete_listing(bench: Bench):
    stale_row(bench)
    progress = bench.run()
    assert (progress.state, progress.stored) == (ResourceState.COMPLETED, 30)
    assert "old" not in ids(bench)


@pytest.mark.parametrize("counts", [[40, 40]])
def test_nothing_is_swept_after_a_listing_that_is_short(bench: Bench, counts: list[int | None]):
    stale_row(bench)
    bench.counts = counts
    assert bench.run().state == ResourceState.PARTIAL
    assert "old" in ids(bench)


def throttled(seconds: float | None) -> ThrottledError:
    return ThrottledError("throttled", "Graph answered 429", cause=Cause(429, retry_after_seconds=seconds))


def test_throttling_waits_as_asked_and_is_no_attempt(bench: Bench):
    bench.source.failures = {1: throttled(17)}
    outcome = bench.slice()
    waiting = bench.progress
    assert (outcome.is_ended, outcome.delay_seconds) == (False, 17)
    assert (waiting.state, waiting.waiting_reason) == (ResourceState.WAITING, "throttled")
    assert waiting.waiting_until == "2026-03-02T09:00:17.000Z"
    bench.clock.advance(17)
    done = bench.run()
    assert (done.state, done.throttled_seconds, done.retries, done.waiting_reason) == ("completed", 17, 0, "")
    assert done.read_waits() == [("2026-03-02T09:00:00.000Z", "2026-03-02T09:00:17.000Z", "throttled")]


def test_only_the_newest_waits_are_noted(bench: Bench):
    for _ in range(105):
        bench.source.failures = {0: throttled(10)}
        bench.slice()
        bench.clock.advance(10)
    waits = bench.run().read_waits()
    assert (len(waits), waits[-1].at) == (100, "2026-03-02T09:17:20.000Z")


def test_throttling_without_a_time_backs_off_and_never_gives_up(bench: Bench):
    waits = []
    for _ in range(12):
        bench.source.failures = {0: throttled(None)}
        waits.append(bench.slice().delay_seconds)
        bench.clock.advance(waits[-1])
    assert waits[:6] == [2, 4, 8, 16, 32, 60]
    assert bench.run().state == ResourceState.COMPLETED


def test_passing_failure_is_tried_again_from_the_same_page(bench: Bench):
    bench.source.failures = {2: TransientError("microsoft_unavailable", cause=Cause(503))}
    progress = bench.run()
    assert (progress.state, progress.stored, progress.retries, bench.source.reads) == ("completed", 30, 1, [0, 1, 2])


def test_lasting_failure_ends_the_resource_with_what_arrived_counted(bench: Bench):
    class AlwaysDown(dict[int, TenantSyncError]):
        def __contains__(self, number: object) -> bool:
            return number == 1

        def pop(self, *_: object) -> TenantSyncError:
            return TransientError("microsoft_unavailable", "Graph answered 503")

    bench.source.failures = AlwaysDown()
    stale_row(bench)
    progress = bench.run()
    assert (progress.state, progress.verdict, progress.stored) == (ResourceState.PARTIAL, Verdict.PARTIAL, 10)
    assert (progress.problem_code, progress.retries) == ("microsoft_unavailable", 8)
    assert "old" in ids(bench)


def test_expired_page_link_starts_the_listing_again_under_a_new_stamp(bench: Bench):
    bench.source.failures = {2: CursorExpiredError("page_expired")}
    bench.counts = [30, 30, 30]
    progress = bench.run()
    assert (progress.state, progress.restarts, progress.received, progress.stored) == ("completed", 1, 30, 30)
    assert bench.source.reads == [0, 1, 0, 1, 2]


def test_page_links_that_keep_expiring_end_the_resource(bench: Bench):
    for _ in range(3):
        bench.source.failures = {1: CursorExpiredError("page_expired")}
        bench.slice()
    progress = bench.run()
    assert (progress.state, progress.problem_code, progress.restarts) == ("partial", "page_expired", 2)


@pytest.mark.parametrize(
    ("failure", "state", "code"),
    [
        (NotLicensedError("not_licensed"), ResourceState.SKIPPED, "not_licensed"),
        (PermissionMissingError("permission_missing"), ResourceState.SKIPPED, "permission_missing"),
        (ConsentError("consent_lost"), ResourceState.FAILED, "consent_lost"),
        (ContractError("unexpected_answer"), ResourceState.FAILED, "unexpected_answer"),
    ],
)
def test_failure_at_the_start_ends_the_resource_as_said(
    bench: Bench, failure: TenantSyncError, state: ResourceState, code: str
):
    bench.source.failures = {0: failure}
    progress = bench.run()
    assert (progress.state, progress.problem_code, progress.verdict) == (state, code, Verdict.UNKNOWN)


def test_refusal_right_after_consent_is_waited_for(bench: Bench):
    bench.in_window = True
    bench.source.failures = {0: PermissionMissingError("permission_missing")}
    outcome = bench.slice()
    assert (outcome.delay_seconds, bench.progress.waiting_reason) == (5, "propagation")
    assert bench.run().state == ResourceState.COMPLETED


def test_status_by_which_graph_says_absent_skips(bench: Bench):
    bench.absent = frozenset({404})
    bench.source.failures = {0: ContractError("unexpected_answer", cause=Cause(404))}
    progress = bench.run()
    assert (progress.state, progress.problem_code) == (ResourceState.SKIPPED, "not_licensed")


def test_note_is_kept_beside_a_complete_number(bench: Bench):
    bench.source.notes = "names_concealed"
    progress = bench.run()
    assert (progress.state, progress.problem_code) == (ResourceState.COMPLETED, "names_concealed")


def test_counting_goes_on_where_its_slice_ended(bench: Bench):
    bench.source.pages, bench.budget = 2, SliceBudget(seconds=0)
    progress = bench.run()
    assert (progress.stored, progress.phase) == (20, Phase.CERTIFYING)


def test_share_never_goes_back(bench: Bench):
    bench.source.pages, bench.budget, bench.counts = 8, SliceBudget(pages=1), [80, 80, 80]
    bench.source.failures = {5: CursorExpiredError("page_expired")}
    shares = []
    for _ in range(60):
        ended = bench.slice().is_ended
        shares.append(bench.progress.reached)
        if ended:
            break
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_store_that_fails_is_the_callers_problem(bench: Bench, tables: MemoryTables):
    stored = bench.services.runs.read_resource(RUN, "things")
    assert stored is not None
    tables.fail_next = 10
    tools = replace(
        SliceTools(
            reading=Reading(bench.services.graph_for(TENANT), bench.services.scratch_for(RUN, "things")),
            inventory=bench.services.inventory,
            runs=bench.services.runs,
            clock=bench.clock,
            deltas=bench.services.deltas,
            fingerprints=bench.services.fingerprints,
            gate=bench.services.gate,
            budget=bench.budget,
        )
    )
    with pytest.raises(TransientError, match="storage_unavailable"):
        sync_slice(bench.spec, stored, tools)


def test_resource_waits_with_the_one_that_was_throttled(bench: Bench, clock: FakeClock, tables: MemoryTables):
    """Another worker was told to wait; this one asks nothing, and it is no attempt."""
    ThrottleGate(tables, clock).close(TENANT, "directory", 30)
    assert bench.slice() == SliceOutcome(is_ended=False, delay_seconds=30)
    progress = bench.progress
    assert (progress.state, progress.waiting_reason, progress.attempts) == ("waiting", "throttled", 0)
    assert (progress.throttled_seconds, bench.source.reads) == (30, [])
    clock.advance(30)
    assert bench.run().state == "completed"


def test_slice_tells_people_what_it_stored_and_why_it_waits(bench: Bench, clock: FakeClock):
    assert bench.slice().to_json() == {"ended": True, "delaySeconds": 0.0, "pages": bench.progress.pages}
    bench.services.gate.close(TENANT, "directory", 30)
    assert bench.slice().to_json() == {"ended": True, "delaySeconds": 0.0}


def test_slice_at_a_closed_gate_tells_why_it_waits(bench: Bench):
    bench.services.gate.close(TENANT, "directory", 30)
    assert bench.slice().to_json() == {"ended": False, "delaySeconds": 30, "reason": "throttled"}


@pytest.mark.parametrize(("tenant", "workload"), [(TENANT, "intune"), (OTHER_TENANT, "directory")])
def test_throttling_of_other_limits_delays_nobody(bench: Bench, clock: FakeClock, tenant: str, workload: str):
    bench.services.gate.close(tenant, workload, 30)
    assert bench.run().state == "completed"


def test_slice_hands_back_when_its_workload_is_throttled_meanwhile(bench: Bench):
    def rows(number: int) -> dict[str, dict[str, str] | None]:
        if number == 1:
            bench.services.gate.close(TENANT, "directory", 30)
        return {f"{number}": {"id": f"{number}"}}

    bench.source.pages, bench.source.rows = 9, rows
    assert bench.slice() == SliceOutcome(is_ended=False)
    assert len(bench.source.reads) < 4
    assert bench.slice().delay_seconds == 30


def test_throttled_resource_closes_the_gate_for_the_others(bench: Bench, clock: FakeClock, tables: MemoryTables):
    bench.source.failures = {0: ThrottledError("throttled", cause=Cause(retry_after_seconds=40))}
    bench.slice()
    others = ThrottleGate(tables, clock)
    assert others.seconds_closed(TENANT, "directory") == 40
    others.close(TENANT, "directory", 10)
    assert others.seconds_closed(TENANT, "directory") == 40
    clock.advance(40)
    assert others.seconds_closed(TENANT, "directory") == 0


def test_refusal_by_a_workload_beside_its_own_closes_that_ones_gate(bench: Bench):
    bench.workload, bench.source.failures = (
        REPORTS,
        {
            0: ThrottledError("throttled", cause=Cause(429, retry_after_seconds=40, workload=DIRECTORY)),
            1: ThrottledError("throttled", cause=Cause(429, retry_after_seconds=50)),
        },
    )
    gate = bench.services.gate
    bench.slice()
    assert (gate.seconds_closed(TENANT, DIRECTORY), gate.seconds_closed(TENANT, REPORTS)) == (40, 0)
    assert bench.progress.read_throttled(REPORTS) == {DIRECTORY: 40}
    bench.slice()
    assert gate.seconds_closed(TENANT, REPORTS) == 50
    assert bench.progress.read_throttled(REPORTS) == {DIRECTORY: 40, REPORTS: 50}
    assert bench.progress.throttled_seconds == 90


def test_longest_of_two_closed_gates_is_waited_for(bench: Bench):
    bench.workload, bench.asks_directory = REPORTS, lambda cursor: True
    bench.services.gate.close(TENANT, REPORTS, 29.5)
    bench.services.gate.close(TENANT, DIRECTORY, 30)
    assert bench.slice().delay_seconds == 30
    assert bench.progress.read_throttled(REPORTS) == {DIRECTORY: 30}


def test_only_the_time_of_slices_counts_as_work(bench: Bench, clock: FakeClock):
    def rows(number: int) -> dict[str, dict[str, str] | None]:
        clock.advance(7)
        return {f"{number}": {"id": f"{number}"}}

    bench.source.rows = rows
    bench.source.failures = {1: ThrottledError("throttled", cause=Cause(retry_after_seconds=40))}
    assert bench.slice().delay_seconds == 40
    clock.advance(500)  # others have the turn
    assert bench.run().read_worked() == 3 * 7


def test_work_before_it_was_measured_counts_and_so_do_its_waits(bench: Bench, clock: FakeClock):
    """A checkpoint as 0.1.0 left it: an hour of work, ten minutes of waiting."""
    stored = bench.services.runs.read_resource(RUN, "things")
    assert stored
    times = {"started_at": "2026-03-02T07:50:00.000Z", "updated_at": "2026-03-02T09:00:00.000Z"}
    bench.services.runs.checkpoint(replace(stored.progress, throttled_seconds=600, **times), stored.etag)
    bench.source.rows = lambda number: [clock.advance(5), {f"{number}": {"id": f"{number}"}}][1]
    bench.source.failures = {1: ThrottledError("throttled", cause=Cause(retry_after_seconds=40, workload=REPORTS))}
    clock.advance(100)  # the time of the deployment
    bench.slice()
    assert bench.progress.read_worked() == 3600 + 5
    assert bench.progress.read_throttled(DIRECTORY) == {DIRECTORY: 600, REPORTS: 40}


def test_time_is_not_lost_with_a_checkpoint_that_was_not_stored(
    bench: Bench, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    store, failures = bench.services.runs.checkpoint, [TransientError("storage_unavailable")]

    def checkpoint(progress: ResourceProgress, etag: str) -> StoredProgress:
        if progress.pages and failures:
            raise failures.pop()
        return store(progress, etag)

    monkeypatch.setattr(bench.services.runs, "checkpoint", checkpoint)
    bench.source.pages, bench.source.rows = 1, lambda number: [clock.advance(7), {"0": {"id": "0"}}][1]
    assert bench.slice().delay_seconds > 0
    assert bench.progress.read_worked() == 7


def test_directory_keeps_waiting_only_the_part_of_a_listing_that_asks_it(bench: Bench, clock: FakeClock):
    bench.workload, bench.source.pages = REPORTS, 9
    bench.asks_directory = lambda cursor: int(cursor or 0) < 4

    def rows(number: int) -> dict[str, dict[str, str] | None]:
        if number in (1, 7):
            bench.services.gate.close(TENANT, DIRECTORY, 30)
        return {f"{number}": {"id": f"{number}"}}

    bench.source.rows = rows
    assert bench.slice() == SliceOutcome(is_ended=False)
    waiting = bench.slice()
    assert (waiting.delay_seconds, bench.progress.read_throttled(REPORTS)) == (30, {DIRECTORY: 30})
    clock.advance(30)
    assert bench.slice().is_ended


def test_what_only_works_on_the_store_waits_for_nobody(bench: Bench):
    stored = bench.services.runs.read_resource(RUN, "things")
    assert stored
    bench.services.runs.checkpoint(replace(stored.progress, phase=Phase.COUNTING), stored.etag)
    bench.services.gate.close(TENANT, "directory", 30)
    assert bench.slice() == SliceOutcome(is_ended=True)
