"""The second sync: what changed, counted; and everything again when the changes cannot be had or do not add up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest

from tenantsync.engine import sync_slice
from tenantsync.errors import (
    CursorExpiredError,
    PermissionMissingError,
    TenantSyncError,
    ThrottledError,
    TransientError,
)
from tenantsync.graph.client import TenantGraph
from tenantsync.resources.spec import Page, Reading, ResourceSpec
from tenantsync.services import Services
from tenantsync.slices.work import SliceTools
from tenantsync.store.inventory import Item
from tenantsync.store.progress import Mode, ResourceProgress, ResourceState, Verdict
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import TENANT

KEY = "things"


@dataclass
class Directory:
    """Microsoft's side: `things` now, `log` of changes; a link is the position in the log."""

    things: dict[str, Item] = field(default_factory=lambda: {f"t{n}": {"id": f"t{n}", "name": "a"} for n in range(30)})
    log: list[Page] = field(default_factory=list)
    failures: list[TenantSyncError] = field(default_factory=list)
    begin_failures: list[TenantSyncError] = field(default_factory=list)
    listed: int = 0
    hidden: int = 0
    """What Microsoft counts beyond what it lists."""

    def requests(self) -> tuple[str, ...]:
        return ("/things",)

    def read(self, reading: Reading, cursor: str) -> Iterator[Page]:
        self.listed += 1
        yield Page(rows=dict(self.things), received=len(self.things), cursor=None)

    def count(self, graph: TenantGraph) -> int:
        return len(self.things) + self.hidden

    def change(self, identifier: str, **properties: Any) -> None:
        self.things[identifier] = {**self.things.get(identifier, {"id": identifier}), **properties}
        self.log.append(Page(rows={identifier: {"id": identifier, **properties}}, received=1))

    def remove(self, identifier: str) -> None:
        del self.things[identifier]
        self.log.append(Page(rows={identifier: None}, received=1, gone={"deleted": 1}))


@dataclass
class Changes:
    directory: Directory
    instead: Callable[[Reading, str], Iterator[Page]] | None = None

    @property
    def has_whole_objects(self) -> bool:
        return False

    def requests(self) -> tuple[str, ...]:
        return ("/things/delta",)

    def begin(self, graph: TenantGraph) -> str:
        if self.directory.begin_failures:
            raise self.directory.begin_failures.pop(0)
        return str(len(self.directory.log))

    def read(self, reading: Reading, cursor: str) -> Iterator[Page]:
        if self.instead:
            yield from self.instead(reading, cursor)
            return
        log = self.directory.log
        for number in range(int(cursor), len(log)):
            if self.directory.failures:
                raise self.directory.failures.pop(0)
            page = log[number]
            yield Page(rows=page.rows, received=page.received, gone=page.gone, cursor=str(number + 1))
        if self.directory.failures:
            raise self.directory.failures.pop(0)
        yield Page(cursor=None, delta_link=str(len(log)))


@dataclass
class Syncs:
    """Runs one after the other over the same directory."""

    services: Services
    clock: FakeClock
    directory: Directory = field(default_factory=Directory)
    number: int = 0
    read_changes: Callable[[Reading, str], Iterator[Page]] | None = None

    def sync(self, *, is_delta: bool = True) -> ResourceProgress:
        self.number += 1
        run = f"run-{self.number}"
        point = self.services.deltas.read(TENANT, KEY) if is_delta else None
        first = ResourceProgress(run_id=run, resource=KEY, position=0, weight=1)
        if point:
            first = replace(first, mode=Mode.DELTA, cursor=point.link, stored=point.stored, tally=point.tally)
        self.services.runs.plan([first])
        for _ in range(30):
            stored = self.services.runs.read_resource(run, KEY)
            assert stored is not None
            outcome = sync_slice(self.spec, stored, self.tools(run))
            if outcome.is_ended:
                break
            self.clock.advance(outcome.delay_seconds)
        ended = self.services.runs.read_resource(run, KEY)
        assert ended is not None
        return ended.progress

    @property
    def spec(self) -> ResourceSpec:
        return ResourceSpec(
            key=KEY,
            title="Things",
            permissions=("X",),
            source=self.directory,
            changes=Changes(self.directory, self.read_changes),
            count=self.directory.count,
            tally=lambda item: {f"name:{item.get('name')}": 1},
        )

    def tools(self, run: str) -> SliceTools:
        services = self.services
        return SliceTools(
            reading=Reading(services.graph_for(TENANT), services.scratch_for(run, KEY)),
            inventory=services.inventory,
            runs=services.runs,
            clock=self.clock,
            deltas=services.deltas,
            fingerprints=services.fingerprints,
            gate=services.gate,
            budget=services.slice_budget,
        )

    def stored(self) -> dict[str, Item]:
        return {item["id"]: item for item in self.services.inventory.read_page(TENANT, KEY, 1000, None).items}


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
