"""The second sync: what changed, counted; and everything again when the changes cannot be had or do not add up."""

from collections.abc import Callable, Iterator

import orjson
import pytest

from tenantsync.errors import (
    CursorExpiredError,
    PermissionMissingError,
    ThrottledError,
    TransientError,
)
from tenantsync.resources.spec import Page, Reading
from tenantsync.services import Services
from tenantsync.store.progress import Mode, ResourceState, Verdict
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import TENANT
from tests.unit.slices.syncs import KEY, Changes, Directory, Syncs


@pytest.fixture
def syncs(services: Services, clock: FakeClock) -> Syncs:
    made = Syncs(services, clock)
    first = made.sync()
    assert (first.state, first.mode, first.stored) == (ResourceState.COMPLETED, Mode.FULL, 30)
    return made


def test_second_sync_without_changes_lists_writes_and_counts_nothing(syncs: Syncs, tables: MemoryTables):
    tables.written = 0
    progress = syncs.sync()
    assert (progress.state, progress.mode, progress.verdict) == (ResourceState.COMPLETED, Mode.DELTA, Verdict.COMPLETE)
    assert (progress.expected, progress.stored, progress.received) == (30, 30, 0)
    assert progress.tally == '{"name:a":30}'
    assert (syncs.directory.listed, tables.written) == (1, 0)


def test_changes_arrive_and_are_counted(syncs: Syncs):
    syncs.directory.change("t1", name="b")
    syncs.directory.change("new", name="a", more="x")
    syncs.directory.remove("t2")
    progress = syncs.sync()
    assert (progress.mode, progress.verdict, progress.stored, progress.gone) == (Mode.DELTA, Verdict.COMPLETE, 30, 1)
    assert syncs.stored() == syncs.directory.things
    assert orjson.loads(progress.tally) == {"name:a": 29, "name:b": 1}
    assert syncs.directory.listed == 1
    assert syncs.sync().stored == 30


def test_change_of_one_property_keeps_the_others(syncs: Syncs):
    syncs.directory.change("t3", title="chief")
    syncs.sync()
    assert syncs.stored()["t3"] == {"id": "t3", "name": "a", "title": "chief"}


def changing_while_listed(directory: Directory, change: Callable[[], None]) -> None:
    """The tenant changes once, between its listing and the end of it."""
    original = directory.read

    def read(reading: Reading, cursor: str) -> Iterator[Page]:
        pages = list(original(reading, cursor))
        directory.read = original  # type: ignore[method-assign]
        change()
        yield from pages

    directory.read = read  # type: ignore[method-assign]


def test_what_changes_during_the_listing_is_taken_at_its_end(services: Services, clock: FakeClock):
    syncs = Syncs(services, clock)

    def change() -> None:
        syncs.directory.change("t0", name="late")
        syncs.directory.change("new", name="late")
        syncs.directory.remove("t7")
        syncs.directory.remove("t8")

    changing_while_listed(syncs.directory, change)
    progress = syncs.sync()
    assert syncs.stored() == syncs.directory.things
    assert (progress.mode, progress.verdict, progress.stored, progress.expected) == (Mode.FULL, "complete", 29, 29)
    assert (progress.expected_at_start, orjson.loads(progress.gone_reasons)) == (30, {"deleted": 2})
    assert (progress.received, progress.duplicates) == (30, 0)
    assert syncs.directory.listed == 1
    assert syncs.sync().received == 0  # the next sync begins where this one ended


def test_listing_stays_good_when_the_latest_changes_are_refused(services: Services, clock: FakeClock):
    syncs = Syncs(services, clock)
    syncs.directory.failures = [CursorExpiredError("page_expired", "410")]
    progress = syncs.sync()
    assert (progress.verdict, progress.stored, syncs.directory.listed) == (Verdict.COMPLETE, 30, 1)
    assert services.deltas.read(TENANT, KEY) is None


