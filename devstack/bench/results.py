"""What a run of the bench has found."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

STORE: Final = "ours: pull, map and store"
PULL: Final = "ours: pull"
BARE: Final = "bare requests loop"
ROADRECON: Final = "roadrecon into SQLite"
MSGRAPH: Final = "msgraph-sdk PageIterator"
PAGE: Final = 999
COMPARED: Final = 100_000
"""The size the subjects are compared at: users, or the largest size below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of a subject: seconds of wall time, CPU seconds of its process and of the table service, peak in MB.

    `requests` are those the simulator has answered meanwhile.
    """

    objects: int
    seconds: float
    cpu: float
    peak: float
    store_cpu: float = 0.0
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A subject's median at one size and latency; `sample` None when it could not be run, and `note` says why."""

    users: int
    latency_ms: int
    subject: str
    runs: int
    sample: Sample | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarding:
    """A whole onboarding by the Functions host: all resources, through HTTP and Durable Functions.

    `events` and `actions` are the most that one generation of a resource's orchestration has in its history,
    `generations` the most of a resource, `failures` what was not proven.
    """

    users: int
    sample: Sample
    events: int
    actions: int
    generations: int
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    """The first sync of users, groups and memberships, and the second when nothing has changed."""

    users: int
    first: Sample
    second: Sample


@dataclass(slots=True, kw_only=True)
class Findings:
    """Everything of one run. `idle` is the host's CPU with nothing to do, as a share of one core."""

    rows: list[Row] = field(default_factory=list)
    onboardings: list[Onboarding] = field(default_factory=list)
    resyncs: list[Resync] = field(default_factory=list)
    idle: float = 0.0
    import_seconds: float = 0.0

    @property
    def is_proven(self) -> bool:
        """Whether every onboarding's numbers were the simulated tenant's."""
        return not any(item.failures for item in self.onboardings)

    def sample(self, subject: str, users: int, latency_ms: int = 0) -> Sample | None:
        """A subject's median, None if it was not run or could not be."""
        wanted = (subject, users, latency_ms)
        return next((row.sample for row in self.rows if (row.subject, row.users, row.latency_ms) == wanted), None)

    def sizes(self, subject: str, latency_ms: int = 0) -> list[int]:
        """Numbers of users a subject was run with, rising."""
        rows = (row for row in self.rows if row.subject == subject and row.latency_ms == latency_ms and row.sample)
        return sorted({row.users for row in rows})


def page_floor(users: int, latency_ms: int) -> float:
    """Seconds that serial pages of a listing take at least: Microsoft's latency alone."""
    return -(-users // PAGE) * latency_ms / 1000


def median(samples: Sequence[Sample]) -> Sample:
    """Each number's own median."""
    return Sample(
        objects=samples[0].objects,
        seconds=statistics.median(sample.seconds for sample in samples),
        cpu=statistics.median(sample.cpu for sample in samples),
        peak=statistics.median(sample.peak for sample in samples),
        store_cpu=statistics.median(sample.store_cpu for sample in samples),
        requests=round(statistics.median(sample.requests for sample in samples)),
    )
