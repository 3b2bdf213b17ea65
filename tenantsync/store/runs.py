"""Runs and the progress of their resources: one partition a run, so that a status is one read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar, Final

import orjson

from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.progress import ResourceProgress, StoredProgress
from tenantsync.store.recent_runs import RecentRuns
from tenantsync.store.records import Migration, Record, from_row, to_row
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import RUNS_TABLE

_RUN: Final = "run"
_RESOURCE: Final = "resource_"
_UNDER_WAY: Final = "under_way"
_UNDER_WAY_COLUMNS: Final = ("since", "msp_id", "tenant_id", "is_stuck")
_WATCH: Final = "watch"
_TRIES: Final = 8
_LONGEST_WALK: Final = 10


class RunState(StrEnum):
    """A run's life after the admin has signed in."""

    VERIFYING = "verifying"
    SYNCING = "syncing"
    COMPLETED = "completed"
    COMPLETED_WITH_ISSUES = "completed_with_issues"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE_RUN_STATES: Final = frozenset({RunState.VERIFYING, RunState.SYNCING})


class WaitReason(StrEnum):
    """Why nothing is happening right now."""

    THROTTLED = "throttled"
    PROPAGATION = "propagation"
    QUEUED = "queued"
    PAUSED = "paused"
    """Syncs are held back by the operator; the watchdog begins this one afterwards."""


