"""Runs and the progress of their resources: one partition a run, so that a status is one read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.records import from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import RUNS_TABLE

_RUN: Final = "run"
_RESOURCE: Final = "resource_"
_UNDER_WAY: Final = "under_way"
_TRIES: Final = 8


class RunState(StrEnum):
    """A run's life after the admin has signed in."""

    VERIFYING = "verifying"
    SYNCING = "syncing"
    COMPLETED = "completed"
    COMPLETED_WITH_ISSUES = "completed_with_issues"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE_RUN_STATES: Final = frozenset({RunState.VERIFYING, RunState.SYNCING})


class ResourceState(StrEnum):
    """A resource's life within a run."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    FAILED = "failed"


ENDED_RESOURCE_STATES: Final = frozenset(
    {ResourceState.COMPLETED, ResourceState.PARTIAL, ResourceState.SKIPPED, ResourceState.FAILED}
)


class Mode(StrEnum):
    """How a resource is brought up to date."""

    FULL = "full"
    DELTA = "delta"


class Phase(StrEnum):
    """What a resource's next slice does."""

    LISTING = "listing"
    COUNTING = "counting"
    CERTIFYING = "certifying"
    SWEEPING = "sweeping"


class Verdict(StrEnum):
    """What a certificate says about a number."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class WaitReason(StrEnum):
    """Why nothing is happening right now."""

    THROTTLED = "throttled"
    PROPAGATION = "propagation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One sync of one tenant; `run_id` is also the orchestration's instance id. Times are RFC 3339."""

    run_id: str
    msp_id: str
    tenant_id: str
    customer_id: str
    connection_id: str
    kind: str = "initial"
    state: str = RunState.VERIFYING
    started_at: str
    updated_at: str
    finished_at: str = ""
    waiting_reason: str = ""
    waiting_until: str = ""
    problem_code: str = ""
    problem_message: str = ""
    problem_microsoft_code: str = ""
    summary: str = ""
    """The summary as JSON, once the run has ended."""

    def to_reference(self) -> dict[str, str]:
        """What an answer says of a run that goes on, and where to watch it."""
        return {
            "connectionId": self.connection_id,
            "tenantId": self.tenant_id,
            "runId": self.run_id,
            "state": self.state,
            "statusUrl": f"/api/msp-portal/tenants/{self.tenant_id}/sync-status",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceProgress:
    """The checkpoint of one resource: written after the rows it speaks of, never before."""

    run_id: str
    resource: str
    position: int
    weight: int
    """Share of the run's percentage."""
    state: str = ResourceState.PENDING
    mode: str = Mode.FULL
    phase: str = Phase.LISTING
    next_delta: str = ""
    """Where the changes after this listing begin, once Microsoft has said so."""
    delta_taken_at: str = ""
    cursor: str = ""
    """Where the phase goes on; empty at its start. Opaque to everybody but the phase."""
    landmark: str = ""
    """A cursor of before; a listing that leads to it again goes round in circles."""
    restarts: int = 0
    expected: int | None = None
    is_counted: bool = False
    """Whether Microsoft was asked for `expected`."""
    received: int = 0
    removed: int = 0
    gone: int = 0
    """Of the changed objects, the ones that are no more."""
    unusable: int = 0
    stored: int = 0
    stale: int = 0
    """Rows of earlier runs found while counting."""
    pages: int = 0
    throttled_seconds: int = 0
    throttles: int = 0
    """Throttled answers in a row."""
    attempts: int = 0
    """Failed tries in a row."""
    propagation_waits: int = 0
    retries: int = 0
    reached: float = 0.0
    """The highest share of the work ever reported: a percentage never goes back."""
    tally: str = ""
    """Counters summed over the stored rows, as JSON."""
    verdict: str = Verdict.UNKNOWN
    started_at: str = ""
    updated_at: str = ""
    waiting_reason: str = ""
    waiting_until: str = ""
    problem_code: str = ""
    problem_message: str = ""

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED_RESOURCE_STATES

    @property
    def duplicates(self) -> int:
        """Objects Microsoft sent more than once, known once the stored rows are counted."""
        return max(0, self.received - self.unusable - self.removed - self.stored) if self.verdict == "complete" else 0

    @property
    def stamp(self) -> str:
        """Marks the rows of this listing; a restarted listing has another, so the older rows can be swept."""
        return f"{self.run_id}.{self.restarts}"


@dataclass(frozen=True, slots=True)
class StoredProgress:
    """A checkpoint and the ETag it must still have when the next one is written."""

    progress: ResourceProgress
    etag: str


class Runs:
    """Runs by id."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, run: Run) -> bool:
        """Stores a new run; False if it exists already, which is left as it is."""
        self._tables.upsert(RUNS_TABLE, {"PartitionKey": _UNDER_WAY, "RowKey": run.run_id, "since": run.started_at})
        try:
            self._tables.insert(RUNS_TABLE, to_row(run, run.run_id, _RUN))
        except ConflictError:
            return False
        return True

    def list_under_way(self, after: str, limit: int) -> dict[str, str]:
        """Up to `limit` ids of runs that have not ended, as far as was noted, above `after`; with the time of start."""
        rows = self._tables.scan(RUNS_TABLE, _UNDER_WAY, after=after, limit=limit)
        return {row.key: row.text("since") for row in rows}

    def forget_under_way(self, run_id: str) -> None:
        """The run has ended, or never came to be."""
        self._tables.delete(RUNS_TABLE, _UNDER_WAY, [run_id])

    def read(self, run_id: str) -> Run | None:
        """The run, or None."""
        row = self._tables.read(RUNS_TABLE, run_id, _RUN)
        return from_row(Run, row) if row else None

    def change(self, run_id: str, *, even_ended: bool = False, **changes: Any) -> Run | None:
        """Changes a run that is under way and gives what is stored; one that has ended stays as it is.

        So a run that was cancelled stays cancelled, whatever a worker that did not hear of it wants to note.
        """
        for _ in range(_TRIES):
            row = self._tables.read(RUNS_TABLE, run_id, _RUN)
            if row is None:
                return None
            run = from_row(Run, row)
            if run.state not in ACTIVE_RUN_STATES and not even_ended:
                return run
            changed = replace(run, **changes)
            try:
                self._tables.replace(RUNS_TABLE, to_row(changed, run_id, _RUN), row.etag)
            except ConflictError:
                continue
            return changed
        raise TransientError("storage_unavailable", "the run's row changes all the time")

    def plan(self, resources: Sequence[ResourceProgress]) -> None:
        """Stores the first checkpoints; the ones that exist already are left as they are.

        The first resource's comes last: where it is, the whole plan is.
        """
        for progress in reversed(resources):
            try:
                self._tables.insert(RUNS_TABLE, _resource_row(progress))
            except ConflictError:
                continue

    def read_resource(self, run_id: str, resource: str) -> StoredProgress | None:
        """The checkpoint of one resource, or None if it is not part of the run."""
        row = self._tables.read(RUNS_TABLE, run_id, _RESOURCE + resource)
        return StoredProgress(from_row(ResourceProgress, row), row.etag) if row else None

    def read_resources(self, run_id: str) -> list[ResourceProgress]:
        """All checkpoints in the plan's order."""
        rows = self._tables.scan(RUNS_TABLE, run_id, after=_RESOURCE)
        resources = [from_row(ResourceProgress, row) for row in rows if row.key.startswith(_RESOURCE)]
        return sorted(resources, key=lambda progress: progress.position)

    def checkpoint(self, progress: ResourceProgress, etag: str) -> StoredProgress:
        """Replaces the checkpoint that has `etag`; ConflictError if another worker has moved on meanwhile."""
        return StoredProgress(progress, self._tables.replace(RUNS_TABLE, _resource_row(progress), etag))


def _resource_row(progress: ResourceProgress) -> dict[str, object]:
    return to_row(progress, progress.run_id, _RESOURCE + progress.resource)
