"""Syncs one after the other of a directory that changes, with Microsoft's log of what has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tenantsync.engine import sync_slice
from tenantsync.errors import TenantSyncError
from tenantsync.graph.client import TenantGraph
from tenantsync.resources.spec import Page, Reading, ResourceSpec
from tenantsync.services import Services
from tenantsync.slices.work import SliceTools
from tenantsync.store.inventory import Item
from tenantsync.store.progress import Mode, ResourceProgress
from tests.fakes.clock import FakeClock
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
