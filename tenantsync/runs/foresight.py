"""What a sync will be about, said before it begins: how many objects, and how long at the pace seen so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from tenantsync import logs
from tenantsync.errors import TenantSyncError
from tenantsync.graph.client import TenantGraph
from tenantsync.resources.spec import ResourceSpec
from tenantsync.store.progress import Mode, ResourceProgress, Verdict

_LEAST_SECONDS: Final = 5
Known = Mapping[str, ResourceProgress]
"""The resources of the run before, by key."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """`objects` is None where nothing tells the number beforehand."""

    objects: int | None
    seconds: int


def foresee(spec: ResourceSpec, mode: Mode, known: Known, counts: Mapping[str, int]) -> Foresight:
    """By the last proven number, else by Microsoft's count; of changes only a look is foreseen."""
    objects = _number(spec.key, known, counts)
    if objects is None and spec.foreseen_from:
        objects = _number(spec.foreseen_from, known, counts)
    seconds = ceil(objects / _pace(spec, known.get(spec.key))) if objects and mode == Mode.FULL else 0
    return Foresight(objects, max(_LEAST_SECONDS, seconds))


def ask_counts(specs: list[ResourceSpec], graph: TenantGraph) -> dict[str, int]:
    """Microsoft's numbers for resources of which none is known; one that cannot be had now is left out."""
    found: dict[str, int] = {}
    for spec in specs:
        try:
            number = spec.count(graph) if spec.count else None
        except TenantSyncError as failure:  # the listing will meet it again, and say what it means
            logs.event("not_foreseen", resource=spec.key, problem=failure.code)
            continue
        if number is not None:
            found[spec.key] = number
    return found


def is_proven(progress: ResourceProgress | None) -> bool:
    """Whether the number of the run before can be reckoned with."""
    return progress is not None and progress.verdict == Verdict.COMPLETE


def _number(key: str, known: Known, counts: Mapping[str, int]) -> int | None:
    earlier = known.get(key)
    return earlier.stored if earlier and is_proven(earlier) else counts.get(key)


def _pace(spec: ResourceSpec, earlier: ResourceProgress | None) -> float:
    """Objects a second of the last whole listing, the time it was kept waiting aside."""
    if earlier is None or earlier.mode != Mode.FULL or not is_proven(earlier) or not earlier.started_at:
        return spec.pace
    worked = earlier.read_worked()
    return earlier.stored / worked if worked > 1 and earlier.stored else spec.pace
