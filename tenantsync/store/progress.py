"""The checkpoint of one resource within a run: where it is, and what its numbers prove so far."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import orjson

from tenantsync.clock import parse_rfc3339
from tenantsync.store.records import Record


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
    CATCHING_UP = "catching_up"
    COUNTING = "counting"
    CERTIFYING = "certifying"
    SWEEPING = "sweeping"


class Verdict(StrEnum):
    """What a certificate says about a number."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class Wait(NamedTuple):
    """A time nothing was asked in (RFC 3339), and why: a WaitReason."""

    at: str
    until: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceProgress(Record):
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
    planned: int | None = None
    """How many objects were foreseen before it began."""
    planned_seconds: int | None = None
    is_emptiness_known: bool = False
    """The run before got nothing either: now it is believed."""
    carried_from: str = ""
    """The run whose result this is, when this run leaves the resource as it was."""
    expected: int | None = None
    """Microsoft's latest number."""
    expected_at_start: int | None = None
    is_counted: bool = False
    """Whether Microsoft was asked for `expected`."""
    catch_ups: int = 0
    """How often the changes since the listing began were looked at."""
    received: int = 0
    removed: int = 0
    kept: int = 0
    """Of the received objects, the ones whose row was left alone as nothing had changed."""
    gone: int = 0
    """Of the changed objects, the ones that are no more."""
    gone_reasons: str = ""
    """The same by Microsoft's reason, as JSON."""
    unusable: int = 0
    stored: int = 0
    stale: int = 0
    """Rows of earlier runs found while counting."""
    count_steps: int = 0
    kept_found: int = 0
    """Of the rows that were left alone, the ones the count has found unchanged."""
    pages: int = 0
    throttled_seconds: int = 0
    throttled_by: str = ""
    """The same by the workload whose limits were met, as JSON."""
    worked_seconds: float | None = None
    """In slices; None in checkpoints of releases that did not measure it."""
    throttles: int = 0
    """Throttled answers in a row."""
    attempts: int = 0
    """Failed tries in a row."""
    propagation_waits: int = 0
    retries: int = 0
    requests: int = 0
    resource_units: int = 0
    share_of_limit: float = 0.0
    throttle_scope: str = ""
    throttle_information: str = ""
    as_of: str = ""
    """The day the source speaks of, where that is not today."""
    reached: float = 0.0
    """The highest share of the work ever reported: a percentage never goes back."""
    tally: str = ""
    """Counters summed over the stored rows, as JSON."""
    verdict: str = Verdict.UNKNOWN
    verdict_reason: str = ""
    started_at: str = ""
    updated_at: str = ""
    waiting_reason: str = ""
    waiting_until: str = ""
    waits: str = ""
    """The newest waits, as `read_waits` gives them: from/until/reason, separated by spaces."""
    problem_code: str = ""
    problem_message: str = ""

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED_RESOURCE_STATES

    @property
    def duplicates(self) -> int:
        """Objects Microsoft sent more than once, known once the stored rows are counted."""
        return max(0, self.received - self.unusable - self.removed - self.stored) if self.verdict == "complete" else 0

    def read_worked(self) -> float:
        """Seconds without waits and others' turns; where that was not measured, all the time but throttling."""
        if self.worked_seconds is not None or not self.started_at:
            return self.worked_seconds or 0.0
        took = parse_rfc3339(self.updated_at) - parse_rfc3339(self.started_at)
        return max(0.0, took.total_seconds() - self.throttled_seconds)

    def read_throttled(self, workload: str) -> dict[str, int]:
        """The throttled seconds by workload; where that was not noted, all by the one given."""
        if self.throttled_by or not self.throttled_seconds:
            found: dict[str, int] = orjson.loads(self.throttled_by or "{}")
            return found
        return {workload: self.throttled_seconds}

    def read_waits(self) -> list[Wait]:
        """The newest waits of this resource, the oldest of them first."""
        return [Wait(*noted.split("/")) for noted in self.waits.split()]

    @property
    def stamp(self) -> str:
        """Marks the rows of this listing; a restarted listing has another, so the older rows can be swept."""
        return f"{self.run_id}.{self.restarts}"


@dataclass(frozen=True, slots=True)
class StoredProgress:
    """A checkpoint and the ETag it must still have when the next one is written."""

    progress: ResourceProgress
    etag: str
