"""The end of a resource's sync, and what follows from it."""

from typing import Any

from tenantsync.slices.work import SliceWork
from tenantsync.store.deltas import DeltaPoint
from tenantsync.store.progress import ResourceState


def end(work: SliceWork, state: ResourceState, **changes: Any) -> None:
    """The checkpoint first: only the worker that ends the resource says where the next sync begins."""
    work.save(state=state, **changes)
    settle(work)


def settle(work: SliceWork) -> None:
    """What follows from the end; done again by the repetition of a slice that was cut off in between."""
    if work.progress.state == ResourceState.COMPLETED:
        _remember(work)
    work.tools.reading.scratch.clear()


def _remember(work: SliceWork) -> None:
    """Where the next sync begins, or what it need not write again."""
    ended = work.progress
    if work.spec.changes is None:
        work.tools.fingerprints.publish(work.tenant_id, work.spec.key, ended.stamp)
    elif ended.next_delta:
        work.tools.deltas.save(
            DeltaPoint(
                tenant_id=work.tenant_id,
                resource=work.spec.key,
                link=ended.next_delta,
                taken_at=ended.delta_taken_at,
                stored=ended.stored,
                tally=ended.tally,
            )
        )
