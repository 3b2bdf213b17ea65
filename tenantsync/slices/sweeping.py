"""The phase that removes rows of earlier listings, once this one is proven complete."""

from tenantsync.errors import CursorExpiredError
from tenantsync.slices.ending import end
from tenantsync.slices.work import SliceWork
from tenantsync.store.progress import ResourceState


def sweep(work: SliceWork) -> float | None:
    """None when they are gone, 0 when another slice has to go on."""
    if len(work.kept) < work.progress.kept_found:
        raise CursorExpiredError("page_expired", "the notes of the rows that were left alone are gone")
    while cursor := work.tools.inventory.sweep(work.listing, work.progress.cursor, work.kept):
        work.advance(cursor=cursor)
        if work.is_late():
            work.save()
            return 0
    end(work, ResourceState.COMPLETED, cursor="")
    return None
