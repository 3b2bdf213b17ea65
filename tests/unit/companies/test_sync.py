"""The sync of companies: every change once, nothing for what stays, nobody gone by mistake, resumed from any point."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from psa_connections.handler import disconnect_psa
from tenantsync import logs
from tenantsync.companies.sync import MOST_AN_HOUR
from tenantsync.errors import (
    Cause,
    ConflictError,
    ContractError,
    CursorExpiredError,
    RequestError,
    ThrottledError,
    TransientError,
)
from tenantsync.matching.placing import PlacedCounts
from tenantsync.psa.port import Company, CompanyPage
from tenantsync.services import Services
from tenantsync.store.psa_connections import CompanySyncs, SyncState
from tenantsync.vault import NoVault
from tenantsync.wire import PSA_COMPANIES_TABLE, SCRATCH_TABLE, company_sync_instance_id
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP
from tests.fakes.scripted_psa import FakePsa, companies
from tests.unit.companies.play import Placing, begin, connect, latest, mirrored, play, run, slice_of
from tests.unit.journey import TECHNICIAN

LATER = "2026-03-02T10:00:00.000Z"


@pytest.fixture
def place() -> Placing:
    return Placing()


@pytest.fixture
def synced(services: Services, clock: FakeClock, psa: FakePsa, place: Placing) -> Services:
    """40 companies, synced once; an hour later."""
    psa.companies = companies(40)
    connect(services)
    run(services, clock, place)
    place.calls.clear()
    clock.advance(3600)
    return services


def test_first_sync_brings_all_pages_once(services: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    psa.companies = companies(250)
    connect(services)
    done = run(services, clock, place)
    assert (done.state, done.is_full, done.created, done.received, done.expected) == ("completed", True, 250, 250, 250)
    assert (done.pages, done.requests, json.loads(done.placed)["created"]) == (3, 3, 250)
    assert mirrored(services) == {str(n): True for n in range(1, 251)}
    assert len(place.names) == len(set(place.names)) == 250


def test_many_companies_are_placed_some_thousands_at_a_time(
    services: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.companies, psa.page_size = companies(5000), 900
    connect(services)
    assert run(services, clock, place).created == 5000
    assert [len(call) for call in place.calls] == [2700, 2300]


def test_unchanged_sync_writes_no_company_and_places_none(
    synced: Services, clock: FakeClock, tables: MemoryTables, place: Placing
):
    before = {row.key: row.etag for row in tables.rows(PSA_COMPANIES_TABLE)}
    done = run(synced, clock, place, is_full=True)
    assert (done.state, done.unchanged, done.created, done.changed, place.calls) == ("completed", 40, 0, 0, [])
    assert {row.key: row.etag for row in tables.rows(PSA_COMPANIES_TABLE)} == before
    assert tables.rows(SCRATCH_TABLE) == []


def test_second_sync_asks_only_for_what_has_changed(synced: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    psa.companies[6] = replace(psa.companies[6], name="Seven", updated_at=LATER)
    psa.asked.clear()
    done = run(synced, clock, place)
    assert psa.asked == [("", "2026-03-02T08:50:00.000Z")]  # the start of the first sync, less ten minutes
    assert (done.is_full, done.changed, done.unchanged, place.names) == (False, 1, 0, ["Seven"])
    assert run(synced, clock, place).changed == 0


def test_psa_whose_filter_is_not_proven_is_listed_whole(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.is_incremental = False
    psa.companies.pop()
    done = run(synced, clock, place)
    assert (done.is_full, done.unchanged, done.deactivated) == (True, 39, 1)
    assert {since for _, since in psa.asked[-1:]} == {""}


def test_full_sync_is_due_once_a_day_and_after_a_change_of_the_connection(synced: Services, clock: FakeClock):
    assert not begin(synced).is_full
    clock.advance(24 * 3600)
    synced.company_syncs.remove(MSP, "autotask")
    play(latest(synced), synced, clock, Placing())
    assert begin(synced).is_full
    play(latest(synced), synced, clock, Placing())
    connect(synced, customerTypes=["1"])
    assert begin(synced).is_full


def test_vanished_company_becomes_inactive_and_stays(synced: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    gone = psa.companies.pop(4)
    done = run(synced, clock, place, is_full=True)
    assert (done.state, done.deactivated, done.unchanged) == ("completed", 1, 39)
    assert mirrored(synced)["5"] is False
    assert place.calls == [[replace(gone, is_active=False)]]
    assert run(synced, clock, place, is_full=True).deactivated == 0
    psa.companies.insert(4, gone)
    back = run(synced, clock, place, is_full=True)
    assert (back.changed, mirrored(synced)["5"]) == (1, True)


def test_company_that_says_it_is_inactive_is_noticed_incrementally(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.companies[0] = replace(psa.companies[0], is_active=False, updated_at=LATER)
    done = run(synced, clock, place)
    assert (done.is_full, done.deactivated, mirrored(synced)["1"]) == (False, 1, False)
    assert [company.is_active for call in place.calls for company in call] == [False]
    assert run(synced, clock, place, is_full=True).changed == 0


@pytest.mark.parametrize("left", [0, 27])
def test_mass_change_is_held_until_a_person_says_its_number(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing, left: int
):
    psa.companies = psa.companies[:left]
    held = run(synced, clock, place, is_full=True)
    assert (held.state, held.problem_code, held.leaving) == ("held", "psa_mass_change", 40 - left)
    assert held.problem_message == f"{40 - left} of 40 companies would become inactive."
    assert all(mirrored(synced).values())
    assert place.calls == []
    assert run(synced, clock, place, confirmed=40 - left - 1).state == SyncState.HELD
    done = run(synced, clock, place, confirmed=40 - left)
    assert (done.state, done.deactivated) == ("completed", 40 - left)
    assert sum(mirrored(synced).values()) == left


def test_empty_answer_is_held_however_few_there_were(
    services: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.companies = companies(2)
    connect(services)
    run(services, clock, place)
    psa.companies = []
    assert run(services, clock, place, is_full=True).state == SyncState.HELD
    assert all(mirrored(services).values())


def test_few_or_a_small_share_are_no_mass_change(synced: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    psa.companies = psa.companies[:30]
    assert run(synced, clock, place, is_full=True).state == SyncState.COMPLETED


def test_mass_of_inactive_answers_is_held_incrementally_too(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.companies = [replace(company, is_active=False, updated_at=LATER) for company in psa.companies]
    held = run(synced, clock, place)
    assert (held.is_full, held.state, held.leaving) == (False, "held", 40)
    assert held.synced_since < held.started_at  # so that the next one asks for the same again
    assert all(mirrored(synced).values())


def test_duplicates_and_unusable_rows_are_counted_and_hurt_nobody(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.page_size = 21
    psa.companies[39] = replace(psa.companies[39], name="x" * 10_000_000)
    psa.companies += [replace(psa.companies[0], name="Impostor"), Company(external_id="", name="Nobody")]
    psa.companies.append(Company(external_id="99", name="\ud800"))
    done = run(synced, clock, place, is_full=True)
    assert (done.state, done.duplicates, done.unusable, done.unchanged) == ("completed", 1, 3, 39)
    assert mirrored(synced) == {str(n): True for n in range(1, 41)}
    assert place.calls == []


def test_listing_that_falls_short_of_its_count_makes_nobody_inactive(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.companies[0] = replace(psa.companies[0], is_active=False)
    psa.pages = [CompanyPage(companies=tuple(psa.companies[:35]), received=35, expected=40)]
    done = run(synced, clock, place, is_full=True)
    assert (done.state, done.deactivated, done.problem_code) == ("completed", 1, "psa_listing_incomplete")
    assert sum(mirrored(synced).values()) == 39


@pytest.mark.parametrize(
    "unusable", [CompanyPage(received=1, unusable=1), CompanyPage(received=1, unusable=1, unusable_ids=("1",))]
)
def test_row_that_cannot_be_read_may_be_whoever_is_missing(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing, unusable: CompanyPage
):
    rest = CompanyPage(companies=tuple(psa.companies[1:]), received=39, cursor="39", expected=40)
    psa.pages = [rest, unusable]
    done = run(synced, clock, place, is_full=True)
    assert (done.state, done.deactivated, all(mirrored(synced).values())) == ("completed", 0, True)


def test_slice_that_gives_way_spoils_no_notes(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing, monkeypatch: pytest.MonkeyPatch
):
    """It began at the same checkpoint, has read less, and writes later."""
    psa.page_size = 10
    sync = begin(synced, is_full=True)
    early = synced.company_syncs.read(MSP, sync.provider)
    psa.before_request = lambda: clock.advance(7)
    slice_of(sync, synced, place)
    assert latest(synced).pages == 3
    psa.before_request = lambda: clock.advance(21)
    with monkeypatch.context() as patch:
        patch.setattr(CompanySyncs, "read", lambda *_: early)
        assert slice_of(sync, synced, place) == {"ended": False, "delaySeconds": 5}
    done = play(sync, synced, clock, place)
    assert (done.state, done.unchanged, done.deactivated) == ("completed", 40, 0)


def test_slice_that_outlives_the_connection_leaves_nothing(
    services: Services, clock: FakeClock, psa: FakePsa, place: Placing, tables: MemoryTables
):
    psa.companies = companies(40)
    connect(services)
    sync = begin(services)
    psa.before_request = lambda: disconnect_psa("connectwise", TECHNICIAN, services)
    slice_of(sync, services, place)
    assert slice_of(sync, services, place)["ended"]
    assert not tables.rows(PSA_COMPANIES_TABLE)
    assert not tables.rows(SCRATCH_TABLE)


def test_notes_of_a_sync_that_was_replaced_are_forgotten(
    services: Services, clock: FakeClock, psa: FakePsa, place: Placing, tables: MemoryTables
):
    psa.companies = companies(450)
    connect(services)
    sync = begin(services)
    psa.before_request = lambda: clock.advance(21)
    slice_of(sync, services, place)
    assert tables.rows(SCRATCH_TABLE)
    connect(services)
    psa.before_request = lambda: None
    assert run(services, clock, place).state == SyncState.COMPLETED
    assert not tables.rows(SCRATCH_TABLE)


def test_sync_that_runs_hears_what_a_person_confirms(synced: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    psa.companies = []
    sync = begin(synced, is_full=True)
    assert begin(synced, confirmed=40).number == sync.number
    done = play(sync, synced, clock, place)
    assert (done.state, done.deactivated) == ("completed", 40)


@pytest.mark.parametrize(("before", "left"), [(3, 0), (10, 1), (10, 6), (2, 0)])
def test_small_msp_is_guarded_too(
    services: Services, clock: FakeClock, psa: FakePsa, place: Placing, before: int, left: int
):
    """A vendor is still shown, so the answer is not empty."""
    psa.companies = companies(before)
    connect(services)
    run(services, clock, place)
    psa.pages = [CompanyPage(companies=tuple(psa.companies[:left]), received=left + 1, expected=left + 1)]
    assert run(services, clock, place, is_full=True).state == SyncState.HELD


@pytest.mark.parametrize(("asked", "waited"), [(17.0, 17.0), (None, 2.0), (999_999.0, 3600.0)])
def test_throttling_is_waited_for_as_long_as_the_psa_says(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing, asked: float | None, waited: float
):
    psa.failures = [ThrottledError("throttled", cause=Cause(429, retry_after_seconds=asked))]
    sync = begin(synced)
    assert slice_of(sync, synced, place) == {"ended": False, "delaySeconds": waited}
    told = latest(synced)
    assert (told.state, told.waiting_reason, told.attempts) == ("running", "throttled", 0)
    assert slice_of(sync, synced, place)["delaySeconds"] == waited  # asks nobody meanwhile
    assert psa.failures == []
    clock.advance(waited)
    assert play(sync, synced, clock, place).state == SyncState.COMPLETED


def test_absent_psa_is_tried_some_times_and_then_named(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.failures = [TransientError("service_unavailable", "503")] * 3
    assert run(synced, clock, place).state == SyncState.COMPLETED
    psa.failures = [TransientError("service_unavailable", "503")] * 9
    done = run(synced, clock, place)
    assert (done.state, done.problem_code, done.problem_message) == ("failed", "service_unavailable", "503")
    assert len(mirrored(synced)) == 40


@pytest.mark.parametrize(
    "failure", [RequestError("psa_secret_lost", "refused"), ContractError("psa_unexpected_answer", "no JSON")]
)
def test_refusal_ends_the_sync_and_customers_stay(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing, failure: RequestError
):
    psa.failures = [failure]
    done = run(synced, clock, place, is_full=True)
    assert (done.state, done.problem_code) == ("failed", failure.code)
    assert all(mirrored(synced).values())
    psa.failures = []
    assert run(synced, clock, place, is_full=True).state == SyncState.COMPLETED


def test_expired_cursor_starts_the_listing_again(synced: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    psa.page_size = 15
    psa.failures = [None, None, CursorExpiredError("page_expired")]
    done = run(synced, clock, place, is_full=True)
    assert (done.state, done.unchanged, done.duplicates, done.deactivated, done.restarts) == ("completed", 40, 0, 0, 1)


def test_what_earlier_slices_saw_counts_in_the_later_ones(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    """An unusable row, one that says it is inactive, and a vanished one, each on a page before a wait."""
    psa.page_size, throttled = 10, ThrottledError("throttled")
    psa.companies[0] = replace(psa.companies[0], name=" ")
    psa.companies[1] = replace(psa.companies[1], is_active=False, updated_at=LATER)
    psa.failures = [None, throttled, None, throttled, None, throttled, None]
    vanished = psa.companies.pop()
    done = run(synced, clock, place, is_full=True)
    assert (done.state, done.unusable, done.deactivated, done.duplicates) == ("completed", 1, 2, 0)
    assert {key for key, is_active in mirrored(synced).items() if not is_active} == {"2", vanished.external_id}
    psa.companies = [replace(company, is_active=False, updated_at="2026-03-02T11:00:00Z") for company in companies(5)]
    psa.companies += [replace(company, updated_at="2026-03-02T11:00:00Z") for company in companies(30)[5:]]
    psa.failures = [None, throttled]
    done = run(synced, clock, place)
    assert (done.is_full, done.deactivated) == (False, 4)


def test_many_that_leave_are_counted_over_slices(services: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    psa.companies = companies(1000)
    connect(services)
    run(services, clock, place)
    psa.companies = psa.companies[250:]

    class Slow(Placing):
        def __call__(self, *arguments):  # type: ignore[no-untyped-def]
            clock.advance(21)
            return super().__call__(*arguments)

    slow = Slow()
    done = run(services, clock, slow, is_full=True)
    assert (done.state, done.deactivated, [len(call) for call in slow.calls]) == ("completed", 250, [100, 100, 50])


def test_page_that_leads_to_itself_is_not_followed_for_ever(
    synced: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.pages = [CompanyPage(cursor="7"), CompanyPage(cursor="7")]
    done = run(synced, clock, place, is_full=True)
    assert (done.state, done.problem_code) == ("failed", "psa_unexpected_answer")


def test_slice_ends_when_its_time_is_up(services: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    psa.companies = companies(450)
    connect(services)
    sync = begin(services)
    psa.before_request = lambda: clock.advance(11)
    assert slice_of(sync, services, place) == {"ended": False, "delaySeconds": 0.0}
    assert latest(services).pages == 2
    assert play(sync, services, clock, place).created == 450


def test_pages_before_a_failure_are_kept(services: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    """A PSA that throttles every fourth request lets the listing come to its end all the same."""
    psa.companies = companies(1000)
    connect(services)
    psa.failures = [None, None, None, ThrottledError("throttled")] * 3
    done = run(services, clock, place)
    assert (done.state, done.created, done.pages, done.requests) == ("completed", 1000, 10, 13)


def test_autotasks_hour_is_shared_and_waited_for(
    services: Services, clock: FakeClock, autotask: FakePsa, place: Placing
):
    autotask.companies = companies(250)
    connect(services, "autotask")
    services.request_budget.spend(f"autotask_{MSP}", MOST_AN_HOUR["autotask"] - 4)  # connecting took two
    sync = begin(services, "autotask")
    outcome = slice_of(sync, services, place)
    assert not outcome["ended"]
    assert 3500 <= outcome["delaySeconds"] <= 3600
    told = latest(services, "autotask")
    assert (told.pages, told.waiting_reason) == (2, "hourly_budget")
    clock.advance(outcome["delaySeconds"] + 60)
    assert play(sync, services, clock, place).created == 250


def test_budget_counts_an_hour_and_no_more(services: Services, clock: FakeClock):
    budget = services.request_budget
    for _ in range(3):
        budget.spend("a", 10)
        clock.advance(600)
    assert budget.seconds_until("a", 31) == 0
    assert budget.seconds_until("b", 1) == 0
    assert budget.seconds_until("a", 30) == 3660 - 1800
    assert budget.seconds_until("a", 10) == 3660 - 600
    clock.advance(1860)
    assert budget.seconds_until("a", 21) == 0
    assert budget.seconds_until("a", 20) == 600


# Crashes and repetitions


def test_crash_before_the_checkpoint_is_repeated_without_harm(
    services: Services, clock: FakeClock, psa: FakePsa, tables: MemoryTables, place: Placing
):
    """The store fails at its nth call, for every n there is: the slice is lost there, and done again."""
    psa.page_size = 15
    for calls in range(1, 60):
        psa.companies = [replace(company, phone=str(calls)) for company in companies(40)]
        if not services.psa_connections.read(MSP, "connectwise"):
            connect(services)
        sync = begin(services, is_full=True)
        lost = _Faulty(tables, calls)
        with pytest.MonkeyPatch.context() as patch:
            lost.install(patch)
            _lose(sync, services, place)
        done = play(sync, services, clock, place)
        assert (done.state, done.duplicates, done.deactivated, done.received) == ("completed", 0, 0, 40), calls
        assert all(mirrored(services).values())
        if not lost.struck:
            return
    raise AssertionError("the calls of a sync never end")


class _Faulty:
    """Makes the store fail for good from its nth call on, as a worker sees it that is being killed."""

    def __init__(self, tables: MemoryTables, call: int) -> None:
        self._tables, self._left = tables, call
        self.struck = False

    def install(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(self._tables, "_maybe_fail", self._count)

    def _count(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.struck = True
            raise KeyboardInterrupt


def _lose(sync, services: Services, place: Placing) -> None:
    try:
        slice_of(sync, services, place)
    except KeyboardInterrupt:
        return


def test_what_could_not_be_placed_is_placed_by_the_next_slice(
    services: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    psa.companies = companies(3)
    connect(services)
    place.failures = [TransientError("storage_unavailable")]
    assert json.loads(run(services, clock, place).placed)["created"] == 3
    assert place.names == ["Company 1", "Company 2", "Company 3"]


def test_of_two_slices_at_once_one_gives_way(services: Services, clock: FakeClock, psa: FakePsa, place: Placing):
    psa.companies = companies(120)
    connect(services)
    sync = begin(services)

    class Doubled(Placing):
        def __call__(self, *arguments):  # type: ignore[no-untyped-def]
            if len(place.calls) == 0:
                play(sync, services, clock, place)  # the other one overtakes
            return super().__call__(*arguments)

    assert slice_of(sync, services, Doubled()) == {"ended": False, "delaySeconds": 5}
    assert slice_of(sync, services, place) == {"ended": True, "delaySeconds": 0.0}
    done = latest(services)
    assert (done.state, done.created, done.received) == ("completed", 120, 120)


def test_conflict_while_failing_gives_way_too(services: Services, psa: FakePsa, place: Placing):
    connect(services)
    sync = begin(services)
    psa.failures = [ConflictError("write_conflict")]
    assert slice_of(sync, services, place) == {"ended": False, "delaySeconds": 5}


def test_connection_changed_meanwhile_ends_the_sync_with_the_reason(
    services: Services, clock: FakeClock, psa: FakePsa, place: Placing
):
    connect(services)
    sync = begin(services)
    connect(services, integrationCode="another")
    done = play(sync, services, clock, place)
    assert (done.state, done.problem_code) == ("cancelled", "psa_connection_changed")
    fresh = begin(services)
    assert (fresh.number, fresh.is_full) == (2, True)
    assert slice_of(sync, services, place)["ended"]  # the old orchestration has nothing to do with the new sync
    assert latest(services).state == SyncState.RUNNING


def test_changed_connection_does_not_wait_for_the_sync_of_the_old_one(services: Services, place: Placing):
    connect(services)
    old = begin(services)
    connect(services, integrationCode="another")
    fresh = begin(services)
    assert (fresh.number, fresh.state) == (2, "running")
    assert slice_of(old, services, place) == {"ended": True, "delaySeconds": 0}
    assert latest(services).state == SyncState.RUNNING


def test_absent_vault_is_no_end(services: Services, clock: FakeClock, tables: MemoryTables, place: Placing):
    connect(services)
    sync = begin(services)

    class Away(NoVault):
        def read(self, name: str) -> None:
            raise TransientError("vault_unavailable")

    with pytest.raises(TransientError):
        slice_of(sync, replace(services, vault=Away()), place)
    assert latest(services).state == SyncState.RUNNING


def test_secret_that_is_gone_is_named(services: Services, clock: FakeClock, place: Placing):
    connect(services)
    connection = services.psa_connections.read(MSP, "connectwise")
    assert connection
    services.vault.delete(connection.secret_name)
    done = run(services, clock, place)
    assert (done.state, done.problem_code) == ("failed", "psa_secret_lost")


def test_numbers_of_syncs_alternate_between_two_instances(synced: Services, clock: FakeClock, place: Placing):
    done = [run(synced, clock, place) for _ in range(3)]
    ids = [company_sync_instance_id(MSP, "connectwise", sync.number) for sync in done]
    assert all(one != other for one, other in pairwise(ids))
    assert len(set(ids)) == 2


def test_what_a_slice_does_is_found_by_the_syncs_id(services: Services, clock: FakeClock, psa: FakePsa):
    psa.companies = companies(2)
    connect(services)
    sync, seen = begin(services), []

    def place(*asked: Any) -> PlacedCounts:
        seen.append(logs.context().get("run_id"))
        return PlacedCounts()

    play(sync, services, clock, place)  # type: ignore[arg-type]
    assert {*seen} == {sync.run_id}
