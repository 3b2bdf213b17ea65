"""The phases that read pages: the listing or its changes, and what changed while the listing went on."""

from collections.abc import Mapping

from tenantsync import logs, metrics
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ContractError, CursorExpiredError, PermissionMissingError
from tenantsync.read_ahead import read_ahead
from tenantsync.resources.spec import Page, Source
from tenantsync.slices.advance import COUNT_ANEW, after_page
from tenantsync.slices.work import SliceWork
from tenantsync.store.inventory import Item
from tenantsync.store.progress import Phase
from tenantsync.store.row_hashes import pack


def list_pages(work: SliceWork) -> float | None:
    """None when the last page is stored, 0 when another slice has to go on."""
    _begin_delta(work)
    _ask_expected(work)
    return _read(work, work.spec.changes if work.is_delta and work.spec.changes else work.spec.source)


def catch_up(work: SliceWork) -> float | None:
    """What has changed while the listing went on: then its numbers speak of one moment."""
    try:
        return _read(work, work.spec.changes or work.spec.source)
    except (ContractError, PermissionMissingError, CursorExpiredError) as failure:
        if work.is_delta:
            raise
        logs.event("no_catch_up", resource=work.spec.key, problem=failure.code)
        work.save(cursor="", next_delta="", **COUNT_ANEW)
        return None


def _begin_delta(work: SliceWork) -> None:
    """Taken before the listing begins, so that nothing that changes meanwhile is missed by the next sync."""
    progress, changes = work.progress, work.spec.changes
    if changes is None or work.is_delta or progress.delta_taken_at or progress.cursor:
        return
    try:
        link = changes.begin(work.tools.reading.graph)
    except (ContractError, PermissionMissingError, CursorExpiredError) as failure:
        logs.event("no_delta", resource=work.spec.key, problem=failure.code)
        link = ""
    work.save(next_delta=link, delta_taken_at=to_rfc3339(work.tools.clock.now()))


def _ask_expected(work: SliceWork) -> None:
    if work.spec.count and not work.progress.is_counted:
        number = work.spec.count(work.tools.reading.graph)
        work.save(expected=number, expected_at_start=number, is_counted=True)


def _read(work: SliceWork, source: Source) -> float | None:
    pages = source.read(work.tools.reading, work.progress.cursor)
    for page in read_ahead(pages, lambda read: not work.is_spent(read)):
        _store(work, page)
        if page.cursor is None:
            return None
    return 0


def _store(work: SliceWork, page: Page) -> None:
    listing, inventory = work.listing, work.tools.inventory
    items = {key: item for key, item in page.rows.items() if item is not None}
    kept = _write(work, items)
    inventory.remove(listing, [key for key, item in page.rows.items() if item is None])
    for prefix in page.dropped:
        inventory.remove_prefixed(listing, prefix)
    work.save(**after_page(work.progress, page, kept=kept, now=to_rfc3339(work.tools.clock.now())))
    metrics.OBJECTS.note(len(items) - kept, resource=work.spec.key)
    metrics.PAGES.note(1, resource=work.spec.key)


def _write(work: SliceWork, items: Mapping[str, Item]) -> int:
    """How many rows were left alone, as the store has exactly them already."""
    inventory, listing, tally = work.tools.inventory, work.listing, work.spec.tally
    changes = work.spec.changes
    if changes is None:
        return _write_changed(work, items)
    if (work.is_delta or work.progress.phase == Phase.CATCHING_UP) and not changes.has_whole_objects:
        inventory.merge(listing, items, tally)
    else:
        inventory.write(listing, items, tally)
    return 0


def _write_changed(work: SliceWork, items: Mapping[str, Item]) -> int:
    """Rows that are left alone are noted for the count."""
    kept = work.tools.inventory.write_changed(work.listing, items, work.spec.tally, work.known)
    if len(work.known):  # also when none was left alone: a page may be read a second time, and have changed
        work.tools.reading.scratch.kept().write(work.progress.pages, pack(kept))
    return len(kept)
