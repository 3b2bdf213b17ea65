"""What must hold: ratios within one run, never times. A number that could not be measured is not met."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from devstack.bench.results import BARE, COMPARED, ROADRECON, STORE, Findings, Sample, page_floor

_ROADRECON_CPU: Final = 0.6
_BARE_CPU: Final = 3.0
_FLOOR: Final = 1.25
_MEMORY: Final = 1.2
_SECOND: Final = 0.02
_ACTIONS: Final = 100
_IDLE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Ratio:
    """A sentence with its number, what it may be at most, and whether it is (None measured: not met)."""

    text: str
    value: float | None
    limit: float

    @property
    def is_met(self) -> bool:
        return self.value is not None and self.value <= self.limit

    def __str__(self) -> str:
        said = "not measured" if self.value is None else f"{self.value:.3g}"
        return f"{self.text}: {said} (at most {self.limit:g}){'' if self.is_met else ' **missed**'}"


def find_ratios(found: Findings) -> list[Ratio]:
    """Everything that is asked of the software, in the order the page has it."""
    most = max((users for users in found.sizes(STORE) if users <= COMPARED), default=0)
    return [
        *_cpu_ratios(found, most),
        *_wall_ratios(found),
        *memory_ratios(found),
        *_second_ratios(found),
        *history_ratios(found),
        Ratio("CPU of the host with nothing to do, of one core", found.idle, _IDLE),
    ]


def _cpu_ratios(found: Findings, users: int) -> Iterator[Ratio]:
    ours = found.sample(STORE, users)
    for name, limit in ((ROADRECON, _ROADRECON_CPU), (BARE, _BARE_CPU)):
        other = found.sample(name, users)
        value = ours.cpu / other.cpu if ours and other else None
        yield Ratio(f"CPU of pull, map and store of {users:,} users, in those of {name}", value, limit)


def _wall_ratios(found: Findings) -> Iterator[Ratio]:
    slow = [row for row in found.rows if row.subject == STORE and row.latency_ms]
    for row in sorted(slow, key=lambda item: item.users)[-1:]:
        floor = max(page_floor(row.users, row.latency_ms), row.sample.store_cpu) if row.sample else 0.0
        text = f"time for {row.users:,} users at {row.latency_ms} ms a page, in the larger floor"
        yield Ratio(text, row.sample.seconds / floor if row.sample else None, _FLOOR)


def memory_ratios(found: Findings) -> Iterator[Ratio]:
    """How flat the host's memory stays from the smallest to the largest size."""
    peaks = {item.users: item.sample.peak for item in found.onboardings}
    if len(peaks) > 1:
        most, fewest = max(peaks), min(peaks)
        text = f"the host's peak memory at {most:,} users, in that at {fewest:,}"
        yield Ratio(text, peaks[most] / peaks[fewest], _MEMORY)


def _second_ratios(found: Findings) -> Iterator[Ratio]:
    for resync in found.resyncs[-1:]:
        about = f"second sync of users, groups and memberships at {resync.users:,} users, no change:"
        yield Ratio(f"{about} requests, in those of the first", resync.second.requests / resync.first.requests, _SECOND)
        yield Ratio(f"{about} time, in that of the first", resync.second.seconds / resync.first.seconds, _SECOND)


def history_ratios(found: Findings) -> Iterator[Ratio]:
    """That replays stay short, whatever the size."""
    if found.onboardings:
        actions = max(item.actions for item in found.onboardings)
        yield Ratio("actions in a generation of a resource's history, at any size", actions, _ACTIONS)


def cost_of(sample: Sample) -> float:
    """CPU seconds per 100,000 objects."""
    return sample.cpu * 100_000 / sample.objects
