"""The work of one slice: what is synced, from which checkpoint on, with what, and how much of the budget is left."""

from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from math import ceil
from typing import Any

from tenantsync.clock import Clock, to_rfc3339
from tenantsync.graph.workloads import DIRECTORY
from tenantsync.resources.spec import Reading, ResourceSpec
from tenantsync.slices.advance import add_usage, add_wait
from tenantsync.slices.certificate import share_reached
from tenantsync.store.deltas import DeltaPoints
from tenantsync.store.fingerprints import Fingerprints
from tenantsync.store.inventory import Inventory, Listing
from tenantsync.store.progress import Mode, Phase, ResourceProgress, ResourceState, StoredProgress
from tenantsync.store.row_hashes import RowHashes
from tenantsync.store.runs import Runs
from tenantsync.store.throttle_gate import ThrottleGate


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


class SliceWork:
    """A resource's checkpoint as it moves on; only `save` writes it, and ConflictError says that another worker did."""

    def __init__(self, spec: ResourceSpec, stored: StoredProgress, tools: SliceTools) -> None:
        self.spec = spec
        self.tools = tools
        self.progress, self._etag = stored.progress, stored.etag
        self._pages_before = stored.progress.pages
        self._measured_at = tools.clock.now()
        self._deadline = self._measured_at + timedelta(seconds=tools.budget.seconds * spec.slice_factor)
        self.latest: Future[int | None] | None = None
        """Microsoft's number at the end, when it was asked for while the rows were counted."""

    @property
    def tenant_id(self) -> str:
        return self.tools.reading.graph.tenant_id

    @property
    def is_delta(self) -> bool:
        return self.progress.mode == Mode.DELTA

    @property
    def listing(self) -> Listing:
        """The rows of this resource, and the stamp that tells this listing's from older ones."""
        return Listing(self.tenant_id, self.spec.key, self.progress.stamp)

    @property
    def pages(self) -> int:
        """How many this slice has stored."""
        return self.progress.pages - self._pages_before

    @cached_property
    def known(self) -> RowHashes:
        """What the last complete listing left; a listing that had to start again trusts only itself."""
        if self.progress.restarts:
            return RowHashes()
        return self.tools.fingerprints.read(self.tenant_id, self.spec.key)

    @cached_property
    def kept(self) -> RowHashes:
        """The rows of this listing that were left alone, as the store had exactly them already."""
        is_compared = self.spec.changes is None and self.progress.kept
        return RowHashes(self.tools.reading.scratch.kept().read_all() if is_compared else ())

    def advance(self, **changes: Any) -> None:
        """Moves on without writing; the next `save` does."""
        self.progress = replace(self.progress, **changes)

    def save(self, **changes: Any) -> None:
        """Writes the checkpoint; raises ConflictError when it is not the one this slice began with any more."""
        moment = self.tools.clock.now()
        now, worked = to_rfc3339(moment), (moment - self._measured_at).total_seconds()
        progress = replace(self.progress, **changes, updated_at=now, started_at=self.progress.started_at or now)
        progress = self._measured(progress, self.progress.read_worked() + worked)
        if progress.state == ResourceState.WAITING and progress.waiting_reason:
            progress = add_wait(progress, now)
        stored = self.tools.runs.checkpoint(progress, self._etag)
        self.progress, self._etag, self._measured_at = stored.progress, stored.etag, moment

    def _measured(self, progress: ResourceProgress, worked: float) -> ResourceProgress:
        reached = max(progress.reached, share_reached(progress))
        progress = replace(progress, reached=reached, worked_seconds=round(worked, 3))
        return add_usage(progress, self.tools.reading.graph.usage.take())

    def find_closed(self) -> tuple[int, str]:
        """How many seconds Microsoft wants this tenant left alone with what is asked next, and by which workload."""
        gate = self.tools.gate
        seconds, workload = max((gate.seconds_closed(self.tenant_id, name), name) for name in self._workloads())
        return ceil(seconds), workload

    def close_gate(self, workload: str, seconds: float) -> None:
        """Lets the tenant's other resources of the workload wait, too."""
        self.tools.gate.close(self.tenant_id, workload, seconds)

    def _workloads(self) -> tuple[str, ...]:
        asks_directory = self.progress.phase == Phase.LISTING and self.spec.asks_directory(self.progress.cursor)
        return (self.spec.workload, DIRECTORY) if asks_directory else (self.spec.workload,)

    def is_spent(self, pages_read: int) -> bool:
        """Whether no further page is to be read in this slice."""
        is_enough = pages_read >= self.tools.budget.pages * self.spec.slice_factor or self.is_late()
        return is_enough or any(
            self.tools.gate.is_closed_here(self.tenant_id, workload) for workload in self._workloads()
        )

    def is_late(self) -> bool:
        """Whether the slice's time is up."""
        return self.tools.clock.now() >= self._deadline