def _tell_breakdowns(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Summaries of 0.1.0 were not broken down by platform, compliance, product and basis of comparison."""
    if not values.get("summary"):
        return values
    summary = orjson.loads(values["summary"])
    score = summary["secureScore"]
    whole = {
        "devicesByPlatform": None,
        "devicesByCompliance": None,
        **summary,
        "licenses": {"bySku": None, **summary["licenses"]},
        "secureScore": {"averages": [], **score} if score else None,
    }
    return {**values, "summary": orjson.dumps(whole).decode()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Record):
    """One sync of one tenant; `run_id` is also the orchestration's instance id. Times are RFC 3339."""

    migrations: ClassVar[Sequence[Migration]] = (_tell_breakdowns,)
    run_id: str
    msp_id: str
    tenant_id: str
    customer_id: str
    connection_id: str
    kind: str = "initial"
    only: str = ""
    """Keys of the resources to sync, separated by spaces, the others staying as they are; empty means all."""
    previous_run_id: str = ""
    is_scheduled: bool = False
    """Begun by a timer: nobody is waiting for it."""
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
    stalls: int = 0
    """How often the watchdog has found it standing still; forgotten after a while of progress."""
    stall_reason: str = ""
    stalled_since: str = ""
    stalled_at: str = ""
    """When the watchdog last found it so; a checkpoint after that means that the run moves again."""
    is_stall_alerted: bool = False
    correlation_id: str = ""
    """Of the request that was the cause; Graph's calls carry it as their `client-request-id`."""

    def to_reference(self) -> dict[str, str]:
        """What an answer says of a run that goes on, and where to watch it."""
        return {
            "connectionId": self.connection_id,
            "tenantId": self.tenant_id,
            "runId": self.run_id,
            "state": self.state,
            "statusUrl": f"/api/msp-portal/tenants/{self.tenant_id}/sync-status",
        }


@dataclass(frozen=True, slots=True)
class WholeRun:
    """A run with all its checkpoints in the plan's order, and the ETag of the run's own row."""

    run: Run
    etag: str
    resources: Sequence[ResourceProgress]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A run that has not ended, as far as was noted; `since` is when it began (RFC 3339)."""

    run_id: str
    since: str
    msp_id: str = ""
    """Empty, like the tenant, for a run that an earlier release has begun."""
    tenant_id: str = ""
    is_stuck: bool = False
    """Whether the watchdog has found it standing still, and has not seen it move since."""


class Runs:
    """Runs by id."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables
        self._recent = RecentRuns(tables)

    def create(self, run: Run) -> bool:
        """Stores a new run; False if it exists already, which is left as it is."""
        self._note_under_way(run)
        try:
            self._tables.insert(RUNS_TABLE, to_row(run, run.run_id, _RUN))
        except ConflictError:
            return False
        self._recent.note(run.msp_id, run.run_id, run.started_at)
        return True

    def list_under_way(self, after: str, limit: int) -> list[UnderWay]:
        """Up to `limit` runs that have not ended, as far as was noted, with an id above `after`."""
        rows = self._tables.scan(RUNS_TABLE, _UNDER_WAY, after=after, limit=limit, columns=_UNDER_WAY_COLUMNS)
        return [
            UnderWay(
                run_id=row.key,
                since=row.text("since"),
                msp_id=row.text("msp_id"),
                tenant_id=row.text("tenant_id"),
                is_stuck=bool(row.values.get("is_stuck")),
            )
            for row in rows
        ]

    def note_stuck(self, run: Run, *, is_stuck: bool) -> None:
        """Lets lists find a run that stands still, or no longer does; one that a crash kept from them is there, too."""
        self._note_under_way(run, is_stuck=is_stuck)
        self.note_again(run)

    def note_again(self, run: Run) -> None:
        """Lets lists find a run that is there; once more changes nothing."""
        self._recent.note(run.msp_id, run.run_id, run.started_at)

    def forget_under_way(self, run_id: str) -> None:
        """The run has ended, or never came to be."""
        self._tables.delete(RUNS_TABLE, _UNDER_WAY, [run_id])

    def remove(self, run_id: str) -> None:
        """Forgets an old run and its certificates; nothing happens if it is gone."""
        rows = self._tables.scan(RUNS_TABLE, run_id)
        run = next((from_row(Run, row) for row in rows if row.key == _RUN), None)
        if run:
            self._recent.forget(run.msp_id, run.run_id, run.started_at)
        self._tables.delete(RUNS_TABLE, run_id, [row.key for row in rows])

    def read(self, run_id: str) -> Run | None:
        """The run, or None."""
        row = self._tables.read(RUNS_TABLE, run_id, _RUN)
        return from_row(Run, row) if row else None

    def read_whole(self, run_id: str) -> WholeRun | None:
        """The run with its checkpoints, or None: one request."""
        return _whole_of(self._tables.scan(RUNS_TABLE, run_id, after=""))

    def read_wholes(self, run_ids: Sequence[str]) -> list[WholeRun]:
        """The runs of these ids in their order, several read at once; the ones that are gone are left out."""
        found = map(_whole_of, self._tables.scan_many(RUNS_TABLE, run_ids))
        return [whole for whole in found if whole]

    def replace(self, run: Run, etag: str) -> None:
        """Replaces the run's row that has `etag`; ConflictError if anybody has changed it meanwhile."""
        self._tables.replace(RUNS_TABLE, to_row(run, run.run_id, _RUN), etag)

    def note_watch(self, at: str) -> str:
        """Remembers when the runs under way were last looked at; gives the time before that, empty at first."""
        before = self.read_watch()
        self._tables.upsert(RUNS_TABLE, {"PartitionKey": _WATCH, "RowKey": _WATCH, "at": at})
        return before

    def read_watch(self) -> str:
        """When the runs under way were last looked at; empty before the first time."""
        row = self._tables.read(RUNS_TABLE, _WATCH, _WATCH)
        return row.text("at") if row else ""

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
        """All checkpoints in the plan's order; none for an empty id."""
        return _resources_of(self._tables.scan(RUNS_TABLE, run_id, after=_RESOURCE) if run_id else [])

    def read_earlier(self, run: Run) -> list[ResourceProgress]:
        """The checkpoints of the newest run before this one that has any: some end before they are planned."""
        for earlier in self.read_chain(run.previous_run_id, _LONGEST_WALK):
            if resources := self.read_resources(earlier.run_id):
                return resources
        return []

    def read_chain(self, run_id: str, most: int) -> Iterator[Run]:
        """The run and the ones before it, newest first, as far back as they are kept."""
        for _ in range(most):
            run = self.read(run_id) if run_id else None
            if run is None:
                return
            yield run
            run_id = run.previous_run_id

    def checkpoint(self, progress: ResourceProgress, etag: str) -> StoredProgress:
        """Replaces the checkpoint that has `etag`; ConflictError if another worker has moved on meanwhile."""
        return StoredProgress(progress, self._tables.replace(RUNS_TABLE, _resource_row(progress), etag))

    def _note_under_way(self, run: Run, *, is_stuck: bool = False) -> None:
        facts = {"since": run.started_at, "msp_id": run.msp_id, "tenant_id": run.tenant_id, "is_stuck": is_stuck}
        self._tables.upsert(RUNS_TABLE, {"PartitionKey": _UNDER_WAY, "RowKey": run.run_id, **facts})


def _whole_of(rows: Sequence[Row]) -> WholeRun | None:
    row = next((row for row in rows if row.key == _RUN), None)
    return WholeRun(from_row(Run, row), row.etag, _resources_of(rows)) if row else None


def _resources_of(rows: Sequence[Row]) -> list[ResourceProgress]:
    resources = [from_row(ResourceProgress, row) for row in rows if row.key.startswith(_RESOURCE)]
    return sorted(resources, key=lambda progress: progress.position)


def _resource_row(progress: ResourceProgress) -> dict[str, object]:
    return to_row(progress, progress.run_id, _RESOURCE + progress.resource)
