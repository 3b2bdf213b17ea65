"""A resource that is synced slice by slice, from a source that is scripted page by page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tenantsync.engine import SliceOutcome, sync_slice
from tenantsync.errors import TenantSyncError
from tenantsync.graph.workloads import DIRECTORY
from tenantsync.resources.spec import Page, Reading, ResourceSpec, never
from tenantsync.services import Services
from tenantsync.slices.work import SliceBudget, SliceTools
from tenantsync.store.progress import ResourceProgress
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import TENANT

RUN = "onboard-1"


@dataclass
class Scripted:
    """Pages of ten objects each; `failures` are raised before a page's number is given out, once."""

    pages: int = 3
    failures: dict[int, TenantSyncError] = field(default_factory=dict)
    reads: list[int] = field(default_factory=list)
    notes: str = ""
    rows: Callable[[int], dict[str, dict[str, str] | None]] | None = None

    def requests(self) -> tuple[str, ...]:
        return ("/things",)

    def read(self, reading: Reading, cursor: str) -> Iterator[Page]:
        for number in range(int(cursor or 0), self.pages):
            if number in self.failures:
                raise self.failures.pop(number)
            self.reads.append(number)
            rows = self.rows(number) if self.rows else {f"{number}-{n}": {"id": f"{number}-{n}"} for n in range(10)}
            following = str(number + 1) if number + 1 < self.pages else None
            yield Page(rows=rows, received=len(rows), cursor=following, note=self.notes)


@dataclass
class Bench:
    """A resource being synced slice by slice."""

    services: Services
    clock: FakeClock
    source: Scripted
    counts: list[int | None] = field(default_factory=list)
    budget: SliceBudget = field(default_factory=SliceBudget)
    in_window: bool = False
    absent: frozenset[int] = frozenset()
    slice_factor: int = 1
    workload: str = DIRECTORY
    asks_directory: Callable[[str], bool] = never
    run_id: str = RUN

    def __post_init__(self) -> None:
        self.services.runs.plan([ResourceProgress(run_id=self.run_id, resource="things", position=0, weight=1)])

    @property
    def spec(self) -> ResourceSpec:
        count = (lambda graph: self.counts.pop(0)) if self.counts else None
        return ResourceSpec(
            key="things",
            title="Things",
            permissions=("X",),
            source=self.source,
            count=count,
            absent_statuses=self.absent,
            slice_factor=self.slice_factor,
            workload=self.workload,
            asks_directory=self.asks_directory,
        )

    def slice(self) -> SliceOutcome:
        stored = self.services.runs.read_resource(self.run_id, "things")
        assert stored is not None
        tools = SliceTools(
            reading=Reading(self.services.graph_for(TENANT), self.services.scratch_for(self.run_id, "things")),
            inventory=self.services.inventory,
            runs=self.services.runs,
            clock=self.clock,
            deltas=self.services.deltas,
            fingerprints=self.services.fingerprints,
            gate=self.services.gate,
            budget=self.budget,
            in_propagation_window=self.in_window,
        )
        return sync_slice(self.spec, stored, tools)

    def run(self, most: int = 50) -> ResourceProgress:
        """Slices until the end, the clock moved on by every wait."""
        for _ in range(most):
            outcome = self.slice()
            if outcome.is_ended:
                return self.progress
            self.clock.advance(outcome.delay_seconds)
        raise AssertionError("the resource does not end")

    def another_run(self, **more: bool) -> ResourceProgress:
        """The next sync of the same tenant."""
        self.run_id = f"{self.run_id}-again"
        planned = ResourceProgress(run_id=self.run_id, resource="things", position=0, weight=1)
        self.services.runs.plan([replace(planned, **more)])
        return self.run()

    @property
    def progress(self) -> ResourceProgress:
        stored = self.services.runs.read_resource(self.run_id, "things")
        assert stored is not None
        return stored.progress