def test_count_that_lags_behind_is_waited_for_instead_of_listing_again(syncs: Syncs):
    syncs.directory.change("new", name="a")
    syncs.directory.hidden = -1
    began, listed = syncs.clock.now(), syncs.directory.listed

    def catch_up_later(reading: Reading, cursor: str) -> Iterator[Page]:
        if (syncs.clock.now() - began).total_seconds() >= 10:
            syncs.directory.hidden = 0
        yield from Changes(syncs.directory).read(reading, cursor)

    syncs.read_changes = catch_up_later
    progress = syncs.sync()
    assert (progress.mode, progress.verdict, progress.stored) == (Mode.DELTA, Verdict.COMPLETE, 31)
    assert (progress.catch_ups, syncs.directory.listed) == (1, listed)


@pytest.mark.parametrize("pages", [0, 1])
def test_link_that_expired_means_that_everything_is_listed_again(syncs: Syncs, pages: int):
    for number in range(pages):
        syncs.directory.change(f"t{number}", name="b")
    syncs.directory.things.pop("t9")  # the changes would not have told
    syncs.directory.failures = [CursorExpiredError("page_expired", "410")]
    progress = syncs.sync()
    assert (progress.state, progress.mode, progress.verdict) == (ResourceState.COMPLETED, Mode.FULL, Verdict.COMPLETE)
    assert syncs.stored() == syncs.directory.things
    assert syncs.sync().mode == Mode.DELTA


@pytest.mark.parametrize("lost", ["a removal", "an object"])
def test_changes_that_do_not_add_up_are_not_believed(syncs: Syncs, lost: str):
    if lost == "a removal":
        del syncs.directory.things["t5"]
    else:
        syncs.directory.things["unheard"] = {"id": "unheard", "name": "a"}
    progress = syncs.sync()
    assert (progress.mode, progress.verdict) == (Mode.FULL, Verdict.COMPLETE)
    assert syncs.stored() == syncs.directory.things
    assert syncs.directory.listed == 2


def test_count_that_never_agrees_ends_and_says_so(syncs: Syncs):
    syncs.directory.hidden = 1
    progress = syncs.sync()
    assert (progress.state, progress.problem_code) == (ResourceState.PARTIAL, "count_mismatch")
    assert syncs.services.deltas.read(TENANT, KEY) is not None  # of the listing that was proven


def test_throttling_and_outages_go_on_in_the_middle_of_the_changes(syncs: Syncs):
    for number in range(5):
        syncs.directory.change(f"t{number}", name="b")
    syncs.directory.failures = [ThrottledError("throttled"), TransientError("microsoft_unavailable")]
    progress = syncs.sync()
    assert (progress.mode, progress.verdict) == (Mode.DELTA, Verdict.COMPLETE)
    assert syncs.stored() == syncs.directory.things


def test_changes_that_break_off_are_taken_again_from_the_proven_point(syncs: Syncs):
    syncs.directory.change("t1", name="b")
    syncs.directory.change("t2", name="b")
    point = syncs.services.deltas.read(TENANT, KEY)
    refused = PermissionMissingError("permission_missing")
    syncs.directory.failures = [refused]
    broken = syncs.sync()
    assert broken.state in (ResourceState.SKIPPED, ResourceState.PARTIAL)
    assert syncs.services.deltas.read(TENANT, KEY) == point
    assert syncs.sync().verdict == Verdict.COMPLETE
    assert syncs.stored() == syncs.directory.things


def test_tenant_without_changes_to_offer_is_listed_every_time(services: Services, clock: FakeClock):
    syncs = Syncs(services, clock)
    syncs.directory.begin_failures = [PermissionMissingError("permission_missing")]
    assert syncs.sync().verdict == Verdict.COMPLETE
    assert services.deltas.read(TENANT, KEY) is None
    assert syncs.sync().mode == Mode.FULL


def test_full_sync_can_be_asked_for(syncs: Syncs):
    assert syncs.sync(is_delta=False).mode == Mode.FULL
    assert syncs.directory.listed == 2


def test_stored_row_that_lost_its_rest_means_that_everything_is_listed_again(syncs: Syncs, tables: MemoryTables):
    syncs.directory.change("t1", name="x" * 1_300_000)
    syncs.sync()
    (beyond,) = (rows for name, rows in tables.tables["Inventory"].items() if name.endswith("_16") and rows)
    beyond.popitem()
    syncs.directory.change("t1", title="chief")
    progress = syncs.sync()
    assert (progress.mode, progress.verdict) == (Mode.FULL, Verdict.COMPLETE)
    assert syncs.stored() == syncs.directory.things
